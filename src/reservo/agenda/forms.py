"""The small form of a visit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from reservo.catalog import queries as catalog
from reservo.catalog.models import Branch
from reservo.core import text
from reservo.patients.fields import BadPatient
from reservo.patients.models import Patient
from reservo.ui.fields import Lines

TOLD = ("patient", "services", "day", "time", "minutes", "practitioner", "room", "comment")


class VisitForm(forms.Form):
    day = forms.DateField(label=_("Día"), widget=forms.DateInput({"type": "date"}))
    time = forms.TimeField(
        label=_("Hora"), widget=forms.TimeInput({"type": "time", "step": "300"}, format="%H:%M")
    )
    minutes = forms.IntegerField(
        label=_("Minutos"),
        required=False,
        min_value=5,
        max_value=720,
        widget=forms.NumberInput({"step": "5", "placeholder": "auto"}),
    )
    practitioner = forms.TypedChoiceField(
        label=_("Profesional"), coerce=int, empty_value=None, required=False
    )
    room = forms.TypedChoiceField(label=_("Box"), coerce=int, empty_value=None, required=False)
    patient = forms.IntegerField(required=False, widget=forms.HiddenInput)
    patient_typed = forms.CharField(required=False, max_length=120)
    services = forms.TypedMultipleChoiceField(
        label=_("Tratamientos"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple({"size": "6", "data-chips": _("Escribe para buscar")}),
    )
    comment = Lines(
        label=_("Comentario"), required=False, max_length=2_000, widget=forms.Textarea({"rows": "2"})
    )
    new_given_name = forms.CharField(label=_("Nombre"), required=False, max_length=80)
    new_paternal_surname = forms.CharField(label=_("Apellido"), required=False, max_length=80)
    new_phone = forms.CharField(
        label=_("Teléfono"), required=False, max_length=40, widget=forms.TextInput({"type": "tel"})
    )
    new_email = forms.CharField(
        label=_("Correo"), required=False, max_length=254, widget=forms.TextInput({"type": "email"})
    )
    new_national_id = forms.CharField(label=_("Documento"), required=False, max_length=30)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    tell = forms.BooleanField(required=False)
    overbook = forms.BooleanField(label=_("Dar sobrecupo"), required=False)
    known = forms.IntegerField(required=False, widget=forms.HiddenInput)
    another_person = forms.BooleanField(label=_("Es otra persona"), required=False)
    outside_rules = forms.BooleanField(label=_("Agendar igual"), required=False)

    made_patient: Patient | None = None

    def __init__(self, *args: Any, branch: Branch, staff: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        people = catalog.practitioners(branch.pk)
        if staff.only_own("agenda.edit"):
            people = people.filter(pk=staff.practitioner_id)
        self.fields["practitioner"].choices = [("", _("Sin profesional")), *people.values_list("pk", "name")]
        self.fields["room"].choices = [
            ("", _("El que corresponda")),
            *catalog.rooms(branch.pk).values_list("pk", "name"),
        ]
        words = gettext("Avisar %(to_whom)s si cambia la hora")
        self.fields["tell"].label = words % {"to_whom": catalog.called().to_the}
        self.fields["patient"].label = capfirst(catalog.called().one)
        self.fields["services"].choices = list(catalog.services().values_list("pk", "name"))

    @property
    def chosen_patient(self) -> Patient | None:
        typed = self["patient"].value()
        return (
            Patient.objects.filter(pk=typed).first()
            if str(typed or "").isdecimal() and len(str(typed)) < 19
            else None
        )

    def show(self, bad: BadPatient) -> None:
        """What is wrong with the patient made in place, at its fields."""
        for name, error in bad.errors.items():
            self.add_error(f"new_{name}" if f"new_{name}" in self.fields else None, str(error.message))

    def meet(self, kept: dict[str, Any]) -> list[tuple[str, str]]:
        """Stand over the visit as it is by now, so that saving again is deliberate.

        Gives (label, the visit's value) of each field that was typed otherwise; minutes left empty stay.
        """
        typed = {name: _plain(self[name].value()) for name in TOLD}
        theirs = [
            (str(self.fields[name].label), self._in_words(name, kept[name]))
            for name in TOLD
            if typed[name] != _plain(kept[name]) and (typed[name] or name != "minutes")
        ]
        self.data = self.data.copy()
        self.data["version"] = str(kept["version"])
        return theirs

    def _in_words(self, name: str, value: Any) -> str:
        if name == "patient":
            found = Patient.objects.filter(pk=value).first()
            return found.full_name if found else "—"
        if name == "day":
            return text.day_short(date.fromisoformat(value), get_language() or "es")
        named = {str(key): str(label) for key, label in getattr(self.fields[name], "choices", ())}
        return ", ".join(named.get(one, one) for one in _plain(value)) or "—"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("known"):
            self._take_known(given)
        if given.get("day") and given.get("time") is not None:
            given["starts"] = datetime.combine(given["day"], given["time"])
        self._check_somebody(given)
        return given

    def _take_known(self, given: dict[str, Any]) -> None:
        """The file that was there already, instead of the one that was being typed."""
        given["patient"] = given["known"]
        self.data = self.data.copy()
        self.data.update({"patient": str(given["known"]), "patient_typed": ""})
        for name in self.fields:
            if name.startswith("new_"):
                given[name] = ""
                self.data[name] = ""

    def _check_somebody(self, given: dict[str, Any]) -> None:
        """What was typed to search and never chosen would be lost; a visit of nobody for nothing is a slip."""
        if given.get("patient") or given.get("new_given_name"):
            return
        if given.get("patient_typed"):
            self.add_error("patient_typed", _("Elige a alguien de la lista, o créalo."))
        elif not given.get("services"):
            self.add_error("patient_typed", _("Elige para quién es, o al menos un tratamiento."))


def _plain(value: Any) -> list[str]:
    """What a field holds, whether it was sent or read, in the same form."""
    values = value if isinstance(value, list) else [value]
    return sorted(str(one) for one in values if one not in (None, ""))
