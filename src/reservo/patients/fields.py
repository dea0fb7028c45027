"""What a patient's file is given, cleaned and checked field by field."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from reservo.core import identity, mailaddress, phones, text
from reservo.patients.models import Patient

LANGUAGES = ("es", "en")


@dataclass(frozen=True, slots=True)
class PatientFields:
    """Values as typed or, after `cleaned`, as kept. Empty text means nothing was given."""

    given_name: str = ""
    paternal_surname: str = ""
    maternal_surname: str = ""
    national_id: str = ""
    country: str = ""
    is_foreigner: bool = False
    phone: str = ""
    other_phone: str = ""
    email: str = ""
    language: str = "es"
    sex: str = Patient.Sex.UNKNOWN
    birth_date: date | None = None
    address: str = ""
    city: str = ""
    insurer: str = ""
    category: str = ""
    rating: int = 0
    usual_practitioner_id: int | None = None
    reference: str = ""
    state: str = Patient.State.ACTIVE
    comments: str = ""


@dataclass(frozen=True, slots=True)
class FieldError:
    code: str
    message: Any


class BadPatient(ValueError):
    """Some fields cannot be kept; `errors` says which and why, in the user's language."""

    def __init__(self, errors: dict[str, FieldError]):
        super().__init__(", ".join(errors))
        self.errors = errors


NAMES = tuple(field.name for field in fields(PatientFields))
_TEXTS = (
    "given_name",
    "paternal_surname",
    "maternal_surname",
    "address",
    "city",
    "insurer",
    "category",
    "reference",
)


def cleaned(given: PatientFields, *, today: date, default_country: str) -> PatientFields:
    """The same fields as they are kept. Raises BadPatient with every error found."""
    errors: dict[str, FieldError] = {}
    values: dict[str, Any] = {"country": (given.country or default_country).upper()}
    for name in _TEXTS:
        _keep(values, errors, name, lambda name=name: _text(name, getattr(given, name)))
    _keep(values, errors, "comments", lambda: text.clean(given.comments, 4_000, lines=True))
    _keep(values, errors, "national_id", lambda: _national_id(given, values["country"]))
    for name in ("phone", "other_phone"):
        _keep(values, errors, name, lambda name=name: _phone(getattr(given, name), default_country))
    _keep(values, errors, "email", lambda: mailaddress.check(given.email) if given.email.strip() else "")
    _check_choices(given, errors, today)
    if "given_name" not in errors and not values["given_name"]:
        errors["given_name"] = FieldError("required", _("Escribe el nombre."))
    if errors:
        raise BadPatient(errors)
    return replace(given, **values)


def _keep(values: dict[str, Any], errors: dict[str, FieldError], name: str, clean: Any) -> None:
    try:
        values[name] = clean()
    except text.TooLong:
        errors[name] = FieldError("too_long", _("El texto es demasiado largo."))
    except identity.InvalidNationalId:
        errors[name] = FieldError(
            "invalid_national_id", _("El documento no es válido: revisa el número y su dígito.")
        )
    except phones.InvalidPhone:
        errors[name] = FieldError(
            "invalid_phone", _("El teléfono no es válido: escríbelo en cifras, con su código de país.")
        )
    except mailaddress.ForeignLetters:
        message = _("Antes de la arroba el correo lleva letras como ñ o á, que casi ningún servidor acepta.")
        errors[name] = FieldError("invalid_email", message)
    except mailaddress.InvalidAddress:
        errors[name] = FieldError("invalid_email", _("El correo no es válido."))


def cleaned_email(typed: str) -> str:
    """As a file keeps it. Raises BadPatient; nothing typed is no address either."""
    values: dict[str, Any] = {}
    errors: dict[str, FieldError] = {}
    _keep(values, errors, "email", lambda: mailaddress.check(typed))
    if errors:
        raise BadPatient(errors)
    return values["email"]


def _text(name: str, value: str) -> str:
    return text.clean(value, Patient._meta.get_field(name).max_length or 200)


def _national_id(given: PatientFields, country: str) -> str:
    if not given.national_id.strip():
        return ""
    return identity.check(country, given.national_id, foreigner=given.is_foreigner)


def _phone(value: str, country: str) -> str:
    return phones.normalise(value, country) if value.strip() else ""


def _check_choices(given: PatientFields, errors: dict[str, FieldError], today: date) -> None:
    if given.language not in LANGUAGES:
        errors["language"] = FieldError("invalid_language", _("Elige un idioma de la lista."))
    if given.sex not in Patient.Sex.values:
        errors["sex"] = FieldError("invalid_choice", _("Elige una opción de la lista."))
    if given.state not in Patient.State.values:
        errors["state"] = FieldError("invalid_choice", _("Elige una opción de la lista."))
    if not 0 <= given.rating <= 5:
        errors["rating"] = FieldError("out_of_range", _("La valoración va de 0 a 5."))
    if given.birth_date and not date(1880, 1, 1) <= given.birth_date <= today:
        errors["birth_date"] = FieldError("out_of_range", _("La fecha de nacimiento no puede ser esa."))
