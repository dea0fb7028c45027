"""Somebody of the operator's inside a centre: reads, changes nothing, and every page they open is written down."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from reservo import tenancy
from reservo.accounts.sessions import SessionStore
from reservo.audit.operations import record
from reservo.core import trace
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.staff import rights
from reservo.staff.models import StaffMember
from reservo.support import queries
from reservo.support.models import SupportAccess

ALWAYS = ("configuration.edit", "users.edit", "audit.see")
WITH_PATIENTS = ("agenda.see", "patients.see", "mail.see")


def open_session(access: SupportAccess, *, agent: str, at: datetime) -> SessionStore:
    """A session of the active centre that is good while the access is open; the caller sets the cookie."""
    session = SessionStore()
    session.update(
        {
            "support_access": access.pk,
            "support_operator": access.operator_id,
            "tenant_id": tenancy.current().tenant_id,
            "began": int(at.timestamp()),
            "agent": agent[:200],
        }
    )
    session.create()
    return session


def visitor_of(request: HttpRequest) -> StaffMember | None:
    """Whoever looks in, as a member of staff who is in no row; None if the access is over or of another centre."""
    session, at = request.session, now()
    if session.get("tenant_id") != tenancy.current().tenant_id:
        return None
    access = queries.open_now(at).filter(pk=session.get("support_access")).first()
    if access is None or access.operator_id != session.get("support_operator"):
        return None
    trace.note(user=f"operator {access.operator_id}")
    _write_down(access, request, at)
    return _member(access)


def _member(access: SupportAccess) -> StaffMember:
    member = StaffMember(name=access.operator_name, email="", all_branches=True)
    allowed = ALWAYS + (WITH_PATIENTS if access.sees_patients else ())
    member.extents = dict.fromkeys(allowed, rights.ALL)
    member.visit = access
    return member


def _write_down(access: SupportAccess, request: HttpRequest, at: datetime) -> None:
    """In the centre's trail and in the operator's: which page, never what was searched for."""
    by = Actor("operator", access.operator_id, access.operator_name, "console")
    page, slug = request.path[:200], tenancy.current().slug
    with tenancy.atomic():
        record("support.viewed", "support", access.pk, by=by, at=at, details={"page": page})
    key = tenancy.current().tenant_id
    with tenancy.control(), tenancy.atomic():
        record("support.viewed", "centre", key, by=by, at=at, details={"name": slug, "to": page})
