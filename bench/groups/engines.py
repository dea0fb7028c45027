"""One centre against a thousand on each engine: requests a second, connections to the server, its memory."""

from __future__ import annotations

import os
import statistics
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import measuring
from bench.figure import Figure
from bench.peers import environment
from bench.size import sized
from bench.stage import Stage
from tests.installation import free_ports
from tests.servers import APPLICATION, SERVERS, MariaServer, PostgresServer, missing

CENTRES = sized(1_000, 20)
PEOPLE, VISITS = 4, 40
CONNECTIONS = 8
ROUNDS, SECONDS = sized(7, 3), sized(5, 3)
SEED_SECONDS = 3_000
WEB = ("--workers", "2", "--blocking-threads", "3", "--log-level", "warning")


@dataclass(frozen=True, slots=True)
class Request:
    """One that wrk may choose: headers as `Name: value`."""

    path: str
    header: str

    def line(self) -> str:
        return f"{self.path}\t{self.header}"


@dataclass(frozen=True, slots=True)
class Held:
    """What a server holds for us."""

    connections: int
    megabytes: float

    def __str__(self) -> str:
        return f"{self.connections} connections, {self.megabytes:.0f} MB"


def measure() -> list[Figure]:
    with Stage() as stage, ExitStack() as ended:
        servers = _stores(stage, ended)
        pages = {engine: _pages(engine) for engine in ("sqlite", *servers)}
        found = []
        for engine, requests in pages.items():
            found += _of_engine(stage, engine, servers.get(engine), requests)
        found.append(_beside_peer(stage, servers["postgresql"], pages["postgresql"]))
    return found


def _stores(stage: Stage, ended: ExitStack) -> dict[str, Any]:
    from reservo.tenants import stores

    folder = str(stage.data / "files")
    stores.add(stores.Description(name="sqlite", engine="sqlite", address=folder, capacity=CENTRES + 1))
    os.environ.pop("TMPDIR", None)  # the bench's own, which a server's user may not enter
    made = {}
    for engine, make in SERVERS.items():
        if what := missing(engine):
            raise environment.PeerMissing(what)
        made[engine] = server = make()
        ended.callback(server.end)
        server.start()
        stores.add(stores.Description(name=engine, capacity=CENTRES + 1, **server.pool("bench")))
    return made


def _pages(engine: str) -> list[Request]:
    """The day of each centre."""
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    user = seeding.user(f"admin@{engine}.example")
    day = next(seeding.weekdays(zones.local_date(now(), seeding.ZONE), 1))
    found = []
    for number in range(CENTRES):
        slug = f"{engine}-{number}"
        route, places = seeding.centre(slug, people=PEOPLE, patients=60, store=engine)
        seeding.visits(route, places, [day], a_day=VISITS // PEOPLE, patients=60)
        found.append(Request(f"/{slug}/agenda/?dia={day}", f"Cookie: {seeding.log_in(route, user)}"))
    return found


def _of_engine(stage: Stage, engine: str, server: Any, requests: list[Request]) -> list[Figure]:
    web = stage.web()
    one, every = (_Asker(stage, stage.url, some) for some in (requests[:1], requests))
    one.rate(1)
    with_one = _held(server, web)
    every.rate(SECONDS)
    found = measuring.alternated(ROUNDS, one=lambda: one.rate(SECONDS), all=lambda: every.rate(SECONDS))
    with_all = _held(server, web)
    stage.stop_one(web)
    whose = "server" if server else "pages"
    return [
        Figure(
            f"engine-{engine}",
            statistics.median(found["all"]),
            "req/s",
            statistics.median(found["one"]),
            "one centre",
            measuring.ratio(found, "all", "one"),
            note=f"agenda's day, {CENTRES:,} centres at random; {whose} with one: {with_one}; with all: {with_all}",
        )
    ]


def _held(server: Any, web: subprocess.Popen[bytes]) -> Held:
    """Of the server; with files, of the pages' own processes, by their open databases."""
    if server is None:
        return Held(_open_files(web.pid), measuring.megabytes(web.pid))
    return Held(_CONNECTIONS[type(server)](server), measuring.megabytes(server.process.pid))


def _open_files(pid: int) -> int:
    import psutil

    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(file.path.endswith(".db") for process in processes for file in process.open_files())


def _of_postgres(server: PostgresServer) -> int:
    with server.admin() as admin:
        row = admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [APPLICATION]
        ).fetchone()
    return int(row[0])


