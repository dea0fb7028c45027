"""What the agenda refuses, in words, with what the person may do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from reservo.agenda import operations as ops
from reservo.agenda.queries import visits
from reservo.core import text, zones
from reservo.patients import queries as patients
from reservo.patients.models import Patient


class KnownAlready(Exception):
    """Somebody to be made in place has the document, mail or phone of these files.

    `also` is what is refused beside: the place.
    """

    def __init__(self, alike: list[Patient]):
        super().__init__()
        self.alike = alike
        self.also: Exception | None = None


NO_PLACE = (ops.TimeTaken, ops.OutsideRules, ops.OverbookingFull)
REFUSALS = (
    KnownAlready,
    *NO_PLACE,
    ops.EditedMeanwhile,
    ops.AppointmentClosed,
    ops.TransitionRefused,
    ops.ReasonNeeded,
    ops.BadTime,
    ops.UnknownObject,
    ops.TooMany,
    ops.CannotUndo,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """`leave` names what may be ticked to go on: overbook, outside_rules, another_person; or it is one of `files`.

    `also` are further reasons, each with its own leave.
    """

    status: int
    code: str
    message: str
    leave: str = ""
    files: tuple[Patient, ...] = ()
    also: tuple[Refusal, ...] = ()

    @property
    def grounds(self) -> tuple[Refusal, ...]:
        return (self, *self.also)

    @property
    def leaves(self) -> list[str]:
        """What has to be ticked to go on; empty if no tick helps."""
        leaves = [ground.leave for ground in self.grounds]
        return leaves if all(leaves) else []

    @property
    def going_on(self) -> str:
        """What a button says that ticks all of it."""
        if len(self.leaves) > 1:
            return _("Agendar igual, con sobrecupo")
        return _("Dar sobrecupo") if self.leaves == ["overbook"] else _("Agendar igual")

    @property
    def all_of_it(self) -> str:
        return " ".join(ground.message for ground in self.grounds)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.all_of_it,
            "reasons": [ground.message for ground in self.grounds],
            "leaves": self.leaves,
            "label": self.going_on,
        }


def reasons_in_words(codes: list[str]) -> str:
    words = {
        "past": _("la hora ya pasó"),
        "holiday": _("es feriado"),
        "branch_closed": _("la sucursal está cerrada"),
        "not_working": _("el profesional no atiende a esa hora"),
        "room_closed": _("el box no está disponible a esa hora"),
        "blocked": _("hay un bloqueo"),
        "no_room": _("no hay un box libre del tipo que necesita"),
    }
    return ", ".join(words.get(code, code) for code in codes)


def refusal_of(error: Exception, staff: Any, zone: str) -> Refusal:
    """All that is in the way, the first reason first."""
    also = getattr(error, "also", None)
    if also is None:
        return _alone(error, staff, zone)
    return replace(_alone(error, staff, zone), also=refusal_of(also, staff, zone).grounds)


def _alone(error: Exception, staff: Any, zone: str) -> Refusal:
    if isinstance(error, ops.TimeTaken):
        return _taken(error, staff, zone)
    if isinstance(error, ops.OutsideRules):
        words = _("Fuera de las reglas: %(reasons)s.") % {"reasons": reasons_in_words(error.reasons)}
        leave = "outside_rules" if "agenda.outside_rules" in staff.extents else ""
        return Refusal(409, "outside_rules", words, leave)
    if isinstance(error, KnownAlready):
        return _known(error.alike, staff)
    if isinstance(error, ops.EditedMeanwhile):
        return _meanwhile(error, zone)
    if isinstance(error, ops.BadTime):
        return Refusal(422, error.code, _bad_time(error.code))
    return _other(error)


def _known(alike: list[Patient], staff: Any) -> Refusal:
    """Names the files to those who may see them."""
    seen = patients.patients_for(staff).filter(pk__in=[one.pk for one in alike])
    words = _("Ya hay una ficha con ese documento, correo o teléfono.")
    return Refusal(409, "known", words, "another_person", tuple(seen))


def _taken(error: ops.TimeTaken, staff: Any, zone: str) -> Refusal:
    if error.held_until:
        until = text.clock(zones.local(error.held_until, zone))
        words = _("Alguien está reservando esa hora en línea, hasta las %(until)s.") % {"until": until}
        return Refusal(409, "held", words)
    leave = "overbook" if "agenda.overbook" in staff.extents else ""
    return Refusal(409, "taken", _taken_words(error, staff, zone), leave)


def _taken_words(error: ops.TimeTaken, staff: Any, zone: str) -> str:
    """Names the visit that is in the way to those who may see it."""
    other = visits.appointments_for(staff).filter(pk=error.by_id).select_related("patient", "room").first()
    if other is None:
        return _("Esa hora ya está tomada.")
    start, end = (text.clock(zones.local(one, zone)) for one in (other.starts_at, other.ends_at))
    patient = other.patient.full_name if other.patient else other.contact_name
    what = {"visit": f"{start}–{end} {patient}".strip(), "room": other.room}
    if error.wanted and not (other.starts_at < error.wanted[1] and other.ends_at > error.wanted[0]):
        return _("Falta tiempo de preparación o limpieza junto a otra cita: %(visit)s.") % what
    if error.is_room:
        return _("%(room)s está ocupado a esa hora: %(visit)s.") % what
    return _("Esa hora ya está tomada: %(visit)s.") % what


def _meanwhile(error: ops.EditedMeanwhile, zone: str) -> Refusal:
    change = error.change
    if change is None:
        return Refusal(
            409, "meanwhile", _("Otra persona cambió esta cita. Mira cómo quedó y repite tu cambio.")
        )
    words = _("%(who)s cambió esta cita a las %(when)s. Mira cómo quedó y repite tu cambio.")
    when = text.clock(zones.local(change.at, zone))
    return Refusal(409, "meanwhile", words % {"who": change.actor_name or _("Otra persona"), "when": when})


def _bad_time(code: str) -> str:
    return {
        "off_step": _("La hora tiene que caer en 5 minutos exactos."),
        "bad_duration": _("La duración va de 5 minutos a 12 horas, de 5 en 5."),
        "second_fold": _("Esa hora se repite por el cambio de reloj: elige otra."),
        "gap": _("Esa hora no existe por el cambio de reloj: elige otra."),
        "too_far": _("La fecha está demasiado lejos."),
    }.get(code, _("La hora no es válida."))


def _other(error: Exception) -> Refusal:
    if isinstance(error, ops.OverbookingFull):
        return Refusal(409, "overbooking_full", _("Ya no caben más sobrecupos a esa hora."))
    if isinstance(error, ops.ReasonNeeded):
        return Refusal(422, "reason_needed", _("Escribe el motivo."))
    if isinstance(error, ops.TooMany):
        return Refusal(
            429, "too_many", _("Se crearon demasiadas citas en una hora. Avísanos si es correcto.")
        )
    if isinstance(error, ops.CannotUndo):
        return Refusal(409, "cannot_undo", _("Ya no se puede deshacer: algo cambió desde entonces."))
    if isinstance(error, ops.UnknownObject):
        return Refusal(422, "unknown", _("Algo de lo elegido ya no existe. Recarga la página."))
    return Refusal(409, "closed", _("La cita está en un estado que ya no permite ese cambio."))
