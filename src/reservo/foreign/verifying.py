"""Whether a centre holds what its customer had: counts and sums of both sides, each by SQL of its own.

What was rejected or altered says itself by how much the sums differ; anything beyond that stops the import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import connections

from reservo import tenancy
from reservo.agenda.claims import oldest_kept
from reservo.foreign.batches import TEN_THOUSAND, World, ten_thousandths
from reservo.foreign.kinds import appointments, catalog
from reservo.foreign.mapping import Mapping, Table
from reservo.foreign.source import Source
from reservo.tenancy.context import TENANT_ALIAS

TABLES = {
    "branches": "catalog_branch",
    "rooms": "catalog_room",
    "practitioners": "catalog_practitioner",
    "services": "catalog_service",
    "patients": "patients_patient",
    "appointments": "agenda_appointment",
}
_SECONDS = {
    "sqlite": "CAST(ROUND((julianday(ends_at) - julianday(starts_at)) * 86400) AS INTEGER)",
    "postgresql": "EXTRACT(EPOCH FROM ends_at - starts_at)",
    "mariadb": "TIMESTAMPDIFF(SECOND, starts_at, ends_at)",
}


class NotEqual(RuntimeError):
    """Both sides differ by more than what was reported; the message says where."""


@dataclass(frozen=True, slots=True)
class Side:
    """One kind of rows on both sides. Sums are of prices, or of seconds of visits."""

    foreign: int
    brought: int
    rejected: int
    left_out: int
    altered: int
    foreign_sum: str = "0"
    our_sum: str = "0"
    reported_sum: str = "0"

    @property
    def rejected_percent(self) -> float:
        wanted = self.foreign - self.left_out
        return 100 * self.rejected / wanted if wanted else 0.0


def verify(mapping: Mapping, customer: str, source: Source, world: World) -> dict[str, Side]:
    """Both sides by kind. Raises NotEqual, SourceGone."""
    found = {kind: _side(table, customer, source, world) for kind, table in mapping.tables.items()}
    for kind, side in found.items():
        _refuse_lost(kind, side)
        _refuse_unexplained(kind, side)
    _refuse_broken(world)
    return found


def as_report(sides: dict[str, Side]) -> dict[str, Any]:
    return {
        kind: {**asdict(side), "rejected_percent": round(side.rejected_percent, 2)}
        for kind, side in sides.items()
    }


def too_many_rejected(sides: dict[str, Side], most_percent: float) -> list[str]:
    """Kinds of which more than this share was rejected."""
    return [kind for kind, side in sides.items() if side.rejected_percent > most_percent]


def _side(table: Table, customer: str, source: Source, world: World) -> Side:
    foreign_sum, our_sum = _sums(table, customer, source, world)
    reported = _one("SELECT SUM(amount) FROM foreign_finding WHERE kind = %s", table.kind)
    return Side(
        foreign=source.count(table, customer),
        brought=_brought(table.kind),
        rejected=_findings(table.kind, "rejected"),
        left_out=_findings(table.kind, "left_out"),
        altered=_one(
            "SELECT COUNT(DISTINCT foreign_id) FROM foreign_finding WHERE kind = %s AND outcome = 'altered'",
            table.kind,
        ),
        foreign_sum=str(foreign_sum),
        our_sum=str(our_sum),
        reported_sum=str(Decimal(reported) / TEN_THOUSAND),
    )


def _findings(kind: str, outcome: str) -> int:
    return _one("SELECT COUNT(*) FROM foreign_finding WHERE kind = %s AND outcome = %s", kind, outcome)


def _brought(kind: str) -> int:
    """Rows that are there and known under a foreign id. Raises NotEqual if any is there for another reason."""
    table = TABLES[kind]
    known = _one(
        f"SELECT COUNT(DISTINCT r.object_id) FROM foreign_reference r JOIN {table} t ON t.id = r.object_id WHERE r.kind = %s",  # noqa: S608, E501  # nosec B608
        kind,
    )
    if (all_ := _one(f"SELECT COUNT(*) FROM {table}")) != known:  # noqa: S608  # nosec B608
        raise NotEqual(f"{kind}: {all_} rows are there, {known} are known under a foreign id")
    return known


def _sums(table: Table, customer: str, source: Source, world: World) -> tuple[Decimal, Decimal]:
    """Of the foreign side and of ours, in the foreign unit; nothing where there is nothing to add."""
    if table.kind == "services" and (column := catalog.price_column(table)):
        ours = _one("SELECT SUM(price_minor) FROM catalog_service")
        scale = catalog.minor_of_one(table, world.centre.currency)
        return source.total(table, customer, column), Decimal(ours) / scale
    if table.kind == "appointments" and (columns := appointments.length_columns(table)):
        seconds = _SECONDS[tenancy.current().engine]
        ours = _one(f"SELECT SUM({seconds}) FROM agenda_appointment")  # noqa: S608  # nosec B608
        if len(columns) == 2:
            return source.total_seconds(table, customer, *columns), Decimal(ours)
        return source.total(table, customer, columns[0]) * 60, Decimal(ours)
    return Decimal(), Decimal()


def _refuse_lost(kind: str, side: Side) -> None:
    if side.foreign != side.brought + side.rejected + side.left_out:
        raise NotEqual(
            f"{kind}: {side.foreign} over there, {side.brought} brought, {side.rejected} rejected,"
            f" {side.left_out} left out. If the foreign data changed meanwhile: abort and begin again"
        )


def _refuse_unexplained(kind: str, side: Side) -> None:
    difference = Decimal(side.foreign_sum) - Decimal(side.our_sum)
    if ten_thousandths(difference) != ten_thousandths(Decimal(side.reported_sum)):
        raise NotEqual(
            f"{kind}: the sum is {side.foreign_sum} over there and {side.our_sum} here;"
            f" the report explains {side.reported_sum} of it"
        )


def _refuse_broken(world: World) -> None:
    """What must hold in every centre."""
    wanted = _one(
        "SELECT SUM((end_tick - first_tick) * (CASE WHEN practitioner_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN room_id IS NULL THEN 0 ELSE 1 END)) FROM agenda_appointment"
        " WHERE first_tick >= %s AND state NOT IN ('suspended', 'deleted', 'waitlisted')",
        oldest_kept(world.at),
    )
    rules: dict[str, Callable[[], bool]] = {
        "visits without their time": lambda: _one("SELECT COUNT(*) FROM agenda_claim") == wanted,
        "visits without a line in the trail": lambda: (
            not _one(
                "SELECT COUNT(*) FROM agenda_appointment a WHERE NOT EXISTS"
                " (SELECT 1 FROM agenda_appointmentchange c WHERE c.appointment_id = a.id)"
            )
        ),
        "numbers above the counter": lambda: (
            _one("SELECT MAX(number) FROM agenda_appointment")
            <= _one("SELECT MAX(value) FROM tenancy_counter WHERE name = 'appointment'")
        ),
        "mail that was planned": lambda: not _one("SELECT COUNT(*) FROM notifications_delivery"),
    }
    if broken := [what for what, holds in rules.items() if not holds()]:
        raise NotEqual("; ".join(broken))


def _one(sql: str, *params: str | int) -> int:
    """A whole number; 0 for NULL."""
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0] or 0)
