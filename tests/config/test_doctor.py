"""The doctor: what is wrong, and how to mend it."""

import io
import json
import socket
import struct
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from reservo.config import clocks, doctor
from reservo.core.clock import now
from reservo.fleet import moves
from reservo.jobs.models import Heartbeat
from reservo.tenancy import namespaces
from reservo.tenancy.backends.sqlite.base import path_of
from reservo.tenancy.models import Placement, Store
from reservo.tenants import stores
from tests.installation import free_ports


@pytest.fixture(autouse=True)
def nothing_runs(control):
    Heartbeat.objects.all().delete()
    yield
    Heartbeat.objects.all().delete()


def found(words):
    (finding,) = [one for one in doctor.examine() if words in one.what]
    return finding


def test_every_ill_finding_says_how_to_mend_it(control):
    ill = [one for one in doctor.examine() if not one.well]
    assert ill
    assert all(one.mend for one in ill)


def test_the_command_prints_them_and_fails_while_something_is_wrong(control):
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    assert "WRONG worker is alive\n      mend: start it: `reservo worker`" in out.getvalue()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--json", stdout=out)
    assert {"what", "well", "mend"} == set(json.loads(out.getvalue())[0])


def test_it_is_content_when_all_is_well(control, monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (doctor._data,))
    call_command("doctor", stdout=io.StringIO())


@pytest.mark.parametrize("kind", ["worker", "scheduler", "porter"])
def test_a_process_that_has_not_been_heard_of_is_missed(kind):
    Heartbeat.objects.create(kind=kind, process="x", at=now() - timedelta(seconds=31))
    assert not found(f"{kind} is alive").well
    Heartbeat.objects.update(at=now())
    assert found(f"{kind} is alive").well


def test_pages_that_do_not_answer_are_missed_while_the_rest_runs():
    assert not [one for one in doctor.examine() if "pages answer" in one.what]
    Heartbeat.objects.create(kind="worker", process="x", at=now())
    assert not found("pages answer").well


def test_a_missing_template_and_missing_static_files_are_told(tmp_path):
    namespaces.template()
    assert found("tenant template").well
    with override_settings(RESERVO_DATA_DIR=tmp_path):
        template = found("tenant template")
    assert (template.well, template.mend) == (False, "run `reservo prepare`")
    assert not found("static files").well


def test_a_directory_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    assert not found("can be written").well


def test_little_space_is_told(monkeypatch):
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 10**18)
    assert not found("MB free").well


def test_old_zone_tables_are_told(monkeypatch):
    monkeypatch.setattr(doctor.zones, "is_zone", lambda name: name != "America/Coyhaique")
    assert "tzdata 2025.2" in found("time zone tables").mend


@pytest.mark.embedded(
    "takes a centre's file away; a store that is away is told by `stores check`, see test_engines"
)
def test_a_lost_file_is_told(centre):
    assert found("files missing").well
    path_of(centre.route).rename(path_of(centre.route).with_suffix(".away"))
    try:
        assert f"files missing: {centre.slug}" in found("files missing").what
        assert not found("files missing").well
    finally:
        path_of(centre.route).with_suffix(".away").rename(path_of(centre.route))


@pytest.mark.usefixtures("centre", "other")
def test_a_place_is_asked_once_which_centres_it_holds(monkeypatch):
    asked, names = [], namespaces.names
    monkeypatch.setattr(namespaces, "names", lambda route: asked.append(route.store) or names(route))
    assert found("files missing").well
    assert len(asked) == len(set(asked))


def test_a_store_that_is_away_is_told_and_hides_nothing_else(centre):
    address = f"127.0.0.1:{free_ports(1)[0]}/centres"
    store = Store.objects.create(name="away", engine="postgresql", address=address, capacity=2)
    lost = [
        Placement.objects.create(slug=f"away-{number}", store=store, namespace=f"a{number}", zone="UTC")
        for number in range(2)
    ]
    try:
        told = found("stores that do not answer")
        assert not told.well
        assert "away" in told.what
        assert "reservo stores check" in told.mend
        assert centre.slug not in found("files missing").what
    finally:
        for one in lost:
            one.delete()
        store.delete()


def test_a_store_that_is_away_is_told_before_a_centre_comes_to_it(control):
    address = f"127.0.0.1:{free_ports(1)[0]}/centres"
    store = Store.objects.create(name="empty", engine="postgresql", address=address, capacity=2)
    try:
        assert "empty" in found("stores that do not answer").what
    finally:
        store.delete()


