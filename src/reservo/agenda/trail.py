"""The trail of an appointment: snapshots before and after, who and by which channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reservo.agenda.models import Appointment, AppointmentChange
from reservo.core import trace
from reservo.core.actor import Actor


def snapshot(appointment: Appointment) -> dict[str, Any]:
    """What of a visit can change, in plain values."""
    services = appointment.services.values_list("service_id", flat=True) if appointment.pk else []
    return snapshot_with(appointment, list(services))


def snapshot_with(appointment: Appointment, service_ids: list[int]) -> dict[str, Any]:
    """As `snapshot`, by somebody who knows the services."""
    return {
        "state": str(appointment.state),
        "starts_at": appointment.starts_at.isoformat(),
        "ends_at": appointment.ends_at.isoformat(),
        "branch": appointment.branch_id,
        "practitioner": appointment.practitioner_id,
        "room": appointment.room_id,
        "patient": appointment.patient_id,
        "comment": appointment.comment,
        "overbooked": appointment.is_overbooked,
        "services": service_ids,
    }


def write(
    appointment: Appointment,
    action: str,
    before: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    undoes: AppointmentChange | None = None,
) -> AppointmentChange:
    """Add the line; only what differs is kept."""
    made = line(
        appointment, action, before, snapshot(appointment), by=by, at=at, reason=reason, undoes=undoes
    )
    made.save(force_insert=True)
    return made


def line(
    appointment: Appointment,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    undoes: AppointmentChange | None = None,
) -> AppointmentChange:
    """Not written yet."""
    changed = [name for name in after if before.get(name) != after[name]]
    return AppointmentChange(
        appointment=appointment,
        at=at,
        action=action,
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed},
        reason=reason[:200],
        actor=by.kind,
        actor_id=by.id,
        actor_name=by.name[:80],
        channel=by.channel,
        undoes=undoes,
        row_version=appointment.version,
        trace=trace.current(),
    )
