"""The patient's page of one visit. Opening it changes nothing: a scanner that follows every link does no harm."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.calendar_file import calendar_file
from reservo.agenda.facts import facts_of
from reservo.agenda.links import BadLink
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED
from reservo.booking import operations, promises
from reservo.booking.operations import CorrectedTooOften, CutOff
from reservo.booking.operations.own import CHANGEABLE, may_cancel, may_move
from reservo.booking.views import fresh
from reservo.booking.views.common import Refusal, for_patients, language, page
from reservo.catalog import queries as catalog
from reservo.core import phones
from reservo.core.clock import now
from reservo.patients.fields import BadPatient

NOTICES = {
    "confirmed": lambda: _("¡Gracias! Tu cita quedó confirmada."),
    "cancelled": lambda: _("Tu cita quedó cancelada."),
    "moved": lambda: _("Listo: tu cita tiene nueva hora."),
    "mail": lambda: _("Listo: corregimos tu correo."),
}


def visit_of(token: str) -> tuple[Appointment, bool]:
    """The visit, and whether the link was sent for an earlier time of it; links work until the visit ends."""
    related = Appointment.objects.select_related("branch", "practitioner", "patient")
    try:
        link = links.read(token)
        appointment = related.get(public_id=link.public_id)
    except (BadLink, Appointment.DoesNotExist):
        title = _("Este enlace no lleva a ninguna cita")
        text = _("Puede que esté incompleto: ábrelo desde el correo que recibiste, o pide otra hora.")
        raise Refusal(404, title, text) from None
    if appointment.ends_at <= now():
        text = _("Este enlace servía hasta el final de la cita. Si quieres volver, pide otra hora.")
        raise Refusal(410, _("Esta cita ya pasó"), text)
    return appointment, link.time_version != appointment.time_version


@tenancy.goes_on_without_primary
@for_patients("GET")
def show(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    notice = NOTICES.get(request.GET.get("hecho", ""))
    return shown(request, appointment, is_old=is_old, notice=notice() if notice else "")


def shown(
    request: HttpRequest,
    appointment: Appointment,
    *,
    is_old: bool = False,
    notice: str = "",
    refusal: str = "",
    wrong_mail: tuple[str, str] = ("", ""),
    status: int = 200,
) -> HttpResponse:
    at, rules = now(), request.booking_page
    moves, cancels = may_move(appointment, rules, at=at), may_cancel(appointment, rules, at=at)
    is_closed = appointment.state in CHANGEABLE and not moves and not cancels
    is_new = fresh.NAME in request.GET
    mark = fresh.given(request, appointment, at=at)
    context: dict[str, Any] = {
        **facts(appointment, is_old=is_old),
        "is_new": is_new,
        "is_cancelled": appointment.state in CANCELLED,
        "may_confirm": appointment.state == Appointment.State.NOT_CONFIRMED and not is_new,
        "may_move": moves,
        "may_cancel": cancels,
        "closed_note": too_late(appointment) if is_closed and not refusal else "",
        "mail_minutes": promises.confirmation_minutes() if is_new else None,
        "mail_to": appointment.contact_email if mark else "",
        "mark": mark,
        "wrong_mail": wrong_mail,
        "notice": notice,
        "refusal": refusal,
        "lasting_url": _url(appointment, mark=mark),
    }
    return page(request, "booking/visit.html", context, status=status)


def facts(appointment: Appointment, *, is_old: bool = False) -> dict[str, Any]:
    """What every page of the visit shows; its buttons carry the link of the time as it is now."""
    return {
        "appointment": appointment,
        "facts": facts_of(appointment, language()),
        "token": links.token_of(appointment),
        "is_old": is_old,
    }


@tenancy.goes_on_without_primary
@for_patients("POST")
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    if is_old:
        return shown(request, appointment, is_old=True, status=409)
    try:
        operations.confirm_own(appointment, at=now())
    except agenda.TransitionRefused:
        return shown(request, appointment, refusal=_("Esta cita ya no se puede confirmar."), status=409)
    return back(appointment, "confirmed")


@tenancy.goes_on_without_primary
@for_patients("GET", "POST")
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    appointment, is_old = visit_of(token)
    if appointment.state in CANCELLED:
        return back(appointment, "cancelled") if request.method == "POST" else shown(request, appointment)
    if request.method != "POST":
        is_in_time = may_cancel(appointment, request.booking_page, at=now())
        context = {**facts(appointment, is_old=is_old), "may_cancel": is_in_time}
        context["may_move"] = may_move(appointment, request.booking_page, at=now())
        return page(request, "booking/cancel.html", context)
    if is_old:
        return shown(request, appointment, is_old=True, status=409)
    try:
        operations.cancel_own(appointment, at=now())
    except CutOff:
        return shown(request, appointment, refusal=too_late(appointment), status=409)
    except agenda.TransitionRefused:
        return shown(request, appointment, refusal=_("Esta cita ya no se puede cancelar."), status=409)
    return back(appointment, "cancelled")


@tenancy.goes_on_without_primary
@for_patients("POST")
def correct_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Another address for the mails, from the page that ended the booking: it shows the one that was typed."""
    appointment, is_old = visit_of(token)
    mark = fresh.given(request, appointment, at=now())
    if not mark:
        return shown(request, appointment, is_old=is_old, refusal=call_us(appointment), status=409)
    typed = request.POST.get("email", "")[:254]
    try:
        corrected = operations.correct_address(appointment, typed, at=now())
    except BadPatient as bad:
        wrong = (typed, str(bad.errors["email"].message))
        return shown(request, appointment, is_old=is_old, wrong_mail=wrong, status=422)
    except CorrectedTooOften:
        return shown(request, appointment, is_old=is_old, refusal=call_us(appointment), status=409)
    return HttpResponseRedirect(_url(corrected, "mail", mark=mark), status=303)


@tenancy.goes_on_without_primary
@for_patients("GET")
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    appointment, _old = visit_of(token)
    centre = catalog.centre()
    known = facts_of(appointment, language())
    content = calendar_file(
        appointment,
        title=f"{known.service or _('Cita')} · {centre.name}",
        place=known.address or known.branch,
        url=links.manage_url(appointment, language()),
        at=now(),
    )
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="cita.ics"'
    return response


def too_late(appointment: Appointment) -> str:
    phone = phones.display(appointment.branch.phone)
    if phone:
        return _("Ya no se puede cambiar en línea. Llámanos al %(phone)s.") % {"phone": phone}
    return _("Ya no se puede cambiar en línea. Contáctanos directamente.")


def call_us(appointment: Appointment) -> str:
    phone = phones.display(appointment.branch.phone)
    if phone:
        return _("Ya no se puede corregir el correo en línea. Llámanos al %(phone)s.") % {"phone": phone}
    return _("Ya no se puede corregir el correo en línea. Contáctanos directamente.")


def back(appointment: Appointment, done: str) -> HttpResponse:
    return HttpResponseRedirect(_url(appointment, done), status=303)


def _url(appointment: Appointment, done: str = "", *, mark: str = "") -> str:
    told = {"hecho": done, fresh.NAME: mark, "lang": language()}
    asked = urlencode({name: value for name, value in told.items() if value})
    return f"{links.path_of(appointment)}?{asked}"
