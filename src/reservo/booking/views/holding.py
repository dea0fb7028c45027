"""Choosing an hour: it is held for this form, or the nearest free ones are offered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.booking import operations
from reservo.booking.forms import PatientForm
from reservo.booking.offering import NothingBookable, offered_times
from reservo.booking.operations import AlreadyBooked, OnlineBooking
from reservo.booking.views import choosing, proofs, times
from reservo.booking.views.choosing import Choice
from reservo.booking.views.common import for_patients, language, page
from reservo.booking.views.steps import step_page
from reservo.catalog import queries as catalog
from reservo.catalog.queries import OnlineCatalogue, centre_of
from reservo.core import text, zones
from reservo.core.clock import now
from reservo.patients.fields import PatientFields
from reservo.ui.clients import address_of

TAKEN = (agenda.TimeTaken, agenda.HoldOver, AlreadyBooked)
GONE = (*TAKEN, agenda.NotOffered, agenda.BadTime, agenda.UnknownObject)
DAYS_AROUND = 13
LONGEST_KEPT = 2_100
KEEP = "conservar"


@tenancy.goes_on_without_primary
@for_patients("POST")
def choose_time(request: HttpRequest) -> HttpResponse:
    """Hold the hour and go on to the form; the form's earlier hour is given up."""
    catalogue = catalog.online_catalogue()
    choice = choosing.choice_of(request.POST, catalogue)
    wanted = times.instant(request.POST.get("inicio", ""))
    if choice.is_astray or not choice.practitioner or wanted is None:
        choice.is_astray = True
        return step_page(request, choice, catalogue, astray_status=422)
    asked = OnlineBooking(
        branch_id=choice.branch.pk,
        service_id=choice.service.service.pk,
        practitioner_id=choice.practitioner_id,
        starts_at=wanted,
        patient=PatientFields(),
    )
    try:
        held = operations.hold_online(
            asked, address_hash=_address_hash(request), form_id=choice.form_id, at=now()
        )
    except agenda.TooManyHolds:
        context = {"times_url": choice.url(), "lasting_url": choice.url(), "summary": []}
        return page(request, "booking/too_many.html", context, status=429)
    except GONE as why:
        return gone(request, choice, catalogue, wanted, why, kept=typed_in(request))
    proof = proofs.of_hold(held, choice.form_id, choice.practitioner)
    if request.POST.get(KEEP):
        from reservo.booking.views.data import form_page

        form = PatientForm(centre=centre_of(request), initial=typed_in(request))
        return form_page(request, form, proof)
    return HttpResponseRedirect(proofs.form_url(proof), status=303)


def typed_in(request: HttpRequest) -> dict[str, str]:
    """What the patient typed about themselves, so that another hour does not cost it."""
    names = PatientForm(centre=centre_of(request)).fields
    given: Mapping[str, str] = request.POST
    return {name: given[name][:LONGEST_KEPT] for name in names if given.get(name)}


def gone(
    request: HttpRequest,
    choice: Choice,
    catalogue: OnlineCatalogue,
    wanted: datetime,
    why: Exception,
    *,
    kept: dict[str, str],
) -> HttpResponse:
    """Say so, offer the nearest three, keep what was typed."""
    is_taken = isinstance(why, TAKEN)
    found = _free_around(request, choice, wanted) if choice.practitioner else []
    near = times.nearest(found, wanted)
    context = {
        "choice": choice,
        "summary": choosing.summary(choice, catalogue, centre_of(request)),
        "reason": _reason(why),
        "nearest": [(time, _named(time.starts_at, choice)) for time in near],
        "others": _by_day([time for time in found if time not in near]),
        "zone": choice.branch.zone if choice.branch else "",
        "kept": kept,
        "times_url": choice.url(),
        "lasting_url": choice.url(),
    }
    return page(request, "booking/gone.html", context, status=409 if is_taken else 422)


def _reason(why: Exception) -> str:
    if isinstance(why, AlreadyBooked):
        return _(
            "Ya reservaste esa hora, con otros datos. Si algo estaba mal, avísanos; aquí puedes pedir otra."
        )
    return (
        _("Esa hora se acaba de ocupar.") if isinstance(why, TAKEN) else _("Esa hora no se puede reservar.")
    )


def _free_around(request: HttpRequest, choice: Choice, wanted: datetime) -> list[times.Time]:
    at = now()
    day = zones.local_date(wanted, choice.branch.zone) - timedelta(days=1)
    span = times.Span.of(None, choice.branch.zone, request.booking_page.horizon_days, at=at)
    first = min(max(day, span.today), span.end)
    last = min(first + timedelta(days=DAYS_AROUND), span.end)
    try:
        branch, answer = offered_times(
            choice.service.service.pk, choice.branch.pk, choice.practitioner_id, first, last, at=at
        )
    except NothingBookable:
        return []
    return times.times_of(answer, branch)


def _named(starts_at: datetime, choice: Choice) -> str:
    return (
        f"{text.day_and_clock(starts_at, language())} ({zones.offset_label(starts_at, choice.branch.zone)})"
    )


def _by_day(found: list[times.Time]) -> list[tuple[str, list[times.Time]]]:
    days: dict[date, list[times.Time]] = {}
    for time in found:
        days.setdefault(time.starts_at.date(), []).append(time)
    return [(times.day_name(day, language()), rows) for day, rows in days.items()]


def _address_hash(request: HttpRequest) -> Any:
    return salted_hmac("reservo.hold", address_of(request), algorithm="sha256").hexdigest()
