"""Stores with their load and room, from what is known in the control plane."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from reservo.console.models import Observation
from reservo.tenancy.models import Placement, Store
from reservo.tenants import stores


@dataclass(frozen=True, slots=True)
class Row:
    """One store. `silent` centres of it did not answer when they were last looked at."""

    store: Store
    centres: int
    bytes: int
    silent: int

    @property
    def room(self) -> int:
        return max(0, self.store.capacity - self.centres)

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.centres / self.store.capacity))

    @property
    def free_bytes(self) -> int | None:
        """Of the disk that a directory of files stands on."""
        if self.store.engine != Store.Engine.SQLITE:
            return None
        folder = Path(self.store.address)
        try:
            return shutil.disk_usage(folder if folder.exists() else folder.parent).free
        except OSError:
            return None

    @property
    def verdict(self) -> str:
        if self.silent:
            return "bad"
        return "warn" if self.store.is_draining or not self.room else "good"


def listed() -> list[Row]:
    """In the order in which pools fill; a constant number of queries."""
    found = list(stores.listed())
    sizes, silent = _sizes(), silent_by_store()
    return [Row(one, one.centres, sizes.get(one.pk, 0), silent.get(one.pk, 0)) for one in found]  # type: ignore[attr-defined]


def row_of(name: str) -> Row | None:
    return next((row for row in listed() if row.store.name == name), None)


def silent_by_store() -> dict[int, int]:
    away = Observation.objects.exclude(error="").values("tenant_id")
    return dict(_by_store(Placement.objects.filter(pk__in=away)).values_list("store_id", "n"))


def _sizes() -> dict[int, int]:
    size = Observation.objects.filter(pk=OuterRef("pk")).values("size_bytes")[:1]
    found = Placement.objects.annotate(size=Subquery(size)).values("store_id").annotate(total=Sum("size"))
    return {row["store_id"]: row["total"] or 0 for row in found.order_by("store_id")}


def _by_store(placements: QuerySet[Placement]) -> QuerySet:
    return placements.values("store_id").annotate(n=Count("pk")).order_by("store_id")
