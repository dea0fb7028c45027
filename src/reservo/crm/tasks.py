"""Work of the CRM that is done off the web nodes."""

from __future__ import annotations

from datetime import date, datetime

from reservo.catalog.models import Branch
from reservo.core.clock import now
from reservo.crm import kinds
from reservo.crm.addressing import addressee, subject_key
from reservo.crm.composing import reminder_version
from reservo.crm.models import AutomaticMail
from reservo.crm.reminders import visits_to_remind
from reservo.jobs import task
from reservo.notifications import mail
from reservo.notifications.mail import Plan


@task(name="crm.send_reminders", transactional=True)
def send_reminders(branch_id: int, local_date: str, due_at: str) -> None:
    """Plan the reminders of a branch's day; each is one mail whatever happens to this job."""
    at = now()
    if not AutomaticMail.objects.get().reminder_on:
        return
    zone = Branch.objects.values_list("zone", flat=True).get(pk=branch_id)
    due = datetime.fromisoformat(due_at)
    for appointment in visits_to_remind(branch_id, zone, date.fromisoformat(local_date), due_at=due, at=at):
        to = addressee(appointment)
        if to.address:
            plan = Plan(
                kind=kinds.REMINDER,
                subject_key=subject_key(appointment),
                version=reminder_version(appointment.local_date),
                to_address=to.address,
                to_name=to.name,
                language=to.language,
                due_at=at,
                appointment_id=appointment.pk,
                patient_id=appointment.patient_id,
            )
            mail.plan(plan, at=at)
