"""Work of the CRM that is done off the web nodes."""

from __future__ import annotations

from datetime import date, datetime

from reservo.catalog.models import Branch
from reservo.core.clock import now
from reservo.crm import kinds, planning
from reservo.crm.composing import reminder_version
from reservo.crm.models import AutomaticMail
from reservo.crm.reminders import visits_to_remind
from reservo.jobs import task


@task(name="crm.send_reminders", transactional=True)
def send_reminders(branch_id: int, local_date: str, due_at: str) -> None:
    """Plan the reminders of a branch's day; each is one mail whatever happens to this job."""
    at = now()
    if not AutomaticMail.objects.get().reminder_on:
        return
    zone = Branch.objects.values_list("zone", flat=True).get(pk=branch_id)
    due = datetime.fromisoformat(due_at)
    for visit in visits_to_remind(branch_id, zone, date.fromisoformat(local_date), due_at=due, at=at):
        version = reminder_version(visit.local_date)
        planning.plan_to_patient(visit, kinds.REMINDER, version, due_at=at, at=at)
