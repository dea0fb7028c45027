from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reservo.config import pulse
from reservo.jobs.worker import Worker


class Command(BaseCommand):
    help = "Do the jobs of all centres until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=4)

    def handle(self, *args: Any, threads: int, **options: Any) -> None:
        from reservo.config import schedule  # noqa: F401  (declares every task)

        pulse.begin()
        Worker(threads=threads).run()
