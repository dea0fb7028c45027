"""A release with a column and a table more runs on centres that have neither yet: real sources, real data, each engine.

What is asked here is asked in one process of that release, because a process takes seconds to start.
"""

from __future__ import annotations

import json

import pytest

from tests.fleet.releases import ADD_COLUMN, ADD_TABLE, FIELD, REFUSE_SOME, TABLE, Release, refusing
from tests.installation import Installation
from tests.servers import SERVERS, missing

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

MAKE = """
import json, sys
from reservo import tenancy
from reservo.core.clock import now
from reservo.patients.models import Patient
from reservo.tenants import stores
from reservo.tenants.operations import create_tenant
described = json.loads({pool!r})
if described:
    stores.add(stores.Description(name="pool", capacity=99, **described))
for name in ("uno", "dos", "tres", "cuatro"):
    route = create_tenant(f"centro-{{name}}", name=name, country="CL", zone="America/Santiago",
        store="pool" if described else "", at=now())
    with tenancy.activate(route), tenancy.atomic():
        Patient.objects.create(number=1, given_name="Eva", country="CL", created_at=now())
"""

ASK = """
import json
from django.test import Client
from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import User
from reservo.config.centres import person
from reservo.core.clock import now
from reservo.fleet import moves
from reservo.fleet.backups import restoring, running, sources
from reservo.fleet.schemas import applying
from reservo.patients.models import Allergy, Patient
from reservo.staff import rights
from reservo.tenancy import absences, directory, namespaces
from reservo.tenancy.models import Placement
from reservo.tenants import stores

said = {}

def pages(slug):
    route = directory.find(slug)
    mail = f"jefa@{slug}.example"
    person(route, mail, "Jefa", "una-clave-larga-7", builtin=rights.ADMINISTRATOR, place=None, at=now())
    client = Client(headers={"host": "127.0.0.1"})
    session = accounts.open_session(User.objects.get(email=mail), route.tenant_id, agent="x", at=now())
    client.cookies["reservo_session"] = session.session_key
    return [client.get(f"/{slug}/{path}").status_code for path in ("", "agenda/", "pacientes/", "pacientes/1/")]

def work(slug):
    with tenancy.activate(directory.find(slug)):
        eva = Patient.objects.get(number=1)
        found = [eva.nickname, Patient.objects.filter(nickname="sin apodo").count(),
            list(Patient.objects.order_by("nickname", "pk").values_list("nickname", flat=True)),
            Allergy.objects.count(), Allergy.objects.filter(patient=eva).exists()]
        made = Patient.objects.create(number=2, given_name="Ana", country="CL", created_at=now())
        found.append([made.pk > eva.pk, Patient.objects.get(pk=made.pk).given_name])
        made.given_name = "Olga"
        made.save()
        found.append(Patient.objects.get(pk=made.pk).given_name)
        found.append(made.delete()[0])
        for change in (lambda: Patient.objects.update(nickname="Vi"),
                lambda: Allergy.objects.create(patient=eva, name="polen")):
            try:
                change()
                found.append("written")
            except absences.NotThereYet:
                found.append("refused")
        return found

def row(slug):
    placement = Placement.objects.get(slug=slug)
    with tenancy.activate(directory.find(slug)):
        return [placement.schema == namespaces.tenant_schema(),
            list(Patient.objects.values_list("number", "given_name", "nickname")), Allergy.objects.count()]

def migrated(slug):
    applying.bring_up(directory.find(slug))
    Placement.objects.filter(slug=slug).update(schema=namespaces.tenant_schema())
    directory.forget()

migrated("centro-uno")
said["pages"] = [pages("centro-uno"), pages("centro-dos")]
said["behind"] = work("centro-dos")
said["migrated"] = work("centro-uno")

tres = Placement.objects.get(slug="centro-tres")
backup = running.begin(tres.pk, tres.slug, "test", at=now())
said["backup"] = [running.run(backup), backup.error, backup.schema == tres.schema]
restoring.over_itself(tres.slug, sources.newest(tres.pk), clock=now)
said["restored"] = row("centro-tres")
restoring.undo(tres.slug, clock=now)
directory.forget()
said["undone"] = row("centro-tres")

stores.add(stores.Description(name="otro", engine="sqlite", address={folder!r}, capacity=9))
move = moves.run(moves.plan("centro-cuatro", "otro", at=now()), clock=now)
directory.forget()
said["moved"] = [str(move.state), row("centro-cuatro")]
print(json.dumps(said))
"""


