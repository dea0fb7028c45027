"""The list of centres and what is known of each, from the control plane alone: no centre is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservo.console.models import Observation
from reservo.core import text
from reservo.fleet.backups.health import OLD
from reservo.fleet.models import Backup, Move
from reservo.tenancy import namespaces
from reservo.tenancy.models import Placement
from reservo.tenants.models import Tenant

PAGE_SIZE = 50
PROBLEM = "problem"
# What the list can be put in order by, as it stands in the address, and the annotation behind it.
ORDERS = {
    "centro": "name",
    "estado": "state",
    "almacen": "store__name",
    "tamano": "size",
    "uso": "used",
    "respaldo": "backed_up",
    "edad": "born",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Search, filters and order as the address carries them."""

    typed: str = ""
    state: str = ""
    store: str = ""
    order: str = ""
    number: str = "1"


@dataclass(frozen=True, slots=True)
class Row:
    """One centre of the list. `facts` is None for one that is half made."""

    placement: Placement
    facts: Tenant | None
    seen: Observation | None
    backup_at: datetime | None
    last_backup: Backup | None
    move: Move | None
    at: datetime

    @property
    def size_bytes(self) -> int | None:
        return self.seen.size_bytes if self.seen else None

    @property
    def used_at(self) -> datetime | None:
        return self.seen.used_at if self.seen else None

    @property
    def seen_at(self) -> datetime | None:
        return self.seen.seen_at if self.seen else None

    @property
    def born_at(self) -> datetime | None:
        return self.facts.created_at if self.facts else None

    @property
    def is_behind(self) -> bool:
        """Whether its tables are not those of this release."""
        return self.placement.schema != namespaces.tenant_schema()

    @property
    def backup_verdict(self) -> str:
        """good | warn | bad: whether the newest proved backup is as young as it should be."""
        if self.last_backup is not None and self.last_backup.state == Backup.State.FAILED:
            return "bad"
        if self.backup_at is None:
            return "warn" if self._is_young else "bad"
        return "good" if self.backup_at > self.at - OLD else "bad"

    @property
    def _is_young(self) -> bool:
        return self.facts is not None and self.facts.created_at > self.at - OLD

    @property
    def troubles(self) -> list[str]:
        """What is wrong, the worst first, in words."""
        return [
            words for words in (self._half_made, self._away, self._backup, self._move, *self._work) if words
        ]

    @property
    def _half_made(self) -> str:
        return "" if self.facts else _("a medio crear")

    @property
    def _away(self) -> str:
        return (
            _("no responde (%(error)s)") % {"error": self.seen.error} if self.seen and self.seen.error else ""
        )

    @property
    def _backup(self) -> str:
        last = self.last_backup
        return _("respaldo: %(error)s") % {"error": last.error} if last and last.error else ""

    @property
    def _move(self) -> str:
        return _("traslado: %(error)s") % {"error": self.move.error} if self.move and self.move.error else ""

    @property
    def _work(self) -> list[str]:
        jobs, mails = (self.seen.dead_jobs, self.seen.bad_mails) if self.seen else (0, 0)
        return [
            ngettext("%(n)d trabajo muerto", "%(n)d trabajos muertos", jobs) % {"n": jobs} if jobs else "",
            ngettext("%(n)d correo con problema", "%(n)d correos con problema", mails) % {"n": mails}
            if mails
            else "",
        ]


def page(asked: Asked, *, at: datetime) -> tuple[Page, list[Row]]:
    """One page of centres; the same number of queries for one centre and for fifty."""
    found = Paginator(listed(asked), PAGE_SIZE).get_page(asked.number)
    return found, rows(found.object_list, at=at)


def listed(asked: Asked) -> QuerySet[Placement]:
    """Those with a problem first, unless another order is asked for."""
    found = Placement.objects.select_related("store").annotate(name=_of_tenant("name"))
    if asked.typed:
        # Where capitals are letters of their own, small ones find them too.
        found = found.alias(small=Lower("name")).filter(_matches(asked.typed))
    if asked.store:
        found = found.filter(store__name=asked.store)
    found = found.annotate(has_problem=_has_problem())
    if asked.state == PROBLEM:
        found = found.filter(has_problem=True)
    elif asked.state in Placement.State.values:
        found = found.filter(state=asked.state)
    return found.annotate(**_figures()).order_by(*_order(asked.order))


