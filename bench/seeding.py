"""Centres with a history, by the engine's bulk load: as many rows as needed, in the shape the product writes."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import uuid_utils as uuid
from django.db import connections, models

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import User
from reservo.agenda.models import Appointment, AppointmentService, Claim
from reservo.booking.models import BookingPage
from reservo.catalog.models import (
    Branch,
    OpeningPeriod,
    Practitioner,
    PractitionerBranch,
    Service,
    ServicePractitioner,
    WorkingPeriod,
)
from reservo.core import zones
from reservo.core.clock import now
from reservo.patients.models import Patient
from reservo.staff import operations as staff
from reservo.staff import rights
from reservo.tenancy import connections as tenancy_connections
from reservo.tenancy.backends.sqlite.base import path_of
from reservo.tenancy.context import TENANT_ALIAS
from reservo.tenancy.models import Counter
from reservo.tenants.operations import create_tenant

ZONE = "America/Lima"
OPENS, MOST_A_DAY, VISIT_MINUTES = 9 * 60, 18, 30
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """A branch and who works there."""

    branch_id: int
    practitioner_ids: tuple[int, ...]
    service_id: int


def file_of(slug: str) -> Path:
    """The file of a centre that is kept in one."""
    from reservo.tenancy import directory

    route = directory.find(slug)
    if route is None:
        raise LookupError(slug)
    return path_of(route)


def centre(
    slug: str, *, branches: int = 1, people: int = 10, patients: int = 500, store: str = ""
) -> tuple[Any, list[Place]]:
    """A new centre in Lima, filled."""
    at = now() - timedelta(days=400)
    route = create_tenant(slug, name=f"Centro {slug}", country="PE", zone=ZONE, at=at, store=store)
    return route, fill(route, branches=branches, people=people, patients=patients)


def created(prefix: str, count: int, *, store: str = "") -> list[float]:
    """Seconds of each of so many creations one after the other, through the product's own operation."""
    seconds = []
    for number in range(count):
        start = time.perf_counter()
        slug = f"{prefix}-{number:04}"
        create_tenant(slug, name=f"Centro {number}", country="PE", zone=ZONE, at=now(), store=store)
        seconds.append(time.perf_counter() - start)
    return seconds


def fill(route: Any, *, branches: int = 1, people: int = 10, patients: int = 500) -> list[Place]:
    """In each branch `people` who work on weekdays from 9 to 18 and give one service."""
    with tenancy.activate(route), tenancy.atomic():
        OpeningPeriod.objects.all().delete()
        BookingPage.objects.update(most_future_appointments=0, horizon_days=365, least_notice_minutes=0)
        service = Service.objects.create(name="Consulta", duration_minutes=VISIT_MINUTES, price_minor=15_000)
        places = [_place(number, people, service) for number in range(branches)]
        _patients(patients)
    return places


def _place(number: int, people: int, service: Service) -> Place:
    first = Branch.objects.order_by("pk")[0]
    branch = first if number == 0 else Branch(country="PE", zone=ZONE)
    branch.name, branch.keeps_holidays, branch.position = f"Sucursal {number + 1}", False, number
    branch.save()
    made = [
        Practitioner.objects.create(name=f"Profesional {number}-{person}", position=person)
        for person in range(people)
    ]
    PractitionerBranch.objects.bulk_create(
        PractitionerBranch(practitioner=who, branch=branch) for who in made
    )
    ServicePractitioner.objects.bulk_create(
        ServicePractitioner(practitioner=who, service=service) for who in made
    )
    WorkingPeriod.objects.bulk_create(
        WorkingPeriod(
            practitioner=who,
            branch=branch,
            weekday=weekday,
            starts_minute=OPENS,
            ends_minute=OPENS + MOST_A_DAY * VISIT_MINUTES,
        )
        for who in made
        for weekday in range(5)
    )
    return Place(branch.pk, tuple(who.pk for who in made), service.pk)


def _patients(count: int) -> None:
    Patient.objects.bulk_create(
        [
            Patient(
                number=number,
                country="PE",
                given_name=f"Nombre{number}",
                paternal_surname=f"Apellido{number % 97}",
                email=f"paciente{number}@example.com",
                email_folded=f"paciente{number}@example.com",
                phone=f"+519{number:08d}",
                created_at=now(),
            )
            for number in range(1, count + 1)
        ],
        batch_size=500,
    )
    Counter.objects.update_or_create(name="patient", defaults={"value": count})


def weekdays(first: date, count: int) -> Iterator[date]:
    """`count` weekdays from `first` on."""
    day = first
    while count:
        if day.weekday() < 5:
            yield day
            count -= 1
        day += timedelta(days=1)


