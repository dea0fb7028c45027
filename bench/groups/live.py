"""Memory of a whole idle demo; a thousand browsers listening: memory of each, time from a commit to all of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import measuring
from bench.figure import Figure
from bench.size import sized
from bench.stage import Stage
from tests.installation import ROOT, Installation

CONNECTIONS = sized(1_000, 100)
CENTRES = 20
RINGS = sized(400, 40)
RINGS_A_SECOND = 5
QUIET_SECONDS = sized(30, 8)


def measure() -> list[Figure]:
    demo, parts = _demo_memory()
    with Stage() as stage:
        each, milliseconds = _live(stage)
    return [
        Figure("demo-memory", demo, "MB", note=f"three centres, nothing asked: {parts}"),
        Figure(
            "live-memory", each, "kB", note=f"{CONNECTIONS:,} open connections of {CENTRES} centres, each"
        ),
        Figure(
            "live-p50",
            measuring.percentile(milliseconds, 50),
            "ms",
            note="from before the commit to the browser",
        ),
        Figure(
            "live-p99",
            measuring.percentile(milliseconds, 99),
            "ms",
            note=f"{RINGS} notices to {CONNECTIONS // CENTRES} browsers each, {RINGS_A_SECOND} a second",
        ),
    ]


def _demo_memory() -> tuple[float, str]:
    """(MB of the whole tree, MB of its parts) some time after its start, nobody having asked for anything."""
    import psutil

    installation = Installation()
    try:
        installation.start("demo")
        time.sleep(QUIET_SECONDS)
        root = psutil.Process(installation.process.pid)
        parts = {_kind(child): measuring.megabytes(child.pid) for child in root.children()}
        told = ", ".join(f"{kind} {megabytes:.0f}" for kind, megabytes in parts.items())
        return measuring.megabytes(root.pid), told
    finally:
        installation.end()


def _kind(process: Any) -> str:
    line = process.cmdline()
    if "wsgi" in line:
        return "pages"
    return "events" if "asgi" in line else line[-1]


def _live(stage: Stage) -> tuple[float, list[float]]:
    sessions = _sessions()
    events = stage.reservo("events")
    stage.wait_listening(stage.events_port)
    out = Path(stage.data, "receipts.json")
    warm, _ = _listener(stage, sessions[:CENTRES], out)
    before = measuring.megabytes(events.pid)
    listener, _ = _listener(stage, sessions, out)
    time.sleep(3)
    each = (measuring.megabytes(events.pid) - before) * 1024 / CONNECTIONS
    rung = _ring(sorted({slug for slug, _ in sessions}))
    time.sleep(3)
    for one in (warm, listener):
        one.stdin.close()
        one.wait(30)
    found = json.loads(out.read_text())
    return each, _delays(found, rung)


def _sessions() -> list[tuple[str, str]]:
    """(centre, cookie) of each browser."""
    from bench import seeding
    from reservo.accounts import operations as accounts
    from reservo.core.clock import now

    user = seeding.user()
    found = []
    for number in range(CENTRES):
        route, _ = seeding.centre(f"vivo-{number}", people=1, patients=1)
        found.append((route.slug, seeding.log_in(route, user)))
        for _ in range(CONNECTIONS // CENTRES - 1):
            session = accounts.open_session(user, route.tenant_id, agent="bench", at=now())
            found.append((route.slug, f"reservo_session={session.session_key}"))
    return sorted(found, key=lambda one: one[1])


def _listener(stage: Stage, sessions: list[tuple[str, str]], out: Path) -> tuple[Any, str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.listening", str(stage.events_port), stage.url, str(out)],
        cwd=ROOT,
        env=stage.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdin.write("".join(f"{slug}\t{cookie}\n" for slug, cookie in sessions) + "\n")
    process.stdin.flush()
    said = process.stdout.readline()
    if said != f"open {len(sessions)}\n":
        raise measuring.WrongAnswer(f"not all connections could be opened: {said}")
    return process, said


def _ring(slugs: list[str]) -> dict[tuple[str, int], float]:
    """When each notice's transaction was about to commit."""
    from reservo import tenancy
    from reservo.core.clock import now
    from reservo.notifications import bell
    from reservo.notifications.models import Notice
    from reservo.tenancy import directory

    rung: dict[tuple[str, int], float] = {}
    for number in range(RINGS):
        started = time.perf_counter()
        slug = slugs[number % len(slugs)]
        with tenancy.activate(directory.find(slug)):
            with tenancy.atomic():
                bell.ring(
                    "booked_online",
                    branch_id=1,
                    practitioner_id=None,
                    appointment_id=None,
                    facts={},
                    at=now(),
                )
                newest = Notice.objects.order_by("-pk").values_list("pk", flat=True)[0]
                began = time.time()
            rung[slug, newest] = began
        time.sleep(max(0, 1 / RINGS_A_SECOND - (time.perf_counter() - started)))
    return rung


def _delays(found: dict[str, Any], rung: dict[tuple[str, int], float]) -> list[float]:
    receipts = [(slug, notice, at) for slug, notice, at in found["receipts"] if (slug, notice) in rung]
    expected = RINGS * (CONNECTIONS // CENTRES)
    if found["broken"] or len(set(receipts)) < expected:
        raise measuring.WrongAnswer(
            f"{found['broken']} streams broke, {len(receipts)} of {expected} notices came"
        )
    return [(at - rung[slug, notice]) * 1000 for slug, notice, at in receipts]
