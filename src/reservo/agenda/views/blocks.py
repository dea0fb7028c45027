"""Blocks: made, shown, taken away."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.agenda import operations as ops
from reservo.agenda.models import Block
from reservo.agenda.operations import Blocking
from reservo.agenda.views import choosing
from reservo.catalog import queries as catalog
from reservo.core.clock import now
from reservo.staff.access import right

SCOPES = (
    ("practitioner", gettext_lazy("Un profesional")),
    ("room", gettext_lazy("Un box")),
    ("branch", gettext_lazy("Toda la sucursal")),
    ("centre", gettext_lazy("Todo el centro")),
)
REPEATS = (
    ("", gettext_lazy("No se repite")),
    ("1", gettext_lazy("Cada día")),
    ("7", gettext_lazy("Cada semana")),
)


class BlockForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Motivo"), max_length=120)
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
        people = catalog.practitioners(branch.pk).values_list("pk", "name")
        self.fields["practitioner"].choices = [("", "—"), *people]
        self.fields["room"].choices = [("", "—"), *catalog.rooms(branch.pk).values_list("pk", "name")]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for scope in ("practitioner", "room"):
            if given.get("scope") == scope and not given.get(scope):
                self.add_error(scope, _("Elige cuál."))
        if given.get("starts") and given.get("ends") and given["starts"] >= given["ends"]:
            self.add_error("ends", _("Tiene que terminar después de empezar."))
        if given.get("repeat") and not given.get("last_day"):
            self.add_error("last_day", _("Di hasta qué día se repite."))
        return given


@require_http_methods(["GET", "POST"])
@right("agenda.block")
def create(request: HttpRequest) -> HttpResponse:
    branch = choosing.branch_of(request)
    if branch is None:
        raise PermissionDenied
    form = BlockForm(request.POST or None, initial=_initial(request), branch=branch)
    if request.method == "POST" and form.is_valid():
        try:
            made = ops.block_repeated(
                _blocking(request.staff, form, branch), _days(form), by=request.staff.actor(), at=now()
            )
        except ops.BlockTooLong:
            form.add_error("last_day", _("Como máximo 200 repeticiones."))
        except ops.UnknownObject:
            form.add_error(None, _("Algo de lo elegido ya no existe. Recarga la página."))
        else:
            context = {
                "blocks": made,
                "block": made[0],
                "in_the_way": ops.in_the_way(made)[:50],
                "fresh": True,
            }
            return _changed(render(request, "agenda/block.html", context))
    status = 422 if request.method == "POST" else 200
    return render(request, "agenda/block_create.html", {"form": form, "branch": branch}, status=status)


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


def _blocking(staff: Any, form: BlockForm, branch: Any) -> Blocking:
    given = form.cleaned_data
    scope = given["scope"]
    who = given["practitioner"] if scope == "practitioner" else None
    if not staff.may("agenda.block", branch_id=branch.pk, practitioner_id=who or 0):
        raise PermissionDenied
    starts, ends = given["starts"], given["ends"]
    return Blocking(
        title=given["title"],
        day=given["day"],
        minute=starts.hour * 60 + starts.minute,
        duration_minutes=(ends.hour - starts.hour) * 60 + ends.minute - starts.minute,
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
    block = get_object_or_404(Block.objects.select_related("practitioner", "room", "branch"), pk=block_id)
    if block.branch_id and not request.staff.sees_branch(block.branch_id):
        raise PermissionDenied
    context = {"block": block, "in_the_way": ops.in_the_way([block])[:50]}
    return render(request, "agenda/block.html", context)


@require_POST
@right("agenda.block")
def remove(request: HttpRequest, block_id: int) -> HttpResponse:
    block = get_object_or_404(Block, pk=block_id)
    if not request.staff.may(
        "agenda.block", branch_id=block.branch_id, practitioner_id=block.practitioner_id or 0
    ):
        raise PermissionDenied
    ops.unblock(block_id, whole_series=request.POST.get("series") == "1", by=request.staff.actor(), at=now())
    return _changed(render(request, "agenda/block_removed.html"))


def _changed(response: HttpResponse) -> HttpResponse:
    response["HX-Trigger"] = json.dumps({"agenda-changed": {}})
    return response
