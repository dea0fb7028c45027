"""The patient moves the visit to another offered time, by its link."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED
from reservo.booking import operations
from reservo.booking.offering import NothingBookable, offered_times
from reservo.booking.operations import CutOff
from reservo.booking.operations.own import may_move
from reservo.booking.views import choosing, times
from reservo.booking.views.common import for_patients, language, page
from reservo.booking.views.holding import GONE, TAKEN
from reservo.booking.views.own import back, facts, shown, too_late, visit_of
from reservo.core import zones
from reservo.core.clock import now


@tenancy.goes_on_without_primary
@for_patients("GET", "POST")
def move(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    if request.method == "POST":
        return _moved(request, appointment, is_old, links.read(token).time_version)
    if appointment.state in CANCELLED:
        return shown(request, appointment)
    if not may_move(appointment, request.booking_page, at=now()):
        return shown(request, appointment, refusal=too_late(appointment))
    return _times(request, appointment, is_old=is_old)


def _moved(request: HttpRequest, appointment: Appointment, is_old: bool, time_version: int) -> HttpResponse:
    wanted = times.instant(request.POST.get("inicio", ""))
    if wanted is not None and wanted == appointment.starts_at:
        return back(appointment, "moved")
    if is_old:
        return shown(request, appointment, is_old=True, status=409)
    if wanted is None:
        return _times(request, appointment, refusal=_("Elige una hora de la lista."), status=422)
    try:
        moved = operations.move_own(appointment, wanted, time_version=time_version, at=now())
    except CutOff:
        return shown(request, appointment, refusal=too_late(appointment), status=409)
    except TAKEN:
        refusal = _("Esa hora se acaba de ocupar. Tu cita sigue donde estaba: elige otra.")
        return _times(request, appointment, wanted=wanted, refusal=refusal, status=409)
    except GONE:
        refusal = _("Esa hora no se puede reservar. Tu cita sigue donde estaba: elige otra.")
        return _times(request, appointment, wanted=wanted, refusal=refusal, status=422)
    except (agenda.EditedMeanwhile, agenda.AppointmentClosed):
        appointment.refresh_from_db()
        return shown(request, appointment, is_old=True, status=409)
    return back(moved, "moved")


def _times(
    request: HttpRequest,
    appointment: Appointment,
    *,
    wanted: datetime | None = None,
    is_old: bool = False,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    at = now()
    asked = choosing.day_of(request.GET.get("dia", ""))
    if asked is None and wanted is not None:
        asked = zones.local_date(wanted, appointment.zone)
    span = times.Span.of(
        asked or appointment.local_date, appointment.zone, request.booking_page.horizon_days, at=at
    )
    try:
        branch, answer = _offered(appointment, span.first, span.last)
    except NothingBookable:
        return shown(request, appointment, refusal=too_late(appointment), status=status)
    context = {
        **facts(appointment, is_old=is_old),
        "board": times.board(answer, branch, asked, language(), near=appointment.local_date),
        "span": span,
        "refusal": refusal,
        "lasting_url": _url(appointment, asked),
    }
    return page(request, "booking/move.html", context, status=status)


def _url(appointment: Appointment, day: date | None) -> str:
    shown_day = f"dia={day.isoformat()}&" if day else ""
    return f"{reverse('visit_move', args=[links.token_of(appointment)])}?{shown_day}lang={language()}"


def _offered(appointment: Appointment, first: date, last: date) -> tuple:
    service = appointment.services.first()
    return offered_times(
        service.service_id if service else 0,
        appointment.branch_id,
        appointment.practitioner_id,
        first,
        last,
        duration_minutes=appointment.duration_minutes,
        without=appointment.pk,
        at=now(),
    )
