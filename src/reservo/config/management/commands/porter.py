from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Carry out what operators order in the console (moves, restores), until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        from reservo.fleet.orders import Porter

        Porter().run()
