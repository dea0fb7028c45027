"""Blocks: made, shown, taken away."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.agenda import operations as ops
from reservo.agenda.models import Appointment, Block
from reservo.agenda.operations import Blocking
from reservo.agenda.queries import visits
from reservo.agenda.views import choosing
from reservo.agenda.views.panels import in_panel
from reservo.agenda.views.refusals import refusal_of
from reservo.catalog import queries as catalog
from reservo.core import ticks, zones
from reservo.core.clock import now
from reservo.staff.access import right
from reservo.ui.fields import OneLine

SCOPES = (
    ("practitioner", gettext_lazy("Un profesional")),
    ("room", gettext_lazy("Un box")),
    ("branch", gettext_lazy("Toda la sucursal")),
    ("centre", gettext_lazy("Todo el centro")),
)
WIDE = ("branch", "centre")
MIDNIGHT = 24 * 60
MOST_SHOWN = 50
REPEATS = (
    ("", gettext_lazy("No se repite")),
    ("1", gettext_lazy("Cada día")),
    ("7", gettext_lazy("Cada semana")),
)


class BlockForm(forms.Form):
    title = OneLine(label=gettext_lazy("Motivo"), max_length=120)
    scope = forms.ChoiceField(label=gettext_lazy("Qué se bloquea"), choices=SCOPES)
    practitioner = forms.TypedChoiceField(
        label=gettext_lazy("Profesional"), coerce=int, empty_value=None, required=False
    )
    room = forms.TypedChoiceField(label=gettext_lazy("Box"), coerce=int, empty_value=None, required=False)
    day = forms.DateField(label=gettext_lazy("Día"), widget=forms.DateInput({"type": "date"}))
    starts = forms.TimeField(
        label=gettext_lazy("Desde"), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label=gettext_lazy("Hasta"), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    last_day = forms.DateField(
        label=gettext_lazy("Hasta el día"), required=False, widget=forms.DateInput({"type": "date"})
    )
    repeat = forms.ChoiceField(label=gettext_lazy("Se repite"), choices=REPEATS, required=False)

    def __init__(self, *args: Any, branch: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.branch = branch
        people = catalog.practitioners(branch.pk).values_list("pk", "name")
        self.fields["practitioner"].choices = [("", "—"), *people]
        self.fields["room"].choices = [("", "—"), *catalog.rooms(branch.pk).values_list("pk", "name")]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for scope in ("practitioner", "room"):
            if given.get("scope") == scope and not given.get(scope):
                self.add_error(scope, _("Elige cuál."))
            elif given.get("scope") in WIDE and given.get(scope):
                self.add_error("scope", _("Elegiste también a alguien o un box: ¿se bloquea solo eso?"))
        if given.get("starts") is not None and given.get("ends") is not None:
            self._check_hours(given["starts"], given["ends"])
        self._check_days(given)
        return given

    def _check_hours(self, starts: time, ends: time) -> None:
        if minute_of(starts) >= (minute_of(ends) or MIDNIGHT):
            self.add_error("ends", _("Tiene que terminar después de empezar."))
        for name, clock in (("starts", starts), ("ends", ends)):
            if clock.minute % ticks.TICK_MINUTES or clock.second:
                self.add_error(name, _("La hora tiene que caer en 5 minutos exactos."))

    def _check_days(self, given: dict[str, Any]) -> None:
        today = zones.local_date(now(), self.branch.zone)
        for name in ("day", "last_day"):
            if given.get(name) and abs((given[name] - today).days) > choosing.FURTHEST_DAYS:
                self.add_error(name, _("La fecha está demasiado lejos."))
        if given.get("repeat") and "last_day" not in self.errors:
            if not given.get("last_day"):
                self.add_error("last_day", _("Di hasta qué día se repite."))
            elif given.get("day") and given["last_day"] < given["day"]:
                self.add_error("last_day", _("Tiene que terminar después de empezar."))


@require_http_methods(["GET", "HEAD", "POST"])
@right("agenda.block")
def create(request: HttpRequest) -> HttpResponse:
    branch = choosing.branch_of(request)
    if branch is None:
        raise PermissionDenied
    form = BlockForm(request.POST or None, initial=_initial(request), branch=branch)
    if request.method == "POST" and form.is_valid():
        _check_reach(request.staff, form, branch)
        try:
            made = ops.block_repeated(
                _blocking(form, branch), _days(form), by=request.staff.actor(), at=now()
            )
        except ops.BlockTooLong:
            form.add_error("last_day", _("Como máximo 200 repeticiones."))
        except ops.UnknownObject:
            form.add_error(None, _("Algo de lo elegido ya no existe. Recarga la página."))
        else:
            context = {
                "blocks": made,
                "blocked": made[0],
                "in_the_way": _in_the_way(request.staff, made),
                "fresh": True,
            }
            return _changed(in_panel(request, "agenda/block.html", context))
    status = 422 if request.method == "POST" else 200
    return in_panel(request, "agenda/block_create.html", {"form": form, "branch": branch}, status=status)


def _check_reach(staff: Any, form: BlockForm, branch: Any) -> None:
    """Raises PermissionDenied: who blocks only their own time blocks no room, branch or centre."""
    given = form.cleaned_data
    who = given["practitioner"] if given["scope"] == "practitioner" else 0
    everywhere = given["scope"] == "centre" and staff.branch_ids() is not None
    if everywhere or not staff.may("agenda.block", branch_id=branch.pk, practitioner_id=who):
        raise PermissionDenied


def _in_the_way(staff: Any, blocks: list[Block]) -> list[Appointment]:
    return list(
        ops.in_the_way(blocks).filter(pk__in=visits.appointments_for(staff).values("pk"))[:MOST_SHOWN]
    )


def minute_of(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _initial(request: HttpRequest) -> dict[str, Any]:
    time = request.GET.get("hora", "")[:5]
    minutes = choosing.number(request.GET.get("minutos", "")) or 60
    practitioner = choosing.number(request.GET.get("profesional", ""))
    room = choosing.number(request.GET.get("box", ""))
    initial = {
        "day": request.GET.get("dia", "")[:10],
        "starts": time,
        "practitioner": practitioner,
        "room": room,
    }
    initial["scope"] = "practitioner" if practitioner else "room" if room else "branch"
    try:
        begins = datetime.strptime(time, "%H:%M")  # noqa: DTZ007
        initial["ends"] = f"{begins + timedelta(minutes=minutes):%H:%M}"
    except ValueError:
        initial["ends"] = ""
    return initial


def _blocking(form: BlockForm, branch: Any) -> Blocking:
    given = form.cleaned_data
    scope = given["scope"]
    who = given["practitioner"] if scope == "practitioner" else None
    starts, ends = given["starts"], given["ends"]
    return Blocking(
        title=given["title"],
        day=given["day"],
        minute=minute_of(starts),
        duration_minutes=(minute_of(ends) or MIDNIGHT) - minute_of(starts),
        zone=branch.zone,
        practitioner_id=who,
        room_id=given["room"] if scope == "room" else None,
        branch_id=None if scope == "centre" else branch.pk,
    )


def _days(form: BlockForm) -> list[date]:
    given = form.cleaned_data
    step = int(given["repeat"] or 0)
    if not step:
        return [given["day"]]
    days, day = [], given["day"]
    while day <= given["last_day"] and len(days) <= 200:
        days.append(day)
        day += timedelta(days=step)
    return days


@require_safe
@right("agenda.see")
def panel(request: HttpRequest, block_id: int) -> HttpResponse:
    block = standing(request.staff, block_id)
    if block is None:
        raise Http404
    return shown(request, block)


def standing(staff: Any, block_id: int | None) -> Block | None:
    """None if it was removed, or is not there. Raises PermissionDenied."""
    found = Block.objects.filter(removed_at=None).select_related("practitioner", "room", "branch")
    block = found.filter(pk=block_id).first()
    if block and not staff.may(
        "agenda.see", branch_id=block.branch_id, practitioner_id=block.practitioner_id
    ):
        raise PermissionDenied
    return block


def shown(request: HttpRequest, block: Block) -> HttpResponse:
    context = {"blocked": block, "in_the_way": _in_the_way(request.staff, [block])}
    return in_panel(request, "agenda/block.html", context)


@require_POST
@right("agenda.block")
def remove(request: HttpRequest, block_id: int) -> HttpResponse:
    block = _own_to_change(request.staff, block_id, removed_at=None)
    whole_series = request.POST.get("series") == "1"
    ops.unblock(block.pk, whole_series=whole_series, by=request.staff.actor(), at=now())
    undo = reverse("agenda:block_put_back", args=[block.pk])
    toast = {"text": _("Bloqueo quitado."), "undo": undo, "undoLabel": _("Deshacer")}
    return _changed(in_panel(request, "agenda/block_removed.html", {"blocked": block}), toast=toast)


@require_POST
@right("agenda.block")
def put_back(request: HttpRequest, block_id: int) -> HttpResponse:
    block = _own_to_change(request.staff, block_id)
    try:
        block = ops.put_back(block.pk, by=request.staff.actor(), at=now())
    except ops.CannotUndo as error:
        refusal = refusal_of(error, request.staff, block.zone)
        context = {"blocked": block, "refusal": refusal}
        return in_panel(request, "agenda/block_removed.html", context, status=refusal.status)
    return _changed(shown(request, block), toast={"text": _("Deshecho.")})


def _own_to_change(staff: Any, block_id: int, **where: Any) -> Block:
    """Raises Http404, PermissionDenied."""
    block = get_object_or_404(Block, pk=block_id, **where)
    if not staff.may("agenda.block", branch_id=block.branch_id, practitioner_id=block.practitioner_id or 0):
        raise PermissionDenied
    return block


def _changed(response: HttpResponse, **more: Any) -> HttpResponse:
    response["HX-Trigger"] = json.dumps({"agenda-changed": {}, **more})
    return response
