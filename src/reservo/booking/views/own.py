"""The patient's page of one visit. Opening it changes nothing: a scanner that follows every link does no harm."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.calendar_file import calendar_file
from reservo.agenda.facts import facts_of
from reservo.agenda.links import BadLink
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED
from reservo.booking import operations
from reservo.booking.models import BookingPage
from reservo.booking.offering import NothingBookable, offered_times
from reservo.booking.operations import CutOff
from reservo.booking.operations.own import may_cancel, may_move
from reservo.booking.views import times
from reservo.booking.views.common import for_patients, page
from reservo.booking.views.steps import GONE, _instant, language
from reservo.catalog import queries as catalog
from reservo.core import zones
from reservo.core.clock import now

NOTICES = {
    "confirmed": lambda: _("¡Gracias! Tu cita quedó confirmada."),
    "cancelled": lambda: _("Tu cita quedó cancelada."),
    "moved": lambda: _("Listo: tu cita tiene nueva hora."),
}


def visit_of(token: str) -> tuple[Appointment, bool]:
    """The visit, and whether the link was sent for an earlier time of it. Raises Http404."""
    try:
        link = links.read(token)
    except BadLink:
        raise Http404 from None
    related = Appointment.objects.select_related("branch", "practitioner", "patient")
    appointment = related.filter(public_id=link.public_id).exclude(state=Appointment.State.DELETED).first()
    if appointment is None:
        raise Http404
    return appointment, link.time_version != appointment.time_version


@require_safe
@for_patients
def show(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    notice = NOTICES.get(request.GET.get("hecho", ""))
    return _shown(request, appointment, is_old=is_old, notice=notice() if notice else "")


def _shown(
    request: HttpRequest,
    appointment: Appointment,
    *,
    is_old: bool = False,
    notice: str = "",
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    rules = BookingPage.objects.get()
    at = now()
    context: dict[str, Any] = {
        "appointment": appointment,
        "facts": facts_of(appointment, language()),
        "token": links.token_of(appointment),
        "is_old": is_old,
        "is_new": request.GET.get("lista") == "1",
        "is_cancelled": appointment.state in CANCELLED,
        "is_over": appointment.ends_at <= at,
        "may_confirm": appointment.state == Appointment.State.NOT_CONFIRMED and appointment.starts_at > at,
        "may_move": may_move(appointment, rules, at=at),
        "may_cancel": may_cancel(appointment, rules, at=at),
        "notice": notice,
        "refusal": refusal,
    }
    return page(request, "booking/visit.html", context, status=status)


@require_POST
@for_patients
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    if is_old:
        return _shown(request, appointment, is_old=True, status=409)
    if appointment.starts_at <= now():
        return _shown(request, appointment, refusal=_("Esta cita ya empezó o pasó."), status=409)
    try:
        operations.confirm_own(appointment, at=now())
    except agenda.TransitionRefused:
        return _shown(request, appointment, refusal=_("Esta cita ya no se puede confirmar."), status=409)
    return _back(appointment, "confirmed")


@require_http_methods(["GET", "HEAD", "POST"])
@for_patients
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    if request.method != "POST":
        context = {
            "appointment": appointment,
            "facts": facts_of(appointment, language()),
            "token": links.token_of(appointment),
            "is_old": is_old,
            "may_cancel": may_cancel(appointment, BookingPage.objects.get(), at=now()),
        }
        return page(request, "booking/cancel.html", context)
    if is_old:
        return _shown(request, appointment, is_old=True, status=409)
    try:
        operations.cancel_own(appointment, at=now())
    except CutOff:
        return _shown(request, appointment, refusal=_too_late(appointment), status=409)
    except agenda.TransitionRefused:
        return _shown(request, appointment, refusal=_("Esta cita ya no se puede cancelar."), status=409)
    return _back(appointment, "cancelled")


@require_http_methods(["GET", "HEAD", "POST"])
@for_patients
def move(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    if not may_move(appointment, BookingPage.objects.get(), at=now()):
        return _shown(
            request,
            appointment,
            refusal=_too_late(appointment),
            status=200 if request.method != "POST" else 409,
        )
    if request.method != "POST":
        return _move_page(request, appointment)
    if is_old:
        return _shown(request, appointment, is_old=True, status=409)
    wanted = _instant(request.POST.get("inicio", ""))
    if wanted is None:
        return _move_page(request, appointment, refusal=_("Elige una hora de la lista."), status=422)
    try:
        operations.move_own(appointment, wanted, time_version=links.read(token).time_version, at=now())
    except GONE:
        return _move_page(
            request, appointment, refusal=_("Esa hora se acaba de ocupar. Elige otra."), status=409
        )
    except (agenda.EditedMeanwhile, agenda.AppointmentClosed):
        return _shown(request, visit_of(token)[0], is_old=True, status=409)
    appointment.refresh_from_db()
    return _back(appointment, "moved")


def _move_page(
    request: HttpRequest, appointment: Appointment, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    at = now()
    today = zones.local_date(at, appointment.zone)
    service = appointment.services.first()
    try:
        asked = date.fromisoformat(request.GET.get("dia", ""))
    except ValueError:
        asked = max(appointment.local_date, today)
    first = min(max(asked - timedelta(days=asked.weekday()), today), today + timedelta(days=730))
    last = first + timedelta(days=times.DAYS_SHOWN - 1)
    try:
        branch, answer = offered_times(
            service.service_id if service else 0,
            appointment.branch_id,
            appointment.practitioner_id,
            first,
            last,
            at=at,
        )
    except NothingBookable:
        return _shown(request, appointment, refusal=_too_late(appointment))
    context = {
        "appointment": appointment,
        "facts": facts_of(appointment, language()),
        "token": links.token_of(appointment),
        "board": times.board(answer, branch, asked, language()),
        "earlier": max(first - timedelta(days=times.DAYS_SHOWN), today) if first > today else None,
        "later": first + timedelta(days=times.DAYS_SHOWN),
        "refusal": refusal,
    }
    return page(request, "booking/move.html", context, status=status)


@require_safe
@for_patients
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    appointment, _old = visit_of(token)
    centre = catalog.centre()
    facts = facts_of(appointment, language())
    content = calendar_file(
        appointment,
        title=f"{facts.service or _('Cita')} · {centre.name}",
        place=facts.address or facts.branch,
        url=links.manage_url(appointment),
        at=now(),
    )
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="cita.ics"'
    return response


def _too_late(appointment: Appointment) -> str:
    phone = appointment.branch.phone
    if phone:
        return _("Ya no se puede cambiar en línea. Llámanos al %(phone)s.") % {"phone": phone}
    return _("Ya no se puede cambiar en línea. Contáctanos directamente.")


def _back(appointment: Appointment, done: str) -> HttpResponse:
    return HttpResponseRedirect(f"{links.path_of(appointment)}?hecho={done}&lang={language()}", status=303)
