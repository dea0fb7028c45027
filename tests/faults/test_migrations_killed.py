"""`fleet migrate` and its processes killed with SIGKILL at random moments: every centre is migrated once and whole."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.fleet.releases import ADD_COLUMN, ADD_TABLE, FIELD, REFUSE_SOME, TABLE, Release, refusing
from tests.installation import ROOT, Installation
from tests.servers import SERVERS, missing

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
FULL = os.environ.get("RESERVO_FULL") == "1"
CENTRES, KILLS = (200, 40) if FULL else (12, 3)
MAKE = """
import json
from reservo.core.clock import now
from reservo.tenants import stores
from reservo.tenants.operations import create_tenant
described = json.loads({pool!r})
if described:
    stores.add(stores.Description(name="pool", capacity=999, **described))
for number in range({centres}):
    create_tenant(f"centro-{{number:03}}", name="Centro", country="CL", zone="America/Santiago",
        store="pool" if described else "", at=now())
"""
CHECK = """
import json
from django.db import connections
from reservo import tenancy
from reservo.fleet.models import TenantMigration
from reservo.patients.models import Allergy, Patient
from reservo.tenancy import directory, namespaces
from reservo.tenancy.models import Placement
said = {"schemas": len(set(Placement.objects.values_list("schema", flat=True))), "wrong": [],
    "current": Placement.objects.filter(schema=namespaces.tenant_schema()).count(),
    "left": TenantMigration.objects.exclude(step="").count()}
for route in directory.all_active():
    with tenancy.activate(route):
        with connections["tenant"].cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM django_migrations WHERE app = 'patients'")
            noted = cursor.fetchone()[0]
            made = connections["tenant"].introspection.get_constraints(cursor, "patients_allergy")
        relations = sum(one["foreign_key"] is not None for one in made.values())
        indexes = sum(one["index"] and not one["primary_key"] for one in made.values())
        with tenancy.atomic():
            eva = Patient.objects.create(number=9, given_name="Eva", country="CL", created_at="2026-01-01T00:00Z")
            Allergy.objects.create(patient=eva, name="polen")
        if (noted, relations, indexes >= 1, Patient.objects.get().nickname) != (2, 1, True, "sin apodo"):
            said["wrong"].append([route.slug, noted, relations, indexes])
print(json.dumps(said))
"""


@pytest.fixture(params=["sqlite", "mariadb"])
def platform(request):
    """Where DDL can be taken back, and where it cannot."""
    pool, server = {}, None
    if request.param != "sqlite":
        if program := missing(request.param):
            pytest.skip(program)
        server = SERVERS[request.param]()
        server.start()
        pool = server.pool("centres")
    installation = Installation()
    try:
        installation.command("prepare")
        installation.python(MAKE.format(pool=json.dumps(pool), centres=CENTRES))
        yield installation
    finally:
        installation.end()
        if server:
            server.end()


def test_a_killed_run_is_gone_on_with_and_nothing_is_half_done(platform, tmp_path):
    release = Release(
        tmp_path, ADD_COLUMN + REFUSE_SOME + ADD_TABLE, code=refusing(0.2), model=FIELD, after=TABLE
    ).of(platform)
    release.command("prepare")
    luck = random.Random(11)
    for number in range(KILLS):
        _kill_one(release, luck, only_a_worker=number % 2 == 1)
    release.command("fleet", "migrate", timeout=300)
    said = json.loads(release.python(CHECK).splitlines()[-1])
    assert said == {"schemas": 1, "wrong": [], "current": CENTRES, "left": 0}


def _kill_one(release: Installation, luck: random.Random, *, only_a_worker: bool) -> None:
    argv = [sys.executable, "-m", "reservo", "fleet", "migrate", "--processes", "2"]
    run = subprocess.Popen(argv, env=release.environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    workers = _workers_of(run)
    time.sleep(luck.uniform(1.0, 4.0))
    if not only_a_worker:
        run.kill()
    for victim in workers[:1] if only_a_worker else []:
        with contextlib.suppress(psutil.NoSuchProcess):  # the run may have been quicker
            victim.send_signal(signal.SIGKILL)
    if only_a_worker:
        time.sleep(luck.uniform(0.5, 2.0))
    run.kill()
    run.wait()
    psutil.wait_procs(workers, timeout=10)
    assert not any(_is_at_work(worker) for worker in workers)  # none outlives the run


def _is_at_work(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _workers_of(run: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Once there are any; none if the run ended before."""
    end = time.monotonic() + 60
    while run.poll() is None and time.monotonic() < end:
        if found := psutil.Process(run.pid).children():
            return found
        time.sleep(0.05)
    return []
