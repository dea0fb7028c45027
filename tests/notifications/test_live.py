"""Live events: who hears what, what was missed, and when a stream ends."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import User
from reservo.adapters.bus.memory import MemoryBus
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.booking import operations as booking
from reservo.booking.operations import OnlineBooking
from reservo.catalog.models import Branch
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.notifications.live import addresses, marks, reading
from reservo.notifications.live import hub as hubs
from reservo.notifications.live.hub import Hub, Sight, TooManyOpen, Viewer
from reservo.notifications.live.marks import Mark, mark_of
from reservo.notifications.models import Notice
from reservo.outbox.models import Event
from reservo.patients.fields import PatientFields
from reservo.staff import operations as staff
from reservo.staff.models import Role, StaffMember
from reservo.staff.operations import Place
from reservo.tenants.operations import set_state
from tests.cast import STAFF
from tests.notifications.listening import PUBLIC, service

WITHIN = 2.0


@pytest.fixture
def live():
    with service() as running:
        yield running


@pytest.fixture
def deaf():
    """An events process whose bus brings nothing: all it knows it reads from rows."""
    with service(MemoryBus()) as running:
        yield running


def book_online(centre, at, practitioner=None):
    wanted = OnlineBooking(
        branch_id=centre.branch,
        service_id=centre.consultation,
        practitioner_id=practitioner or centre.ana,
        starts_at=at,
        patient=PatientFields(
            given_name="Rosa", paternal_surname="Pinto", email="rosa@paciente.example", phone="+56987654321"
        ),
        privacy_accepted=True,
    )
    with centre.active():
        return booking.book_online(wanted, at=now())


def words_of(stream):
    return repr(stream.events)


@pytest.mark.parametrize(
    ("happens", "kind"),
    [
        ("booked", "booked_online"),
        ("confirmed", "confirmed_by_patient"),
        ("moved", "moved_by_patient"),
        ("cancelled", "cancelled_by_patient"),
        ("arrived", "arrived"),
    ],
)
def test_what_happens_reaches_an_open_browser_within_two_seconds(centre, live, monday, happens, kind):
    visit = None if happens == "booked" else book_online(centre, monday)
    stream = live.open(centre)
    began = time.monotonic()
    with centre.active():
        if happens == "booked":
            visit = book_online(centre, monday)
        elif happens == "confirmed":
            booking.confirm_own(visit, at=now())
        elif happens == "moved":
            visit = Appointment.objects.select_related("patient", "branch").get(pk=visit.pk)
            booking.move_own(visit, monday + timedelta(hours=1), time_version=visit.time_version, at=now())
        elif happens == "cancelled":
            booking.cancel_own(visit, at=now())
        else:
            agenda.change_state(visit.pk, Appointment.State.ARRIVED, by=STAFF, at=now())
        newest = Notice.objects.order_by("-pk").first()
    change, notice = stream.wait_for("agenda", WITHIN), stream.wait_for("notice", WITHIN)
    assert time.monotonic() - began < WITHIN
    assert newest.kind == kind
    assert notice == {"id": newest.pk, "branch": centre.branch}
    day = monday.date().isoformat()
    assert change == {"branch": centre.branch, "first": day, "last": day, "id": visit.pk}


@pytest.mark.parametrize("told", ["live", "deaf"])
def test_what_one_did_oneself_does_not_ring_in_ones_own_windows(centre, request, monday, told):
    service = request.getfixturevalue(told)
    visit = book_online(centre, monday)
    mine, theirs = service.open(centre), service.open(centre, role="administrator")
    with centre.active():
        me = StaffMember.objects.get(email=centre.email("receptionist"))
        by = Actor("staff", me.pk, me.name, "agenda")
        agenda.change_state(visit.pk, Appointment.State.ARRIVED, by=by, at=now())
    assert set(theirs.wait_for("notice", 4)) == {"id", "branch"}
    assert mine.wait(lambda one: {"agenda", "resync"} & set(one.kinds()))
    assert "notice" not in mine.kinds()


def test_only_ids_and_dates_go_over_the_bus_and_the_wire(centre, live, monday):
    stream = live.open(centre)
    book_online(centre, monday)
    stream.wait_for("notice")
    stream.wait(lambda one: "agenda" in one.kinds())
    assert "Rosa" not in words_of(stream)
    assert "Pinto" not in words_of(stream)


def test_another_centre_hears_nothing(centre, other, live, monday):
    theirs, ours = live.open(other), live.open(centre)
    book_online(centre, monday)
    ours.wait_for("notice")
    time.sleep(1.2)
    assert theirs.kinds() == ["beat"]


def test_a_session_of_one_centre_opens_no_stream_of_another(centre, other, live):
    stream = live.open(other, client=centre.client("receptionist"))
    assert (stream.status, stream.events) == (403, [])


def test_nobody_listens_without_a_session_or_without_the_right(centre, live):
    assert live.open(centre, role=None).status == 403
    with centre.active():
        staff.save_role(
            Role.objects.get(builtin="accountant").pk,
            name="",
            extents={"patients.see": "all"},
            by=STAFF,
            at=now(),
        )
    assert live.open(centre, "accountant").status == 403
    assert live.open(centre, "receptionist").status == 200


def test_who_sees_only_own_visits_hears_only_of_those(centre, live, monday):
    mine = live.open(centre, "practitioner")
    all_of_it = live.open(centre, "receptionist")
    book_online(centre, monday, practitioner=centre.beto)
    book_online(centre, monday + timedelta(hours=2), practitioner=centre.ana)
    for _ in range(2):
        all_of_it.wait_for("notice")
    mine.wait_for("notice")
    time.sleep(1.0)
    assert "notice" not in mine.kinds()


def test_who_is_kept_to_a_branch_hears_only_of_it(centre, live, monday):
    with centre.active(), tenancy.atomic():
        far = Branch.objects.create(name="Lejos", zone="America/Santiago")
        member = StaffMember.objects.get(email=centre.email("receptionist"))
        staff.change(
            member.pk,
            Place(role_id=member.role_id, all_branches=False, branch_ids=(far.pk,)),
            is_active=True,
            by=STAFF,
            at=now(),
        )
    stream, everything = live.open(centre, "receptionist"), live.open(centre, "administrator")
    book_online(centre, monday)
    everything.wait_for("notice")
    time.sleep(1.0)
    assert stream.kinds() == ["beat"]


def test_what_was_missed_comes_when_the_browser_is_back(centre, live, monday):
    stream = live.open(centre)
    known = stream.mark
    stream.close()
    assert stream.wait(lambda one: one.is_over)
    visits = [book_online(centre, monday + timedelta(hours=hour)) for hour in (0, 1)]
    with centre.active():
        numbers = list(Notice.objects.order_by("pk").values_list("pk", flat=True))
    assert len(visits) == len(numbers) == 2
    for back in (live.open(centre, since=known), live.open(centre, **{"last-event-id": known})):
        back.wait(lambda one: "resync" in one.kinds())
        assert [data["id"] for kind, data, _ in back.events if kind == "notice"] == numbers
        assert back.kinds()[-1] == "resync"
    assert live.open(centre, since=back.mark).kinds() == ["beat"]


def test_a_notice_is_told_once_though_rows_and_bus_both_know_it(centre, live, monday):
    stream = live.open(centre, since="0.0")
    book_online(centre, monday)
    stream.wait_for("notice")
    time.sleep(2.0)
    assert "notice" not in stream.kinds()


@pytest.mark.parametrize("since", ["", "x", "-1", "1" * 60, "1.x", "٣", "9999999.9999999", "1'--"])
def test_a_strange_mark_opens_the_stream_all_the_same(centre, live, since):
    stream = live.open(centre, since=since)
    assert stream.status == 200
    assert stream.kinds()[0] in ("beat", "resync")


def test_a_lost_message_is_healed_from_rows(centre, deaf, monday):
    stream = deaf.open(centre)
    visit = book_online(centre, monday)
    with centre.active():
        number = Notice.objects.get(appointment_id=visit.pk).pk
    assert stream.wait_for("notice", 3)["id"] == number
    stream.wait_for("resync", 4)
    centre.book(monday + timedelta(hours=1))
    stream.wait_for("resync", 4)


def test_nothing_is_read_again_while_the_bus_tells_everything(centre, live, monday):
    stream = live.open(centre)
    for hour in range(3):
        centre.book(monday + timedelta(hours=hour))
        time.sleep(0.5)
    time.sleep(2.0)
    assert "resync" not in stream.kinds()
    assert stream.kinds().count("agenda") == 3


def ends_within(stream, seconds=WITHIN):
    began = time.monotonic()
    assert stream.wait(lambda one: one.is_over, seconds + 2), stream.events
    assert time.monotonic() - began < seconds
    assert stream.kinds()[-1] == "bye"
    return stream.events[-1][1]


def test_a_stream_ends_with_the_log_out(centre, live):
    client = centre.client("receptionist")
    stream, second = live.open(centre, client=client), live.open(centre)
    assert client.post(centre.url("logout")).status_code == 302
    assert ends_within(stream) == {"again": False}
    assert not second.is_over


def test_a_stream_ends_with_the_password(centre, live):
    stream = live.open(centre)
    accounts.set_password(User.objects.get(email=centre.email("receptionist")), "otra-clave-larga-9")
    assert ends_within(stream) == {"again": False}


@pytest.mark.parametrize("state", ["maintenance", "disabled"])
def test_a_stream_ends_when_the_centre_closes(centre, other, live, state):
    stream, elsewhere = live.open(centre), live.open(other)
    set_state(centre.slug, state, reason="prueba", at=now())
    assert ends_within(stream) == {"again": False}
    assert live.open(centre).status == 403
    assert not elsewhere.is_over


def change(centre, role, **changes):
    with centre.active():
        member = StaffMember.objects.get(email=centre.email(role))
        place = {"role_id": member.role_id, "practitioner_id": member.practitioner_id}
        is_active = changes.pop("is_active", True)
        staff.change(member.pk, Place(**{**place, **changes}), is_active=is_active, by=STAFF, at=now())


def test_a_stream_ends_with_the_right(centre, live):
    stream, other_role = live.open(centre, "accountant"), live.open(centre, "receptionist")
    with centre.active():
        role = Role.objects.get(builtin="accountant")
        staff.save_role(role.pk, name="", extents={"patients.see": "all"}, by=STAFF, at=now())
    assert ends_within(stream) == {"again": False}
    assert not other_role.is_over


def test_a_stream_ends_with_the_membership(centre, live):
    stream = live.open(centre)
    change(centre, "receptionist", is_active=False)
    assert ends_within(stream) == {"again": False}


def test_whose_sight_changed_comes_back_at_once_under_the_new_one(centre, live, monday):
    stream = live.open(centre)
    with centre.active(), tenancy.atomic():
        far = Branch.objects.create(name="Lejos", zone="America/Santiago")
    change(centre, "receptionist", all_branches=False, branch_ids=(far.pk,))
    assert ends_within(stream) == {"again": True}
    back = live.open(centre, since=stream.mark)
    book_online(centre, monday)
    time.sleep(1.5)
    assert "notice" not in back.kinds()


def test_a_lost_right_is_seen_without_the_bus(centre, deaf):
    stream = deaf.open(centre)
    change(centre, "receptionist", is_active=False)
    assert ends_within(stream) == {"again": False}


def test_a_browser_that_does_not_read_is_let_go_all_the_same(centre, live):
    """Its socket is full: what is sent to it waits for ever."""
    client = centre.client("receptionist")
    stream = live.open(centre, client=client)
    stream.is_stuck = True
    live.call(lambda: live.events.hub.connections()[0].put("agenda", {}))
    client.post(centre.url("logout"))
    began = time.monotonic()
    assert live.wait_empty()
    assert time.monotonic() - began < WITHIN + 0.5


def test_a_browser_that_goes_away_is_forgotten(centre, live):
    streams = [live.open(centre) for _ in range(3)]
    for stream in streams:
        stream.close()
    assert live.wait_empty()
    assert live.events.hub.centres == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": PUBLIC + "0"},
        {"origin": PUBLIC.upper()},
        {"origin": ""},
    ],
)
def test_a_page_of_another_site_is_refused_and_may_not_read(centre, live, headers):
    stream = live.open(centre, **headers)
    assert stream.status == 403
    assert not any(name.startswith("access-control") for name in stream.headers)
    assert_narrow(stream)


def assert_narrow(stream):
    assert stream.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert stream.headers["x-content-type-options"] == "nosniff"
    assert stream.headers["referrer-policy"] == "no-referrer"
    assert stream.headers["cache-control"] == "no-store"


def test_our_own_page_may_listen_with_its_cookie(centre, live):
    stream = live.open(centre)
    assert stream.headers["access-control-allow-origin"] == PUBLIC
    assert stream.headers["access-control-allow-credentials"] == "true"
    assert stream.headers["vary"] == "Origin"
    assert_narrow(stream)
    assert stream.headers["content-type"] == "text/event-stream"


def test_pages_may_connect_to_the_events_and_nowhere_else(centre):
    page = centre.client("receptionist").get(centre.url("agenda/"), headers={"host": "127.0.0.1:8000"})
    assert connect_src(page) == "connect-src 'self' http://127.0.0.1:8001"


def connect_src(page):
    policy = page.headers["Content-Security-Policy"]
    return next(part.strip() for part in policy.split(";") if part.strip().startswith("connect-src"))


def test_a_page_opened_by_another_of_our_names_listens_there(centre, live):
    """The browser sends its cookie to the name it logged in at, and to no other."""
    page = centre.client("receptionist").get(centre.url("agenda/"), headers={"host": "localhost:8000"})
    assert f'data-events-url="http://localhost:8001/{centre.slug}/events"' in page.content.decode()
    assert connect_src(page) == "connect-src 'self' http://localhost:8001"
    stream = live.open(centre, origin="http://localhost:8000", host="localhost:8001")
    assert stream.status == 200
    assert stream.headers["access-control-allow-origin"] == "http://localhost:8000"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8000", "127.0.0.1:8001"),
        ("http://localhost:8000", "evil.example:8001"),
        ("http://evil.example:8000", "evil.example:8001"),
        ("http://localhost:9000", "localhost:8001"),
        ("https://localhost:8000", "localhost:8001"),
        ("http://localhost:8000", ""),
        ("http://localhost:8000", "localhost:8001, evil.example"),
    ],
)
def test_another_name_is_ours_only_with_its_own_page_and_port(centre, live, origin, host):
    assert live.open(centre, origin=origin, host=host).status == 403


def test_a_forged_host_and_a_given_address_get_the_address_of_everybody(centre):
    assert addresses.events_url("evil.example:8000") == "http://127.0.0.1:8001"
    assert connect_src(Client().get("/login", headers={"host": "evil.example"})).endswith(
        "http://127.0.0.1:8001"
    )
    with override_settings(RESERVO_EVENTS_URL="https://x.example/events", RESERVO_EVENTS_URL_GIVEN=True):
        assert addresses.events_url("localhost:8000") == "https://x.example/events"
        assert not addresses.is_ours("http://localhost:8000", "localhost:8001")


def viewer(number, tenant=1):
    return Viewer(tenant, number, number, f"key{number}", Sight(None, None))


def test_a_browser_that_does_not_read_is_told_to_read_all_again():
    hub = Hub()
    connection = hub.add(viewer(1), Mark())
    for number in range(hubs.MOST_WAITING + 5):
        hub.hear("notice", {"id": number + 1, "tenant": 1, "branch": 1, "practitioner": 1})
    kinds = [connection.queue.get_nowait()[0] for _ in range(connection.queue.qsize())]
    assert kinds[0] == "resync"
    assert len(kinds) <= hubs.MOST_WAITING


def test_a_centre_has_a_bounded_number_of_browsers_open(monkeypatch):
    monkeypatch.setattr(hubs, "MOST_PER_CENTRE", 3)
    hub = Hub()
    kept = [hub.add(viewer(n), Mark()) for n in range(3)]
    with pytest.raises(TooManyOpen):
        hub.add(viewer(4), Mark())
    hub.add(viewer(5, tenant=2), Mark())
    hub.remove(kept[0])
    hub.remove(kept[0])
    hub.add(viewer(4), Mark())
    assert hub.open == 4


def test_how_far_a_centre_is_takes_one_query_with_rows_and_without(centre, monday):
    with centre.active(), CaptureQueriesContext(connections["tenant"]) as seen:
        assert marks.newest() == Mark(0, 0)
    assert len(seen) == 1
    centre.book(monday)
    book_online(centre, monday + timedelta(hours=2))
    with centre.active():
        newest = Notice.objects.latest("pk").pk, Event.objects.latest("pk").pk
        assert marks.newest() == Mark(*newest)


@pytest.mark.parametrize(
    ("text", "mark"),
    [("7.19", Mark(7, 19)), ("7", Mark(7, -1)), ("7.", Mark(7, -1)), ("", None), (".5", None), ("x.5", None)],
)
def test_a_mark_is_read_as_it_was_written(text, mark):
    assert mark_of(text) == mark
    assert mark is None or mark.change < 0 or str(mark) == text


def test_checking_many_browsers_takes_three_queries(centre):
    client = centre.client("receptionist")
    found, _ = reading.viewer_of(centre.slug, f"reservo_session={client.cookies['reservo_session'].value}")
    many = {found} | {viewer(n, tenant=found.tenant_id) for n in range(10, 400)}
    counts = []
    for viewers in ({found}, many):
        with CaptureQueriesContext(connections["default"]) as queries:
            gone = reading.logged_out(viewers)
        counts.append(len(queries))
        assert gone == viewers - {found}
    assert counts == [3, 3]


def test_looking_at_a_centre_takes_the_same_queries_for_one_browser_and_for_many(centre, monday):
    with centre.active():
        everybody = list(StaffMember.objects.values_list("pk", flat=True))
    book_online(centre, monday)
    counts = []
    for staff_ids in (everybody[:1], everybody):
        with centre.active():
            connection = connections["tenant"]
            connection.ensure_connection()
            with CaptureQueriesContext(connection) as queries:
                found = reading.look(centre.route.tenant_id, staff_ids, Mark())
        counts.append(len(queries))
    assert len(found.notices) == 1
    assert len(set(counts)) == 1
    assert counts[0] <= 6
