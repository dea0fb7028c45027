"""Branches, rooms, practitioners and services: few rows, one by one, since their names must differ."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.db import models
from django.db.models import QuerySet

from reservo.catalog.founding import open_on_weekdays
from reservo.catalog.models import (
    Branch,
    Practitioner,
    PractitionerBranch,
    Room,
    RoomKind,
    Service,
    ServiceCategory,
)
from reservo.core import mailaddress, money, phones, zones
from reservo.foreign.batches import Batch, World
from reservo.foreign.mapping import Table
from reservo.foreign.reading import Reading, Rejected

USUAL_MINUTES = 30
MOST_MINUTES = 720
MOST_BUFFER = 240
MOST_OVERBOOKED = 20


def bring_branches(batch: Batch) -> None:
    for reading in batch.readings:
        _try(batch, reading, _branch)


def bring_rooms(batch: Batch) -> None:
    for reading in batch.readings:
        _try(batch, reading, _room)


def bring_practitioners(batch: Batch) -> None:
    for reading in batch.readings:
        _try(batch, reading, _practitioner)


def bring_services(batch: Batch) -> None:
    for reading in batch.readings:
        _try(batch, reading, _service)


def _try(batch: Batch, reading: Reading, make: Callable[[Reading, World], models.Model]) -> None:
    try:
        row = make(reading, batch.world)
    except Rejected as why:
        batch.reject(reading, why)
    else:
        batch.bring(reading, row, _our_price(reading, row, batch.world))


def _branch(reading: Reading, world: World) -> Branch:
    zone = str(reading.raw("zone") or world.centre.zone)
    if not zones.is_zone(zone):
        raise Rejected("no_zone", "zone", zone)
    country = reading.text("country", 2).upper() or world.centre.country
    branch = Branch(
        name=_free_name(reading, Branch.objects.all(), 80),
        address=reading.text("address", 200),
        city=reading.text("city", 80),
        region=reading.text("region", 10),
        country=country,
        zone=zone,
        phone=_phone(reading, country),
        email=_email(reading),
        is_active=reading.is_active(),
        position=Branch.objects.count(),
    )
    branch.save(force_insert=True)
    open_on_weekdays(branch)
    return branch


def _room(reading: Reading, world: World) -> Room:
    branch_id = reading.needed_reference("branch")
    kind = reading.text("kind", 60)
    room = Room(
        branch_id=branch_id,
        name=_free_name(reading, Room.objects.filter(branch_id=branch_id), 60),
        kind=_named(RoomKind, kind) if kind else None,
        is_active=reading.is_active(),
        position=Room.objects.count(),
    )
    room.save(force_insert=True)
    return room


def _practitioner(reading: Reading, world: World) -> Practitioner:
    branch_id = reading.reference("branch")
    who = Practitioner(
        name=reading.needed_text("name", 80),
        speciality=reading.text("speciality", 80),
        email=_email(reading),
        most_overbooked=reading.whole("most_overbooked", 1, most=MOST_OVERBOOKED),
        is_active=reading.is_active(),
        position=Practitioner.objects.count(),
    )
    who.save(force_insert=True)
    if branch_id:
        PractitionerBranch.objects.create(practitioner=who, branch_id=branch_id)
    return who


def _service(reading: Reading, world: World) -> Service:
    category = reading.text("category", 80)
    service = Service(
        name=reading.needed_text("name", 120),
        code=_free_code(reading),
        category=_named(ServiceCategory, category) if category else None,
        duration_minutes=_duration(reading),
        price_minor=price_minor(reading, world),
        buffer_before_minutes=reading.whole("buffer_before", 0, most=MOST_BUFFER),
        buffer_after_minutes=reading.whole("buffer_after", 0, most=MOST_BUFFER),
        is_online=reading.flag("online", False),
        is_active=reading.is_active(),
        position=Service.objects.count(),
    )
    service.save(force_insert=True)
    return service


def _duration(reading: Reading) -> int:
    minutes = reading.whole("duration", USUAL_MINUTES, least=1, most=MOST_MINUTES)
    rounded = -(-minutes // 5) * 5
    if rounded != minutes:
        reading.note("five_minutes", "duration", minutes)
    return rounded


def price_minor(reading: Reading, world: World) -> int:
    """In the centre's currency; one of another currency is not converted but left at nothing, with a note."""
    amount = reading.amount("price")
    if amount is None:
        return 0
    currency = str(reading.raw("currency") or world.centre.currency) if reading.has("currency") else ""
    if currency and currency != world.centre.currency:
        reading.note("other_currency", "price", f"{amount} {currency}")
        return 0
    minor = int((amount * minor_of_one(reading.table, world.centre.currency)).to_integral_value())
    if not 0 <= minor <= money.MOST_MINOR:
        reading.note("out_of_range", "price", amount)
        return 0
    return minor


def minor_of_one(table: Table, currency: str) -> int:
    """How many minor units one of the foreign column is."""
    return 1 if table.price_is_minor else 10 ** money.CURRENCIES[currency].digits


def price_column(table: Table) -> str:
    """The column whose sum says what all prices are together; empty if there is none."""
    column = table.fields.get("price")
    return column.column if column is not None and column.values is None else ""


def foreign_price(reading: Reading) -> Decimal:
    """What the row adds to the foreign sum."""
    column = price_column(reading.table)
    found = reading.cells[column] if column else None
    try:
        return Decimal() if found is None else Decimal(str(found))
    except ArithmeticError:
        return Decimal()


def _our_price(reading: Reading, row: models.Model, world: World) -> Decimal:
    """In the unit of the foreign column; nothing where that is not summed."""
    if not isinstance(row, Service) or not price_column(reading.table):
        return Decimal()
    return Decimal(row.price_minor) / minor_of_one(reading.table, world.centre.currency)


def _free_name(reading: Reading, others: QuerySet, longest: int) -> str:
    """Raises Rejected for none; one that is there already gets a number."""
    wanted = reading.needed_text("name", longest)
    used = {name.casefold() for name in others.values_list("name", flat=True)}
    name, number = wanted, 2
    while name.casefold() in used:
        tail = f" ({number})"
        name, number = f"{wanted[: longest - len(tail)]}{tail}", number + 1
    if name != wanted:
        reading.note("name_taken", "name", wanted)
    return name


def _free_code(reading: Reading) -> str | None:
    code = reading.text("code", 20)
    if not code:
        return None
    if Service.objects.filter(code__iexact=code).exists():
        reading.note("code_taken", "code", code)
        return None
    return code


def _named(model: type[models.Model], name: str) -> models.Model:
    found = model._base_manager.filter(name__iexact=name).first()
    return found or model._base_manager.create(name=name)


def _phone(reading: Reading, country: str) -> str:
    typed = reading.text("phone", 40)
    try:
        return phones.normalise(typed, country) if typed else ""
    except phones.InvalidPhone:
        reading.note("bad_value", "phone", typed)
        return ""


def _email(reading: Reading) -> str:
    typed = reading.text("email", 254)
    try:
        return mailaddress.check(typed) if typed else ""
    except mailaddress.InvalidAddress:
        reading.note("bad_value", "email", typed)
        return ""
