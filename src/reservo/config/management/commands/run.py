import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Pages, events, worker and scheduler in one process tree."

    def handle(self, *args: Any, **options: Any) -> None:
        from reservo.config import ports, preparing, processes
        from reservo.config.supervisor import Supervisor

        ports.refuse_taken()
        preparing.prepare()
        self.stdout.write(f"Reservo: {settings.RESERVO_PUBLIC_URL}  (Ctrl-C stops all of it)")
        self.stdout.flush()
        sys.exit(Supervisor(processes.children()).run())
