"""A morning's reminders: many centres at once, into a local SMTP server; beside a bare loop that sends the same."""

from __future__ import annotations

import smtplib
import sqlite3
import statistics
import sys
import time
from collections import Counter
from datetime import timedelta
from email.policy import SMTP
from pathlib import Path

import psutil

from bench.figure import Figure, ratio_at_least, ratio_at_most, value_at_most
from bench.size import sized
from bench.stage import Stage
from tests.installation import free_ports

CENTRES = sized(500, 20)
A_CENTRE = 45
PEOPLE = 3
MAILS = CENTRES * A_CENTRE
BARE_MAILS = sized(3_000, 300)
MOST_SECONDS = 1_800
SAMPLE_SECONDS = 0.5


def measure() -> list[Figure]:
    (port,) = free_ports(1)
    with Stage(RESERVO_SMTP_URL=f"smtp://127.0.0.1:{port}") as stage:
        taken = Path(stage.data, "taken.txt")
        sink = stage.run(sys.executable, "-m", "bench.sink", str(port), str(taken))
        stage.wait_listening(port)
        slugs = _seed()
        bare_before = _bare_rate(slugs, port)
        _clear(taken)
        rate, memory = _whole(stage, slugs, taken)
        received = Counter(taken.read_text().split("\n")[:-1])
        bare_after = _bare_rate(slugs, port)
        lost, twice = _compared(stage, slugs, received)
        stage.stop_one(sink)
    bare = statistics.mean((bare_before, bare_after))
    return [
        Figure("reminders-lost", lost, "mails", MAILS, "due", bar=value_at_most(0)),
        Figure("reminders-twice", twice, "mails", MAILS, "due", bar=value_at_most(0)),
        Figure(
            "reminders-memory",
            statistics.mean(memory[-len(memory) // 4 :]),
            "MB",
            statistics.mean(memory[len(memory) // 4 : len(memory) // 2]),
            "in the second quarter of the run",
            bar=ratio_at_most(1.1),
            note="worker, in the last quarter of the run",
        ),
        Figure(
            "reminders-rate",
            rate,
            "mails/s",
            bare,
            "rendering and sending in a bare loop",
            bar=ratio_at_least(0.5),
            note=f"{MAILS:,} reminders of {CENTRES} centres; the loop ran before ({bare_before:.0f}/s) and after "
            f"({bare_after:.0f}/s)",
        ),
    ]


def _seed() -> list[str]:
    """Each centre has visits that its next reminder is about."""
    from bench import seeding
    from reservo.core import zones
    from reservo.core.clock import now

    today = zones.local_date(now(), seeding.ZONE)
    slugs = []
    for number in range(CENTRES):
        slug = f"manana-{number}"
        route, places = seeding.centre(slug, people=PEOPLE, patients=A_CENTRE)
        seeding.visits(
            route, places, [today + timedelta(days=1)], a_day=A_CENTRE // PEOPLE, patients=A_CENTRE
        )
        slugs.append(slug)
    return slugs


def _fire(slugs: list[str]) -> None:
    """What the scheduler puts at 08:00 of the visits' day, for each branch."""
    from bench import seeding
    from reservo import jobs, tenancy
    from reservo.catalog.models import Branch
    from reservo.core import zones
    from reservo.core.clock import now
    from reservo.crm.tasks import send_reminders
    from reservo.tenancy import directory

    at = now()
    day = zones.local_date(at, seeding.ZONE) + timedelta(days=1)
    due = zones.at_minute(day, 8 * 60, seeding.ZONE)
    for slug in slugs:
        with tenancy.activate(directory.find(slug)):
            branch = Branch.objects.values_list("pk", flat=True).get()
            jobs.put(
                send_reminders,
                {"branch_id": branch, "local_date": day.isoformat(), "due_at": due.isoformat()},
                at=at,
            )


def _whole(stage: Stage, slugs: list[str], taken: Path) -> tuple[float, list[float]]:
    """(mails a second from the first job's put to the last mail taken, samples of the worker's memory)."""
    worker = stage.worker()
    process = psutil.Process(worker.pid)
    memory = []
    began = time.time()
    _fire(slugs)
    last, seen, moved = began, 0, began
    while seen < MAILS and time.time() - moved < 60 and time.time() - began < MOST_SECONDS:
        time.sleep(SAMPLE_SECONDS)
        memory.append(process.memory_info().rss / 2**20)
        lines = taken.read_bytes().count(b"\n") if taken.exists() else 0
        if lines > seen:
            seen, moved = lines, time.time()
            last = taken.stat().st_mtime
    time.sleep(3)
    stage.stop_one(worker)
    return seen / (last - began), memory


def _clear(taken: Path) -> None:
    time.sleep(0.5)
    with taken.open("r+b") as file:
        file.truncate(0)


def _bare_rate(slugs: list[str], port: int) -> float:
    """Mails a second of a loop that renders each mail and sends it, and writes nothing down."""
    from reservo import tenancy
    from reservo.tenancy import directory

    connection = smtplib.SMTP("127.0.0.1", port)
    sent, began = 0, time.perf_counter()
    for slug in slugs:
        with tenancy.activate(directory.find(slug)):
            sent += _send_all(connection)
        if sent >= BARE_MAILS:
            break
    seconds = time.perf_counter() - began
    connection.quit()
    return sent / seconds


def _send_all(connection: smtplib.SMTP) -> int:
    from django.conf import settings

    from reservo.agenda.models import Appointment
    from reservo.core.clock import now
    from reservo.crm import composing, kinds
    from reservo.notifications.message import built
    from reservo.notifications.models import Delivery

    sent = 0
    for visit in Appointment.objects.select_related("patient", "branch"):
        delivery = Delivery(
            kind=kinds.REMINDER,
            subject_key=f"appointment:{visit.pk}",
            version=composing.reminder_version(visit.local_date),
            to_address=visit.patient.email,
            appointment_id=visit.pk,
            message_id=f"<bare-{visit.pk}@localhost>",
            created_at=now(),
        )
        mail = composing.compose(delivery)
        message = built(mail, delivery)
        connection.sendmail(settings.RESERVO_MAIL_FROM, [mail.to.address], message.as_bytes(policy=SMTP))
        sent += 1
    return sent


def _compared(stage: Stage, slugs: list[str], received: Counter[str]) -> tuple[int, int]:
    """(mails that were due and did not arrive, mails that arrived more than once), by the centres' own rows."""
    from bench.seeding import file_of

    due: set[str] = set()
    for slug in slugs:
        database = sqlite3.connect(f"file:{file_of(slug)}?mode=ro", uri=True)
        rows = database.execute(
            "SELECT d.message_id, p.email FROM agenda_appointment a JOIN patients_patient p ON p.id = a.patient_id "
            "LEFT JOIN notifications_delivery d ON d.appointment_id = a.id AND d.kind = 'reminder'"
        )
        due |= {f"{message_id} {address}" for message_id, address in rows}
        database.close()
    lost = MAILS - sum(1 for key in received if key in due)
    return lost, sum(count - 1 for count in received.values())