BREAK = """
import sys
from reservo import tenancy
from reservo.catalog.models import Branch
from reservo.tenancy import directory
with tenancy.activate(directory.find("centro-dos")), tenancy.atomic():
    Branch.objects.update(name={name!r})
"""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def platform(request):
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
        installation.python(MAKE.format(pool=json.dumps(pool)))
        yield installation
    finally:
        installation.end()
        if server:
            server.end()


def test_a_release_works_with_the_schema_before_it(platform, tmp_path):
    release = Release(tmp_path, ADD_COLUMN + ADD_TABLE, model=FIELD, after=TABLE).of(platform)
    release.command("prepare")
    asked = ASK.replace("{folder!r}", repr(str(tmp_path / "otro")))
    said = json.loads(release.python(asked).splitlines()[-1])
    assert said["pages"] == [[200, 200, 200, 200]] * 2
    same = ["sin apodo", 1, ["sin apodo"], 0, False, [True, "Ana"], "Olga", 1]
    assert said["behind"] == [*same, "refused", "refused"]
    assert said["migrated"] == [*same, "written", "written"]
    eva = [True, [[1, "Eva", "sin apodo"]], 0]
    assert said["backup"] == [True, "", True]
    assert said["restored"] == said["undone"] == eva
    assert said["moved"] == ["done", eva]
    before = platform.command("fleet", "status", check=False)
    assert [line.split()[0] for line in before.splitlines()] == ["3", "1"]
    assert "a later release's" in before.splitlines()[0]
    assert "1 of 1 centres migrated" in release.command("fleet", "migrate", "--canary", "centro-dos")
    assert json.loads(release.command("fleet", "status", "--json"))["behind"] == 0


@pytest.mark.parametrize("platform", ["sqlite"], indirect=True)
def test_a_canary_that_fails_stops_the_rest_and_another_centre_does_not(platform, tmp_path):
    platform.python(BREAK.format(name="cannot be migrated"))
    release = Release(tmp_path, ADD_COLUMN + REFUSE_SOME, code=refusing()).of(platform)
    release.command("prepare")
    stopped = release.outcome("fleet", "migrate", "--canary", "centro-dos")
    assert stopped.returncode == 1
    assert "FAILED centro-dos: RuntimeError: two of the same" in stopped.stdout
    assert "0 of 4 centres migrated" in stopped.stdout
    assert "3 left alone" in stopped.stdout
    status = json.loads(release.command("fleet", "status", "--json", check=False))
    assert (status["behind"], status["runs"][0]["state"]) == (4, "stopped")
    lacking = next(one["lacking"] for one in status["versions"] if not one["is_this_release"])
    assert lacking == ["patients.0002_more"]
    going_on = release.outcome("fleet", "migrate", "--canary", "centro-uno", "--processes", "2", "--json")
    assert going_on.returncode == 1
    result = json.loads(going_on.stdout.splitlines()[-1])
    assert (result["done"], result["failed"], result["state"]) == (3, 1, "done")
    assert [one["slug"] for one in result["failed_centres"]] == ["centro-dos"]
    platform.python(BREAK.format(name="mended"))
    assert "1 of 1 centres migrated" in release.command("fleet", "migrate")
    assert release.command("fleet", "migrate") == "every centre is up to date; nothing was touched\n"
