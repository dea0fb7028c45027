from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reservo.staff import calling, places, rights
from reservo.staff.models import Role, StaffMember
from reservo.staff.operations import Place
from reservo.ui.fields import OneLine


class PlaceForm(forms.Form):
    role = forms.TypedChoiceField(label=_("Rol"), coerce=int)
    all_branches = forms.BooleanField(label=_("Todas las sucursales"), required=False, initial=True)
    branches = forms.TypedMultipleChoiceField(
        label=_("Solo estas sucursales"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    practitioner = forms.TypedChoiceField(
        label=_("Es este profesional"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Para que «lo propio» sea lo suyo."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.pk, str(role)) for role in Role.objects.all()]
        self.fields["branches"].choices = places.branches()
        self.fields["practitioner"].choices = [("", _("Ninguno")), *places.practitioners()]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if "branches" in given and not given.get("all_branches") and not given["branches"]:
            self.add_error("branches", _("Elige al menos una sucursal, o todas."))
        return given

    def place(self) -> Place:
        given = self.cleaned_data
        return Place(
            role_id=given["role"],
            all_branches=given["all_branches"],
            branch_ids=tuple(given["branches"]),
            practitioner_id=given["practitioner"],
        )


class InviteForm(PlaceForm):
    name = OneLine(label=_("Nombre"), max_length=80)
    email = forms.CharField(label=_("Correo"), max_length=254, widget=forms.TextInput({"type": "email"}))
    field_order = ["name", "email"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("Elige un rol")), *self.fields["role"].choices]


class MemberForm(PlaceForm):
    name = OneLine(label=_("Nombre"), max_length=80)
    field_order = ["name"]
    is_active = forms.BooleanField(label=_("Puede entrar"), required=False)


def initial_of(member: StaffMember) -> dict[str, Any]:
    return {
        "name": member.name,
        "role": member.role_id,
        "all_branches": member.all_branches,
        "branches": list(member.own_branch_ids),
        "practitioner": member.practitioner_id,
        "is_active": member.is_active,
    }


class RoleForm(forms.Form):
    name = OneLine(label=_("Nombre del rol"), max_length=60)

    def __init__(self, *args: Any, extents: dict[str, str], role_id: int | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._role_id = role_id
        for right, label in rights.labels(calling.called()).items():
            choices = [("", _("No")), (rights.ALL, _("Sí"))]
            if right in rights.SCOPED:
                choices = [("", _("No")), (rights.OWN, _("Solo lo propio")), (rights.ALL, _("Todo"))]
            self.fields[right] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=extents.get(right, "")
            )

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if Role.objects.filter(name__iexact=name).exclude(pk=self._role_id).exists():
            raise forms.ValidationError(_("Ya hay un rol con ese nombre."))
        return name

    def extents(self) -> dict[str, str]:
        return {right: self.cleaned_data[right] for right in rights.RIGHTS if self.cleaned_data.get(right)}
