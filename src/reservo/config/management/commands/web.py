import os
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Pages alone."

    def handle(self, *args: Any, **options: Any) -> None:
        from reservo.config import processes

        argv = processes.web_argv()
        os.execv(argv[0], argv)  # noqa: S606  # nosec B606: our own entry points
