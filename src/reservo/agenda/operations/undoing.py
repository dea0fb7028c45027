"""Taking back one's own last change, as a new line of the trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from reservo import outbox, tenancy
from reservo.agenda import claims, trail
from reservo.agenda.events import AppointmentEdited, AppointmentMoved, AppointmentStateChanged
from reservo.agenda.models import Appointment, AppointmentChange
from reservo.agenda.operations import changes, placing
from reservo.agenda.transitions import FREES_TIME
from reservo.core.actor import Actor

UNDO_WITHIN = timedelta(minutes=10)


class CannotUndo(RuntimeError):
    """Somebody else's change, too old, or something changed since."""


def undo(change_id: int, *, by: Actor, at: datetime) -> Appointment:
    """The earlier state again. Raises CannotUndo; TimeTaken or OverbookingFull if the earlier time is gone."""
    with tenancy.atomic():
        change = AppointmentChange.objects.get(pk=change_id)
        appointment = changes.locked(change.appointment_id, None)
        _check(change, appointment, by=by, at=at)
        before = trail.snapshot(appointment)
        was_state, was_start = str(appointment.state), appointment.starts_at
        _put_back(appointment, change, at=at)
        changes.save(appointment)
        trail.write(appointment, "undone", before, by=by, at=at, undoes=change)
        _announce(appointment, was_state, was_start, by, at)
    return appointment


def _check(change: AppointmentChange, appointment: Appointment, *, by: Actor, at: datetime) -> None:
    mine = change.actor == by.kind and change.actor_id == by.id and by.id is not None
    fresh = at - change.at <= UNDO_WITHIN
    if not (mine and fresh and change.row_version == appointment.version and change.action != "undone"):
        raise CannotUndo(change.pk)


def _put_back(appointment: Appointment, change: AppointmentChange, *, at: datetime) -> None:
    if change.action == "created":
        appointment.state = Appointment.State.DELETED
        claims.release(appointment)
        return
    earlier = change.before
    appointment.state = earlier.get("state", appointment.state)
    appointment.practitioner_id = earlier.get("practitioner", appointment.practitioner_id)
    appointment.room_id = earlier.get("room", appointment.room_id)
    appointment.patient_id = earlier.get("patient", appointment.patient_id)
    appointment.comment = earlier.get("comment", appointment.comment)
    if "branch" in earlier:
        appointment.branch = placing.branch_named(earlier["branch"])
        appointment.zone = appointment.branch.zone
    if "services" in earlier:
        changes.put_services(appointment, tuple(earlier["services"]))
    start = datetime.fromisoformat(earlier.get("starts_at", appointment.starts_at.isoformat()))
    end = datetime.fromisoformat(earlier.get("ends_at", appointment.ends_at.isoformat()))
    placing.set_time(appointment, start, int((end - start).total_seconds()) // 60)
    appointment.time_version += "starts_at" in earlier
    if appointment.state in FREES_TIME:
        claims.release(appointment)
        appointment.is_overbooked = False
    else:
        was_overbooked = earlier.get("overbooked", appointment.is_overbooked)
        placing.take_time(appointment, overbook=was_overbooked, at=at)
        reasons = placing.broken_rules(appointment, appointment.branch, at=at)
        appointment.is_outside_rules = bool(reasons)


def _announce(appointment: Appointment, was_state: str, was_start: datetime, by: Actor, at: datetime) -> None:
    if appointment.state != was_state:
        event = AppointmentStateChanged(
            appointment.pk, was_state, str(appointment.state), by.is_patient, False, by.staff_id
        )
        outbox.announce(event, at=at)
    elif appointment.starts_at != was_start:
        outbox.announce(AppointmentMoved(appointment.pk, was_start.isoformat(), by.is_patient, False), at=at)
    else:
        outbox.announce(AppointmentEdited(appointment.pk), at=at)
