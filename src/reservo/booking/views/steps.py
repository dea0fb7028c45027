"""The steps of booking: branch, service, practitioner, day and hour, own data. Each is a plain page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.booking import operations
from reservo.booking.forms import PatientForm
from reservo.booking.models import BookingPage
from reservo.booking.offering import offered_times
from reservo.booking.operations import BadBooking, OnlineBooking, PatientRefused
from reservo.booking.views import times
from reservo.booking.views.common import for_patients, page
from reservo.catalog import queries as catalog
from reservo.catalog.models import Branch
from reservo.catalog.queries import OnlineCatalogue, OnlineService
from reservo.core import text, zones
from reservo.core.clock import now
from reservo.patients.fields import PatientFields
from reservo.ui.clients import address_of

ANY = "0"
PROOF_LIFE = timedelta(hours=2)
GONE = (agenda.TimeTaken, agenda.HoldOver, agenda.NotOffered, agenda.BadTime, agenda.UnknownObject)


@dataclass(slots=True)
class Choice:
    """What has been chosen so far, as far as it exists."""

    branch: Branch | None = None
    service: OnlineService | None = None
    practitioner: str = ""
    day: date | None = None

    @property
    def practitioner_id(self) -> int | None:
        return int(self.practitioner) if self.practitioner not in ("", ANY) else None


def language() -> str:
    return (get_language() or "es")[:2]


@require_safe
@for_patients
def index(request: HttpRequest) -> HttpResponse:
    """The first step that is still open."""
    booking_page = BookingPage.objects.get()
    catalogue = catalog.online_catalogue()
    if not booking_page.is_open or not catalogue.services:
        return page(request, "booking/closed.html", {})
    choice = _choice(request.GET, catalogue)
    context = {
        "choice": choice,
        "catalogue": catalogue,
        "welcome": booking_page.welcome,
        "summary": _summary(choice, catalogue),
    }
    if choice.branch is None:
        return page(request, "booking/branches.html", context)
    if choice.service is None:
        return page(
            request, "booking/services.html", {**context, "groups": _groups(catalogue, choice.branch)}
        )
    if not choice.practitioner:
        people = [catalogue.practitioners[pk] for pk in choice.service.by_branch[choice.branch.pk]]
        return page(request, "booking/practitioners.html", {**context, "people": people})
    return _times_page(request, choice, catalogue, context)


def _choice(given: Any, catalogue: OnlineCatalogue) -> Choice:
    choice = Choice()
    branches = {str(branch.pk): branch for branch in catalogue.branches}
    choice.branch = branches.get(given.get("sucursal", ""))
    if choice.branch is None and len(branches) == 1:
        choice.branch = catalogue.branches[0]
    if choice.branch is None:
        return choice
    offered = {str(one.service.pk): one for one in catalogue.services if choice.branch.pk in one.by_branch}
    choice.service = offered.get(given.get("servicio", ""))
    if choice.service is None:
        return choice
    people = [str(pk) for pk in choice.service.by_branch[choice.branch.pk]]
    asked = given.get("profesional", "")
    choice.practitioner = asked if asked in (*people, ANY) else people[0] if len(people) == 1 else ""
    try:
        choice.day = date.fromisoformat(given.get("dia", ""))
    except ValueError:
        choice.day = None
    return choice


def _groups(catalogue: OnlineCatalogue, branch: Branch) -> list[tuple[str, list[dict[str, Any]]]]:
    here = [one for one in catalogue.services if branch.pk in one.by_branch]
    named = groupby(here, key=lambda one: one.service.category.name if one.service.category else "")
    return [(name, [_line(one, branch) for one in found]) for name, found in named]


def _line(one: OnlineService, branch: Branch) -> dict[str, Any]:
    return {"service": one.service, "price": one.prices.get(branch.pk, one.service.price_minor)}


def _summary(choice: Choice, catalogue: OnlineCatalogue) -> list[str]:
    parts = []
    if choice.branch and len(catalogue.branches) > 1:
        parts.append(choice.branch.name)
    if choice.service:
        parts.append(choice.service.service.name)
    if choice.practitioner_id:
        parts.append(catalogue.practitioners[choice.practitioner_id].name)
    return parts


def _times_page(
    request: HttpRequest,
    choice: Choice,
    catalogue: OnlineCatalogue,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    at = now()
    today = zones.local_date(at, choice.branch.zone)
    first = max(choice.day - timedelta(days=choice.day.weekday()), today) if choice.day else today
    first = min(first, today + timedelta(days=730))
    branch, answer = offered_times(
        choice.service.service.pk,
        choice.branch.pk,
        choice.practitioner_id,
        first,
        first + timedelta(days=times.DAYS_SHOWN - 1),
        at=at,
    )
    context |= {
        "board": times.board(answer, branch, choice.day, language()),
        "earlier": max(first - timedelta(days=times.DAYS_SHOWN), today) if first > today else None,
        "later": first + timedelta(days=times.DAYS_SHOWN),
    }
    return page(request, "booking/times.html", context, status=status)


@require_POST
@for_patients
def choose_time(request: HttpRequest) -> HttpResponse:
    """Hold the hour and go on to the form; if it is gone, offer the nearest ones."""
    catalogue = catalog.online_catalogue()
    choice = _choice(request.POST, catalogue)
    wanted = _instant(request.POST.get("inicio", ""))
    if choice.branch is None or choice.service is None or wanted is None:
        return HttpResponseRedirect(reverse("book"))
    asked = OnlineBooking(
        branch_id=choice.branch.pk,
        service_id=choice.service.service.pk,
        practitioner_id=choice.practitioner_id,
        starts_at=wanted,
        patient=PatientFields(),
    )
    try:
        held, token = operations.hold_online(
            asked,
            address_hash=_address_hash(request),
            earlier_token=request.POST.get("antes", "")[:100],
            at=now(),
        )
    except agenda.TooManyHolds:
        return page(request, "booking/too_many.html", {"choice": choice}, status=429)
    except GONE:
        return _gone(request, choice, catalogue, wanted)
    proof = {
        "hold": token,
        "branch": choice.branch.pk,
        "service": choice.service.service.pk,
        "practitioner": held.practitioner_id,
        "asked": choice.practitioner,
        "starts": wanted.isoformat(),
        "until": held.expires_at.isoformat(),
    }
    signed = signing.dumps(proof, salt=_salt())
    return HttpResponseRedirect(f"{reverse('book_data')}?p={signed}&lang={language()}", status=303)


def _gone(
    request: HttpRequest,
    choice: Choice,
    catalogue: OnlineCatalogue,
    wanted: datetime,
    kept: dict[str, str] | None = None,
) -> HttpResponse:
    """Say so, offer the nearest three, keep what was typed."""
    day = zones.local_date(wanted, choice.branch.zone)
    today = zones.local_date(now(), choice.branch.zone)
    first = min(max(day - timedelta(days=1), today), today + timedelta(days=730))
    branch, answer = offered_times(
        choice.service.service.pk,
        choice.branch.pk,
        choice.practitioner_id,
        first,
        first + timedelta(days=13),
        at=now(),
    )
    context = {
        "choice": choice,
        "summary": _summary(choice, catalogue),
        "nearest": times.nearest(answer, branch, wanted),
        "language": language(),
        "kept": kept or {},
    }
    return page(request, "booking/gone.html", context, status=409)


@require_http_methods(["GET", "HEAD", "POST"])
@for_patients
def own_data(request: HttpRequest) -> HttpResponse:
    """The form; posting it turns the hold into a visit."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        proof = signing.loads(given.get("p", "")[:2_000], salt=_salt(), max_age=PROOF_LIFE)
    except signing.BadSignature:
        return HttpResponseRedirect(reverse("book"))
    form = PatientForm(request.POST or None, centre=catalog.centre())
    if request.method == "POST" and form.is_valid():
        return _booked(request, form, proof)
    return _form_page(request, form, proof, status=422 if request.method == "POST" else 200)


