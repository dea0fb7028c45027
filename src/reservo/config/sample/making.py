"""Making a sample centre through the product's own operations."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image, ImageDraw

from reservo import tenancy
from reservo.accounts.models import User
from reservo.catalog.models import (
    Branch,
    Centre,
    Practitioner,
    PractitionerBranch,
    Room,
    RoomKind,
    Service,
    ServiceCategory,
    ServicePractitioner,
)
from reservo.catalog.operations.centre import publish_privacy_text, set_logo
from reservo.catalog.operations.hours import set_opening_hours, set_working_hours
from reservo.catalog.weekly import parse
from reservo.config.centres import person
from reservo.config.sample.centres import CentrePlan
from reservo.console.operations import operators
from reservo.core.actor import Actor, system
from reservo.staff import rights
from reservo.staff.models import StaffMember
from reservo.tenants.operations import create_tenant

PASSWORD = "reservo-demo-2026"  # noqa: S105  # nosec B105: a demo's, printed at its start
OPERATOR = "operador@reservo.example"
SECOND_OPERATOR = "revision@reservo.example"
PRIVACY = (
    "Usamos tus datos para atenderte, llevar tu ficha y avisarte de tus citas. No los vendemos ni los compartimos. "
    "Puedes pedir verlos, corregirlos o borrarlos escribiendo al centro."
)


def make_centre(plan: CentrePlan, *, at: datetime) -> tenancy.Route:
    """The centre with its catalog and people; visits are added apart."""
    route = create_tenant(plan.slug, name=plan.name, country=plan.country, zone=plan.zone, at=at)
    with tenancy.activate(route), tenancy.atomic():
        _make_catalog(plan, at=at)
    _make_people(route, plan, at=at)
    return route


def log_ins(plan: CentrePlan) -> list[tuple[str, str]]:
    """(role, mail) of the people who can log in; all have the demo's password."""
    return [
        ("administrador", f"admin@{plan.email_domain}"),
        ("recepción", f"recepcion@{plan.email_domain}"),
        ("profesional", f"profesional@{plan.email_domain}"),
    ]


def make_operators(*, at: datetime) -> None:
    """Two, as what destroys needs a second person; they have the demo's password and no second factor."""
    for email, name in ((OPERATOR, "Olga Vidal"), (SECOND_OPERATOR, "Raúl Pinto")):
        operators.make_for_demo(email, name=name, password=PASSWORD, at=at)


def actor() -> Actor:
    """Whoever answers the desk of the sample centre."""
    desk = StaffMember.objects.filter(role__builtin=rights.RECEPTIONIST).first()
    return desk.actor() if desk else system()


def _make_catalog(plan: CentrePlan, *, at: datetime) -> None:
    by = system()
    Centre.objects.update(colour=plan.colour, reply_to=f"hola@{plan.email_domain}", is_new=False)
    set_logo(_logo(plan), by=by, at=at)
    publish_privacy_text(PRIVACY, "es", by=by, at=at)
    branches = [_branch(plan, number, at=at) for number in range(len(plan.branches))]
    services = _services(plan)
    for position, who in enumerate(plan.people):
        made = Practitioner.objects.create(
            name=who.name, speciality=who.speciality, colour=who.colour, position=position
        )
        for number in who.services:
            ServicePractitioner.objects.create(service=services[number], practitioner=made)
        for number, hours in who.hours.items():
            if hours:
                PractitionerBranch.objects.create(practitioner=made, branch=branches[number])
                set_working_hours(made, branches[number], parse(hours), by=by, at=at)


def _branch(plan: CentrePlan, number: int, *, at: datetime) -> Branch:
    wanted = plan.branches[number]
    branch = Branch.objects.order_by("id")[0] if number == 0 else Branch(country=plan.country)
    branch.name, branch.address, branch.city = wanted.name, wanted.address, wanted.city
    branch.zone, branch.region, branch.phone = wanted.zone, wanted.region, wanted.phone
    branch.email, branch.position = f"hola@{plan.email_domain}", number
    branch.save()
    set_opening_hours(branch, parse(wanted.hours), by=system(), at=at)
    for position, (name, kind) in enumerate(wanted.rooms):
        found, _ = RoomKind.objects.get_or_create(name=kind)
        Room.objects.create(branch=branch, name=name, kind=found, position=position)
    return branch


def _services(plan: CentrePlan) -> list[Service]:
    made = []
    for position, (category, name, minutes, after, price, kind, online) in enumerate(plan.services):
        group, _ = ServiceCategory.objects.get_or_create(name=category, defaults={"position": position})
        made.append(
            Service.objects.create(
                category=group,
                name=name,
                duration_minutes=minutes,
                buffer_after_minutes=after,
                price_minor=price,
                room_kind=RoomKind.objects.filter(name=kind).first() if kind else None,
                is_online=online,
                position=position,
            )
        )
    return made


def _make_people(route: tenancy.Route, plan: CentrePlan, *, at: datetime) -> None:
    names = {
        "administrador": "Marcela Pinto",
        "recepción": "Andrea Leiva",
        "profesional": plan.people[0].name,
    }
    roles = {
        "administrador": rights.ADMINISTRATOR,
        "recepción": rights.RECEPTIONIST,
        "profesional": rights.PRACTITIONER,
    }
    with tenancy.activate(route):
        first = Practitioner.objects.order_by("id").values_list("pk", flat=True).first()
    for label, email in log_ins(plan):
        place = {"practitioner_id": first} if label == "profesional" else None
        person(route, email, names[label], PASSWORD, builtin=roles[label], place=place, at=at)


def both_centres(route: tenancy.Route, email: str, *, at: datetime) -> None:
    """Let a user of another sample centre into this one too, to show the choice at the door."""
    user = User.objects.get(email=email)
    person(route, email, user.name, PASSWORD, builtin=rights.RECEPTIONIST, at=at)


def _logo(plan: CentrePlan) -> bytes:
    picture = Image.new("RGB", (160, 160), plan.colour)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((36, 36, 124, 124), outline="white", width=10)
    draw.line((80, 56, 80, 82, 100, 94), fill="white", width=10, joint="curve")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
