"""The cast: owner, receptionist, practitioner, patient; and the stage they play on."""

from __future__ import annotations

import itertools
import os
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.test import Client

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import User
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.booking.models import BookingPage
from reservo.catalog.models import (
    Branch,
    OpeningPeriod,
    Practitioner,
    PractitionerBranch,
    PrivacyText,
    Room,
    RoomKind,
    Service,
    ServicePractitioner,
    WorkingPeriod,
)
from reservo.config.centres import person
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.patients import operations as patients
from reservo.patients.fields import PatientFields
from reservo.staff import rights
from reservo.tenancy import connections, directory
from reservo.tenants.operations import create_tenant

PASSWORD = "una-clave-larga-7"
_numbers = itertools.count(1)
STAFF = Actor("staff", 1, "Andrea Leiva", "agenda")


class Cast:
    """One centre and its people; everything about it is read inside `active()`."""

    def __init__(self, route):
        self.route = route
        self.slug = route.slug

    @contextmanager
    def active(self):
        with tenancy.activate(self.route):
            yield self

    def url(self, path=""):
        return f"/{self.slug}/{path}"

    def email(self, role):
        return f"{role}@{self.slug}.example"

    def client(self, role=None, **headers) -> Client:
        """A browser, logged in as this role; as nobody without one."""
        client = Client(headers=headers)
        if role:
            user = User.objects.get(email=self.email(role))
            session = accounts.open_session(user, self.route.tenant_id, agent="test", at=now())
            client.cookies["reservo_session"] = session.session_key
        return client

    def speaks(self, role, language):
        """What this person chose in their menu."""
        User.objects.filter(email=self.email(role)).update(language=language)

    def book(self, at=None, **changes) -> Appointment:
        """A visit by staff, of the first practitioner and service unless said otherwise."""
        wanted = {
            "branch_id": self.branch,
            "service_ids": (self.consultation,),
            "practitioner_id": self.ana,
            "starts_at": at,
            "patient_id": self.patient,
            "outside_rules": True,
        }
        with self.active():
            return agenda.book(agenda.Booking(**{**wanted, **changes}), by=STAFF, at=now())

    @contextmanager
    def held(self):
        """Somebody else is in the middle of a change here."""
        begun, over = threading.Event(), threading.Event()

        def hold():
            with self.active(), tenancy.atomic():
                begun.set()
                over.wait(60)
            connections.close_all()

        holder = threading.Thread(target=hold)
        holder.start()
        assert begun.wait(20)
        try:
            yield
        finally:
            over.set()
            holder.join()

    def end(self):
        connections.close_all()
        directory.forget()


def make_cast(slug=None, *, zone="America/Santiago", country="CL", store="") -> Cast:
    slug = slug or f"centro-{os.getpid()}-{next(_numbers)}"
    at = now() - timedelta(days=30)
    route = create_tenant(slug, name="Clínica de Prueba", country=country, zone=zone, store=store, at=at)
    cast = Cast(route)
    with cast.active(), tenancy.atomic():
        _fill(cast)
    for role in (rights.ADMINISTRATOR, rights.RECEPTIONIST, rights.PRACTITIONER, rights.ACCOUNTANT):
        place = {"practitioner_id": cast.ana} if role == rights.PRACTITIONER else None
        person(route, cast.email(role), role.title(), PASSWORD, builtin=role, place=place, at=at)
    return cast


def _fill(cast: Cast) -> None:
    branch = Branch.objects.get()
    OpeningPeriod.objects.all().delete()
    Branch.objects.update(name="Centro", address="Calle Uno 123", city="Santiago", phone="+56223456789")
    kind = RoomKind.objects.create(name="Consulta")
    cast.branch, cast.room = branch.pk, Room.objects.create(branch=branch, name="Box 1", kind=kind).pk
    cast.kind = kind.pk
    people = [
        Practitioner.objects.create(name=name, position=n)
        for n, name in enumerate(("Ana Rojas", "Beto Díaz"))
    ]
    cast.ana, cast.beto = (who.pk for who in people)
    services = [
        Service.objects.create(name="Consulta", duration_minutes=30, price_minor=25_000),
        Service.objects.create(
            name="Control", duration_minutes=20, buffer_after_minutes=10, price_minor=15_000
        ),
        Service.objects.create(name="Procedimiento", duration_minutes=60, room_kind=kind, price_minor=80_000),
    ]
    cast.consultation, cast.control, cast.procedure = (service.pk for service in services)
    for who in people:
        PractitionerBranch.objects.create(practitioner=who, branch=branch)
        for service in services:
            ServicePractitioner.objects.create(practitioner=who, service=service)
        for weekday in range(5):
            for starts, ends in ((9 * 60, 13 * 60), (14 * 60, 18 * 60)):
                WorkingPeriod.objects.create(
                    practitioner=who, branch=branch, weekday=weekday, starts_minute=starts, ends_minute=ends
                )
    PrivacyText.objects.create(
        version=1, language="es", text="Cuidamos tus datos.", published_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    BookingPage.objects.update(most_future_appointments=0, horizon_days=365)
    given = PatientFields(
        given_name="José",
        paternal_surname="Muñoz",
        maternal_surname="Pérez",
        national_id="12.345.678-5",
        email="jose@paciente.example",
        phone="+56961234567",
        birth_date=datetime(1980, 5, 17).date(),
    )
    cast.patient = patients.register(given, default_country="CL", by=STAFF, at=now()).pk