def _form_page(
    request: HttpRequest, form: PatientForm, proof: dict[str, Any], *, status: int
) -> HttpResponse:
    catalogue = catalog.online_catalogue()
    choice = _choice(_as_params(proof), catalogue)
    if choice.branch is None or choice.service is None:
        return HttpResponseRedirect(reverse("book"))
    start = zones.local(datetime.fromisoformat(proof["starts"]), choice.branch.zone)
    until = datetime.fromisoformat(proof["until"])
    context = {
        "form": form,
        "proof": signing.dumps(proof, salt=_salt()),
        "choice": choice,
        "summary": [
            text.day_and_clock(start, language()),
            *_summary(choice, catalogue),
            catalogue.practitioners[proof["practitioner"]].name if not choice.practitioner_id else "",
        ],
        "start": start,
        "offset": zones.offset_label(start, choice.branch.zone),
        "seconds_left": max(int((until - now()).total_seconds()), 0),
        "price": choice.service.prices.get(choice.branch.pk, choice.service.service.price_minor),
        "privacy": catalog.privacy_text(language()),
    }
    return page(request, "booking/data.html", context, status=status)


def _booked(request: HttpRequest, form: PatientForm, proof: dict[str, Any]) -> HttpResponse:
    wanted = OnlineBooking(
        branch_id=proof["branch"],
        service_id=proof["service"],
        practitioner_id=proof["practitioner"],
        starts_at=datetime.fromisoformat(proof["starts"]),
        patient=form.patient_fields(language()),
        comment=form.cleaned_data.get("comment", ""),
        privacy_accepted=form.cleaned_data["privacy_accepted"],
        hold_token=proof["hold"],
        language=language(),
    )
    try:
        appointment = _book_held_or_free(wanted)
    except BadBooking as bad:
        form.show(bad)
        return _form_page(request, form, proof, status=422)
    except PatientRefused:
        form.add_error(None, _("No podemos reservar en línea con estos datos. Llámanos y lo vemos juntos."))
        return _form_page(request, form, proof, status=422)
    except GONE:
        catalogue = catalog.online_catalogue()
        kept = {name: value for name, value in request.POST.items() if name in form.fields}
        return _gone(request, _choice(_as_params(proof), catalogue), catalogue, wanted.starts_at, kept)
    return HttpResponseRedirect(f"{links.path_of(appointment)}?lista=1&lang={language()}", status=303)


def _book_held_or_free(wanted: OnlineBooking) -> Any:
    """By the hold; if it ran out meanwhile but the time is still free, without it."""
    from dataclasses import replace

    try:
        return operations.book_online(wanted, at=now())
    except agenda.HoldOver:
        return operations.book_online(replace(wanted, hold_token=""), at=now())  # nosec B106: no hold


def _as_params(proof: dict[str, Any]) -> dict[str, str]:
    asked = {"sucursal": proof["branch"], "servicio": proof["service"], "profesional": proof["asked"]}
    return {name: str(value) for name, value in asked.items()}


@require_safe
@for_patients
def privacy(request: HttpRequest) -> HttpResponse:
    return page(request, "booking/privacy.html", {"privacy": catalog.privacy_text(language())})


def _instant(typed: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(typed[:40])
    except ValueError:
        return None
    return at if at.tzinfo and 2000 < at.year < 2200 else None


def _salt() -> str:
    return f"reservo.booking.{tenancy.current().tenant_id}"


def _address_hash(request: HttpRequest) -> str:
    return salted_hmac("reservo.hold", address_of(request), algorithm="sha256").hexdigest()
