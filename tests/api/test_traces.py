"""One trace from the edge through the change's rows and the job into the mail."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from reservo import tenancy
from reservo.adapters import mail as transports
from reservo.adapters.mail.memory import MemoryTransport
from reservo.agenda.models import AppointmentChange
from reservo.core import trace
from reservo.crm.models import AutomaticMail
from reservo.jobs import turns
from reservo.jobs.models import Job
from reservo.notifications.models import Delivery
from reservo.outbox.models import Event

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def sink(monkeypatch):
    found = MemoryTransport()
    monkeypatch.setattr(transports, "current", lambda: found)
    return found


def test_one_trace_goes_from_the_request_into_rows_job_and_mail(centre, program, monday, sink):
    with centre.active(), tenancy.atomic():
        AutomaticMail.objects.update(confirmation_delay_minutes=0)
    answer = program.post(program.body(monday), traceparent=f"00-{TRACE}-{'1' * 16}-01")
    assert answer.status_code == 201
    assert answer.headers["X-Trace-Id"] == TRACE
    with centre.active():
        for model in (Event, AppointmentChange, Job):
            assert set(model.objects.values_list("trace", flat=True)) == {TRACE}, model
        assert trace.read(Delivery.objects.get().trace) == TRACE
        turns.take_turn("test")
    assert [recipient for recipient, _ in sink.sent] == ["rosa@paciente.example"]
    message = message_from_bytes(sink.sent[0][1].as_bytes(), policy=default)
    assert trace.read(message["Traceparent"]) == TRACE


def test_a_request_without_a_trace_gets_one_of_its_own(centre, program, monday):
    traces = [program.book(monday + timedelta(hours=hour)).headers["X-Trace-Id"] for hour in range(2)]
    assert len(set(traces)) == 2
    with centre.active():
        assert set(Event.objects.values_list("trace", flat=True)) == set(traces)
