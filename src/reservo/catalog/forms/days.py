"""Days that differ from the week: holidays, and a practitioner's exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog import queries
from reservo.catalog.forms.base import GRID_MINUTES, SettingsForm
from reservo.catalog.models import Branch, Holiday, Room, WorkingException
from reservo.catalog.models.periods import MINUTES_OF_DAY
from reservo.catalog.runs import MOST_DAYS, Day, alike
from reservo.core.clock import now
from reservo.core.text import minute_clock

FURTHEST_DAYS = 5 * 366


def _coming_day(day: date) -> date:
    """Raises ValidationError for a day that is over (in every zone) or absurdly far."""
    today = now().date()
    if not today - timedelta(days=1) <= day <= today + timedelta(days=FURTHEST_DAYS):
        raise forms.ValidationError(_("Elige un día desde hoy y dentro de los próximos cinco años."))
    return day


class DaysForm(SettingsForm):
    """One date, or several in a row: a row for each."""

    until = forms.DateField(
        label=gettext_lazy("Hasta el día"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Para varios días seguidos, como vacaciones."),
    )

    def clean_date(self) -> date:
        return _coming_day(self.cleaned_data["date"])

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        first, last = given.get("date"), given.get("until")
        if first and last and last < first:
            self.add_error("until", _("Tiene que terminar después de empezar."))
        elif first and last and (last - first).days >= MOST_DAYS:
            self.add_error("until", _("Como máximo 60 días de una vez."))
        return given

    def save_days(self) -> list[Day]:
        """In the order of their dates."""
        first = self.save()
        last = self.cleaned_data.get("until") or first.date
        further = [first.date + timedelta(days=number + 1) for number in range((last - first.date).days)]
        model = type(first)
        return [first, *model.objects.bulk_create(model(date=day, **alike(first)) for day in further)]


class HolidayForm(DaysForm):
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
        self.order_fields(["date", "until"])


class RoomOfBranch(forms.ModelChoiceField):
    """Rooms of every branch; where there are several, a room says whose it is."""

    def label_from_instance(self, room: Room) -> str:
        return f"{room.name} · {room.branch}"


class ExceptionForm(DaysForm):
    starts = forms.TimeField(
        label=gettext_lazy("Desde las"), required=False, widget=forms.TimeInput({"type": "time", "step": 300})
    )
    ends = forms.TimeField(
        label=gettext_lazy("Hasta las"), required=False, widget=forms.TimeInput({"type": "time", "step": 300})
    )

    class Meta:
        model = WorkingException
        fields = ["date", "kind", "branch", "room", "reason"]
        labels = {
            "date": gettext_lazy("Día"),
            "kind": gettext_lazy("Qué pasa ese día"),
            "branch": gettext_lazy("Sucursal"),
            "room": gettext_lazy("Box"),
            "reason": gettext_lazy("Motivo"),
        }
        widgets = {"date": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kinds = [("off", _("No atiende")), ("extra", _("Atiende en horas extra"))]
        self.fields["kind"] = forms.ChoiceField(label=_("Qué pasa ese día"), choices=kinds)
        self.fields["branch"].queryset = Branch.objects.filter(is_active=True)
        self.fields["branch"].empty_label = _("Todas")
        self.fields["room"] = RoomOfBranch(
            Room.objects.filter(is_active=True, branch__is_active=True).select_related("branch"),
            label=_("Box"),
            required=False,
            empty_label=_("Cualquiera"),
            help_text=_("Solo para horas extra."),
        )
        if not self.fields["room"].queryset.exists():
            del self.fields["room"]
        self.order_fields(["date", "until", "kind", "starts", "ends", "branch", "room"])

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("kind") == "extra":
            given["branch"] = given.get("branch") or queries.only_branch()
            for name in ("branch", "starts", "ends"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("Hace falta para horas extra."))
        self._clean_room(given)
        self._clean_hours(given)
        return given

    def _clean_room(self, given: dict[str, Any]) -> None:
        room, branch = given.get("room"), given.get("branch")
        if given.get("kind") != "extra":
            given["room"] = None
        elif room and branch and room.branch_id != branch.pk:
            self.add_error("room", _("Ese box es de otra sucursal."))

    def _clean_hours(self, given: dict[str, Any]) -> None:
        starts, ends = given.get("starts"), given.get("ends")
        for name, typed in (("starts", starts), ("ends", ends)):
            if typed and (typed.minute % GRID_MINUTES or typed.second):
                self.add_error(name, _("Tiene que ser múltiplo de 5 minutos."))
        self.instance.starts_minute = starts.hour * 60 + starts.minute if starts else 0
        self.instance.ends_minute = (ends.hour * 60 + ends.minute if ends else 0) or MINUTES_OF_DAY
        if self.instance.starts_minute >= self.instance.ends_minute and "ends" not in self.errors:
            self.add_error("ends", _("Tiene que terminar después de empezar."))


def typed_again(row: Day, last: date) -> dict[str, str]:
    """What to send to the form so that the days from `row` to `last` are there as they were."""
    typed = {"date": row.date.isoformat(), "until": last.isoformat(), "branch": str(row.branch_id or "")}
    if isinstance(row, Holiday):
        return {**typed, "name": row.name, "is_closed": "on" if row.is_closed else ""}
    return {
        **typed,
        "starts": minute_clock(row.starts_minute),
        "ends": minute_clock(row.ends_minute % MINUTES_OF_DAY),
        "kind": row.kind,
        "room": str(row.room_id or ""),
        "reason": row.reason,
    }
