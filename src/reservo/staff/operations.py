"""Members of staff: invited, changed, let go. A centre always keeps an administrator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reservo import outbox, tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.joining import Joining
from reservo.accounts.operations import InvitationOver
from reservo.audit.operations import record
from reservo.core import mailaddress
from reservo.core.actor import Actor
from reservo.staff import rights
from reservo.staff.events import RightsChanged, StaffJoined
from reservo.staff.models import Role, RoleRight, StaffBranch, StaffMember
from reservo.tenancy import directory
from reservo.tenancy.models import Placement


class LastAdministrator(RuntimeError):
    """The centre would be left without anybody who can administer it."""


class HasJoined(RuntimeError):
    """The invitation was accepted meanwhile."""


class AlreadyStaff(ValueError):
    """Somebody with that mail is a member already."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a member may reach: a role, all branches or some, perhaps the practitioner they are."""

    role_id: int
    all_branches: bool = True
    branch_ids: tuple[int, ...] = ()
    practitioner_id: int | None = None


def invite(name: str, email: str, place: Place, *, by: Actor, at: datetime) -> StaffMember:
    """A member who waits for their answer to the mail that follows. Raises AlreadyStaff, InvalidAddress."""
    email = mailaddress.check(email).casefold()
    with tenancy.atomic():
        if StaffMember.objects.filter(email=email).exists():
            raise AlreadyStaff(email)
        member = StaffMember(name=name, email=email, role_id=place.role_id)
        _put(member, place)
        record("staff.invited", "staff", member.pk, by=by, at=at)
    renew_invitation(member, at=at)
    return member


def renew_invitation(member: StaffMember, *, at: datetime) -> None:
    name = "" if member.name == member.email else member.name
    tenant_id = tenancy.current().tenant_id
    accounts.invite(member.email, name=name, tenant_id=tenant_id, staff_id=member.pk, at=at)


def withdraw_invitation(staff_id: int, *, by: Actor, at: datetime) -> None:
    """Whoever is invited is no longer awaited, and their link ends. Raises HasJoined."""
    with tenancy.atomic():
        member = StaffMember.objects.filter(pk=staff_id, user_id=None).first()
        if member is None:
            raise HasJoined(staff_id)
        details = {"name": member.name}
        member.delete()
        record("staff.withdrawn", "staff", staff_id, by=by, at=at, details=details)
    accounts.withdraw_invitations(tenancy.current().tenant_id, staff_id)


def welcome(staff_id: int, user_id: int, *, name: str, at: datetime) -> None:
    """Tie the invited member to the user who accepts; nothing if they are tied already.

    Raises InvitationOver if the member is gone, or is somebody else's by now.
    """
    with tenancy.atomic():
        member = StaffMember.objects.filter(pk=staff_id, is_active=True).first()
        if member is None or member.user_id not in (None, user_id):
            raise InvitationOver
        if member.user_id is None:
            member.user_id = user_id
            member.name = name or member.name
            member.save(update_fields=["user_id", "name"])
            record("staff.joined", "staff", member.pk, by=member.actor(), at=at)
            outbox.announce(StaffJoined(staff_id), at=at)


def welcome_invited(joined: Joining, at: datetime) -> None:
    """The centre's side of an accepted invitation."""
    route = directory.by_id(joined.tenant_id)
    if route is None or route.state != Placement.State.ACTIVE:
        raise InvitationOver
    with tenancy.activate(route):
        welcome(joined.staff_id, joined.user_id, name=joined.name, at=at)


def appoint(user_id: int, *, name: str, email: str, builtin: str, place: dict | None = None) -> StaffMember:
    """A member made directly (first administrator, sample data)."""
    with tenancy.atomic():
        role = Role.objects.get(builtin=builtin)
        member = StaffMember(user_id=user_id, name=name, email=email.casefold(), role=role)
        _put(member, Place(role_id=role.pk, **(place or {})))
    return member


def change(staff_id: int, place: Place, *, is_active: bool, by: Actor, at: datetime) -> StaffMember:
    """Another role, branches or state. Raises LastAdministrator."""
    with tenancy.atomic():
        member = StaffMember.objects.get(pk=staff_id)
        deed = _deed(member, place, is_active)
        member.role_id = place.role_id
        member.is_active = is_active
        _put(member, place)
        _keep_an_administrator()
        details = {"role": place.role_id, "active": is_active}
        record(f"staff.{deed}", "staff", staff_id, by=by, at=at, details=details)
        outbox.announce(RightsChanged(staff_id), at=at)
    if member.user_id and not is_active:
        accounts.leave(member.user_id, tenancy.current().tenant_id)
    elif member.user_id:
        accounts.join_by_id(member.user_id, tenancy.current().tenant_id)
    return member


def rename(staff_id: int, name: str, *, by: Actor, at: datetime) -> None:
    """What is written under the old name stays; nothing is written if it is the same."""
    with tenancy.atomic():
        member = StaffMember.objects.get(pk=staff_id)
        if member.name == name:
            return
        details = {"was": member.name, "is": name}
        member.name = name
        member.save(update_fields=["name"])
        record("staff.renamed", "staff", staff_id, by=by, at=at, details=details)
    tenant_id = tenancy.current().tenant_id
    if member.user_id:
        accounts.rename_by(member.user_id, name, tenant_id=tenant_id)
    else:
        accounts.rename_invited(tenant_id, staff_id, name)


def _deed(member: StaffMember, place: Place, is_active: bool) -> str:
    """What the trail says first of all."""
    if member.is_active != is_active:
        return "admitted" if is_active else "barred"
    return "role" if member.role_id != place.role_id else "changed"


def save_role(role_id: int | None, *, name: str, extents: dict[str, str], by: Actor, at: datetime) -> Role:
    """Create a role or change what it may. Raises LastAdministrator."""
    with tenancy.atomic():
        role = Role.objects.get(pk=role_id) if role_id else Role(name=name)
        role.name = role.name if role.builtin else name
        role.save()
        role.rights.all().delete()
        RoleRight.objects.bulk_create(
            RoleRight(role=role, right=right, extent=extent if right in rights.SCOPED else rights.ALL)
            for right, extent in extents.items()
            if right in rights.RIGHTS and extent in (rights.OWN, rights.ALL)
        )
        _keep_an_administrator()
        record("role.saved", "role", role.pk, by=by, at=at, details={"rights": sorted(extents)})
        outbox.announce(RightsChanged(None), at=at)
    return role


def delete_role(role_id: int, *, by: Actor, at: datetime) -> None:
    """Raises django's ProtectedError while somebody has it; roles that ship with a centre stay."""
    with tenancy.atomic():
        role = Role.objects.get(pk=role_id, builtin="")
        role.delete()
        record("role.deleted", "role", role_id, by=by, at=at, details={"name": role.name})


def _put(member: StaffMember, place: Place) -> None:
    member.all_branches = place.all_branches
    member.practitioner_id = place.practitioner_id
    member.save()
    member.branches.all().delete()
    _keep_to(member, () if place.all_branches else place.branch_ids)


def _keep_to(member: StaffMember, branch_ids: Iterable[int]) -> None:
    StaffBranch.objects.bulk_create(
        StaffBranch(member=member, branch_id=branch_id) for branch_id in set(branch_ids)
    )


def _keep_an_administrator() -> None:
    able = StaffMember.objects.filter(
        is_active=True, user_id__isnull=False, role__rights__right="users.edit", all_branches=True
    )
    if not able.exists():
        raise LastAdministrator
