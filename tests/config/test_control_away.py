"""With the control database away known centres take bookings and people at work go on; nobody new comes in.

On a file it is moved away; with RESERVO_TEST_CONTROL the server stands still (SIGSTOP).
"""

from __future__ import annotations

import time

import pytest

from reservo.accounts import operations as accounts
from reservo.accounts import proofs
from reservo.accounts.models import Session
from reservo.core.clock import now
from reservo.jobs import wakeups
from reservo.jobs.models import Wakeup
from reservo.tenancy import directory
from reservo.tenancy.backends.control import answering
from reservo.tenants import operations as tenants
from tests import control_of_the_run
from tests.api.conftest import Program
from tests.cast import PASSWORD

PAGE = "agenda/"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """As a web process: quick, and it has seen nothing yet."""
    monkeypatch.setattr(answering, "_patience", answering.PATIENCE_OF_PAGES_SECONDS)
    proofs.forget()
    directory.forget()
    yield
    wait_until_it_answers()
    wakeups.repeat_unwritten()


def wait_until_it_answers():
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            answering.ask(lambda: Session.objects.first())
            return
        except answering.ControlAway:
            time.sleep(0.1)
    raise AssertionError("it does not come back")


def test_a_known_centre_takes_bookings_and_the_hint_is_written_afterwards(centre, monday):
    program = Program(centre)
    assert program.get().status_code == 200
    Wakeup.objects.filter(pk=centre.route.tenant_id).delete()
    wakeups.forget()
    began = time.monotonic()
    with control_of_the_run.away():
        booked = [program.post(program.body(monday.replace(hour=13 + n))) for n in range(3)]
    assert [answer.status_code for answer in booked] == [201, 201, 201]
    assert time.monotonic() - began < 12
    wait_until_it_answers()
    wakeups.repeat_unwritten()
    assert Wakeup.objects.filter(pk=centre.route.tenant_id).exists()


def test_who_is_at_work_goes_on_and_who_is_not_gets_a_kind_page(centre):
    at_work, unseen = centre.client("receptionist"), centre.client("administrator")
    assert at_work.get(centre.url(PAGE), follow=True).status_code == 200
    with control_of_the_run.away():
        directory._kept[centre.slug] = (time.monotonic() - 1, directory._kept[centre.slug][1])
        assert at_work.get(centre.url(PAGE), follow=True).status_code == 200
        refused = unseen.get(centre.url(PAGE))
        entering = centre.client().post(
            centre.url("login"), {"email": centre.email("receptionist"), "password": PASSWORD}
        )
        assert at_work.get("/ready").status_code == 200
    for answer in (refused, entering):
        assert answer.status_code == 503
        assert answer["Retry-After"] == "10"
        assert "Volvemos enseguida" in answer.content.decode()


def test_a_proof_is_no_longer_believed_after_its_minute(centre, monkeypatch):
    client = centre.client("receptionist")
    assert client.get(centre.url(PAGE), follow=True).status_code == 200
    monkeypatch.setattr(proofs, "KEPT_SECONDS", 0.0)
    with control_of_the_run.away():
        assert client.get(centre.url(PAGE)).status_code == 503


def test_who_was_logged_out_is_so_at_once_when_it_answers(centre):
    client = centre.client("receptionist")
    assert client.get(centre.url(PAGE), follow=True).status_code == 200
    with control_of_the_run.away():
        assert client.get(centre.url(PAGE), follow=True).status_code == 200
    wait_until_it_answers()
    Session.objects.all().delete()
    assert client.get(centre.url(PAGE)).status_code == 302


def test_a_centre_that_this_process_does_not_know_is_answered_503(centre):
    with control_of_the_run.away():
        assert centre.client().get(centre.url()).status_code == 503
        assert Program(centre).get().status_code == 503


def test_a_change_of_state_is_seen_within_a_second(centre):
    client = centre.client()
    assert client.get(centre.url()).status_code == 200
    known = dict(directory._kept)
    tenants.set_state(centre.slug, "maintenance", reason="prueba", at=now())
    directory._kept.update(known)  # as in another process, which nobody told
    time.sleep(directory.SECONDS_KEPT + 0.05)
    assert client.get(centre.url()).status_code == 503


def test_a_session_that_was_opened_lives_in_the_control_plane_alone(centre):
    """New log-ins are not kept here instead: a session that nobody could write does not exist."""
    from reservo.accounts.models import User

    user = User.objects.get(email=centre.email("receptionist"))
    with control_of_the_run.away(), pytest.raises(answering.ControlAway):
        accounts.open_session(user, centre.route.tenant_id, agent="x", at=now())
