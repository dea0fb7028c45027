"""One foreign row, read field by field through the mapping; what could not be kept as it was is noted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from reservo.core import text as texts
from reservo.core import zones
from reservo.foreign import values
from reservo.foreign.mapping import REFERS, Column, Mapping, Table
from reservo.foreign.models import Finding
from reservo.foreign.source import Cells
from reservo.foreign.values import BadValue, Clock

Outcome = Finding.Outcome
LONGEST_ID = 64
LONGEST_DETAIL = 200
MOST_TEXT = 50_000
References = dict[tuple[str, str], int]


class Rejected(ValueError):
    """The row cannot be brought."""

    def __init__(self, reason: str, field: str = "", detail: object = ""):
        super().__init__(reason)
        self.reason, self.field, self.detail = reason, field, str(detail)


@dataclass(slots=True)
class Reading:
    """`references` has what the row's batch may point to."""

    table: Table
    mapping: Mapping
    cells: Cells
    references: References
    notes: list[Finding] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Raises Rejected."""
        found = self.cells[self.table.key]
        if found is None or len(values.plain(found)) > LONGEST_ID:
            raise Rejected("no_id" if found is None else "long_id")
        return values.plain(found)

    @property
    def is_deleted(self) -> bool:
        deleted = self.table.deleted
        return deleted is not None and values.plain(self.cells[deleted.column]) in deleted.values

    def deleted_becomes(self) -> str:
        """What a deleted row becomes; nothing if it is not one."""
        return self.table.deleted.becomes if self.is_deleted and self.table.deleted else ""

    def is_active(self) -> bool:
        return not self.is_deleted and self.flag("active", True)

    def has(self, name: str) -> bool:
        return name in self.table.fields

    def raw(self, name: str) -> Any:
        """The mapped value, or the default where there is none. Raises Rejected for one that the map lacks."""
        column = self.table.fields.get(name)
        if column is None:
            return None
        found = self.cells[column.column] if column.column else column.constant
        if column.values is not None:
            return self._mapped(name, column, found)
        return column.default if found is None else found

    def _mapped(self, name: str, column: Column, found: Any) -> Any:
        said = "" if found is None else self._text(found).strip() or values.plain(found)
        said = values.plain(found) if isinstance(found, bool | bytes) else said
        known = column.values or {}
        if said in known:
            return known[said]
        if column.default is None:
            raise Rejected("not_in_map", name, said)
        return column.default

    def text(self, name: str, longest: int, *, lines: bool = False) -> str:
        """Cleaned; what is too long is cut, with a note."""
        whole = texts.clean(self._text(self.raw(name))[:MOST_TEXT], 2 * MOST_TEXT, lines=lines)
        if len(whole) > longest:
            self.note("too_long", name, whole[longest:])
        return whole[:longest].rstrip()

    def _text(self, value: Any) -> str:
        return values.text(value, mojibake=self.mapping.mojibake)

    def needed_text(self, name: str, longest: int) -> str:
        """Raises Rejected."""
        found = self.text(name, longest)
        if not found:
            raise Rejected("missing", name)
        return found

    def flag(self, name: str, default: bool) -> bool:
        found = self.raw(name)
        return default if found is None else bool(self._tried(name, lambda: values.flag(found), default))

    def whole(self, name: str, default: int, *, least: int = 0, most: int = 32_767) -> int:
        found = self.raw(name)
        if found is None or values.plain(found) == "":
            return default
        number = self._tried(name, lambda: values.whole(found), None)
        if number is not None and not least <= number <= most:
            self.note("out_of_range", name, number)
            return default
        return default if number is None else int(number)

    def amount(self, name: str) -> Decimal | None:
        """None if nothing is given. Raises Rejected."""
        found = self.raw(name)
        if found is None or values.plain(found) == "":
            return None
        try:
            return values.amount(found)
        except BadValue as bad:
            raise Rejected("bad_value", name, bad) from None

    def day(self, name: str) -> date | None:
        return self._tried(name, lambda: values.day(self.raw(name)), None)  # type: ignore[no-any-return]

    def instant(self, name: str, branch_zone: str) -> datetime | None:
        """Raises Rejected for what is no date. A wall time that the clocks jumped over or repeat is noted."""
        try:
            wall = values.wall(self.raw(name))
        except BadValue as bad:
            raise Rejected("bad_value", name, bad) from None
        if wall is None:
            return None
        clock = Clock(self.table.fields[name].clock, self.mapping.server_zone)
        found: zones.Resolution = clock.resolved(wall, branch_zone)
        if found.kind != "normal":
            self.note(f"clock_{found.kind}", name, wall.isoformat(sep=" "))
        return found.instant

    def created_at(self, zone: str, *, at: datetime) -> datetime:
        """When the row was made over there, if that is known and past; else now."""
        if not self.has("created_at"):
            return at
        try:
            found = self.instant("created_at", zone)
        except Rejected as bad:
            self.note(bad.reason, "created_at", bad.detail)
            return at
        return min(found or at, at)

    def reference(self, name: str) -> int | None:
        """Our row of the one that this points to; None if it points to none. Raises Rejected."""
        found = self.raw(name)
        if values.is_nothing(found):
            return None
        ours = self.references.get((REFERS[name], values.plain(found)))
        if ours is None:
            raise Rejected("orphan", name, values.plain(found))
        return ours

    def needed_reference(self, name: str) -> int:
        """Raises Rejected."""
        found = self.reference(name)
        if found is None:
            raise Rejected("missing", name)
        return found

    def note(self, reason: str, field: str = "", detail: object = "", amount: int = 0) -> None:
        self.notes.append(self.finding(Outcome.ALTERED, reason, field, detail, amount))

    def finding(
        self, outcome: str, reason: str, field: str = "", detail: object = "", amount: int = 0
    ) -> Finding:
        key = self.cells[self.table.key]
        return Finding(
            kind=self.table.kind,
            foreign_id="" if key is None else values.plain(key)[:LONGEST_ID],
            outcome=outcome,
            field=field,
            reason=reason,
            detail=texts.clean(self._text(detail)[:LONGEST_DETAIL], 2 * MOST_TEXT)[:LONGEST_DETAIL],
            amount=amount,
        )

    def _tried(self, name: str, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except BadValue as bad:
            self.note("bad_value", name, bad)
            return otherwise


def pointed_to(table: Table, rows: list[Cells]) -> set[tuple[str, str]]:
    """(kind, foreign id) of everything that these rows point to."""
    found = set()
    for name, kind in REFERS.items():
        column = table.fields.get(name)
        if column is not None:
            raws = {column.constant} if not column.column else {row[column.column] for row in rows}
            found |= {(kind, values.plain(raw)) for raw in raws if not values.is_nothing(raw)}
    return found
