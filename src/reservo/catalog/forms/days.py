"""Days that differ from the week: holidays, and a practitioner's exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog.forms.base import GRID_MINUTES, SettingsForm
from reservo.catalog.models import Branch, Holiday, WorkingException
from reservo.core.clock import now

FURTHEST_DAYS = 5 * 366
MOST_DAYS_AT_ONCE = 60


def _coming_day(day: date) -> date:
    """Raises ValidationError for a day that is over (in every zone) or absurdly far."""
    today = now().date()
    if not today - timedelta(days=1) <= day <= today + timedelta(days=FURTHEST_DAYS):
        raise forms.ValidationError(_("Elige un día desde hoy y dentro de los próximos cinco años."))
    return day


class HolidayForm(SettingsForm):
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
        help_texts = {"branch": "", "is_closed": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["branch"].empty_label = _("Todas")

    def clean_date(self) -> date:
        return _coming_day(self.cleaned_data["date"])


class ExceptionForm(SettingsForm):
    until = forms.DateField(
        label=gettext_lazy("Hasta el día"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Para varios días seguidos, como vacaciones."),
    )
    starts = forms.TimeField(
        label=gettext_lazy("Desde las"), required=False, widget=forms.TimeInput({"type": "time", "step": 300})
    )
    ends = forms.TimeField(
        label=gettext_lazy("Hasta las"), required=False, widget=forms.TimeInput({"type": "time", "step": 300})
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
        self.fields["branch"].empty_label = _("Todas")
        self.order_fields(["date", "until", "kind", "starts", "ends", "branch"])

    def clean_date(self) -> date:
        return _coming_day(self.cleaned_data["date"])

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("kind") == "extra":
            for name in ("branch", "starts", "ends"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("Hace falta para horas extra."))
        self._clean_hours(given)
        self._clean_days(given)
        return given

    def _clean_hours(self, given: dict[str, Any]) -> None:
        starts, ends = given.get("starts"), given.get("ends")
        for name, typed in (("starts", starts), ("ends", ends)):
            if typed and (typed.minute % GRID_MINUTES or typed.second):
                self.add_error(name, _("Tiene que ser múltiplo de 5 minutos."))
        self.instance.starts_minute = starts.hour * 60 + starts.minute if starts else 0
        self.instance.ends_minute = ends.hour * 60 + ends.minute if ends else 1440
        if self.instance.starts_minute >= self.instance.ends_minute and "ends" not in self.errors:
            self.add_error("ends", _("Tiene que terminar después de empezar."))

    def _clean_days(self, given: dict[str, Any]) -> None:
        first, last = given.get("date"), given.get("until")
        if not (first and last):
            return
        if last < first:
            self.add_error("until", _("Tiene que terminar después de empezar."))
        elif (last - first).days >= MOST_DAYS_AT_ONCE:
            self.add_error("until", _("Como máximo 60 días de una vez."))

    def save_days(self) -> list[WorkingException]:
        """One row for each day."""
        first = self.cleaned_data["date"]
        last = self.cleaned_data.get("until") or first
        model = self.instance
        rows = [
            WorkingException(
                practitioner_id=model.practitioner_id,
                branch=model.branch,
                date=first + timedelta(days=number),
                kind=model.kind,
                starts_minute=model.starts_minute,
                ends_minute=model.ends_minute,
                reason=model.reason,
            )
            for number in range((last - first).days + 1)
        ]
        return WorkingException.objects.bulk_create(rows)
