"""What follows from all rows together: who gives what and where, first visits, the numbers that come next."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from reservo import tenancy
from reservo.agenda.models import Appointment, AppointmentService
from reservo.agenda.transitions import FREES_TIME
from reservo.catalog.models import PractitionerBranch, ServicePractitioner
from reservo.core import ticks
from reservo.foreign import values
from reservo.foreign.mapping import Mapping
from reservo.foreign.source import Source
from reservo.tenancy.models import Counter

# The longest visit with the longest buffers: what begins earlier is over.
LONGEST_TICKS = (720 + 2 * 240) // ticks.TICK_MINUTES
COUNTERS = {"patients": "patient", "appointments": "appointment"}
MOST_NUMBER = 2**62


def go_on_from_foreign_numbers(mapping: Mapping, customer: str, source: Source) -> None:
    """The next number of the active centre is above the greatest that its customer had over there."""
    for kind, name in COUNTERS.items():
        table = mapping.tables.get(kind)
        column = table.fields.get("number") if table else None
        if table and column and column.column:
            _raise(name, _number(source.greatest(table, customer, column.column)))


def _number(found: object) -> int:
    try:
        number = values.whole(found) if found is not None else 0
    except values.BadValue:
        return 0
    return number if 0 < number < MOST_NUMBER else 0


def _raise(name: str, number: int) -> None:
    with tenancy.atomic():
        row, _ = Counter.objects.get_or_create(name=name)
        if row.value < number:
            Counter.objects.filter(name=name).update(value=number)


def settle() -> None:
    """In the active centre; can be done again."""
    _give_what_was_given()
    with tenancy.atomic():
        live = Appointment.objects.exclude(state__in=FREES_TIME)
        live.filter(patient__isnull=False).filter(~Exists(_earlier_visits())).update(is_first_visit=True)
        live.filter(practitioner__isnull=False).filter(Exists(_visits_beside("practitioner"))).update(
            is_overbooked=True
        )
        live.filter(room__isnull=False).filter(Exists(_visits_beside("room"))).update(is_overbooked=True)


def _give_what_was_given() -> None:
    """A practitioner works where, and gives what, the visits say: the foreign schema has no table of it."""
    visits = Appointment.objects.filter(practitioner__isnull=False).order_by()
    places = visits.values_list("practitioner_id", "branch_id").distinct()
    given = AppointmentService.objects.filter(appointment__practitioner__isnull=False).order_by()
    deeds = given.values_list("appointment__practitioner_id", "service_id").distinct()
    with tenancy.atomic():
        PractitionerBranch.objects.bulk_create(
            [PractitionerBranch(practitioner_id=who, branch_id=where) for who, where in places],
            ignore_conflicts=True,
        )
        ServicePractitioner.objects.bulk_create(
            [ServicePractitioner(practitioner_id=who, service_id=what) for who, what in deeds],
            ignore_conflicts=True,
        )


def _earlier_visits() -> QuerySet[Appointment]:
    others = Appointment.objects.exclude(state__in=FREES_TIME).filter(patient_id=OuterRef("patient_id"))
    earlier = others.filter(starts_at__lt=OuterRef("starts_at"))
    return earlier | others.filter(starts_at=OuterRef("starts_at"), pk__lt=OuterRef("pk"))


def _visits_beside(resource: str) -> QuerySet[Appointment]:
    """Brought before, at the same time, of the same practitioner or in the same room."""
    others = Appointment.objects.exclude(state__in=FREES_TIME)
    return others.filter(
        **{f"{resource}_id": OuterRef(f"{resource}_id")},
        pk__lt=OuterRef("pk"),
        first_tick__lt=OuterRef("end_tick"),
        first_tick__gt=OuterRef("first_tick") - LONGEST_TICKS,
        end_tick__gt=OuterRef("first_tick"),
    )
