"""All recurring work, on one page. Times are local: of each branch, or of the centre."""

from datetime import timedelta

from reservo.agenda import tasks as agenda
from reservo.crm import tasks as crm
from reservo.fleet.backups import tasks as backups
from reservo.jobs import housekeeping
from reservo.jobs.recurring import Entry

HOUR = timedelta(hours=1)

ENTRIES = [
    Entry("reminders", per_branch=True, minute=8 * 60, grace=12 * HOUR, task=crm.send_reminders),
    Entry("backup", per_branch=False, minute=3 * 60, grace=20 * HOUR, task=backups.ask_backup),
    Entry("prune_claims", per_branch=False, minute=3 * 60 + 30, grace=20 * HOUR, task=agenda.prune_claims),
    Entry("prune_jobs", per_branch=False, minute=3 * 60 + 45, grace=20 * HOUR, task=housekeeping.prune),
]
