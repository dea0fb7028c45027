from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Take backups that are due, until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        from reservo.fleet.backups.running import Keeper

        Keeper().run()
