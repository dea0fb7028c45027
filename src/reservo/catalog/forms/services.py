"""Services: how long, how much, by whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog import queries
from reservo.catalog.forms.base import SettingsForm
from reservo.catalog.forms.fields import Minor, Several
from reservo.catalog.models import Branch, Centre, Practitioner, Service, ServicePractitioner, ServicePrice


class ServiceForm(SettingsForm):
    practitioners = Several(label=gettext_lazy("Profesionales que lo hacen"), required=False)

    class Meta:
        model = Service
        fields = [
            *(
                "name",
                "category",
                "code",
                "duration_minutes",
                "buffer_before_minutes",
                "buffer_after_minutes",
            ),
            *("room_kind", "instructions", "is_online", "is_active", "position"),
        ]
        labels = {
            "name": gettext_lazy("Nombre"),
            "category": gettext_lazy("Categoría"),
            "code": gettext_lazy("Código"),
            "duration_minutes": gettext_lazy("Duración (minutos)"),
            "buffer_before_minutes": gettext_lazy("Preparación antes (minutos)"),
            "buffer_after_minutes": gettext_lazy("Orden y limpieza después (minutos)"),
            "room_kind": gettext_lazy("Necesita un box de tipo"),
            "instructions": gettext_lazy("Indicaciones para %(who)s"),
            "is_online": gettext_lazy("Se puede reservar en línea"),
            "is_active": gettext_lazy("Se ofrece"),
            "position": gettext_lazy("Orden"),
        }
        widgets = {"instructions": forms.Textarea({"rows": "3"})}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        currency = Centre.objects.get().currency
        instructions = self.fields["instructions"]
        instructions.label = str(instructions.label) % {"who": queries.called().the}
        self.fields["category"].empty_label = _("Sin categoría")
        self.fields["room_kind"].empty_label = _("Ninguno")
        self.fields["practitioners"].queryset = Practitioner.objects.filter(is_active=True)
        if not self.fields["practitioners"].queryset.exists():
            self.fields["practitioners"].help_text = _(
                "Todavía no hay: lo eliges al agregar a cada profesional."
            )
        self.fields["price_minor"] = Minor(
            label=_("Precio"), currency=currency, required=False, initial=self.instance.price_minor
        )
        own: dict[int, int] = {}
        if self.instance.pk:
            gives = ServicePractitioner.objects.filter(service=self.instance)
            self.fields["practitioners"].initial = list(gives.values_list("practitioner_id", flat=True))
            own = dict(
                ServicePrice.objects.filter(service=self.instance).values_list("branch_id", "price_minor")
            )
        branches = list(Branch.objects.filter(is_active=True))
        for branch in branches if len(branches) > 1 else []:
            label = _("Precio en %(branch)s, si es otro") % {"branch": branch.name}
            self.fields[f"price_{branch.pk}"] = Minor(
                label=label, currency=currency, required=False, initial=own.get(branch.pk)
            )
        first = ("name", "category", "code", "price_minor", "duration_minutes")
        self.order_fields([*first, *(name for name in self.fields if name.startswith("price_"))])
        self.show_mark()

    def lacks_somebody(self) -> bool:
        """Nobody was chosen, though there are people who could be."""
        return not self.cleaned_data["practitioners"] and self.fields["practitioners"].queryset.exists()

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        given["code"] = given.get("code") or None
        return given