def rows(placements: Iterable[Placement], *, at: datetime) -> list[Row]:
    placements = list(placements)
    ids = [placement.pk for placement in placements]
    tenants, seen = Tenant.objects.in_bulk(ids), Observation.objects.in_bulk(ids)
    backups, last = _newest_backups(ids), _last_backups(ids)
    moves = {move.tenant_id: move for move in Move.objects.filter(open_for__in=ids)}
    return [
        Row(
            placement,
            tenants.get(placement.pk),
            seen.get(placement.pk),
            backups.get(placement.pk),
            last.get(placement.pk),
            moves.get(placement.pk),
            at,
        )
        for placement in placements
    ]


def row_of(slug: str, *, at: datetime) -> Row | None:
    placement = Placement.objects.select_related("store").filter(slug=slug).first()
    return rows([placement], at=at)[0] if placement else None


def observed_since(at: datetime) -> timedelta | None:
    """How old the oldest figures of the list may be; None before anything was looked at."""
    active = Placement.objects.filter(state=Placement.State.ACTIVE).values("pk")
    oldest = Observation.objects.filter(pk__in=active).order_by("at").values_list("at", flat=True).first()
    return at - oldest if oldest else None


def _matches(typed: str) -> Q:
    plain = text.fold(typed)
    by_name = Q(name__icontains=typed) | Q(small__contains=typed.lower()) | Q(small__contains=plain)
    return by_name | Q(slug__icontains=plain.replace(" ", "-"))


def _of_tenant(field: str) -> Subquery:
    return Subquery(Tenant.objects.filter(pk=OuterRef("pk")).values(field)[:1])


def _figures() -> dict[str, Subquery]:
    seen = Observation.objects.filter(pk=OuterRef("pk"))
    proved = Backup.objects.filter(
        tenant_id=OuterRef("pk"), state__in=(Backup.State.DONE, Backup.State.PARTIAL), removed_at=None
    )
    return {
        "size": Subquery(seen.values("size_bytes")[:1]),
        "used": Subquery(seen.values("used_at")[:1]),
        "born": _of_tenant("created_at"),
        "backed_up": Subquery(proved.order_by("-taken_at").values("taken_at")[:1]),
    }


def _has_problem() -> Q:
    """As `Row.troubles`, in the database's words."""
    seen = Observation.objects.filter(
        ~Q(error="") | Q(dead_jobs__gt=0) | Q(bad_mails__gt=0), pk=OuterRef("pk")
    )
    newest = Backup.objects.filter(tenant_id=OuterRef("tenant_id")).order_by("-pk").values("pk")[:1]
    failed = Backup.objects.filter(tenant_id=OuterRef("pk"), pk=Subquery(newest)).exclude(error="")
    moving = Move.objects.filter(open_for=OuterRef("pk")).exclude(error="")
    return (
        Q(Exists(seen))
        | Q(Exists(failed))
        | Q(Exists(moving))
        | ~Q(Exists(Tenant.objects.filter(pk=OuterRef("pk"))))
    )


def _order(asked: str) -> tuple[object, ...]:
    field = ORDERS.get(asked.removeprefix("-"))
    if field is None:
        return (F("has_problem").desc(), "slug")
    direction = F(field).desc(nulls_last=True) if asked.startswith("-") else F(field).asc(nulls_last=True)
    return (direction, "slug")


def _newest_backups(ids: list[int]) -> dict[int, datetime]:
    proved = Backup.objects.filter(
        tenant_id__in=ids, state__in=(Backup.State.DONE, Backup.State.PARTIAL), removed_at=None
    )
    return dict(proved.values_list("tenant_id").annotate(Max("taken_at")))


def _last_backups(ids: list[int]) -> dict[int, Backup]:
    last = (
        Backup.objects.filter(tenant_id__in=ids).values("tenant_id").annotate(last=Max("pk")).values("last")
    )
    return {backup.tenant_id: backup for backup in Backup.objects.filter(pk__in=last)}
