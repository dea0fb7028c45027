"""Changes that staff make to visits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reservo import tenancy
from reservo.agenda import operations as ops
from reservo.agenda.forms import VisitForm
from reservo.agenda.models import Appointment
from reservo.agenda.operations import Booking, Leave, Place
from reservo.agenda.queries import visits
from reservo.agenda.views import blocks, choosing
from reservo.agenda.views.in_place import for_whom
from reservo.agenda.views.panels import in_panel
from reservo.agenda.views.refusals import REFUSALS, Refusal, refusal_of
from reservo.agenda.views.visits import clash_words, shown
from reservo.core import text, zones
from reservo.core.clock import now
from reservo.patients.fields import BadPatient
from reservo.staff.access import right


@require_http_methods(["GET", "HEAD", "POST"])
@right("agenda.edit")
def create(request: HttpRequest) -> HttpResponse:
    """A small form at a time of the grid: patient and service are all it needs."""
    branch = choosing.branch_of(request)
    if branch is None:
        raise PermissionDenied
    form = VisitForm(request.POST or None, initial=_initial(request), branch=branch, staff=request.staff)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            appointment = _book(request, form, branch)
        except BadPatient as bad:
            form.show(bad)
        except REFUSALS as error:
            refusal = refusal_of(error, request.staff, branch.zone)
        else:
            found = visits.appointment_for(request.staff, appointment.pk)
            return _changed(shown(request, found), _("Cita creada."), found)
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    context = {"form": form, "branch": branch, "refusal": refusal, "asked": _asked(refusal)}
    return in_panel(request, "agenda/create.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address names; `otra` is a visit whose patient, services and person come again."""
    like = choosing.number(request.GET.get("otra", ""))
    if like:
        return _initial_like(visits.appointment_for(request.staff, like))
    return {
        "day": request.GET.get("dia", "")[:10],
        "time": request.GET.get("hora", "")[:5],
        "minutes": choosing.number(request.GET.get("minutos", "")),
        "practitioner": choosing.number(request.GET.get("profesional", "")),
        "room": choosing.number(request.GET.get("box", "")),
        "patient": choosing.number(request.GET.get("paciente", "")),
    }


def _asked(refusal: Refusal | None) -> list[str]:
    """Ticks that stand at their reason, not among what was ticked before."""
    return [ground.leave for ground in refusal.grounds] if refusal else []


def _book(request: HttpRequest, form: VisitForm, branch: Any) -> Appointment:
    given = form.cleaned_data
    staff = request.staff
    _check_reach(staff, branch.pk, given["practitioner"])
    starts_at = instant(given["starts"], branch.zone)
    at = now()
    with tenancy.atomic(), for_whom(request, form, at) as patient_id:
        booking = Booking(
            branch_id=branch.pk,
            service_ids=tuple(given["services"]),
            practitioner_id=given["practitioner"],
            room_id=given["room"],
            starts_at=starts_at,
            duration_minutes=given["minutes"],
            patient_id=patient_id,
            comment=given["comment"],
            overbook=given["overbook"] and "agenda.overbook" in staff.extents,
            outside_rules=given["outside_rules"] and "agenda.outside_rules" in staff.extents,
        )
        return ops.book(booking, by=staff.actor(), at=at)


def instant(wall: datetime, zone: str) -> datetime:
    """Raises BadTime for a wall-clock time that does not exist, or is out of any calendar."""
    try:
        resolved = zones.resolve(wall, zone)
    except OverflowError:
        raise ops.BadTime("too_far") from None
    if resolved.kind == "gap":
        raise ops.BadTime("gap")
    return resolved.instant


def _check_reach(staff: Any, branch_id: int, practitioner_id: int | None) -> None:
    if not staff.may("agenda.edit", branch_id=branch_id, practitioner_id=practitioner_id or 0):
        raise PermissionDenied


@require_POST
@right("agenda.edit")
def state(request: HttpRequest, appointment_id: int) -> HttpResponse:
    appointment = visits.appointment_for(request.staff, appointment_id)
    _check_reach(request.staff, appointment.branch_id, appointment.practitioner_id)
    to = request.POST.get("state", "")
    if to not in Appointment.State.values or _needs_more_right(request.staff, appointment, to):
        raise PermissionDenied
    try:
        ops.change_state(
            appointment_id,
            to,
            version=choosing.number(request.POST.get("version", "")) or 0,
            reason=text.cut(request.POST.get("reason", ""), 200),
            tell_patient=request.POST.get("tell") == "1",
            leave=_leave(request),
            by=request.staff.actor(),
            at=now(),
        )
    except REFUSALS as error:
        return _refused(request, appointment_id, error, wanted=to)
    return _done(request, appointment_id, _("Estado cambiado."))


