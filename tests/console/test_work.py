"""Jobs and mails of a centre from the console: kinds and times, no text of anybody; once more by one button."""

from datetime import timedelta

import pytest

from reservo import tenancy
from reservo.audit.models import Action
from reservo.console.models import Observation
from reservo.console.queries import processes, work
from reservo.core.clock import now
from reservo.jobs.models import Heartbeat, Job, Lease
from reservo.notifications.models import Delivery
from tests.console.cast import HOME

PRIVATE = "María Secreta 12.345.678-5 maria@paciente.example"


@pytest.fixture
def broken(centre):
    """A centre with a dead job and a rejected mail, both full of what is nobody's business."""
    at = now()
    with centre.active(), tenancy.atomic():
        centre.job = Job.objects.create(
            task="notifications.send",
            args={"name": PRIVATE},
            state="dead",
            error=f"ValueError: {PRIVATE}",
            attempts=8,
            run_at=at,
            created_at=at,
            finished_at=at,
        ).pk
        centre.mail = Delivery.objects.create(
            kind="reminder",
            subject_key="appointment:1",
            version="1",
            to_address="maria@paciente.example",
            to_name="María Secreta",
            state="rejected",
            error_class="permanent",
            error_text=PRIVATE,
            mail_subject=PRIVATE,
            message_id=f"<{at.timestamp()}@x>",
            due_at=at,
            created_at=at,
        ).pk
    return centre


def test_only_names_states_classes_and_times_are_shown(console, broken):
    shown = console.get(f"{HOME}centros/{broken.slug}/trabajos/").content.decode()
    assert "notifications.send" in shown
    assert "ValueError" in shown
    assert "permanent" in shown
    for secret in ("María", "Secreta", "12.345.678", "maria@", "paciente.example"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("KeyError: 'María'", "KeyError"),
        ("smtplib.SMTPException: x", "smtplib.SMTPException"),
        ("", ""),
        ("¿?", ""),
    ],
)
def test_of_an_error_its_class_is_told(error, shown):
    assert work.class_of(error) == shown


def test_a_dead_job_begins_again_and_both_trails_say_so(console, broken):
    answer = console.post(f"{HOME}centros/{broken.slug}/trabajos/{broken.job}/revivir")
    assert answer.status_code == 302
    with broken.active():
        assert Job.objects.get(pk=broken.job).state == "waiting"
        assert Action.objects.filter(action="jobs.revived", actor="operator").exists()
    with tenancy.control():
        line = Action.objects.filter(action="jobs.revived").latest("pk")
    assert (line.details["name"], line.details["to"]) == (broken.slug, "1")
    assert Observation.objects.get(pk=broken.route.tenant_id).dead_jobs == 0


def test_all_of_them_at_once(console, broken):
    console.post(f"{HOME}centros/{broken.slug}/trabajos/revivir")
    console.post(f"{HOME}centros/{broken.slug}/correos/reenviar")
    with broken.active():
        assert Job.objects.filter(state="dead").count() == 0
        assert Delivery.objects.get(pk=broken.mail).state == "planned"


def test_a_failed_mail_goes_again_under_its_own_identity(console, broken):
    with broken.active():
        before = Delivery.objects.get(pk=broken.mail).message_id
    console.post(f"{HOME}centros/{broken.slug}/correos/{broken.mail}/reenviar")
    with broken.active():
        again = Delivery.objects.get(pk=broken.mail)
    assert (again.state, again.message_id) == ("planned", before)


def test_a_number_that_is_of_no_dead_job_changes_nothing(console, broken, other):
    console.post(f"{HOME}centros/{other.slug}/trabajos/{broken.job}/revivir")
    console.post(f"{HOME}centros/{broken.slug}/trabajos/999999/revivir")
    with broken.active():
        assert Job.objects.get(pk=broken.job).state == "dead"
    assert console.get(f"{HOME}centros/no-hay/trabajos/").status_code == 404
    assert console.post(f"{HOME}centros/no-hay/trabajos/revivir").status_code == 404


def test_the_operators_own_work_is_seen_and_repeated_likewise(console, control):
    at = now()
    with tenancy.control():
        job = Job.objects.create(
            task="x.own", state="dead", error=f"KeyError: {PRIVATE}", run_at=at, created_at=at, finished_at=at
        )
    shown = console.get(f"{HOME}centros/operador/trabajos/").content.decode()
    assert ("x.own" in shown, "María" in shown) == (True, False)
    console.post(f"{HOME}centros/operador/trabajos/{job.pk}/revivir")
    with tenancy.control():
        assert Job.objects.get(pk=job.pk).state == "waiting"
        job.delete()


def test_the_list_of_troubles_opens_no_centre(console, broken):
    Observation.objects.update_or_create(
        tenant_id=broken.route.tenant_id, defaults={"at": now(), "dead_jobs": 7_001}
    )
    assert work.troubles()[0].slug == broken.slug
    assert broken.slug in console.get(f"{HOME}trabajos/").content.decode()
    Observation.objects.filter(pk=broken.route.tenant_id).delete()


def test_a_centre_that_does_not_answer_says_so(console, broken, monkeypatch):
    from reservo.tenancy import directory
    from reservo.tenancy.models import Placement, Store

    away = Store.objects.create(name="away", engine="postgresql", address="127.0.0.1:1/x", capacity=1)
    before = Placement.objects.get(pk=broken.route.tenant_id).store_id
    Placement.objects.filter(pk=broken.route.tenant_id).update(store=away)
    directory.forget()
    shown = console.get(f"{HOME}centros/{broken.slug}/trabajos/")
    assert (shown.status_code, "no responde" in shown.content.decode()) == (200, True)
    console.post(f"{HOME}centros/{broken.slug}/trabajos/revivir")
    Placement.objects.filter(pk=broken.route.tenant_id).update(store_id=before)
    directory.forget()
    away.delete()


def test_processes_are_alive_or_not(console, control):
    at = now()
    Heartbeat.objects.create(process="worker:a:1", kind="worker", at=at)
    Heartbeat.objects.create(process="worker:b:2", kind="worker", at=at - timedelta(minutes=2))
    Lease.objects.create(name="move:999999", holder="worker:a:1", expires_at=at + timedelta(seconds=5))
    (workers,) = [kind for kind in processes.kinds(at=at) if kind.name == "worker"]
    assert {one.name: one.is_alive for one in workers.processes} == {"worker:a:1": True, "worker:b:2": False}
    shown = console.get(f"{HOME}procesos/").content.decode()
    assert "move:999999" in shown
    Heartbeat.objects.filter(process__in=("worker:a:1", "worker:b:2")).delete()
    Lease.objects.filter(pk="move:999999").delete()
