"""Two centres with one of everything, for walking the routes; what a walk changes is put back row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.test import Client

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import User
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.models import AppointmentChange
from reservo.catalog.models import Holiday, WorkingException
from reservo.config.centres import person
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.fleet import journal, rows
from reservo.notifications.models import Delivery
from reservo.patients.models import PatientDifference
from reservo.staff import operations as staff
from reservo.staff import rights
from reservo.staff.models import Role, StaffMember
from reservo.support import operations as support
from reservo.tenancy import namespaces
from tests.cast import PASSWORD, STAFF, Cast, make_cast

POWERLESS = "powerless"
OPERATOR = Actor("operator", 1, "Olga Vidal", "console")
ROLES = (rights.ADMINISTRATOR, rights.RECEPTIONIST, rights.PRACTITIONER, rights.ACCOUNTANT, POWERLESS)


class Stage:
    """A centre whose objects the addresses of the walk name, and another one whose people are strangers."""

    def __init__(self, monday: datetime, stores: tuple[str, str] = ("", "")):
        self.centre, self.other = (make_cast(store=store) for store in stores)
        self.objects = self._fill(monday)
        self._fill_role()
        self._kept = self._note()

    def _note(self) -> dict[type[models.Model], dict[object, rows.Row]]:
        """From now on both centres' changes are noted; returns every row of the first as it is."""
        for cast in (self.other, self.centre):
            with cast.active():
                journal.begin()
        with self.centre.active():
            return {model: _by_key(model, rows.pages(model)) for model in rows.tables()}

    def _fill(self, monday: datetime) -> dict[str, object]:
        visit = self.centre.book(monday)
        at = now()
        with self.centre.active(), tenancy.atomic():
            what = agenda.Blocking(
                title="Reunión",
                day=monday.date(),
                minute=13 * 60,
                duration_minutes=60,
                zone="America/Santiago",
                practitioner_id=self.centre.ana,
                branch_id=self.centre.branch,
            )
            block = agenda.block(what, by=STAFF, at=at)
            difference = PatientDifference.objects.create(
                patient_id=self.centre.patient, field="city", given="Valdivia", at=at
            )
            role = Role.objects.create(name="Del equipo")
            spare = Role.objects.create(name="Sin uso")
            holiday = Holiday.objects.create(date=monday.date() + timedelta(days=1), name="Aniversario")
            exception = WorkingException.objects.create(
                practitioner_id=self.centre.ana, date=monday.date() + timedelta(days=2), kind="off"
            )
        with self.centre.active():
            asked = support.ask(
                reason="No sale un correo", minutes=30, wants_patients=True, by=OPERATOR, at=at
            )
            place = staff.Place(role_id=role.pk)
            invited = staff.invite("Nora", f"nora@{self.centre.slug}.example", place, by=STAFF, at=at)
            return {
                "appointment": visit.pk,
                "change": AppointmentChange.objects.get(appointment=visit).pk,
                "block": block.pk,
                "holiday": holiday.pk,
                "exception": exception.pk,
                "branch": self.centre.branch,
                "practitioner": self.centre.ana,
                "service": self.centre.consultation,
                "patient": self.centre.patient,
                "difference": difference.pk,
                "delivery": Delivery.objects.values_list("pk", flat=True).first(),
                "support": asked.pk,
                "staff": StaffMember.objects.get(email=self.centre.email(rights.RECEPTIONIST)).pk,
                "invited": invited.pk,
                "role": role.pk,
                "spare_role": spare.pk,
                "visit_token": links.token_of(visit),
            }

    def _fill_role(self) -> None:
        at = now()
        with self.centre.active(), tenancy.atomic():
            Role.objects.create(name=POWERLESS, builtin=POWERLESS)
        person(self.centre.route, self.centre.email(POWERLESS), "Nadie", PASSWORD, builtin=POWERLESS, at=at)

    def client(self, role: str | None = None, *, cast: Cast | None = None, **options) -> Client:
        """A browser that follows no redirects, with this role's session (renewed if the walk ended it)."""
        cast = cast or self.centre
        client = Client(**options)
        if role:
            user = User.objects.get(email=cast.email(role))
            session = accounts.open_session(user, cast.route.tenant_id, agent="walk", at=now())
            client.cookies["reservo_session"] = session.session_key
        return client

    def url(self, path: str) -> str:
        return self.centre.url(path.format(**self.objects))

    def marks(self) -> tuple[int, ...]:
        """Changes with every row that is written in the centre or the other."""
        return tuple(_noted(cast) for cast in (self.centre, self.other))

    def restore(self) -> None:
        with self.centre.active(), namespaces.loosely(self.centre.route), tenancy.atomic():
            for model, keys in journal.read(limit=None).keys.items():
                kept = self._kept[model]
                rows.replace(model, keys, [kept[key] for key in keys if key in kept])
            journal.forget(journal.read(limit=None))

    def end(self) -> None:
        for cast in (self.centre, self.other):
            with cast.active():
                journal.end()
        self.centre.end()


def _by_key(model: type[models.Model], pages: Iterable[list[rows.Row]]) -> dict[object, rows.Row]:
    position = rows.columns(model).index(rows.key_of(model))
    return {row[position]: row for page in pages for row in page}


def _noted(cast: Cast) -> int:
    with cast.active():
        return journal.count()
