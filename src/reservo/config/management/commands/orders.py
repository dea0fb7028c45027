from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.config.refusals import refusals
from reservo.console.operations import destruction
from reservo.console.trail import shell_actor
from reservo.core.clock import now
from reservo.fleet.models import Backup, Order

MOST_LISTED = 100


class Command(BaseCommand):
    help = "list | cancel | destroy-centre | destroy-store | destroy-backup: what waits for a second operator, or a day"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list")
        what.add_parser("cancel", help="call one off before it is carried out").add_argument("id", type=int)
        for name, words, kind in (
            ("destroy-centre", "a disabled centre with all its data, after a last backup", str),
            ("destroy-store", "what is known of an empty store", str),
            ("destroy-backup", "a backup, out of the first place; by its number in the console", int),
        ):
            does = what.add_parser(name, help=words)
            does.add_argument("thing", type=kind)
            does.add_argument("--reason", required=True)

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        with refusals():
            getattr(self, f"_{what.replace('-', '_')}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        for order in Order.objects.order_by("-pk")[:MOST_LISTED]:
            waits = f"not before {order.not_before:%Y-%m-%d %H:%M} UTC" if order.state == "waiting" else ""
            said = order.error or order.said or waits
            self.stdout.write(f"{order.pk:>6} {order.state:9} {order.kind:16} {order.name:30} {said}")

    def _cancel(self, options: dict[str, Any]) -> None:
        order = Order.objects.filter(pk=options["id"]).first()
        if order is None:
            raise CommandError(f"there is no order {options['id']}")
        destruction.cancel(order, by=shell_actor(), at=now())
        self.stdout.write(f"{order.kind} {order.name} is called off")

    def _destroy_centre(self, options: dict[str, Any]) -> None:
        self._say(destruction.destroy_centre(options["thing"], **self._why(options)))

    def _destroy_store(self, options: dict[str, Any]) -> None:
        self._say(destruction.destroy_store(options["thing"], **self._why(options)))

    def _destroy_backup(self, options: dict[str, Any]) -> None:
        backup = Backup.objects.filter(pk=options["thing"]).first()
        if backup is None:
            raise CommandError(f"there is no backup {options['thing']}")
        self._say(destruction.destroy_backup(backup, **self._why(options)))

    def _why(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"reason": options["reason"], "by": shell_actor(), "at": now()}

    def _say(self, order: Order) -> None:
        self.stdout.write(
            f"order {order.pk}: {order.name} goes when an operator agrees in the console,"
            f" or at {order.not_before:%Y-%m-%d %H:%M} UTC; until then: reservo orders cancel {order.pk}"
        )
