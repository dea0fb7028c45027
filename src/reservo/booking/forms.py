"""The patient's own data; which fields there are is the centre's choice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reservo.booking.models import FormField
from reservo.booking.operations import BadBooking
from reservo.catalog.models import Centre
from reservo.core import identity
from reservo.patients.fields import PatientFields

TEXTS: dict[str, tuple[Any, int, dict[str, str]]] = {
    "given_name": (_("Nombre"), 80, {"autocomplete": "given-name", "autocapitalize": "words"}),
    "paternal_surname": (
        _("Primer apellido"),
        80,
        {"autocomplete": "family-name", "autocapitalize": "words"},
    ),
    "maternal_surname": (_("Segundo apellido"), 80, {"autocomplete": "off", "autocapitalize": "words"}),
    "email": (_("Correo"), 254, {"type": "email", "inputmode": "email", "autocomplete": "email"}),
    "phone": (_("Teléfono"), 40, {"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    "national_id": (_("Documento"), 30, {"autocomplete": "off"}),
    "address": (_("Dirección"), 200, {"autocomplete": "street-address"}),
    "city": (_("Comuna o ciudad"), 80, {"autocomplete": "address-level2"}),
    "insurer": (_("Previsión"), 80, {"autocomplete": "off"}),
}
REQUIRED = _("Este dato hace falta.")
TOO_LONG = _("El texto es demasiado largo.")


class PatientForm(forms.Form):
    def __init__(self, *args: Any, centre: Centre, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._country = centre.country
        for row in FormField.objects.filter(is_shown=True):
            self._add(row.field, required=row.is_required)
        self.fields["privacy_accepted"] = forms.BooleanField(
            label=_("Acepto el texto de privacidad"),
            error_messages={"required": _("Acepta el texto de privacidad para reservar.")},
        )

    def _add(self, name: str, *, required: bool) -> None:
        messages = {"required": REQUIRED, "max_length": TOO_LONG}
        if name == "birth_date":
            self.fields[name] = forms.DateField(
                label=_("Fecha de nacimiento"),
                required=required,
                widget=forms.DateInput({"type": "date", "autocomplete": "bday"}),
                error_messages={**messages, "invalid": _("Escribe la fecha completa.")},
            )
        elif name == "comment":
            self.fields[name] = forms.CharField(
                label=_("Algo que debamos saber"),
                required=required,
                max_length=2_000,
                widget=forms.Textarea({"rows": "2"}),
                error_messages=messages,
            )
        elif name in TEXTS:
            label, longest, attributes = TEXTS[name]
            self.fields[name] = forms.CharField(
                label=(identity.label(self._country) or label) if name == "national_id" else label,
                max_length=longest,
                required=required and name != "national_id",
                widget=forms.TextInput(attributes),
                error_messages=messages,
            )
            if name == "national_id":
                self.fields["is_foreigner"] = forms.BooleanField(
                    label=_("Soy extranjero y no tengo este documento"), required=False
                )

    def patient_fields(self, language: str) -> PatientFields:
        given = self.cleaned_data
        names = [*TEXTS, "birth_date", "is_foreigner"]
        values = {name: given[name] for name in names if given.get(name)}
        return PatientFields(country=self._country, language=language, **values)

    def focus_first_error(self) -> None:
        """The browser goes to the first field that is wrong, scripts or not."""
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong:
            self.fields[wrong].widget.attrs["autofocus"] = True

    def show(self, bad: BadBooking) -> None:
        for name, error in bad.errors.items():
            field = name.removeprefix("patient.")
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, str(error.message))