def _of_maria(server: MariaServer) -> int:
    with server.admin() as admin, admin.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.processlist WHERE user = %s", [APPLICATION])
        return int(cursor.fetchone()[0])


_CONNECTIONS: dict[type, Any] = {PostgresServer: _of_postgres, MariaServer: _of_maria}


class _Asker:
    """wrk, which chooses one of these requests at random each time."""

    made = 0

    def __init__(self, stage: Stage, url: str, requests: list[Request]) -> None:
        _Asker.made += 1
        self._url = url
        listed = stage.data / f"requests-{_Asker.made}.txt"
        listed.write_text("\n".join(request.line() for request in requests))
        self._script = Path(stage.data / f"requests-{_Asker.made}.lua")
        self._script.write_text(_LUA.replace("LISTED", str(listed)))

    def rate(self, seconds: float) -> float:
        return measuring.requests_per_second(
            self._url, connections=CONNECTIONS, seconds=seconds, script=self._script
        )


_LUA = """
local paths, headers = {}, {}
for line in io.lines("LISTED") do
  local path, name, value = line:match("^(%S+)\\t([^:]+): (.*)$")
  paths[#paths + 1] = path
  headers[#headers + 1] = {[name] = value}
end
request = function()
  local chosen = math.random(#paths)
  return wrk.format("GET", paths[chosen], headers[chosen])
end
"""


def _beside_peer(stage: Stage, server: PostgresServer, pages: list[Request]) -> Figure:
    """A view of one query in one of a thousand tenants at random: ours, then django-tenants on the same server."""
    peer_web = _peer(stage, server)
    ours_web = stage.web()
    ours = _Asker(
        stage, stage.url, [Request(f"/{page.path.split('/')[1]}/bench/one", page.header) for page in pages]
    )
    theirs = _Asker(
        stage,
        f"http://127.0.0.1:{_PORTS['peer']}",
        [Request("/bench/one", f"Host: inquilino-{number}.example") for number in range(CENTRES)],
    )
    for asker in (ours, theirs):
        asker.rate(SECONDS)
    found = measuring.alternated(ROUNDS, ours=lambda: ours.rate(SECONDS), theirs=lambda: theirs.rate(SECONDS))
    for web in (ours_web, peer_web):
        stage.stop_one(web)
    return Figure(
        "engine-postgresql-peer",
        statistics.median(found["ours"]),
        "req/s",
        statistics.median(found["theirs"]),
        "django-tenants",
        measuring.ratio(found, "ours", "theirs"),
        note=f"one query in one of {CENTRES:,} tenants at random; ours behind the middleware that ships",
    )


_PORTS: dict[str, int] = {}


def _peer(stage: Stage, server: PostgresServer) -> subprocess.Popen[bytes]:
    (_PORTS["peer"],) = free_ports(1)
    with server.admin() as admin:
        admin.execute("CREATE DATABASE peer")
    python = environment.python()
    settings = {"PEER_PORT": str(server.port), "PYTHONPATH": str(environment.ROOT)}
    seeded = subprocess.run(
        [python, "-m", "bench.peers.tenants_seed", str(CENTRES)],
        env={"PATH": os.environ["PATH"], **settings},
        cwd=environment.ROOT,
        capture_output=True,
        text=True,
        timeout=SEED_SECONDS,
        check=False,
    )
    if seeded.returncode:
        raise measuring.WrongAnswer(seeded.stderr[-3000:])
    web = stage.run(
        *(python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(_PORTS["peer"]), *WEB, "bench.peers.tenants_wsgi:application"),
        DJANGO_SETTINGS_MODULE="bench.peers.tenants_settings",
        **settings,
    )
    stage.wait_listening(_PORTS["peer"])
    return web
