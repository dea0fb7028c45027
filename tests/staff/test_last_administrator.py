"""A centre always keeps somebody who can administer it, whichever way the last one would go."""

import threading

import pytest
from django.db import connections

from reservo import tenancy
from reservo.core.clock import now
from reservo.staff import operations as staff
from reservo.staff import rights
from reservo.staff.models import Role, RoleRight, StaffMember
from reservo.staff.operations import LastAdministrator, Place
from reservo.tenancy.connections import close_all
from tests.cast import STAFF


def role(builtin):
    return Role.objects.get(builtin=builtin)


def change(member, place, *, is_active=True):
    return staff.change(member.pk, place, is_active=is_active, by=STAFF, at=now())


def owner():
    return StaffMember.objects.filter(role__builtin=rights.ADMINISTRATOR).order_by("pk").first()


WAYS = {
    "another role": lambda: change(owner(), Place(role_id=role(rights.RECEPTIONIST).pk)),
    "no access": lambda: change(owner(), Place(role_id=owner().role_id), is_active=False),
    "one branch": lambda: change(
        owner(), Place(role_id=owner().role_id, all_branches=False, branch_ids=(1,))
    ),
    "the role loses the right": lambda: staff.save_role(
        role(rights.ADMINISTRATOR).pk, name="x", extents={"agenda.see": "all"}, by=STAFF, at=now()
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_last_administrator_cannot_go(centre, way):
    with centre.active():
        before = list(StaffMember.objects.values()), list(RoleRight.objects.values_list("role", "right"))
        with pytest.raises(LastAdministrator):
            way()
        assert (
            list(StaffMember.objects.values()),
            list(RoleRight.objects.values_list("role", "right")),
        ) == before


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_one_who_is_only_invited_or_without_access_does_not_count(centre, way):
    with centre.active(), tenancy.atomic():
        admin = role(rights.ADMINISTRATOR)
        StaffMember.objects.create(name="Invitada", email="i@x.example", role=admin)
        StaffMember.objects.create(
            name="Fuera", email="f@x.example", role=admin, user_id=999, is_active=False
        )
    with centre.active(), pytest.raises(LastAdministrator):
        way()


def second_administrator():
    """The accountant, promoted."""
    with tenancy.atomic():
        member = StaffMember.objects.get(role__builtin=rights.ACCOUNTANT)
        member.role = role(rights.ADMINISTRATOR)
        member.save()
    return member


def test_one_of_two_may_go(centre):
    with centre.active():
        second = second_administrator()
        change(owner(), Place(role_id=role(rights.RECEPTIONIST).pk))
        assert StaffMember.objects.get(role__builtin=rights.ADMINISTRATOR) == second


def test_of_two_who_go_at_once_one_stays(centre):
    with centre.active():
        both = [owner(), second_administrator()]
        desk = role(rights.RECEPTIONIST).pk
    outcomes = []
    start = threading.Barrier(2)

    def go(staff_id):
        with centre.active():
            start.wait(10)
            try:
                staff.change(staff_id, Place(role_id=desk), is_active=True, by=STAFF, at=now())
                outcomes.append("gone")
            except LastAdministrator:
                outcomes.append("stays")
        close_all()
        connections["default"].close()

    threads = [threading.Thread(target=go, args=[member.pk]) for member in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["gone", "stays"]
    with centre.active():
        assert StaffMember.objects.filter(role__builtin=rights.ADMINISTRATOR).count() == 1


def test_the_screen_says_why_and_keeps_what_was_typed(centre):
    with centre.active():
        member, desk = owner(), role(rights.RECEPTIONIST)
    answer = centre.client("administrator").post(
        centre.url(f"usuarios/{member.pk}"),
        {"name": "Ana", "role": desk.pk, "all_branches": "on", "is_active": "on"},
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "El centro no puede quedar sin quien lo administre." in text
    assert f'<option value="{desk.pk}" selected>' in text
