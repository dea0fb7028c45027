"""A full week of visits around today in every state, with free times left; topped up at each start."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.availability import Question, offered
from reservo.agenda.models import Appointment, AppointmentChange
from reservo.agenda.operations import Blocking, Booking
from reservo.catalog.closed_days import closed_dates
from reservo.catalog.models import Branch, Practitioner, Service, ServicePractitioner
from reservo.config.sample.centres import CentrePlan
from reservo.config.sample.making import actor
from reservo.core import ticks, zones
from reservo.notifications import bell
from reservo.patients import operations as patients
from reservo.patients.fields import PatientFields
from reservo.patients.models import Patient
from reservo.staff.models import StaffMember

DAYS_BEFORE, DAYS_AFTER = 4, 9
UNREAD = 4
PATIENTS = 60
State = Appointment.State
REFUSALS = (agenda.TimeTaken, agenda.OutsideRules, agenda.TransitionRefused)


def top_up(plan: CentrePlan, *, at: datetime) -> int:
    """Fill the days that have no visits yet; how many visits were made. The active centre's."""
    luck = random.Random(f"{plan.slug} {at:%Y-%m-%d}")  # noqa: S311  # nosec B311: samples
    known = _patients(plan, luck, at=at)
    made = 0
    for branch in Branch.objects.filter(is_active=True):
        today = zones.local_date(at, branch.zone)
        days = [today + timedelta(days=n) for n in range(-DAYS_BEFORE, DAYS_AFTER + 1)]
        shut = closed_dates(branch, days[0], days[-1])
        filled = set(
            Appointment.objects.filter(branch=branch).values_list("local_date", flat=True).distinct()
        )
        for day in days:
            if day not in shut and day not in filled:
                made += _fill(branch, day, known, luck, at=at)
    _settle(at=at)
    _read_up()
    return made


def _patients(plan: CentrePlan, luck: random.Random, *, at: datetime) -> list[int]:
    known = list(Patient.objects.values_list("pk", flat=True))
    by = actor()
    with tenancy.atomic():
        for number in range(len(known), PATIENTS):
            given, first, second = (
                luck.choice(plan.given_names),
                luck.choice(plan.surnames),
                luck.choice(plan.surnames),
            )
            fields = PatientFields(
                given_name=given,
                paternal_surname=first,
                maternal_surname=second,
                national_id=_national_id(plan.country, 11_000_000 + number * 37_123),
                phone=_phone(plan, number),
                email=f"paciente{number + 1}@{plan.email_domain}" if number % 9 else "",
                birth_date=date(1950 + luck.randrange(55), luck.randrange(12) + 1, luck.randrange(28) + 1),
            )
            made = patients.register(fields, default_country=plan.country, by=by, at=at - timedelta(days=90))
            known.append(made.pk)
    return known


def _national_id(country: str, number: int) -> str:
    if country == "CL":
        total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(number))))
        return f"{number}-{'0123456789K0'[11 - total % 11] if total % 11 else '0'}"
    if country == "ES":
        return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"
    return f"{number:08d}"


def _phone(plan: CentrePlan, number: int) -> str:
    digits = {"CL": 8, "ES": 8, "PE": 8}[plan.country]
    return f"{plan.phone_prefix}{(20_000_000 + number * 104_729) % 10**digits:0{digits}d}"


def _fill(branch: Branch, day: date, known: list[int], luck: random.Random, *, at: datetime) -> int:
    """Visits on offered times of the day, booked some days before it; about half of what is free."""
    earlier = min(at, zones.day_bounds(day, branch.zone)[0]) - timedelta(days=luck.randrange(2, 9))
    made = 0
    for person in Practitioner.objects.filter(in_branches__branch=branch, is_active=True):
        gives = list(
            ServicePractitioner.objects.filter(practitioner=person).values_list("service_id", flat=True)
        )
        services = list(Service.objects.filter(pk__in=gives))
        target = (
            luck.choice((4, 5, 6, 7))
            if day <= zones.local_date(at, branch.zone)
            else luck.choice((2, 3, 4, 5))
        )
        for _ in range(target if services else 0):
            made += _one(branch, day, person, luck.choice(services), known, luck, at=earlier)
    if luck.random() < 0.4:
        _block(branch, day, at=earlier)
    return made


