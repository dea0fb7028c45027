"""Backups with their verdict, restores with what was kept, failures first where asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Max, Q, QuerySet

from reservo.console.queries.work import OWN
from reservo.fleet import orders
from reservo.fleet.backups.running import LEFT_BEHIND
from reservo.fleet.models import Backup, Order, Restore
from reservo.tenancy.models import Placement

PAGE_SIZE = 50
MOST_RESTORES = 20
PROBLEM, WAITING, USABLE = "problem", "waiting", "usable"
KINDS = (orders.RESTORE, orders.RESTORE_AS_NEW, orders.RESTORE_UNDO)
State = Backup.State


@dataclass(frozen=True, slots=True)
class Asked:
    slug: str = ""
    state: str = ""
    number: str = "1"


def page(asked: Asked, *, at: datetime) -> Page:
    return Paginator(_found(asked, at), PAGE_SIZE).get_page(asked.number)


def of_centre(tenant_id: int, most: int = 5) -> list[Backup]:
    return list(Backup.objects.filter(tenant_id=tenant_id).order_by("-pk")[:most])


def is_gone(backup: Backup) -> bool:
    """Whether the centre that it is of is not here any more."""
    return bool(backup.tenant_id) and not Placement.objects.filter(pk=backup.tenant_id).exists()


def restores(slug: str = "") -> list[Restore]:
    found = Restore.objects.order_by("-pk")
    return list((found.filter(slug=slug) if slug else found)[:MOST_RESTORES])


def restore_orders(slug: str = "") -> list[Order]:
    """What was ordered, the open ones first."""
    found = Order.objects.filter(kind__in=KINDS)
    found = found.filter(name=slug) if slug else found
    open_ones = list(found.exclude(open_for=None).order_by("-pk")[:MOST_RESTORES])
    return open_ones + list(found.filter(open_for=None).order_by("-pk")[:MOST_RESTORES])


def problems(at: datetime) -> QuerySet[Backup]:
    """The last word of each centre counts: a failure followed by a success is over."""
    last = Backup.objects.values("tenant_id").annotate(last=Max("pk")).values("last")
    stopped = Q(state=State.RUNNING, beat_at__lt=at - LEFT_BEHIND)
    return Backup.objects.filter(stopped | ~Q(error=""), pk__in=last).exclude(state=State.DONE)


def _found(asked: Asked, at: datetime) -> QuerySet[Backup]:
    found = problems(at) if asked.state == PROBLEM else Backup.objects.all()
    if asked.slug:
        found = found.filter(slug="" if asked.slug == OWN else asked.slug)
    if asked.state == WAITING:
        found = found.filter(state__in=(State.DUE, State.RUNNING))
    elif asked.state == USABLE:
        found = found.filter(state__in=(State.DONE, State.PARTIAL), removed_at=None)
    return found.order_by("-pk")
