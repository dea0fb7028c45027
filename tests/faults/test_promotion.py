"""The primary killed under acknowledged writes: promoted by the command, the standby has every one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.installation import ROOT, Installation
from tests.servers import PAIRS, missing

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
WRITERS = 3
KILLS = 12 if os.environ.get("RESERVO_FULL") == "1" else 4
SLUG, STORE = "clinica", "centros"
STOPPED_AT = (0.2, 0.4, 0.6, 0.8, 0.9, 0.97)  # of the steps of a whole move
WRITER = """
import sys, time
import django; django.setup()
from datetime import datetime, timedelta, UTC
from django.db import DatabaseError, InterfaceError
from reservo import tenancy
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.agenda import operations as agenda
from reservo.catalog.models import Branch
from reservo.tenancy import directory
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.servers import StoreUnavailable
by, n = Actor("staff", 1, "Andrea Leiva", "agenda"), 0
first = datetime(2027, 3, 1, 12, 0, tzinfo=UTC) + timedelta(days=200 * int(sys.argv[1]))
while True:
    try:
        with tenancy.activate(directory.find("clinica")):
            starts = first + timedelta(minutes=30 * n)
            made = agenda.book(agenda.Booking(branch_id=Branch.objects.first().pk, starts_at=starts,
                outside_rules=True), by=by, at=now())
        print(made.number, time.time(), flush=True)
        n += 1
    except (StaleEpoch, StoreUnavailable, DatabaseError, InterfaceError) as refused:
        print(type(refused).__name__, refused, file=sys.stderr, flush=True)
        time.sleep(0.02)
"""


@pytest.fixture(params=list(PAIRS))
def installed(request):
    """An installation with one centre on a pair of servers."""
    if program := missing(request.param):
        pytest.skip(program)
    pair = PAIRS[request.param]()
    installation = Installation()
    try:
        _found(installation, pair)
        yield installation, pair
    finally:
        installation.end()
        pair.end()


def _found(installation, pair):
    installation.command("prepare")
    installation.add_store(pair.primary, STORE, "--replica", standby_address(pair))
    installation.command("tenants", "create", SLUG, "--name", "Clínica", "--store", STORE)
    _wait_for_standby(installation)


def standby_address(pair):
    return f"127.0.0.1:{pair.standby.port}" + (f"/{STORE}" if pair.engine == "postgresql" else "")


def _wait_for_standby(installation):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if "nothing was changed" in installation.command(
            "stores", "promote", STORE, "--dry-run", check=False
        ):
            return
        time.sleep(0.2)
    raise AssertionError(installation.command("stores", "check", STORE, check=False))


@pytest.fixture
def writers(installed):
    """Three programs that book without pause; what each was acknowledged is read from it."""
    installation, _pair = installed
    environment = {**installation.environment, "DJANGO_SETTINGS_MODULE": "reservo.config.settings"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(number)],
            env=environment,
            cwd=ROOT,
            stdout=(installation.data / f"writer-{number}.out").open("wb"),
            stderr=(installation.data / f"writer-{number}.err").open("wb"),
        )
        for number in range(WRITERS)
    ]
    yield started
    for one in started:
        one.kill()
        one.wait()


def acknowledged(installation):
    """(number, when) of every booking that a writer was told is made."""
    lines = [
        line.split()
        for number in range(WRITERS)
        for line in (installation.data / f"writer-{number}.out").read_text().splitlines()
    ]
    return [(int(words[0]), float(words[1])) for words in lines if len(words) == 2]


def numbers_at(server, namespace):
    """Read by SQL of the test's own."""
    if server.engine == "postgresql":
        with server.admin(STORE) as admin:
            return [row[0] for row in admin.execute(f'SELECT number FROM "{namespace}".agenda_appointment')]
    with server.admin() as admin, admin.cursor() as cursor:
        cursor.execute(f"SELECT number FROM `{namespace}`.agenda_appointment")
        return [row[0] for row in cursor.fetchall()]


def epoch_at(server, namespace):
    if server.engine == "postgresql":
        with server.admin(STORE) as admin:
            return admin.execute(f'SELECT epoch FROM "{namespace}".tenancy_namespaceepoch').fetchone()[0]
    with server.admin() as admin, admin.cursor() as cursor:
        cursor.execute(f"SELECT epoch FROM `{namespace}`.tenancy_namespaceepoch")
        return cursor.fetchone()[0]


def namespace_of(installation):
    shown = installation.command("stores", "show", STORE)
    return next(line.split()[2] for line in shown.splitlines() if line.strip().startswith(SLUG))


