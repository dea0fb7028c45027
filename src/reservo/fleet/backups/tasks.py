"""What the schedule does at 03:00 of each centre."""

from __future__ import annotations

from datetime import date

from reservo import tenancy
from reservo.core.clock import now
from reservo.fleet.backups import running
from reservo.jobs import task


@task(name="fleet.ask_backup", bulk=True)
def ask_backup(*, local_date: str, **firing: object) -> None:
    route = tenancy.current()
    running.ask(route.tenant_id, route.slug, due_on=date.fromisoformat(local_date), at=now())
