from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.console.models import Operator
from reservo.console.operations import operators
from reservo.console.trail import shell_actor
from reservo.core import mailaddress
from reservo.core.clock import now


class Command(BaseCommand):
    help = "create | list | reset | disable: the operator's people, who enter the console"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        create = what.add_parser("create", help="make one and print the link by which they come in")
        create.add_argument("email")
        create.add_argument("--name", default="")
        what.add_parser("list")
        for name, words in (
            ("reset", "void password and second factor, print a new link"),
            ("disable", "no way in any more; sessions end"),
        ):
            what.add_parser(name, help=words).add_argument("email")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        getattr(self, f"_{what}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        email = options["email"]
        try:
            made = operators.invite(email, name=options["name"] or email, by=shell_actor(), at=now())
        except mailaddress.InvalidAddress as bad:
            raise CommandError(f"{email} is no address of mail") from bad
        except operators.OperatorExists as known:
            raise CommandError(
                f"{known} is there already: `reservo operators reset {known}` makes a new link"
            ) from known
        self._say_link(made)

    def _list(self, options: dict[str, Any]) -> None:
        for one in Operator.objects.all():
            state = "disabled" if not one.is_active else "invited" if one.is_invited else "active"
            entered = f"{one.entered_at:%Y-%m-%d %H:%M}" if one.entered_at else "never"
            self.stdout.write(f"{one.email:40} {state:9} entered {entered:16}  {one.name}")

    def _reset(self, options: dict[str, Any]) -> None:
        found = self._of(options["email"])
        operators.reset(found, by=shell_actor(), at=now())
        self._say_link(found)

    def _disable(self, options: dict[str, Any]) -> None:
        found = self._of(options["email"])
        try:
            operators.disable(found, by=shell_actor(), at=now())
        except operators.LastOperator as last:
            raise CommandError("nobody could enter then; create another operator first") from last
        self.stdout.write(f"{found.email} has no way in any more")

    def _of(self, email: str) -> Operator:
        found = Operator.objects.filter(email=email.casefold()).first()
        if found is None:
            raise CommandError(f"there is no operator {email}")
        return found

    def _say_link(self, invited: Operator) -> None:
        days = operators.INVITATION_LIFE.days
        self.stdout.write(f"{invited.email} sets password and second factor here, once, within {days} days:")
        self.stdout.write(operators.invitation_link(invited))
