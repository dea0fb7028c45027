"""Centres are brought up to a release with more migrations, on each engine, and never by halves."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections

from reservo import tenancy
from reservo.catalog.models import Branch
from reservo.core.clock import now
from reservo.fleet import leasing, moves
from reservo.fleet.backups import restoring
from reservo.fleet.models import MigrationRun, Schema, TenantMigration
from reservo.fleet.moves import planning as planning_of_moves
from reservo.fleet.moves import running as movements
from reservo.fleet.schemas import applying, known, planning, queries, running, steps, working
from reservo.patients.models import Patient
from reservo.tenancy import connections as tenant_connections
from reservo.tenancy import directory, namespaces
from reservo.tenancy.models import Placement
from reservo.tenants import stores
from reservo.tenants.operations import create_tenant

pytestmark = pytest.mark.server
ENGINES = ("sqlite", "postgresql", "mariadb")
State = TenantMigration.State
NEXT = "next-release"


@pytest.fixture(scope="module")
def places(control, every_server, tmp_path_factory):
    stamp = time.monotonic_ns()
    made = {}
    for server in every_server:
        described = stores.Description(
            name=f"{server.engine}-{stamp}", capacity=50, is_dedicated=True, **server.pool(f"schemas_{stamp}")
        )
        made[server.engine] = stores.add(described).name
    for name in ("sqlite", "files"):
        folder = str(tmp_path_factory.mktemp(name))
        described = stores.Description(
            name=f"{name}-{stamp}", engine="sqlite", address=folder, capacity=50, is_dedicated=True
        )
        made[name] = stores.add(described).name
    return made


@pytest.fixture
def centre_in(places):
    made = []

    def make(engine, *, branch="Centro"):
        slug = f"mig-{time.monotonic_ns()}"
        route = create_tenant(
            slug,
            name="Clínica",
            country="CL",
            zone="America/Santiago",
            store=places[engine],
            at=now() - timedelta(days=1),
        )
        with tenancy.activate(route), tenancy.atomic():
            Branch.objects.update(name=branch)
        made.append(route)
        return route

    yield make
    tenant_connections.close_all()
    Placement.objects.filter(pk__in=[route.tenant_id for route in made]).update(schema="forgotten")


@pytest.fixture
def next_release(monkeypatch, centre_in):
    """From here on the code has one migration more. Other centres of the run count as up to date."""

    def begin():
        known.note(at=now())
        modules = {"patients": "tests.fleet.next_patients"}
        monkeypatch.setattr(settings, "MIGRATION_MODULES", modules)
        known.of_this_release.cache_clear()
        steps._kept.clear()
        monkeypatch.setattr(namespaces, "tenant_schema", lambda: NEXT)
        Placement.objects.filter(schema="forgotten").update(schema=NEXT)
        others = Placement.objects.exclude(slug__startswith="mig-")
        hidden = dict(others.values_list("pk", "schema"))
        others.update(schema=NEXT)
        return hidden

    hidden = {}
    yield lambda: hidden.update(begin())
    for schema in set(hidden.values()):
        pks = [pk for pk, one in hidden.items() if one == schema]
        Placement.objects.filter(pk__in=pks).update(schema=schema)
    MigrationRun.objects.all().delete()
    Schema.objects.filter(pk=NEXT).delete()
    known.of_this_release.cache_clear()
    steps._kept.clear()


def columns(route, table="patients_patient"):
    with tenancy.activate(route), connections["tenant"].cursor() as cursor:
        return {
            column.name for column in connections["tenant"].introspection.get_table_description(cursor, table)
        }


def a_run(*slugs, canaries=()):
    MigrationRun.objects.update(state=MigrationRun.State.DONE)
    run = planning.open_run(canaries=canaries, count=0, processes=1, at=now())
    run.centres.exclude(slug__in=slugs).delete()
    return run


def schema_of(route):
    return Placement.objects.get(pk=route.tenant_id).schema


@pytest.mark.parametrize("engine", ENGINES)
def test_a_centre_is_brought_up_and_noted(centre_in, next_release, engine):
    route = centre_in(engine)
    before = schema_of(route)
    next_release()
    run = a_run(route.slug, canaries=[route.slug])
    assert working.work(run, canaries=True, clock=now) == 1
    assert columns(route) >= {"nickname", "pronoun"}
    assert schema_of(route) == NEXT
    row = run.centres.get()
    assert (row.from_schema, row.state, row.applied, row.is_canary, row.step) == (
        before,
        State.DONE,
        ["patients.0002_more"],
        True,
        "",
    )
    assert not planning.behind().filter(pk=route.tenant_id).exists()
    assert Placement.objects.get(pk=route.tenant_id).first_schema == before


def test_a_centre_that_is_up_to_date_is_not_touched(centre_in, next_release):
    route = centre_in("sqlite")
    next_release()
    Placement.objects.filter(pk=route.tenant_id).update(schema=NEXT)
    assert route.slug not in [
        row.slug for row in planning.open_run(canaries=(), count=0, processes=1, at=now()).centres.all()
    ]
    assert "nickname" not in columns(route)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_fails_is_reported_and_the_others_go_on(centre_in, next_release, engine):
    good, bad = centre_in(engine), centre_in(engine, branch="cannot be migrated")
    next_release()
    run = a_run(good.slug, bad.slug)
    assert working.work(run, canaries=False, clock=now) == 1
    assert [(one.slug, one.error) for one in queries.outcomes(run)] == [
        (bad.slug, "RuntimeError: two of the same")
    ]
    found = queries.progress(run)
    assert (found.total, found.done, found.failed, found.later) == (2, 1, 1, 0)
    assert (schema_of(good), schema_of(bad)) == (NEXT, run.centres.get(slug=bad.slug).from_schema)
    assert [one.slug for one in queries.behind()] == [bad.slug]
    if engine != "mariadb":
        assert "nickname" not in columns(bad)
    with tenancy.activate(bad), tenancy.atomic():
        Branch.objects.update(name="mended")
    again = a_run(bad.slug)
    assert working.work(again, canaries=False, clock=now) == 1
    assert columns(bad) >= {"nickname", "pronoun"}


class Killed(BaseException):
    """Nothing catches it: the process is gone."""


def bring_up_killed_at(route, row, number):
    """Whether it was killed before its end, at this statement."""
    count = 0

    def kill(execute, sql, params, many, context):
        nonlocal count
        if sql.lstrip()[:6].upper() in ("ALTER ", "CREATE", "INSERT", "UPDATE", "DROP T", "DELETE"):
            count += 1
            if count == number:
                raise Killed
            if count == number - 1 and number % 2:  # done, but nobody has heard of it
                execute(sql, params, many, context)
                raise Killed
        return execute(sql, params, many, context)

    try:
        with tenancy.activate(route), connections["tenant"].execute_wrapper(kill):
            applying.bring_up(route, working._InTheLedger(row))
    except Killed:
        return True
    finally:
        tenant_connections.close_all()
    return False


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_is_killed_at_any_statement_goes_on_where_it_was(centre_in, next_release, engine):
    route = centre_in(engine)
    next_release()
    row = a_run(route.slug).centres.get()
    number, kills = 1, 0
    while bring_up_killed_at(route, row, number):
        number, kills = number + 1, kills + 1
        assert kills < 60
    assert kills > 2
    assert applying.is_up_to_date(route)
    assert columns(route) >= {"nickname", "pronoun"}
    assert columns(route, "patients_allergy") == {"id", "patient_id", "name"}
    with tenancy.activate(route), connections["tenant"].cursor() as cursor:
        made = connections["tenant"].introspection.get_constraints(cursor, "patients_allergy")
    assert sorted(one["columns"] for one in made.values() if one["foreign_key"]) == [["patient_id"]]
    assert ["name"] in [one["columns"] for one in made.values() if one["index"]]


@contextmanager
def a_long_transaction(route):
    """Somebody works on the centre and does not end."""
    began, over = threading.Event(), threading.Event()

    def hold():
        with tenancy.activate(route), tenancy.atomic():
            Patient.objects.create(number=77, given_name="Eva", country="CL", created_at=now())
            began.set()
            over.wait(30)
        tenant_connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    began.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_does_not_get_its_lock_gives_way_and_is_tried_again(centre_in, next_release, engine):
    route = centre_in(engine)
    next_release()
    run = a_run(route.slug)
    with a_long_transaction(route):
        row = working._take(run, "me", canaries=False, at=now())
        began = time.monotonic()
        assert not working.migrate(row, clock=now)
        assert time.monotonic() - began < namespaces.GIVES_WAY_SECONDS * 3
        row.refresh_from_db()
        assert (row.state, row.attempts) == (State.WAITING, 1)
        with tenancy.activate(route):
            assert Branch.objects.count() == 1
    assert working.work(run, canaries=False, clock=now) == 1
    with tenancy.activate(route):
        assert Patient.objects.filter(number=77).exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_people_work_while_their_centre_is_migrated(centre_in, next_release, engine):
    """By the code of the release before: what comes is added, nothing goes."""
    route = centre_in(engine)
    next_release()
    run, over, wrong, written = a_run(route.slug), threading.Event(), [], []

    def work():
        while not over.is_set():
            try:
                with tenancy.activate(route), tenancy.atomic():
                    number = len(written) + 1
                    Patient.objects.create(number=number, given_name="Eva", country="CL", created_at=now())
                    written.append(number)
                with tenancy.activate(route):
                    Patient.objects.count()
            except Exception as error:
                wrong.append(error)
        tenant_connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    try:
        assert working.work(run, canaries=False, clock=now) == 1
        time.sleep(0.2)
    finally:
        over.set()
        thread.join()
    assert wrong == []
    with tenancy.activate(route):
        assert sorted(Patient.objects.values_list("number", flat=True)) == written


def test_one_that_is_being_moved_is_left_for_later(centre_in, next_release, places):
    route = centre_in("sqlite")
    move = moves.plan(route.slug, places["files"], at=now())
    next_release()
    run = a_run(route.slug)
    assert working.work(run, canaries=False, clock=now) == 0
    assert [(one.state, one.error) for one in queries.outcomes(run, State.LATER)] == [
        ("later", "it is being moved")
    ]
    assert [one.why_later for one in queries.behind() if one.slug == route.slug] == ["it is being moved"]
    moves.abort(move, clock=now)


def test_canaries_are_those_named_or_some_of_each_store(centre_in, next_release):
    routes = [centre_in("sqlite"), centre_in("sqlite"), centre_in("sqlite"), centre_in("files")]
    next_release()
    MigrationRun.objects.update(state=MigrationRun.State.DONE)
    run = planning.open_run(canaries=(), count=2, processes=1, at=now())
    chosen = set(run.centres.filter(is_canary=True).values_list("slug", flat=True))
    assert chosen == {routes[0].slug, routes[3].slug}
    MigrationRun.objects.update(state=MigrationRun.State.DONE)
    run = planning.open_run(canaries=[routes[1].slug], count=2, processes=1, at=now())
    assert [row.slug for row in run.centres.filter(is_canary=True)] == [routes[1].slug]
    MigrationRun.objects.update(state=MigrationRun.State.DONE)
    with pytest.raises(planning.UnknownCentre):
        planning.open_run(canaries=["nobody"], count=2, processes=1, at=now())


def test_a_run_that_was_stopped_is_gone_on_with(centre_in, next_release):
    one, two = centre_in("sqlite"), centre_in("sqlite")
    next_release()
    run = a_run(one.slug, two.slug)
    row = working._take(run, "gone:1", canaries=False, at=now())
    again = planning.open_run(canaries=(), count=2, processes=3, at=now())
    assert (again.pk, again.processes) == (run.pk, 3)
    row.refresh_from_db()
    assert (row.state, row.holder) == (State.WAITING, "")
    assert working.work(again, canaries=False, clock=now) == 2


def test_two_runs_at_once_cannot_be(centre_in, next_release):
    centre_in("sqlite")
    next_release()
    with leasing.held(running.LEASE, now), pytest.raises(leasing.HeldByAnother):
        running.run(running.Wish(processes=1), None, clock=now)


def test_versions_tell_what_each_lacks(centre_in, next_release):
    route = centre_in("sqlite")
    before = schema_of(route)
    next_release()
    found = {one.schema: one for one in queries.versions()}
    assert found[before].lacking == ("patients.0002_more",)
    assert not found[before].is_this_release
    assert known.read(route) == before
    applying.bring_up(directory.by_id(route.tenant_id))
    assert known.read(route) == NEXT


def test_a_move_that_a_release_comes_between_begins_again(centre_in, next_release, places):
    """What it had copied has other tables than the code knows now."""
    route = centre_in("sqlite")
    move = moves.plan(route.slug, places["files"], at=now())
    movements._begin(move, now, lambda move: None)
    assert (move.state, move.schema) == ("copying", schema_of(route))
    next_release()
    source = planning_of_moves.source_route(move)
    moves.run(move, clock=now)
    assert (move.state, move.schema, schema_of(route)) == ("done", NEXT, NEXT)
    assert directory.by_id(route.tenant_id).store == places["files"]
    assert columns(source) >= {"nickname", "pronoun"}


def test_one_that_is_being_migrated_is_neither_moved_nor_restored(centre_in, next_release, places):
    route = centre_in("sqlite")
    next_release()
    working._take(a_run(route.slug), "me", canaries=False, at=now())
    with pytest.raises(moves.CannotMove, match="is being migrated"):
        moves.plan(route.slug, places["files"], at=now())
    placement = Placement.objects.select_related("store").get(pk=route.tenant_id)
    with pytest.raises(restoring.CannotRestore, match="is being migrated"):
        restoring._begin(placement, None, None, "", at=now())


def test_the_ledger_of_old_runs_is_bounded(centre_in, next_release):
    route = centre_in("sqlite")
    next_release()
    for _ in range(planning.RUNS_KEPT + 3):
        a_run(route.slug)
    assert MigrationRun.objects.count() == planning.RUNS_KEPT + 1
