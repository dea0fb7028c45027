"""The bell's list: lines of what happened, for those who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.booking import operations as booking
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.notifications import bell
from reservo.notifications.models import Notice, NoticeMark
from reservo.staff import operations as staff
from reservo.staff.models import Role, StaffMember
from tests.cast import STAFF
from tests.notifications.test_live import book_online


@pytest.fixture
def desk(centre):
    return centre.client("receptionist")


def news(client, centre, after=0):
    answer = client.get(centre.url("campana/novedades"), {"after": after})
    assert answer.status_code == 200
    return answer.json()


def test_each_thing_that_happens_is_a_line_in_the_readers_language(centre, desk, monday):
    visit = book_online(centre, monday)
    with centre.active():
        booking.confirm_own(visit, at=now())
        fresh = Appointment.objects.select_related("patient", "branch").get(pk=visit.pk)
        booking.move_own(fresh, monday + timedelta(hours=1), time_version=fresh.time_version, at=now())
        agenda.change_state(visit.pk, Appointment.State.ARRIVED, by=STAFF, at=now())
    second = book_online(centre, monday + timedelta(hours=4))
    with centre.active():
        booking.cancel_own(second, at=now())
    spanish, english = (desk.get(centre.url(f"campana/?lang={one}")).content.decode() for one in ("es", "en"))
    for word in (
        "Reserva en línea",
        "Confirmó",
        "Cambió la hora",
        "Canceló",
        "Llegó",
        "Rosa Pinto",
        "Consulta",
    ):
        assert word in spanish
    assert "Reserva en línea" not in english
    assert f"cita={visit.pk}" in spanish


def test_what_staff_book_or_confirm_themselves_does_not_ring(centre, monday):
    visit = centre.book(monday)
    with centre.active():
        agenda.change_state(visit.pk, Appointment.State.CONFIRMED, by=STAFF, at=now())
        assert not Notice.objects.exists()


def test_a_notice_and_its_change_stand_or_fall_together(centre, monday):
    def book_and_fail():
        with centre.active(), tenancy.atomic():
            book_online(centre, monday)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        book_and_fail()
    with centre.active():
        assert not Notice.objects.exists()


def test_opening_the_list_marks_all_of_it_as_seen_for_this_member_alone(centre, desk, monday):
    book_online(centre, monday)
    assert news(desk, centre)["unseen"] == 1
    shown = desk.get(centre.url("campana/lista")).content.decode()
    assert 'class="notice new"' in shown
    assert news(desk, centre)["unseen"] == 0
    assert 'class="notice new"' not in desk.get(centre.url("campana/lista")).content.decode()
    assert news(centre.client("administrator"), centre)["unseen"] == 1


def test_a_slower_window_does_not_take_the_mark_back(centre):
    with centre.active():
        for number in (5, 3):
            bell.mark_seen(1, number)
        assert NoticeMark.objects.get(staff_id=1).seen_id == 5


def test_the_news_are_what_came_after_and_the_newest_few(centre, desk, monday):
    for hour in (0, 1, 4, 5):
        book_online(centre, monday + timedelta(hours=hour))
    told = news(desk, centre)
    assert told["unseen"] == 4
    assert len(told["lines"]) == 3
    newest = told["lines"][-1]
    assert newest["text"].startswith("Reserva en línea · Rosa Pinto · ")
    assert news(desk, centre, after=newest["id"]) == {"unseen": 4, "lines": []}


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40, "٣"])
def test_a_strange_number_is_no_number(centre, desk, monday, after):
    book_online(centre, monday)
    assert len(news(desk, centre, after=after)["lines"]) == 1


def test_who_sees_only_own_visits_hears_only_of_those(centre, monday):
    book_online(centre, monday, practitioner=centre.beto)
    client = centre.client("practitioner")
    assert news(client, centre) == {"unseen": 0, "lines": []}
    book_online(centre, monday + timedelta(hours=1), practitioner=centre.ana)
    assert news(client, centre)["unseen"] == 1


def test_without_the_right_there_is_neither_bell_nor_stream(centre):
    with centre.active():
        role = Role.objects.get(builtin="accountant")
        staff.save_role(role.pk, name="", extents={"patients.see": "all"}, by=STAFF, at=now())
    client = centre.client("accountant")
    page = client.get(centre.url("pacientes/")).content.decode()
    assert "data-events-url" not in page
    assert 'id="bell"' not in page
    for path in ("campana/", "campana/lista", "campana/novedades"):
        assert client.get(centre.url(path)).status_code == 403


def test_a_page_says_what_it_shows_already(centre, desk, monday):
    page = desk.get(centre.url("agenda/")).content.decode()
    assert f'data-events-url="http://testserver:8001/{centre.slug}/events"' in page
    assert 'data-events-since="0.' in page
    book_online(centre, monday)
    with centre.active():
        number = Notice.objects.get().pk
    assert f'data-events-since="{number}.' in desk.get(centre.url("agenda/")).content.decode()


@pytest.mark.parametrize("path", ["campana/", "campana/lista", "campana/novedades"])
def test_the_number_of_queries_does_not_grow_with_the_notices(centre, desk, monday, path):
    def count():
        with centre.active():
            connections["tenant"].ensure_connection()
            with CaptureQueriesContext(connections["tenant"]) as queries:
                assert desk.get(centre.url(path)).status_code == 200
        return len(queries)

    book_online(centre, monday)
    count()
    few = count()
    for hour in (1, 4, 5):
        book_online(centre, monday + timedelta(hours=hour))
    with centre.active(), tenancy.atomic():
        NoticeMark.objects.update(seen_id=10_000)
    assert count() <= few


def test_what_the_patient_typed_is_text_in_the_list(centre, desk, monday):
    with centre.active(), tenancy.atomic():
        book_online(centre, monday)
        notice = Notice.objects.get()
        notice.facts = {**notice.facts, "patient": "<script>alert(1)</script>"}
        notice.save(update_fields=["facts"])
        assert StaffMember.objects.exists()
    for path in ("campana/", "campana/lista"):
        assert b"<script>alert(1)" not in desk.get(centre.url(path)).content


def test_what_one_did_oneself_is_no_news(centre, desk, monday):
    visit = centre.book(monday)
    with centre.active():
        me = StaffMember.objects.get(email=centre.email("receptionist"))
        by = Actor("staff", me.pk, me.name, "agenda")
        agenda.change_state(visit.pk, Appointment.State.ARRIVED, by=by, at=now())
    assert news(desk, centre) == {"unseen": 0, "lines": []}
    assert "Rosa" not in desk.get(centre.url("campana/lista")).content.decode()
    assert news(centre.client("administrator"), centre)["unseen"] == 1


def test_what_rang_before_somebody_came_is_no_news_to_them(centre, monday):
    book_online(centre, monday)
    with centre.active():
        role = Role.objects.get(builtin="receptionist").pk
        fresh = staff.invite("Nora", "nora@nueva.example", staff.Place(role_id=role), by=STAFF, at=now())
        assert bell.count_unseen(fresh) == 1
        staff.welcome(fresh.pk, 4_321, name="Nora Paz", at=now())
        assert bell.count_unseen(fresh) == 0
        book_online(centre, monday + timedelta(hours=1))
        assert bell.count_unseen(fresh) == 1