def visits(route: Any, places: list[Place], days: list[date], *, a_day: int, patients: int = 500) -> int:
    """`a_day` visits of everybody on each of these days; how many. Those to come claim their time."""
    with tenancy.activate(route), tenancy.atomic():
        start = Counter.objects.filter(name="appointment").values_list("value", flat=True).first() or 0
        loader = _Loader(start, patients)
        for day in days:
            for place in places:
                loader.add_day(day, place, a_day)
        loader.flush()
        Counter.objects.update_or_create(name="appointment", defaults={"value": loader.number})
    return loader.number - start


def repeat_week(route: Any, weeks: range) -> None:
    """Copy the visits there are, which lie within one week, into other weeks before and after it."""
    tenancy_connections.close_for(route.tenant_id)
    database = sqlite3.connect(path_of(route), isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
        database.execute(f"PRAGMA {pragma}")
    indexes = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'agenda_%'"
    ).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    count = database.execute("SELECT count(*) FROM agenda_appointment").fetchone()[0]
    last = database.execute("SELECT max(id) FROM agenda_appointment").fetchone()[0]
    database.execute("BEGIN")
    for step, week in enumerate((week for week in weeks if week), start=1):
        values = {
            "ids": step * count,
            "days": f"{7 * week:+d} days",
            "ticks": week * TICKS_A_WEEK,
            "last": last,
        }
        values["state"] = "attended" if week < 0 else "not_confirmed"
        for table, changed in _COPIES.items():
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            chosen = ", ".join(changed.get(column, column) for column in columns)
            rows = "appointment_id" if "appointment_id" in columns else "id"
            database.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {table} WHERE {rows} <= :last",
                values,
            )
    database.execute(f"UPDATE tenancy_counter SET value = {count * len(weeks)} WHERE name = 'appointment'")
    database.execute(_CLAIMS_AHEAD, {"last": last, "now": int(now().timestamp()) // 300})
    database.execute("COMMIT")
    for _, sql in indexes:
        database.execute(sql)
    database.execute("PRAGMA journal_mode=WAL")
    database.close()


TICKS_A_WEEK = 7 * 24 * 12
_COPIES = {
    "agenda_appointment": {
        "id": "id + :ids",
        "number": "number + :ids",
        "public_id": "printf('0192%028x', id + :ids)",
        "local_date": "date(local_date, :days)",
        "starts_at": "datetime(starts_at, :days)",
        "ends_at": "datetime(ends_at, :days)",
        "first_tick": "first_tick + :ticks",
        "end_tick": "end_tick + :ticks",
        "state": ":state",
    },
    "agenda_appointmentservice": {"id": "NULL", "appointment_id": "appointment_id + :ids"},
}
_CLAIMS_AHEAD = """
    WITH RECURSIVE step(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n < 5)
    INSERT INTO agenda_claim (resource, resource_id, tick, lane, appointment_id)
    SELECT 1, practitioner_id, first_tick + n, 0, id FROM agenda_appointment, step
    WHERE id > :last AND first_tick > :now
"""


def repeat_week_on_postgresql(route: Any, admin: Any, weeks: range) -> None:
    """As `repeat_week`, by a log-in of the server's own administrator; claims are made for no other week."""
    admin.execute(f'SET search_path TO "{route.namespace}"')
    (count,) = admin.execute("SELECT count(*) FROM agenda_appointment").fetchone()
    (last,) = admin.execute("SELECT max(id) FROM agenda_appointment").fetchone()
    for step, week in enumerate((week for week in weeks if week), start=1):
        values = {"ids": step * count, "days": 7 * week, "ticks": week * TICKS_A_WEEK, "last": last}
        values["state"] = "attended" if week < 0 else "not_confirmed"
        for table, changed in _COPIES_ON_POSTGRESQL.items():
            columns = [
                name
                for (name,) in admin.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
                    [route.namespace, table],
                )
                if changed.get(name) != ""
            ]
            chosen = ", ".join(changed.get(column, f'"{column}"') for column in columns)
            named = ", ".join(f'"{column}"' for column in columns)
            rows = "appointment_id" if "appointment_id" in columns else "id"
            admin.execute(
                f"INSERT INTO {table} ({named}) SELECT {chosen} FROM {table} WHERE {rows} <= %(last)s",
                values,
            )
    admin.execute("UPDATE tenancy_counter SET value = %s WHERE name = 'appointment'", [count * len(weeks)])
    admin.execute(
        "SELECT setval(pg_get_serial_sequence('agenda_appointment', 'id'), max(id)) FROM agenda_appointment"
    )
    admin.execute("ANALYZE agenda_appointment, agenda_appointmentservice")


_COPIES_ON_POSTGRESQL = {
    "agenda_appointment": {
        "id": "id + %(ids)s",
        "number": "number + %(ids)s",
        "public_id": "('0192' || lpad(to_hex(id + %(ids)s), 28, '0'))::uuid",
        "local_date": "local_date + %(days)s",
        "starts_at": "starts_at + make_interval(days => %(days)s)",
        "ends_at": "ends_at + make_interval(days => %(days)s)",
        "first_tick": "first_tick + %(ticks)s",
        "end_tick": "end_tick + %(ticks)s",
        "state": "%(state)s",
    },
    "agenda_appointmentservice": {"id": "", "appointment_id": "appointment_id + %(ids)s"},
}


class _Table:
    """Rows of one model as tuples, unnamed columns at their defaults; keys that are not named, given by the engine."""

    def __init__(self, model: type[models.Model], *, has_key: bool = False, **fixed: Any):
        connection = connections[TENANT_ALIAS]
        fields = model._meta.concrete_fields
        base = {f.column: f.get_db_prep_save(f.get_default(), connection) for f in fields} | fixed
        if not has_key:
            del base[model._meta.pk.column]
        self._columns = list(base)
        self._base = list(base.values())
        marks = ", ".join(["%s"] * len(base))
        names = ", ".join(connection.ops.quote_name(name) for name in base)
        self._sql = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks})"
        self.rows: list[list[Any]] = []

    def places(self, *names: str) -> list[int]:
        return [self._columns.index(name) for name in names]

    def add(self, places: list[int], values: tuple[Any, ...]) -> None:
        row = self._base.copy()
        for place, value in zip(places, values, strict=True):
            row[place] = value
        self.rows.append(row)

    def flush(self) -> None:
        if self.rows:
            with connections[TENANT_ALIAS].cursor() as cursor:
                cursor.executemany(self._sql, self.rows)
        self.rows.clear()


