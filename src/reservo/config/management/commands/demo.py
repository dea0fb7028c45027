import contextlib
import socket
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from reservo import tenancy
from reservo.config import environment
from reservo.config.sample.centres import CENTRES
from reservo.core.clock import now
from reservo.jobs.models import Job
from reservo.notifications.models import Delivery
from reservo.tenancy import directory

SHOWS = ("web",)
LONGEST_START_SECONDS = 10.0


class Command(BaseCommand):
    help = "Three sample centres, served on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare-only", action="store_true", help="make the centres, serve nothing")

    def handle(self, *args: Any, prepare_only: bool, **options: Any) -> None:
        from reservo.config import ports, preparing, processes
        from reservo.config.supervisor import Supervisor

        if not settings.RESERVO_DEMO:
            raise CommandError(f"{settings.RESERVO_DATA_DIR} is no demo installation")
        if not prepare_only:
            ports.refuse_taken()
        preparing.prepare()
        if prepare_only:
            self._centres()
            return
        children = processes.children()
        if not all(directory.find(plan.slug) for plan in CENTRES):
            self._centres()
            self._say()
            sys.exit(Supervisor(children).run())
        showing = [child for child in children if child.name in SHOWS]
        supervisor = Supervisor(showing)
        later = [child for child in children if child not in showing]
        threading.Thread(target=self._top_up, args=(supervisor, later), daemon=True).start()
        self._say()
        sys.exit(supervisor.run())

    def _top_up(self, supervisor: Any, later: list[Any]) -> None:
        """Pages are shown meanwhile; mail and schedule wait, so that nothing of the samples' past is sent."""
        try:
            self._centres()
            _wait_for_pages()
        finally:
            supervisor.children.extend(later)
            connections.close_all()

    def _centres(self) -> None:
        from reservo.config.sample import making, visiting

        making.make_operators(at=now())
        for plan in CENTRES:
            at = now()
            route = directory.find(plan.slug)
            if route is None:
                self.stdout.write(f"Making {plan.name}…")
                self.stdout.flush()
                route = making.make_centre(plan, at=at)
                if plan.slug == "estetica-gran-via":
                    making.both_centres(route, "recepcion@austral.example", at=at)
            with tenancy.activate(route):
                visiting.top_up(plan, at=at)
                self._no_overdue_mail(at)

    def _no_overdue_mail(self, at: Any) -> None:
        """What was booked in the centre's past is not written about now."""
        with tenancy.atomic():
            Delivery.objects.filter(state=Delivery.State.PLANNED, due_at__lte=at).delete()
            Job.objects.filter(state=Job.State.WAITING, task="notifications.send", run_at__lte=at).delete()

    def _say(self) -> None:
        from reservo.config.sample import making

        url = settings.RESERVO_PUBLIC_URL
        lines = ["", f"Reservo, demonstration: {url}/", ""]
        for plan in CENTRES:
            lines.append(f"  {plan.name:20} booking {url}/{plan.slug}/   staff {url}/{plan.slug}/agenda/")
            lines += [f"  {'':20} {role:14} {email}" for role, email in making.log_ins(plan)]
        lines += [
            "",
            f"  Password of all of them: {making.PASSWORD}",
            f"  Mail that was sent: {url}/mailbox/",
            f"  Operator's console: {url}/operador/   as {making.OPERATOR} or {making.SECOND_OPERATOR}",
        ]
        lines += [
            "  recepcion@austral.example belongs to two centres and chooses at /login",
            "  Ctrl-C stops everything.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _wait_for_pages() -> None:
    """The first page comes before the other processes want the processor for their own start."""
    end = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", environment.port()), 1):
            return
        time.sleep(0.1)
