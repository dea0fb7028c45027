"""Reading the catalog."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from reservo.catalog.models import (
    Branch,
    Centre,
    Practitioner,
    PractitionerBranch,
    PrivacyText,
    Room,
    Service,
    ServicePractitioner,
    ServicePrice,
)
from reservo.core import words
from reservo.jobs.recurring import Place


def centre() -> Centre:
    return Centre.objects.get(pk=1)


def centre_of(request: HttpRequest) -> Centre:
    """The same, read once for a page."""
    if not hasattr(request, "centre"):
        request.centre = centre()
    found: Centre = request.centre
    return found


def called(known: Centre | None = None) -> words.Called:
    """What the centre calls those it looks after, in the reader's language."""
    return words.Called((known or centre()).patient_word, (get_language() or "es")[:2])


def branches() -> QuerySet[Branch]:
    return Branch.objects.filter(is_active=True)


def branches_of(staff: Any) -> list[Branch]:
    """Those that this member works in; read once, as the member is, for a page."""
    if not hasattr(staff, "_branches"):
        allowed = staff.branch_ids()
        staff._branches = [branch for branch in branches() if allowed is None or branch.pk in allowed]
    found: list[Branch] = staff._branches
    return found


def places() -> list[Place]:
    """Active branches as the scheduler reads them."""
    return [Place(pk, name, zone) for pk, name, zone in branches().values_list("pk", "name", "zone")]


def practitioners(branch_id: int | None = None) -> QuerySet[Practitioner]:
    found = Practitioner.objects.filter(is_active=True)
    return found.filter(in_branches__branch_id=branch_id) if branch_id else found


def photo_address(name: str) -> str:
    """Of a practitioner's photograph in the file store; empty without one."""
    return reverse("photo", args=[name.removesuffix(".png")]) if name else ""


def practitioner_names(kept: int | None = None) -> list[tuple[int, str]]:
    """(id, name) of those who work here now, and of `kept`."""
    found = Practitioner.objects.filter(Q(is_active=True) | Q(pk=kept))
    return list(found.values_list("pk", "name"))


def rooms(branch_id: int | None = None) -> QuerySet[Room]:
    found = Room.objects.filter(is_active=True)
    return found.filter(branch_id=branch_id) if branch_id else found


def services() -> QuerySet[Service]:
    return Service.objects.filter(is_active=True).select_related("category")


def price_minor(service: Service, branch_id: int | None) -> int:
    """The branch's price of the service, else its base price."""
    own = ServicePrice.objects.filter(service=service, branch_id=branch_id).values_list(
        "price_minor", flat=True
    )
    found = own.first()
    return service.price_minor if found is None else found


def only_branch() -> Branch | None:
    """That of a centre with one; there is nothing to choose."""
    branches = Branch.objects.filter(is_active=True)[:2]
    return branches[0] if len(branches) == 1 else None


def privacy_text(language: str) -> PrivacyText | None:
    """The newest text in this language, else the newest of all."""
    newest = PrivacyText.objects.order_by("-version")
    return newest.filter(language=language).first() or newest.first()


@dataclass(frozen=True, slots=True)
class OnlineService:
    """A service that can be booked online, where and with whom."""

    service: Service
    branch_ids: tuple[int, ...]
    practitioner_ids: tuple[int, ...]
    by_branch: dict[int, tuple[int, ...]]
    prices: dict[int, int]


@dataclass(frozen=True, slots=True)
class OnlineCatalogue:
    branches: list[Branch]
    practitioners: dict[int, Practitioner]
    services: list[OnlineService]


def online_catalogue() -> OnlineCatalogue:
    """All that is bookable online: six queries, however much there is."""
    all_branches = list(branches())
    people = {person.pk: person for person in practitioners().filter(is_online=True)}
    where: dict[int, list[int]] = defaultdict(list)
    known = {branch.pk for branch in all_branches}
    for person_id, branch_id in PractitionerBranch.objects.values_list("practitioner_id", "branch_id"):
        if person_id in people and branch_id in known:
            where[person_id].append(branch_id)
    gives: dict[int, list[int]] = defaultdict(list)
    rows = ServicePractitioner.objects.order_by("practitioner__position", "practitioner_id")
    for service_id, person_id in rows.values_list("service_id", "practitioner_id"):
        if where.get(person_id):
            gives[service_id].append(person_id)
    prices: dict[int, dict[int, int]] = defaultdict(dict)
    for service_id, branch_id, amount in ServicePrice.objects.values_list(
        "service_id", "branch_id", "price_minor"
    ):
        prices[service_id][branch_id] = amount
    found = [
        _online(service, gives[service.pk], where, [branch.pk for branch in all_branches], prices[service.pk])
        for service in services()
        .filter(is_online=True)
        .order_by("category__position", "category_id", "position", "id")
        if gives[service.pk]
    ]
    offered = {branch_id for service in found for branch_id in service.branch_ids}
    return OnlineCatalogue([branch for branch in all_branches if branch.pk in offered], people, found)


def _online(
    service: Service,
    person_ids: list[int],
    where: dict[int, list[int]],
    branch_ids: list[int],
    prices: dict[int, int],
) -> OnlineService:
    by_branch = {
        branch_id: tuple(person for person in person_ids if branch_id in where[person])
        for branch_id in branch_ids
    }
    by_branch = {branch_id: people for branch_id, people in by_branch.items() if people}
    return OnlineService(service, tuple(by_branch), tuple(person_ids), by_branch, prices)