def wait_for(installation, count, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if len(acknowledged(installation)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError((installation.data / "writer-0.err").read_text()[-2000:])


def test_with_the_primary_killed_under_writes_no_acknowledged_one_is_lost(installed, writers):
    installation, pair = installed
    pair.wait_at_every_commit()
    wait_for(installation, 60)
    pair.primary.process.send_signal(signal.SIGKILL)
    killed_at = time.time()
    pair.primary.process.wait()
    said = installation.command("stores", "promote", STORE)
    promoted_after = time.time() - killed_at
    before = len(acknowledged(installation))
    wait_for(installation, before + 20)
    for one in writers:
        one.terminate()
        one.wait()
    found = acknowledged(installation)
    there = Counter(numbers_at(pair.standby, namespace_of(installation)))
    assert {number for number, _ in found} <= set(there)
    assert max(there.values()) == 1
    writes_again = min(at for _, at in found if at > killed_at + 0.05) - killed_at
    print(
        f"{pair.engine}: {len(found)} acknowledged, none lost; promoted after {promoted_after:.1f} s,"
        f" writes again after {writes_again:.1f} s\n{said}"
    )
    assert "primary_answered   False" in said


def test_a_switch_while_the_primary_answers_loses_nothing_and_leaves_it_fenced(installed, writers):
    """Asynchronous: the standby is waited for, and who still knows the old place cannot write there."""
    installation, pair = installed
    wait_for(installation, 30)
    said = installation.command("stores", "promote", STORE)
    assert "primary_answered   True" in said
    before = len(acknowledged(installation))
    wait_for(installation, before + 20)
    for one in writers:
        one.terminate()
        one.wait()
    namespace = namespace_of(installation)
    numbers = numbers_at(pair.standby, namespace)
    assert {number for number, _ in acknowledged(installation)} <= set(numbers)
    assert len(numbers) == len(set(numbers))
    assert epoch_at(pair.primary, namespace) == epoch_at(pair.standby, namespace) > 1_000
    assert set(numbers_at(pair.primary, namespace)) < set(numbers)


def test_the_old_primary_comes_back_and_is_told_of_and_fenced(installed):
    installation, pair = installed
    pair.primary.kill()
    installation.command("stores", "promote", STORE)
    pair.primary.start()
    namespace = namespace_of(installation)
    assert "is back and takes routes from before" in installation.command("doctor", check=False)
    assert epoch_at(pair.primary, namespace) == 1
    assert "1 centres under today's epochs" in installation.command("stores", "fence", STORE)
    assert epoch_at(pair.primary, namespace) == epoch_at(pair.standby, namespace)
    assert "is back" not in installation.command("doctor", check=False)


def test_a_promotion_killed_anywhere_goes_on_when_it_is_run_again(installed):
    from tests.faults import killing

    installation, pair = installed
    killed = 0
    while killed < KILLS and killing.kill_at(installation, 20 + 60 * killed, "stores", "promote", STORE):
        killed += 1
    assert killed > 2
    if f"address      {standby_address(pair)}" not in installation.command("stores", "show", STORE):
        installation.command("stores", "promote", STORE)
    namespace = namespace_of(installation)
    assert f"address      {standby_address(pair)}" in installation.command("stores", "show", STORE)
    made = installation.command("doctor", check=False)
    assert "centres that nobody can write to: none" in made
    assert numbers_at(pair.standby, namespace) == []


def test_a_move_that_the_dead_primary_stopped_goes_on_after_the_promotion_or_is_given_up(installed):
    """Wherever its mover was: one after the other is stopped further on, then the server dies under it."""
    from tests.faults import killing

    installation, pair = installed
    files = installation.data / "files"
    installation.command(
        *("stores", "add", "files", "--engine", "sqlite", "--address", str(files), "--capacity", "9")
    )
    installation.command("tenants", "create", "primero", "--name", "Centro", "--store", STORE)
    whole = killing.steps_of(installation, "move", "primero", "--to", "files")
    going = {f"en-camino-{number}": part for number, part in enumerate(STOPPED_AT)}
    for slug, part in going.items():
        installation.command("tenants", "create", slug, "--name", "Centro", "--store", STORE)
        assert killing.kill_at(installation, int(part * whole), "move", slug, "--to", "files")
    _wait_for_standby(installation)
    states = {slug: state_of(installation, slug) for slug in going}
    pair.primary.kill()
    installation.command("stores", "promote", STORE)
    for number, (slug, state) in enumerate(states.items()):
        goes_on = bool(number % 2) or state == "flipped"
        installation.command("tenants", "move", slug, "--resume" if goes_on else "--abort")
        assert ("files" in installation.command("tenants", "show", slug)) == goes_on
    assert len(set(states.values())) > 2, states
    made = installation.command("doctor", check=False)
    assert "centres that nobody can write to: none" in made
    assert "moves that were stopped in the middle: none" in made


def state_of(installation, slug):
    return installation.command("tenants", "move", slug, "--status").split()[4]


def test_what_cannot_be_promoted_is_refused_and_nothing_changes(installed):
    installation, pair = installed
    before = installation.command("stores", "show", STORE).splitlines()[:4]
    pair.standby.kill()
    assert "nothing was changed" not in installation.command(
        "stores", "promote", STORE, "--dry-run", check=False
    )
    installation.command("stores", "promote", STORE, check=False)
    assert installation.command("stores", "show", STORE).splitlines()[:4] == before
    installation.command("stores", "replica", "remove", STORE)
    assert "has no replica" in installation.command("stores", "replica", "show", STORE)
