"""The side panel of a visit."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reservo.agenda import payment_letter, transitions
from reservo.agenda.models import Appointment
from reservo.agenda.operations.undoing import UNDO_WITHIN
from reservo.agenda.queries import visits
from reservo.agenda.views.panels import in_panel
from reservo.catalog import queries as catalog
from reservo.core import text, zones
from reservo.core.clock import now
from reservo.notifications.queries import deliveries_of
from reservo.patients import queries as patients
from reservo.staff.access import right
from reservo.ui.templatetags.ui import STATES


@require_safe
@right("agenda.see")
def panel(request: HttpRequest, appointment_id: int) -> HttpResponse:
    return shown(request, visits.appointment_for(request.staff, appointment_id))


def shown(
    request: HttpRequest,
    appointment: Appointment,
    *,
    status: int = 200,
    note: str = "",
    note_kind: str = "",
    again: dict[str, Any] | None = None,
) -> HttpResponse:
    """The panel as it is now, perhaps with a word on what just happened, and what was refused to be asked `again`."""
    context = {**_context(request.staff, appointment), "note": note, "note_kind": note_kind, "again": again}
    return in_panel(request, "agenda/panel.html", context, status=status)


def _context(staff: Any, appointment: Appointment) -> dict[str, Any]:
    services = list(appointment.services.all())
    changes = list(appointment.changes.order_by("-id")[:30])
    price = sum(row.price_minor for row in services)
    can_edit = staff.may(
        "agenda.edit", branch_id=appointment.branch_id, practitioner_id=appointment.practitioner_id
    )
    return {
        "appointment": appointment,
        "services": services,
        "price": price,
        "currency": catalog.centre().currency,
        "letter": payment_letter.letter(price_minor=price),
        "changes": changes,
        "undoable": _undoable(staff, appointment, changes),
        "mails": list(deliveries_of(appointment.pk)[:20]) if staff.may("mail.see") else [],
        "history": list(visits.history_for(staff, appointment.patient_id).exclude(pk=appointment.pk)[:6])
        if appointment.patient_id
        else [],
        "next_states": _next_states(staff, appointment) if can_edit else [],
        "can_edit": can_edit,
        "clash": clash_words(appointment),
        "typed_otherwise": _typed_otherwise(staff, appointment.patient_id),
    }


def _typed_otherwise(staff: Any, patient_id: int | None) -> list[str]:
    """The patient's fields that wait for a decision of this person."""
    if not patient_id or "patients.edit" not in staff.extents:
        return []
    waiting = patients.differences_for(staff).filter(patient_id=patient_id)
    return [difference.field for difference in waiting]


def clash_words(appointment: Appointment) -> str:
    """A warning, if the patient has another visit at that time."""
    other = visits.same_patient_then(appointment)
    if other is None:
        return ""
    words = _("%(patient)s tiene otra cita a esa hora: %(time)s, %(who)s (#%(number)s).")
    return words % {
        "patient": capfirst(catalog.called().the),
        "time": text.clock(zones.local(other.starts_at, other.zone)),
        "who": other.practitioner or other.branch,
        "number": other.number,
    }


def _undoable(staff: Any, appointment: Appointment, changes: list) -> int | None:
    last = changes[0] if changes else None
    mine = (
        last
        and last.actor == "staff"
        and last.actor_id == staff.pk
        and last.row_version == appointment.version
    )
    fresh = last and now() - last.at <= UNDO_WITHIN and last.action not in ("undone", "created")
    return last.pk if mine and fresh else None


def _next_states(staff: Any, appointment: Appointment) -> list[dict[str, Any]]:
    """Buttons in the order of the day; the reopening of a missed visit by right alone."""
    allowed = transitions.ALLOWED[appointment.state]
    order = [
        *transitions.ORDER_OF_DAY,
        Appointment.State.NO_SHOW,
        Appointment.State.SUSPENDED,
        Appointment.State.DELETED,
    ]
    return [
        {
            "state": state,
            "label": STATES[state][0],
            "icon": STATES[state][1],
            "asks_to_tell": state in transitions.CANCELLED,
            "needs_reason": transitions.needs_reason(appointment.state, state),
        }
        for state in order
        if state in allowed
        and (
            not transitions.needs_reason(appointment.state, state)
            or "agenda.correct_attended" in staff.extents
        )
    ]
