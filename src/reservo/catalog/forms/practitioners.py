"""Practitioners: what they do, where, and when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog.forms.base import SettingsForm
from reservo.catalog.forms.fields import HOURS_HELP, Hours, Several, language
from reservo.catalog.forms.guards import refuse_if_visited
from reservo.catalog.models import (
    Branch,
    OpeningPeriod,
    Practitioner,
    PractitionerBranch,
    Room,
    Service,
    ServicePractitioner,
    WorkingPeriod,
)
from reservo.catalog.weekly import Period, shown
from reservo.core import colours, text


class PractitionerForm(SettingsForm):
    branches = Several(label=gettext_lazy("Sucursales"))
    services = Several(label=gettext_lazy("Tratamientos que hace"), required=False)
    picture = forms.FileField(
        label=gettext_lazy("Foto"),
        required=False,
        help_text=gettext_lazy("PNG, JPG o WebP de hasta 5 MB. Sin foto se muestran las iniciales."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
    )
    without_picture = forms.BooleanField(label=gettext_lazy("Quitar la foto"), required=False)

    class Meta:
        model = Practitioner
        fields = ["name", "speciality", "colour", "most_overbooked", "is_online", "is_active", "position"]
        labels = {
            "name": gettext_lazy("Nombre"),
            "speciality": gettext_lazy("Especialidad"),
            "colour": gettext_lazy("Color"),
            "most_overbooked": gettext_lazy("Sobrecupos como máximo a una misma hora"),
            "is_online": gettext_lazy("Se puede reservar en línea"),
            "is_active": gettext_lazy("Atiende"),
            "position": gettext_lazy("Orden"),
        }
        widgets = {"colour": forms.TextInput({"type": "color"})}
        help_texts = {"most_overbooked": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.branches_of_centre = list(Branch.objects.filter(is_active=True))
        self.fields["branches"].queryset = Branch.objects.filter(is_active=True)
        self.fields["services"].queryset = Service.objects.filter(is_active=True)
        if not self.fields["services"].queryset.exists():
            self.fields["services"].help_text = _("Todavía no hay: lo eliges al agregar cada tratamiento.")
        known = self.instance.pk
        if known:
            here = PractitionerBranch.objects.filter(practitioner=self.instance)
            self.fields["branches"].initial = list(here.values_list("branch_id", flat=True))
            gives = ServicePractitioner.objects.filter(practitioner=self.instance)
            self.fields["services"].initial = list(gives.values_list("service_id", flat=True))
        elif len(self.branches_of_centre) == 1:
            self.fields["branches"].initial = [self.branches_of_centre[0].pk]
        works_at = self.fields["branches"].initial or ()
        rooms = list(Room.objects.filter(is_active=True))
        for branch in self.branches_of_centre:
            names = {text.fold(room.name): room.pk for room in rooms if room.branch_id == branch.pk}
            shown_names = {room.pk: room.name for room in rooms}
            label = _("Horario en %(branch)s") % {"branch": branch.name}
            self.fields[f"hours_{branch.pk}"] = Hours(
                label=label,
                rooms=names,
                names=[room.name for room in rooms if room.branch_id == branch.pk],
                help_text=HOURS_HELP,
                initial=self._hours(branch, shown_names),
                likely=_opening_hours(branch) if branch.pk not in works_at else "",
            )
        if not self.instance.photo:
            del self.fields["without_picture"]
        last = ("most_overbooked", "is_online", "is_active", "position")
        first = ("name", "speciality", "colour", "picture", "without_picture")
        between = (name for name in self.fields if name not in (*first, *last))
        self.order_fields([*first, *between, *last])
        self.show_mark()

    def _hours(self, branch: Branch, room_names: dict[int, str]) -> str:
        if not self.instance.pk:
            return self._likely_hours(branch)
        rows = WorkingPeriod.objects.filter(practitioner=self.instance, branch=branch)
        periods = [Period(row.weekday, row.starts_minute, row.ends_minute, row.room_id) for row in rows]
        return shown(periods, room_names, language())

    def _likely_hours(self, branch: Branch) -> str:
        """Somebody new begins with the hours of the only branch; without hours nobody could be booked with them."""
        return _opening_hours(branch) if len(self.branches_of_centre) == 1 else ""

    def clean_branches(self) -> Any:
        chosen = self.cleaned_data["branches"]
        left = set(self.fields["branches"].initial or ()) - {branch.pk for branch in chosen}
        for branch_id in left if self.instance.pk else ():
            words = _("Para que deje de atender en esa sucursal, mueve o cancela primero sus citas.")
            refuse_if_visited(words, practitioner_id=self.instance.pk, branch_id=branch_id)
        return chosen

    def clean_is_active(self) -> bool:
        is_active = self.cleaned_data["is_active"]
        if self.instance.pk and not is_active:
            words = _("Para que deje de atender, mueve o cancela primero sus citas.")
            refuse_if_visited(words, practitioner_id=self.instance.pk)
        return is_active

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        chosen = {branch.pk for branch in given.get("branches") or ()}
        for branch in self.branches_of_centre:
            if given.get(f"hours_{branch.pk}") and "branches" in given and branch.pk not in chosen:
                self.add_error(f"hours_{branch.pk}", _("Marca la sucursal arriba, o borra este horario."))
        return given

    def clean_colour(self) -> str:
        if not colours.is_colour(self.cleaned_data["colour"]):
            raise forms.ValidationError(_("Elige un color de la paleta."))
        return self.cleaned_data["colour"]


def _opening_hours(branch: Branch) -> str:
    rows = OpeningPeriod.objects.filter(branch=branch, room=None)
    periods = [Period(row.weekday, row.starts_minute, row.ends_minute) for row in rows]
    return shown(periods, language=language())