def _needs_more_right(staff: Any, appointment: Appointment, to: str) -> bool:
    corrects = appointment.state == Appointment.State.NO_SHOW and to == Appointment.State.ATTENDED
    return corrects and "agenda.correct_attended" not in staff.extents


@require_POST
@right("agenda.edit")
def undo(request: HttpRequest, change_id: int) -> HttpResponse:
    change = visits.change_for(request.staff, change_id)
    try:
        ops.undo(change_id, by=request.staff.actor(), at=now())
    except REFUSALS as error:
        return _refused(request, change.appointment_id, error)
    return _done(request, change.appointment_id, _("Deshecho."), undoable=False)


@require_http_methods(["GET", "HEAD", "POST"])
@right("agenda.edit")
def edit(request: HttpRequest, appointment_id: int) -> HttpResponse:
    appointment = visits.appointment_for(request.staff, appointment_id)
    _check_reach(request.staff, appointment.branch_id, appointment.practitioner_id)
    initial = _initial_of(appointment)
    form = VisitForm(request.POST or None, initial=initial, branch=appointment.branch, staff=request.staff)
    under = blocks.standing(request.staff, choosing.number(request.GET.get("bloqueo", "")))
    refusal, theirs = None, []
    if request.method == "POST" and form.is_valid():
        try:
            _edit(request, form, appointment)
        except BadPatient as bad:
            form.show(bad)
        except REFUSALS as error:
            refusal = refusal_of(error, request.staff, appointment.zone)
            if isinstance(error, ops.EditedMeanwhile):
                theirs = form.meet(_initial_of(visits.appointment_for(request.staff, appointment_id)))
        else:
            words = _("Cambios guardados.")
            if under:  # back to the block: there may be others to move
                changed = visits.appointment_for(request.staff, appointment_id)
                return _changed(blocks.shown(request, under), words, changed)
            return _done(request, appointment_id, words)
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    context = {"form": form, "appointment": appointment, "branch": appointment.branch, "refusal": refusal}
    context |= {"theirs": theirs, "under": under, "asked": _asked(refusal)}
    return in_panel(request, "agenda/create.html", context, status=status)


def _initial_of(appointment: Appointment) -> dict[str, Any]:
    start = zones.local(appointment.starts_at, appointment.zone)
    return {
        "day": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        "minutes": appointment.duration_minutes,
        "practitioner": appointment.practitioner_id,
        "room": appointment.room_id,
        "patient": appointment.patient_id,
        "services": list(appointment.services.values_list("service_id", flat=True)),
        "comment": appointment.comment,
        "version": appointment.version,
    }


def _initial_like(earlier: Appointment) -> dict[str, Any]:
    """The same again, at the same hour of its day, or of today if that is over."""
    initial = _initial_of(earlier)
    today = zones.local_date(now(), earlier.zone).isoformat()
    kept = {name: initial[name] for name in ("time", "practitioner", "patient", "services")}
    return {**kept, "day": max(initial["day"], today)}


def _edit(request: HttpRequest, form: VisitForm, appointment: Appointment) -> None:
    """Facts and place of the form, and the patient made in place: all or nothing."""
    given = form.cleaned_data
    by, at = request.staff.actor(), now()
    starts_at = instant(given["starts"], appointment.zone)
    _check_reach(request.staff, appointment.branch_id, given["practitioner"])
    with tenancy.atomic(), for_whom(request, form, at) as patient_id:
        ops.edit(
            appointment.pk,
            patient_id=patient_id,
            service_ids=tuple(given["services"]),
            comment=given["comment"],
            to=_place_of_form(given, starts_at, appointment),
            version=given["version"] or 0,
            tell_patient=given["tell"],
            leave=_leave(request),
            by=by,
            at=at,
        )


def _place_of_form(given: dict[str, Any], starts_at: datetime, appointment: Appointment) -> Place:
    """A room that nobody touched is kept where it is free, and makes way for another one at another time."""
    minutes = given["minutes"] or appointment.duration_minutes
    wanted = Place(
        starts_at=starts_at,
        practitioner_id=given["practitioner"],
        room_id=given["room"],
        duration_minutes=minutes,
    )
    if wanted.room_id != appointment.room_id or wanted == ops.place_of(appointment):
        return wanted
    return replace(wanted, room_id=None, preferred_room_id=appointment.room_id)


