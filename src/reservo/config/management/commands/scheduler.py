from typing import Any

from django.core.management.base import BaseCommand

from reservo.config import pulse
from reservo.jobs.scheduler import Scheduler


class Command(BaseCommand):
    help = "Fire recurring work at its local time; one scheduler is active, others stand by."

    def handle(self, *args: Any, **options: Any) -> None:
        from reservo.config.schedule import ENTRIES

        pulse.begin()
        Scheduler(ENTRIES).run()
