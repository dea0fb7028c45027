from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo import tenancy
from reservo.core.clock import now
from reservo.jobs import claims
from reservo.jobs.models import Job
from reservo.tenancy import directory
from reservo.tenancy.servers import StoreUnavailable

MOST_SHOWN = 1_000


class Command(BaseCommand):
    help = "`jobs dead`: jobs that were tried in vain, of all centres or one; `jobs revive`: try them again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["dead", "revive"])
        parser.add_argument("--tenant", help="only this centre; required by `revive`")
        parser.add_argument("--id", type=int, help="only this job")

    def handle(self, *args: Any, what: str, tenant: str | None, **options: Any) -> None:
        if what == "revive" and not tenant:
            raise CommandError("say which centre: --tenant")
        away = []
        for route in _routes(tenant):
            try:
                self._each(route, what, options["id"])
            except StoreUnavailable:
                away.append(route.slug)
        if away:
            raise CommandError(f"the stores of these do not answer: {', '.join(away)}")

    def _each(self, route: tenancy.Route, what: str, job_id: int | None) -> None:
        with tenancy.activate(route):
            for job in _dead(job_id):
                if what == "revive":
                    claims.revive(job.pk, at=now())
                self.stdout.write(f"{route.slug}  {job.pk}  {job.task}  {job.finished_at}  {job.error}")


def _routes(slug: str | None) -> list[tenancy.Route]:
    if slug is None:
        return directory.all_active()
    route = directory.find(slug)
    if route is None:
        raise CommandError(f"there is no centre {slug}")
    return [route]


def _dead(job_id: int | None) -> list[Job]:
    found = Job.objects.filter(state=Job.State.DEAD).order_by("id")
    return list(found.filter(pk=job_id) if job_id else found[:MOST_SHOWN])
