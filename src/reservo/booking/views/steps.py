"""The steps up to the hour: branch, service, practitioner, day. Each is a plain page that changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from reservo import tenancy
from reservo.booking import operations
from reservo.booking.offering import offered_times
from reservo.booking.views import choosing, proofs, times
from reservo.booking.views.choosing import Choice
from reservo.booking.views.common import for_patients, language, page
from reservo.catalog import queries as catalog
from reservo.catalog.queries import OnlineCatalogue, centre_of
from reservo.core import text, zones
from reservo.core.clock import now

MOST_SEARCHED_DAYS = 62


@tenancy.goes_on_without_primary
@for_patients("GET")
def index(request: HttpRequest) -> HttpResponse:
    """The first step that is still open."""
    catalogue = catalog.online_catalogue()
    if not request.booking_page.is_open or not catalogue.services:
        return page(request, "booking/closed.html", {})
    choice = choosing.choice_of(request.GET, catalogue)
    if choice.practitioner and not choosing.form_id_in(request.GET):
        return HttpResponseRedirect(choice.url())
    return step_page(request, choice, catalogue)


def step_page(
    request: HttpRequest, choice: Choice, catalogue: OnlineCatalogue, *, astray_status: int = 404
) -> HttpResponse:
    centre = centre_of(request)
    context = {
        "choice": choice,
        "welcome": request.booking_page.welcome,
        "summary": choosing.summary(choice, catalogue, centre),
        "lasting_url": choice.url(),
    }
    status = astray_status if choice.is_astray else 200
    if choice.branch is None:
        context["branches"] = [(branch, choice.url(sucursal=branch.pk)) for branch in catalogue.branches]
        return page(request, "booking/branches.html", context, status=status)
    if choice.service is None:
        context["groups"] = choosing.groups(choice, catalogue, centre)
        return page(request, "booking/services.html", context, status=status)
    if not choice.practitioner:
        people = [catalogue.practitioners[pk] for pk in choice.service.by_branch[choice.branch.pk]]
        context["people"] = [(person, choice.url(profesional=person.pk)) for person in people]
        context["any_url"] = choice.url(profesional=choosing.ANY)
        return page(request, "booking/practitioners.html", context, status=status)
    return page(request, "booking/times.html", context | _times(request, choice), status=status)


def _times(request: HttpRequest, choice: Choice) -> dict[str, Any]:
    at = now()
    span = times.Span.of(choice.day, choice.branch.zone, request.booking_page.horizon_days, at=at)
    answer = _offered(choice, span.first, span.last, at=at)
    if choice.day is None and not any(found for _day, found in answer.by_day()):
        span = _first_free(choice, span, at=at)
        answer = _offered(choice, span.first, span.last, at=at)
    board = times.board(answer, choice.branch, choice.day, language())
    return {
        "board": board,
        "span": span,
        "is_full": choice.day is None and board.is_empty,  # every day within the horizon was looked at
        "phone": choice.branch.phone,
        "own": _own_hold(choice),
    }


def _offered(choice: Choice, first: Any, last: Any, *, at: Any) -> Any:
    found = offered_times(
        choice.service.service.pk, choice.branch.pk, choice.practitioner_id, first, last, at=at
    )
    return found[1]


def _first_free(choice: Choice, span: times.Span, *, at: Any) -> times.Span:
    """The days around the first free time within the horizon; the same span if there is none."""
    first = span.last + timedelta(days=1)
    while first <= span.end:
        last = min(first + timedelta(days=MOST_SEARCHED_DAYS - 1), span.end)
        for day, found in _offered(choice, first, last, at=at).by_day():
            if found:
                return span.around(day)
        first = last + timedelta(days=1)
    return span


def _own_hold(choice: Choice) -> dict[str, str] | None:
    """The hour that this form holds already, and the way back to it."""
    held = operations.held_by(choice.form_id, at=now())
    if held is None:
        return None
    start = zones.local(held.starts_at, held.branch.zone)
    proof = proofs.of_hold(held, choice.form_id, choice.practitioner)
    return {"text": text.day_and_clock(start, language()), "url": proofs.form_url(proof)}


@tenancy.goes_on_without_primary
@for_patients("GET")
def privacy(request: HttpRequest) -> HttpResponse:
    return page(request, "booking/privacy.html", {"privacy": catalog.privacy_text(language())})
