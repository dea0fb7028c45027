import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo import tenancy
from reservo.accounts import passwords
from reservo.accounts.models import User
from reservo.config.refusals import refusals
from reservo.console.operations import centres
from reservo.console.trail import shell_actor
from reservo.core import mailaddress
from reservo.core.clock import now
from reservo.tenancy import directory
from reservo.tenancy.models import Placement
from reservo.tenancy.slugs import BadSlug
from reservo.tenants import stores
from reservo.tenants.models import Tenant

FOUNDING = ("slug", "name", "country", "zone", "currency", "language", "store")


class Command(BaseCommand):
    help = "create | list | show | state | discard; and move | backup | restore | export | import, each with a --help"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        create = what.add_parser("create")
        create.add_argument("slug")
        create.add_argument("--name", required=True)
        create.add_argument("--country", default="CL")
        create.add_argument("--zone", default="America/Santiago")
        create.add_argument("--currency", default="")
        create.add_argument("--language", default="es")
        place = create.add_mutually_exclusive_group()
        place.add_argument(
            "--store", default="", help="where its data live; default: the first pool with room"
        )
        place.add_argument(
            "--dedicated",
            dest="store",
            action="store_const",
            const=stores.DEDICATED,
            help="the first dedicated store with room, as its plan says",
        )
        create.add_argument("--admin-email", default="", help="who gets the invitation to administer it")
        create.add_argument("--admin-name", default="")
        create.add_argument(
            "--password-stdin", action="store_true", help="no invitation: read the administrator's password"
        )
        what.add_parser("list")
        show = what.add_parser("show")
        show.add_argument("slug")
        state = what.add_parser("state")
        state.add_argument("slug")
        state.add_argument("state", choices=Placement.State.values)
        state.add_argument("--reason", default="")
        state.add_argument("--tell", action="store_true", help="write to the people of the centre")
        discard = what.add_parser("discard", help="take away what an interrupted creation left")
        discard.add_argument("slug")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        with refusals():
            getattr(self, f"_{what}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        from reservo.config.centres import first_administrator

        password = self._administrator(options)
        try:
            route = centres.create(
                self._founding(options, is_invited=not password), by=shell_actor(), at=now()
            )
        except BadSlug as bad:
            raise CommandError(
                f"{bad} cannot be an address: use 3 to 60 of a-z 0-9 -, and no word that is a route"
            ) from bad
        self.stdout.write(f"{route.slug} is ready")
        if password:
            first_administrator(route, options["admin_email"], options["admin_name"], password, at=now())
        elif options["admin_email"]:
            self.stdout.write(f"An invitation to administer it goes by mail to {options['admin_email']}")

    def _founding(self, options: dict[str, Any], *, is_invited: bool) -> centres.Founding:
        said = {name: options[name] for name in FOUNDING}
        if is_invited:
            said |= {"administrator": options["admin_email"], "administrator_name": options["admin_name"]}
        return centres.Founding(**said)

    def _administrator(self, options: dict[str, Any]) -> str:
        """The first administrator's password, looked at before anything is made; empty if there is to be none."""
        email = options["admin_email"]
        if not email and options["password_stdin"]:
            raise CommandError("--password-stdin is the password of --admin-email, which is missing")
        if not email:
            return ""
        try:
            mailaddress.check(email)
            if not options["password_stdin"]:
                return ""
            if User.objects.filter(email=email.casefold()).exists():
                raise CommandError(
                    f"{email} has a password already: leave out --password-stdin to invite them"
                )
            password = self._password()
            passwords.check(password, email=email)
        except mailaddress.InvalidAddress as bad:
            raise CommandError(f"--admin-email is no address of mail: {email}") from bad
        except passwords.WeakPassword as weak:
            raise CommandError(f"password: {weak}") from weak
        return password

    def _password(self) -> str:
        if sys.stdin.isatty():
            return getpass.getpass("Password of the administrator: ")
        return sys.stdin.readline().rstrip("\n")

    def _list(self, options: dict[str, Any]) -> None:
        names = dict(Tenant.objects.values_list("pk", "name"))
        for row in Placement.objects.select_related("store").order_by("slug").iterator():
            self.stdout.write(f"{row.slug:30} {row.state:12} {row.store.name:12} {names.get(row.pk, '')}")

    def _show(self, options: dict[str, Any]) -> None:
        route = self._route(options["slug"])
        tenant = Tenant.objects.filter(pk=route.tenant_id).first()
        if tenant is None:
            raise CommandError(f"{route.slug} is half made: see `reservo doctor`")
        for name in ("name", "country", "currency", "language", "created_at"):
            self.stdout.write(f"{name:12} {getattr(tenant, name)}")
        for name in ("slug", "state", "zone", "epoch", "engine", "address", "namespace"):
            self.stdout.write(f"{name:12} {getattr(route, name)}")

    def _state(self, options: dict[str, Any]) -> None:
        self._route(options["slug"])
        centres.change_state(
            options["slug"],
            options["state"],
            reason=options["reason"],
            tell=options["tell"],
            by=shell_actor(),
            at=now(),
        )
        self.stdout.write(f"{options['slug']} is {options['state']}")

    def _discard(self, options: dict[str, Any]) -> None:
        if not centres.discard_unfinished(options["slug"], by=shell_actor(), at=now()):
            raise CommandError(f"{options['slug']} is no half-made centre; nothing was taken away")
        self.stdout.write(f"{options['slug']} is free again")

    def _route(self, slug: str) -> tenancy.Route:
        route = directory.find(slug)
        if route is None:
            raise CommandError(f"there is no centre {slug}")
        return route