class _Loader:
    def __init__(self, number: int, patients: int):
        self.number = number
        self._patients = patients
        self._luck = random.Random(number)
        self._now = now()
        made = {"created_at": _text(self._now), "booked_at": _text(self._now - timedelta(days=300))}
        highest = Appointment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self._pk_ahead = highest - number
        self._appointments = _Table(Appointment, has_key=True, zone=ZONE, **made)
        self._services = _Table(
            AppointmentService, name="Consulta", duration_minutes=VISIT_MINUTES, price_minor=15_000
        )
        self._claims = _Table(Claim, resource=1, lane=0)
        self._a = self._appointments.places(
            *("id", "number", "public_id", "branch_id", "patient_id", "practitioner_id", "local_date"),
            *("local_minute", "starts_at", "ends_at", "first_tick", "end_tick", "state"),
        )
        self._s = self._services.places("appointment_id", "service_id")
        self._c = self._claims.places("resource_id", "tick", "appointment_id")

    def add_day(self, day: date, place: Place, a_day: int) -> None:
        opens = zones.at_minute(day, OPENS, ZONE)
        is_past = opens < self._now
        state = "attended" if is_past else "not_confirmed"
        for slot in range(a_day):
            start = opens + timedelta(minutes=VISIT_MINUTES * slot)
            times = (_text(start), _text(start + timedelta(minutes=VISIT_MINUTES)))
            tick = int(start.timestamp()) // 300
            for practitioner_id in place.practitioner_ids:
                self.number += 1
                pk = self.number + self._pk_ahead
                patient = self._luck.randrange(self._patients) + 1
                minute = OPENS + VISIT_MINUTES * slot
                who = (pk, self.number, uuid.uuid7().hex, place.branch_id, patient, practitioner_id)
                when = (day.isoformat(), minute, *times, tick, tick + VISIT_MINUTES // 5, state)
                self._appointments.add(self._a, who + when)
                self._services.add(self._s, (pk, place.service_id))
                if not is_past:
                    for claimed in range(tick, tick + VISIT_MINUTES // 5):
                        self._claims.add(self._c, (practitioner_id, claimed, pk))
        if len(self._appointments.rows) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        for table in (self._appointments, self._services, self._claims):
            table.flush()


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def log_in(route: Any, user: User) -> str:
    """The cookie of an administrator of this centre."""
    accounts.join(user, route.tenant_id)
    with tenancy.activate(route):
        staff.appoint(user.pk, name="Andrea Leiva", email=user.email, builtin=rights.ADMINISTRATOR)
    session = accounts.open_session(user, route.tenant_id, agent="bench", at=now())
    return f"reservo_session={session.session_key}"


def user(email: str = "admin@bench.example") -> User:
    return accounts.create_user(email, name="Andrea Leiva", password="una-clave-larga-7", at=now())
