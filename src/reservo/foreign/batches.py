"""A page of foreign rows on its way into a centre, and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.db import models

from reservo.catalog.models import Branch, Centre, Practitioner, Room, Service
from reservo.core.actor import Actor, system
from reservo.foreign.models import Finding
from reservo.foreign.reading import Reading, Rejected

TEN_THOUSAND = 10_000
Outcome = Finding.Outcome


@dataclass(slots=True)
class Counts:
    """What has the number `column` of a kind so far; `taken` gives the next free one."""

    taken: Callable[[], int]
    model: type[models.Model]

    def given(self, readings: list[Reading]) -> dict[int, int]:
        """Numbers by place in `readings`: the foreign ones where they are numbers and free, else the next."""
        wanted = [
            reading.whole("number", 0, most=2**62) if reading.has("number") else 0 for reading in readings
        ]
        used = set(self.model._base_manager.filter(number__in=wanted).values_list("number", flat=True))
        found = {}
        for place, (reading, number) in enumerate(zip(readings, wanted, strict=True)):
            if number < 1 or number in used:
                if number in used:
                    reading.note("number_taken", "number", number)
                number = self._next(used)
            used.add(number)
            found[place] = number
        return found

    def _next(self, used: set[int]) -> int:
        number = self.taken()
        while number in used or self.model._base_manager.filter(number=number).exists():
            number = self.taken()
        return number


class World:
    """What is the same for all rows of one import. The active centre's catalog is read when it is first needed."""

    def __init__(self, at: datetime):
        self.at = at
        self.by: Actor = system("import")

    @cached_property
    def centre(self) -> Centre:
        return Centre.objects.get(pk=1)

    @cached_property
    def zones(self) -> dict[int, str]:
        return dict(Branch.objects.values_list("pk", "zone"))

    @cached_property
    def branch_of_room(self) -> dict[int, int]:
        return dict(Room.objects.values_list("pk", "branch_id"))

    @cached_property
    def lanes(self) -> dict[int, int]:
        return dict(Practitioner.objects.values_list("pk", "most_overbooked"))

    @cached_property
    def services(self) -> dict[int, Service]:
        return Service.objects.in_bulk()


@dataclass(slots=True)
class Batch:
    world: World
    readings: list[Reading]
    foreign_amount: Callable[[Reading], Decimal]
    brought: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rejected: int = 0
    left_out: int = 0

    def bring(self, reading: Reading, row: models.Model, our_amount: Decimal = Decimal()) -> None:
        """Remember what the row became; if sums differ by it, the finding says by how much."""
        difference = ten_thousandths(self.foreign_amount(reading) - our_amount)
        if difference and not reading.notes:
            reading.note("amount")
        if difference:
            reading.notes[0].amount = difference
        self.findings += reading.notes
        self.brought[reading.key] = row.pk

    def reject(self, reading: Reading, why: Rejected) -> None:
        self._without(reading, Outcome.REJECTED, why)
        self.rejected += 1

    def leave_out(self, reading: Reading) -> None:
        self._without(reading, Outcome.LEFT_OUT, Rejected("deleted_there"))
        self.left_out += 1

    def _without(self, reading: Reading, outcome: str, why: Rejected) -> None:
        amount = ten_thousandths(self.foreign_amount(reading))
        self.findings.append(reading.finding(outcome, why.reason, why.field, why.detail, amount))


def ten_thousandths(amount: Decimal) -> int:
    return int((amount * TEN_THOUSAND).to_integral_value())
