from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring databases and static files up to the code; nothing if they are."

    def handle(self, *args: Any, **options: Any) -> None:
        from reservo.config.preparing import prepare

        prepare()
