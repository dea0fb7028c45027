import os
import shlex
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.tenancy.models import Store
from reservo.tenants import stores


class Command(BaseCommand):
    help = "add | list | show | check | drain | capacity: places where centres' data live"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        add = what.add_parser("add")
        add.add_argument("name")
        add.add_argument("--engine", required=True, choices=Store.Engine.values)
        add.add_argument(
            "--address", required=True, help="directory, host:port/database (PostgreSQL), host:port"
        )
        add.add_argument("--capacity", type=int, required=True)
        add.add_argument("--login", default="", help="log-in that takes a centre's role")
        add.add_argument("--provisioner", default="", help="log-in that makes namespaces and roles")
        add.add_argument("--dedicated", action="store_true", help="only centres that ask for it")
        add.epilog = "Passwords: RESERVO_STORE_PASSWORD and RESERVO_PROVISIONER_PASSWORD in the environment."
        what.add_parser("list")
        for name in ("show", "check"):
            what.add_parser(name).add_argument("name")
        drain = what.add_parser("drain", help="no new centres come here")
        drain.add_argument("name")
        drain.add_argument("--undo", action="store_true")
        capacity = what.add_parser("capacity")
        capacity.add_argument("name")
        capacity.add_argument("capacity", type=int)

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        try:
            getattr(self, f"_{what}")(options)
        except (stores.BadStore, stores.StoreExists) as refused:
            raise CommandError(f"{type(refused).__name__}: {refused}") from refused
        except stores.UnknownStore as unknown:
            raise CommandError(f"there is no store {unknown}") from unknown

    def _add(self, options: dict[str, Any]) -> None:
        described = stores.Description(
            name=options["name"],
            engine=options["engine"],
            address=options["address"],
            capacity=options["capacity"],
            login=options["login"],
            password=os.environ.get("RESERVO_STORE_PASSWORD", ""),
            provisioner=options["provisioner"],
            provisioner_password=os.environ.get("RESERVO_PROVISIONER_PASSWORD", ""),
            is_dedicated=options["dedicated"],
        )
        stores.add(described)
        self._say_findings(described.name)

    def _list(self, options: dict[str, Any]) -> None:
        for store in stores.listed():
            marks = " ".join(
                word
                for word, on in (("dedicated", store.is_dedicated), ("draining", store.is_draining))
                if on
            )
            self.stdout.write(
                f"{store.name:20} {store.engine:11} {store.centres:>6}/{store.capacity:<6} {store.address} {marks}"
            )

    def _show(self, options: dict[str, Any]) -> None:
        store = stores.named(options["name"])
        for name in (
            "name",
            "engine",
            "address",
            "login",
            "provisioner",
            "capacity",
            "is_dedicated",
            "is_draining",
        ):
            self.stdout.write(f"{name:12} {getattr(store, name)}")
        for placement in store.placements.order_by("slug"):
            self.stdout.write(f"  {placement.slug:30} {placement.state:12} {placement.namespace}")

    def _check(self, options: dict[str, Any]) -> None:
        if not self._say_findings(options["name"]):
            raise CommandError(
                f"{options['name']} needs mending; `reservo stores show {shlex.quote(options['name'])}`"
            )

    def _say_findings(self, name: str) -> bool:
        findings = stores.check(name)
        for finding in findings:
            self.stdout.write(f"{'ok ' if finding.well else 'BAD'} {finding.what}")
            if not finding.well:
                self.stdout.write(f"    {finding.mend}")
        return all(finding.well for finding in findings)

    def _drain(self, options: dict[str, Any]) -> None:
        store = stores.drain(options["name"], on=not options["undo"])
        self.stdout.write(f"{store.name} is {'draining' if store.is_draining else 'open'}")

    def _capacity(self, options: dict[str, Any]) -> None:
        store = stores.set_capacity(options["name"], options["capacity"])
        self.stdout.write(f"{store.name} may hold {store.capacity}")
