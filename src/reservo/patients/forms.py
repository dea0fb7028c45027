"""The patient's file as a form; the rules themselves are in `fields`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reservo.core import identity, phones
from reservo.patients.fields import NAMES, BadPatient, PatientFields
from reservo.patients.models import Patient

SEXES = [
    (Patient.Sex.UNKNOWN, _("Sin indicar")),
    (Patient.Sex.FEMALE, _("Femenino")),
    (Patient.Sex.MALE, _("Masculino")),
    (Patient.Sex.OTHER, _("Otro")),
]
STATES = [(Patient.State.ACTIVE, _("Activo")), (Patient.State.INACTIVE, _("Inactivo"))]
LANGUAGES = [("es", "Español"), ("en", "English")]
STARS = [(0, _("Sin valorar")), *((n, "★" * n) for n in range(1, 6))]


def _text(label: Any, name: str, **options: Any) -> forms.CharField:
    longest = Patient._meta.get_field(name).max_length
    return forms.CharField(label=label, max_length=longest, required=False, **options)


GROUPS = (
    (
        _("Quién es"),
        (
            *("given_name", "paternal_surname", "maternal_surname", "country", "national_id", "is_foreigner"),
            *("birth_date", "sex"),
        ),
    ),
    (
        _("Cómo avisarle"),
        ("phone", "other_phone", "email", "language", "address", "city"),
    ),
    (
        _("En el centro"),
        (
            *("insurer", "category", "rating", "usual_practitioner_id", "reference", "state"),
            "comments",
        ),
    ),
)


class PatientForm(forms.Form):
    """Reads what was typed; `fields_given` hands it to the operation, `show` brings its refusals back."""

    given_name = _text(_("Nombre"), "given_name", widget=forms.TextInput({"autocomplete": "off"}))
    paternal_surname = _text(_("Primer apellido"), "paternal_surname")
    maternal_surname = _text(_("Segundo apellido"), "maternal_surname")
    country = forms.ChoiceField(label=_("País del documento"))
    national_id = _text(_("Documento"), "national_id")
    is_foreigner = forms.BooleanField(label=_("Extranjero, sin documento de este país"), required=False)
    birth_date = forms.DateField(
        label=_("Fecha de nacimiento"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    sex = forms.ChoiceField(label=_("Sexo"), choices=SEXES, required=False)
    phone = forms.CharField(
        label=_("Teléfono"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"type": "tel", "inputmode": "tel"}),
    )
    other_phone = forms.CharField(
        label=_("Otro teléfono"), max_length=40, required=False, widget=forms.TextInput({"type": "tel"})
    )
    email = forms.CharField(
        label=_("Correo"), max_length=254, required=False, widget=forms.TextInput({"type": "email"})
    )
    language = forms.ChoiceField(label=_("Idioma"), choices=LANGUAGES, required=False)
    address = _text(_("Dirección"), "address")
    city = _text(_("Comuna o ciudad"), "city")
    insurer = _text(_("Previsión"), "insurer")
    category = _text(_("Categoría"), "category")
    rating = forms.TypedChoiceField(
        label=_("Valoración"), choices=STARS, coerce=int, empty_value=0, required=False
    )
    usual_practitioner_id = forms.TypedChoiceField(
        label=_("Profesional habitual"), coerce=int, empty_value=None, required=False
    )
    reference = _text(_("Cómo llegó"), "reference")
    state = forms.ChoiceField(label=_("Estado"), choices=STATES, required=False)
    comments = forms.CharField(
        label=_("Comentarios"), max_length=4_000, required=False, widget=forms.Textarea({"rows": 3})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, countries: list, practitioners: list, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries
        self.fields["usual_practitioner_id"].choices = [("", _("Ninguno")), *practitioners]

    def fields_given(self, **default: Any) -> PatientFields:
        """What was typed; `default` stands where a field was left empty."""
        data = {name: self.cleaned_data.get(name) or default.get(name) for name in NAMES}
        defaults = asdict(PatientFields())
        return PatientFields(
            **{name: defaults[name] if value in (None, "") else value for name, value in data.items()}
        )

    def differing_from(self, patient: Patient) -> list[tuple[str, str]]:
        """(label, value on file) of each field whose typed value is another."""
        typed, kept = asdict(self.fields_given()), initial_of(patient)
        return [
            (str(self.fields[name].label), str(kept[name] or "—"))
            for name in NAMES
            if str(typed[name] or "") != str(kept[name] or "")
        ]

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields as they are read: who, how to reach them, the rest."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    def take_version(self, version: int) -> None:
        """Show the form over the newest version, so that saving it again is deliberate."""
        self.data = self.data.copy()
        self.data["version"] = str(version)

    def show(self, refused: BadPatient) -> None:
        for name, error in refused.errors.items():
            self.add_error(name if name in self.fields else None, error.message)


def initial_of(patient: Patient) -> dict[str, Any]:
    """The file as it is shown: its document and phones as people write them."""
    kept = {name: getattr(patient, name) for name in (*NAMES, "version")}
    kept["national_id"] = identity.format_id(patient.country, patient.national_id)
    for name in ("phone", "other_phone"):
        kept[name] = phones.display(kept[name]) if kept[name] else ""
    return kept