def _one(
    branch: Branch,
    day: date,
    person: Practitioner,
    service: Service,
    known: list[int],
    luck: random.Random,
    *,
    at: datetime,
) -> int:
    question = Question(
        branch=branch,
        service=service,
        practitioner_ids=(person.pk,),
        first=day,
        last=day,
        step_minutes=15,
        earliest=at,
    )
    times = [tick for _, found in offered(question, at=at).by_day() for tick, _ in found]
    if not times:
        return 0
    booking = Booking(
        branch_id=branch.pk,
        service_ids=(service.pk,),
        practitioner_id=person.pk,
        starts_at=ticks.instant_of(luck.choice(times)),
        patient_id=luck.choice(known),
        comment=luck.choice(("", "", "", "Prefiere que la llamen por la tarde.", "Trae exámenes.")),
        origin=luck.choice(("staff", "staff", "web")),
    )
    try:
        agenda.book(booking, by=actor(), at=at)
    except REFUSALS:
        return 0
    return 1


def _block(branch: Branch, day: date, *, at: datetime) -> None:
    person = Practitioner.objects.filter(in_branches__branch=branch).order_by("?").first()
    if person:
        what = Blocking(
            title="Reunión de equipo",
            day=day,
            minute=13 * 60,
            duration_minutes=60,
            zone=branch.zone,
            practitioner_id=person.pk,
            branch_id=branch.pk,
        )
        agenda.block(what, by=actor(), at=at)


def _settle(*, at: datetime) -> None:
    """Visits of the past end as they do; today's and tomorrow's are in every state.

    What somebody booked as a patient is left to whoever tries the program out.
    """
    luck = random.Random(f"{at:%Y-%m-%d %H}")  # noqa: S311  # nosec B311: samples
    live = Appointment.objects.filter(
        state__in=(State.NOT_CONFIRMED, State.CONFIRMED, State.ARRIVED, State.READY)
    ).exclude(pk__in=_booked_by_patients())
    by = actor()
    for turn, visit in enumerate(live.filter(starts_at__lt=at + timedelta(days=3)).order_by("starts_at")):
        if visit.ends_at < at:
            _to(visit, State.NO_SHOW if turn % 8 == 3 else State.ATTENDED, by, visit.ends_at)
        elif visit.starts_at < at + timedelta(minutes=30):
            _to(visit, luck.choice((State.ARRIVED, State.READY, State.CONFIRMED)), by, at)
        elif visit.state == State.NOT_CONFIRMED and luck.random() < 0.45:
            _to(visit, State.CONFIRMED if luck.random() < 0.9 else State.SUSPENDED, by, at)
    _show_every_state(by, at=at)


def _booked_by_patients() -> QuerySet[AppointmentChange, int]:
    by_patients = AppointmentChange.objects.filter(action="created", actor=AppointmentChange.Actor.PATIENT)
    return by_patients.values_list("appointment_id", flat=True)


def _show_every_state(by: object, *, at: datetime) -> None:
    """Also at night: the next to come are early birds, and somebody has called off."""
    near = Appointment.objects.filter(
        starts_at__gt=at - timedelta(days=DAYS_BEFORE), starts_at__lt=at + timedelta(days=DAYS_AFTER)
    )
    for state in (State.ARRIVED, State.READY, State.SUSPENDED):
        if near.filter(state=state).exists():
            continue
        waiting = near.filter(starts_at__gt=at, state__in=(State.NOT_CONFIRMED, State.CONFIRMED)).exclude(
            pk__in=_booked_by_patients()
        )
        if visit := waiting.order_by("starts_at").first():
            _to(visit, state, by, at)


def _to(visit: Appointment, state: str, by: object, at: datetime) -> None:
    try:
        agenda.change_state(visit.pk, state, by=by, at=at)  # type: ignore[arg-type]
    except REFUSALS:
        return


def _read_up() -> None:
    """Everybody has looked at their bell lately: a few notices are new."""
    for member in StaffMember.objects.all():
        older = bell.notices_for(member)[UNREAD:].values_list("pk", flat=True).first()
        if older:
            bell.mark_seen(member.pk, older)
