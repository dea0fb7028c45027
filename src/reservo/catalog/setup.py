"""The way of a new centre to its first online booking: five steps, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from reservo.audit.models import Action
from reservo.catalog import uses
from reservo.catalog.models import (
    Branch,
    Centre,
    OpeningPeriod,
    Practitioner,
    Room,
    Service,
    ServicePractitioner,
    WorkingPeriod,
)

KEYS = ("centro", "sucursal", "tratamientos", "profesionales", "reserva")
MOST_NAMED = 3
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    label: str
    url: str
    is_done: bool
    is_skipped: bool
    begun: str = ""  # of one that was begun: what it lacks, in words

    @property
    def is_open(self) -> bool:
        return not (self.is_done or self.is_skipped)


def steps(centre: Centre) -> list[Step]:
    """Each done, skipped or open; its address carries `paso`, by which the next one is found after saving."""
    branch = Branch.objects.filter(is_active=True).first()
    service = Service.objects.filter(is_active=True).first()
    person = Practitioner.objects.filter(is_active=True).first()
    found = [
        ("centro", _("Tu centro: nombre, logo y color"), _address("catalog:centre"), _was_saved(centre)),
        (
            "sucursal",
            _("Tu sucursal: dirección y horario"),
            _address("catalog:edit", "sucursales", branch.pk)
            if branch
            else _address("catalog:create", "sucursales"),
            bool(branch and branch.address),
        ),
        ("tratamientos", _("Qué ofreces"), _edit("catalog:service", service), service is not None),
        (
            "profesionales",
            _("Quién atiende y cuándo"),
            _edit("catalog:practitioner", person),
            person is not None and WorkingPeriod.objects.exists() and _somebody_gives_something(),
        ),
        (
            "reserva",
            _("Tu página de reservas: pruébala"),
            reverse("booking_settings"),
            uses.booked_online(),
        ),
    ]
    begun = _begun(branch, person)
    return [
        Step(
            key,
            label,
            f"{url}?paso={key}",
            is_done=bool(done),
            is_skipped=key in centre.setup_skipped,
            begun="" if done else begun.get(key, ""),
        )
        for key, label, url, done in found
    ]


def _begun(branch: Branch | None, person: Practitioner | None) -> dict[str, str]:
    """Of steps with something on file already: what else they need before they are done."""
    found = {"reserva": _("Se cumple con la primera reserva en línea.")}
    if branch:
        found["sucursal"] = _("Falta la dirección: va en los correos y en la página de reservas.")
    if person:
        found["profesionales"] = _("Falta que alguien tenga horario y un tratamiento que hace.")
    return found


def _was_saved(centre: Centre) -> bool:
    """Somebody looked its facts through; a logo is welcome, and not everybody has one."""
    return bool(centre.logo) or Action.objects.filter(action="centre.saved").exists()


def _address(name: str, *args: object) -> str:
    return reverse(name, args=args)


def _edit(name: str, row: Service | Practitioner | None) -> str:
    return _address(name, row.pk) if row else reverse(f"{name}_create")


def _somebody_gives_something() -> bool:
    return ServicePractitioner.objects.filter(service__is_active=True, practitioner__is_active=True).exists()


def next_address(key: str) -> str:
    """Where to go after step `key`: the next open one, else the list of steps; empty if it is no step."""
    if key not in KEYS:
        return ""
    later = [step for step in steps(Centre.objects.get()) if step.is_open]
    order = KEYS.index(key)
    following = next((step for step in later if KEYS.index(step.key) > order), None)
    return following.url if following else reverse("catalog:index")


@dataclass(frozen=True, slots=True)
class Lacks:
    """In words: what keeps everybody from booking online now, and what keeps only some services from it."""

    closed_by: list[str]
    in_part: list[str]


def lacks() -> Lacks:
    """Few queries however large the centre."""
    whole = _of_the_whole()
    services, some_are_bookable = _of_services()
    return Lacks(whole, services) if some_are_bookable else Lacks([*whole, *services], [])


def _of_the_whole() -> list[str]:
    found = []
    if not OpeningPeriod.objects.filter(room=None, branch__is_active=True).exists():
        found.append(_("Tu sucursal no tiene horario."))
    if not uses.page_is_open():
        found.append(_("La reserva en línea está cerrada."))
    return found


def _of_services() -> tuple[list[str], bool]:
    """What services lack, and whether at least one of them lacks nothing."""
    found = []
    online = list(
        Service.objects.filter(is_active=True, is_online=True).values_list("pk", "name", "room_kind")
    )
    if not online:
        found.append(_("No hay ningún tratamiento que se reserve en línea."))
    given: dict[int, set[int]] = {}
    people = dict(Practitioner.objects.filter(is_active=True, is_online=True).values_list("pk", "name"))
    for service_id, person_id in ServicePractitioner.objects.values_list("service_id", "practitioner_id"):
        if person_id in people:
            given.setdefault(service_id, set()).add(person_id)
    nobody = [name for pk, name, _kind in online if pk not in given]
    if nobody:
        found.append(_("Nadie hace todavía: %(names)s.") % {"names": _named(nobody)})
    working = set(WorkingPeriod.objects.values_list("practitioner_id", flat=True).distinct())
    needed = {person for pk, _name, _kind in online for person in given.get(pk, ())}
    idle = [name for pk, name in people.items() if pk in needed and pk not in working]
    if idle:
        found.append(_("Sin horario de atención: %(names)s.") % {"names": _named(idle)})
    kinds = set(Room.objects.filter(is_active=True).values_list("kind_id", flat=True).distinct())
    roomless = [name for _pk, name, kind in online if kind and kind not in kinds]
    if roomless:
        found.append(_("Falta un box para: %(names)s.") % {"names": _named(roomless)})
    able = {pk for pk, _name, _kind in online if given.get(pk, set()) & working}
    return found, any(pk in able and (not kind or kind in kinds) for pk, _name, kind in online)


def _named(names: list[str]) -> str:
    shown = ", ".join(Truncator(name).chars(LONGEST_NAME) for name in names[:MOST_NAMED])
    return f"{shown}…" if len(names) > MOST_NAMED else shown
