"""Days that differ from the week: holidays, and a practitioner's exceptions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog.models import Branch, Holiday, WorkingException


class HolidayForm(forms.ModelForm):
    class Meta:
        model = Holiday
        fields = ["date", "name", "branch", "is_closed"]
        labels = {
            "date": gettext_lazy("Día"),
            "name": gettext_lazy("Nombre"),
            "branch": gettext_lazy("Sucursal"),
            "is_closed": gettext_lazy("Se cierra (sin marcar: un feriado en que se atiende)"),
        }
        widgets = {"date": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        help_texts = {"branch": gettext_lazy("Vacío: todas."), "is_closed": ""}


class ExceptionForm(forms.ModelForm):
    starts = forms.TimeField(
        label=gettext_lazy("Desde"), required=False, widget=forms.TimeInput({"type": "time"})
    )
    ends = forms.TimeField(
        label=gettext_lazy("Hasta"), required=False, widget=forms.TimeInput({"type": "time"})
    )

    class Meta:
        model = WorkingException
        fields = ["date", "kind", "branch", "reason"]
        labels = {
            "date": gettext_lazy("Día"),
            "kind": gettext_lazy("Qué pasa ese día"),
            "branch": gettext_lazy("Sucursal"),
            "reason": gettext_lazy("Motivo"),
        }
        widgets = {"date": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kinds = [("off", _("No atiende")), ("extra", _("Atiende en horas extra"))]
        self.fields["kind"] = forms.ChoiceField(label=_("Qué pasa ese día"), choices=kinds)
        self.fields["branch"].queryset = Branch.objects.filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") == "extra":
            for name in ("branch", "starts", "ends"):
                if not given.get(name):
                    self.add_error(name, _("Hace falta para horas extra."))
        starts, ends = given.get("starts"), given.get("ends")
        self.instance.starts_minute = starts.hour * 60 + starts.minute if starts else 0
        self.instance.ends_minute = ends.hour * 60 + ends.minute if ends else 1440
        if self.instance.starts_minute >= self.instance.ends_minute:
            self.add_error("ends", _("Tiene que terminar después de empezar."))
        return given