@require_POST
@right("agenda.edit")
def move(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Dragging and pulling: `start` and `end` by the branch's wall clock, `practitioner`, `room`, `version`.

    What is left out stays: the length without `end`; without `room`, the room if it is free. With `tell=ask`
    nothing is written yet where the patient would have to be told: what is in the way is said first.
    """
    appointment = visits.appointment_for(request.staff, appointment_id)
    _check_reach(request.staff, appointment.branch_id, appointment.practitioner_id)
    try:
        to = _place(request.POST, appointment)
        _check_reach(request.staff, appointment.branch_id, to.practitioner_id)
        version = choosing.number(request.POST.get("version", "")) or 0
        tell, leave = request.POST.get("tell"), _leave(request)
        if tell == "ask" and _wants_telling(appointment, to):
            ops.try_move(appointment_id, to, version=version, leave=leave, at=now())
            return JsonResponse({"ask": "tell"})
        moved = ops.move(
            appointment_id,
            to,
            version=version,
            tell_patient=tell == "1",
            leave=leave,
            by=request.staff.actor(),
            at=now(),
        )
    except REFUSALS as error:
        refusal = refusal_of(error, request.staff, appointment.zone)
        return JsonResponse(refusal.as_json(), status=refusal.status)
    warning = clash_words(moved)
    return JsonResponse({"version": moved.version, "undo": _undo_url(moved), "warning": warning})


def _wants_telling(appointment: Appointment, to: Place) -> bool:
    """Another hour, still to come, of somebody who can be written to."""
    patient = appointment.patient
    address = appointment.contact_email or (patient.email if patient else "")
    return bool(address) and to.starts_at != appointment.starts_at and to.starts_at > now()


def _place(given: QueryDict, appointment: Appointment) -> Place:
    """Raises BadTime."""
    starts_at = _wall_instant(given.get("start", ""), appointment.zone)
    minutes = None
    if "end" in given:
        minutes = int((_wall_instant(given["end"], appointment.zone) - starts_at).total_seconds()) // 60
    return Place(
        starts_at=starts_at,
        practitioner_id=choosing.number(given["practitioner"])
        if "practitioner" in given
        else appointment.practitioner_id,
        room_id=choosing.number(given["room"]) if "room" in given else None,
        preferred_room_id=None if "room" in given else appointment.room_id,
        duration_minutes=minutes,
    )


def _wall_instant(typed: str, zone: str) -> datetime:
    """Raises BadTime."""
    try:
        wall = datetime.fromisoformat(typed[:19]).replace(tzinfo=None)
    except ValueError:
        raise ops.BadTime("bad_time") from None
    return instant(wall, zone)


def _leave(request: HttpRequest) -> Leave:
    extents = request.staff.extents
    return Leave(
        overbook=request.POST.get("overbook") in ("1", "on") and "agenda.overbook" in extents,
        outside_rules=request.POST.get("outside_rules") in ("1", "on") and "agenda.outside_rules" in extents,
    )


def _refused(
    request: HttpRequest, appointment_id: int, error: Exception, *, wanted: str = ""
) -> HttpResponse:
    """The visit as it is, with why; the state that was wanted can be given all the same where a right allows it."""
    appointment = visits.appointment_for(request.staff, appointment_id)
    refusal = refusal_of(error, request.staff, appointment.zone)
    again = {"state": wanted, "refusal": refusal} if wanted and refusal.leaves else None
    return shown(request, appointment, status=refusal.status, note=refusal.all_of_it, again=again)


def _done(request: HttpRequest, appointment_id: int, words: str, *, undoable: bool = True) -> HttpResponse:
    appointment = visits.appointment_for(request.staff, appointment_id)
    return _changed(shown(request, appointment), words, appointment if undoable else None)


def _changed(response: HttpResponse, words: str, appointment: Appointment | None) -> HttpResponse:
    """Tell the page to read the grid again and to offer taking the change back."""
    toast = {"text": words, "undo": "", "undoLabel": _("Deshacer")}
    if appointment:
        toast |= {"undo": _undo_url(appointment), "about": f"visit-{appointment.pk}"}
    response["HX-Trigger"] = json.dumps({"agenda-changed": {}, "toast": toast})
    return response


def _undo_url(appointment: Appointment) -> str:
    from django.urls import reverse

    last = appointment.changes.last()
    return reverse("agenda:undo", args=[last.pk]) if last else ""