def test_a_move_that_nobody_is_at_is_told(centre, tmp_path):
    stores.add(
        stores.Description(
            name="further", engine="sqlite", address=str(tmp_path), capacity=9, is_dedicated=True
        )
    )
    move = moves.plan(centre.slug, "further", at=now())
    try:
        told = found("moves that were stopped")
        assert (told.well, told.what) == (False, f"moves that were stopped in the middle: {centre.slug}")
        assert "--resume" in told.mend
    finally:
        moves.abort(move, clock=now)
        stores.remove("further")
    assert found("moves that were stopped").well


def test_a_change_of_state_that_was_cut_short_is_told(other):
    assert found("nobody can write to").well
    namespaces.raise_epoch(other.route, other.route.epoch + 1)
    try:
        apart = found("nobody can write to")
        assert other.slug in apart.what
        assert "reservo tenants state" in apart.mend
    finally:
        Placement.objects.filter(pk=other.route.tenant_id).update(epoch=other.route.epoch + 1)
        other.route = replace(other.route, epoch=other.route.epoch + 1)


def test_a_check_that_breaks_does_not_hide_the_others(monkeypatch):
    def breaks():
        raise ZeroDivisionError("of its own")

    monkeypatch.setattr(doctor, "CHECKS", (breaks, doctor._data))
    findings = doctor.examine()
    assert (findings[0].what, findings[0].well) == ("breaks: of its own", False)
    assert len(findings) > 1


# Mail


@override_settings(RESERVO_SMTP_URL="", RESERVO_DEMO=False)
def test_no_mail_server_is_told_where_it_matters():
    finding = found("mail goes to the mailbox")
    assert (finding.well, finding.mend) == (False, "set RESERVO_SMTP_URL")
    with override_settings(RESERVO_DEMO=True):
        assert found("mail goes to the mailbox").well


def test_a_mail_server_that_does_not_answer_is_told():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with override_settings(RESERVO_SMTP_URL=f"smtp://127.0.0.1:{port}"):
            assert not found("mail server 127.0.0.1").well
        silent.listen()
        with override_settings(RESERVO_SMTP_URL=f"smtp://127.0.0.1:{port}"):
            assert found("mail server 127.0.0.1").well


# The clock


@pytest.fixture
def time_server():
    """A time server that is some seconds ahead."""
    running = []

    def serve(ahead):
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.bind(("127.0.0.1", 0))

        def answer():
            _, asker = listening.recvfrom(128)
            theirs = time.time() + ahead + 2_208_988_800
            stamp = struct.pack(">II", int(theirs), int(theirs % 1 * 2**32))
            listening.sendto(b"\x24" + 39 * b"\0" + stamp, asker)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        running.append(listening)
        return f"127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    for listening in running:
        listening.close()


@pytest.mark.parametrize(
    ("ahead", "well"), [(0, True), (0.7, True), (1.5, False), (-1.5, False), (3600, False)]
)
def test_a_clock_off_by_more_than_a_second_is_refused(time_server, monkeypatch, ahead, well):
    monkeypatch.setenv("RESERVO_TIME_SERVER", time_server(ahead))
    assert found("s off 127.0.0.1").well is well


def test_a_time_server_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setenv("RESERVO_TIME_SERVER", "127.0.0.1:1")
    assert not found("clock:").well


@pytest.mark.parametrize(("off", "well"), [(0.02, True), (1.2, False)])
def test_what_the_kernel_knows_of_its_clock_counts(monkeypatch, off, well):
    monkeypatch.setattr(clocks, "kernel_seconds_off", lambda: off)
    assert found("clock off by").well is well


def test_a_clock_that_nobody_keeps_is_told(monkeypatch):
    monkeypatch.setattr(clocks, "kernel_seconds_off", lambda: None)
    assert "RESERVO_TIME_SERVER" in found("keeps the clock").mend


def test_the_kernel_is_asked_without_harm():
    off = clocks.kernel_seconds_off()
    assert off is None or off >= 0


def test_a_row_from_the_future_tells_that_the_clock_went_back():
    Heartbeat.objects.create(kind="worker", process="x", at=now() + timedelta(minutes=1))
    assert not found("from the future").well
