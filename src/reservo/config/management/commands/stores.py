import os
import shlex
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet import promoting
from reservo.fleet.models import Promotion
from reservo.tenancy import servers
from reservo.tenancy.models import Store
from reservo.tenancy.servers import Finding
from reservo.tenants import standbys, stores

MOST_SHOWN = 5
REPORTED = (
    *("primary_answered", "fenced_centres", "primary_position", "writable_seconds", "centres", "seconds"),
)


class Command(BaseCommand):
    help = "add | list | show | check | drain | capacity | replica | promote | fence: places where centres' data live"

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
        add.add_argument("--replica", default="", help="address of the standby that it streams to")
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

        self._add_replica_words(what)

    def _add_replica_words(self, what: Any) -> None:
        replica = what.add_parser("replica", help="add | remove | show: the standby of a store")
        words = replica.add_subparsers(dest="word", required=True)
        add = words.add_parser("add")
        add.add_argument("name")
        add.add_argument("address")
        add.add_argument("--login", default="", help="log-in that may promote it; else the provisioning one")
        add.epilog = "Password of that log-in: RESERVO_REPLICA_PASSWORD in the environment."
        for word in ("remove", "show"):
            words.add_parser(word).add_argument("name")
        promote = what.add_parser("promote", help="the standby becomes the primary")
        promote.add_argument("name")
        promote.add_argument("--dry-run", action="store_true", help="only look whether it can be")
        fence = what.add_parser("fence", help="the old primary is back: no route of then writes there")
        fence.add_argument("name")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        with refusals():
            getattr(self, f"_{what}")(options)

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
            replica=options["replica"],
        )
        stores.add(described)
        try:
            is_well = self._say_findings(described.name)
        except BaseException:
            stores.remove(described.name)
            raise
        if not is_well:
            stores.remove(described.name)
            raise CommandError(f"{described.name} was not added; mend what is said above and repeat")

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
        if store.replica:
            self._show_replica(store)
        for past in Promotion.objects.filter(store=store.name).order_by("-started_at")[:MOST_SHOWN]:
            self.stdout.write(f"{'promotion':12} {past.started_at:%Y-%m-%d %H:%M} {past.summary}")
        for placement in store.placements.order_by("slug"):
            self.stdout.write(f"  {placement.slug:30} {placement.state:12} {placement.namespace}")

    def _check(self, options: dict[str, Any]) -> None:
        if not self._say_findings(options["name"]):
            raise CommandError(
                f"{options['name']} needs mending; `reservo stores show {shlex.quote(options['name'])}`"
            )

    def _replica(self, options: dict[str, Any]) -> None:
        name, word = options["name"], options["word"]
        if word == "add":
            password = os.environ.get("RESERVO_REPLICA_PASSWORD", "")
            stores.add_replica(name, options["address"], steward=options["login"], password=password)
            if not self._say(standbys.check(stores.named(name))):
                raise CommandError(
                    f"the replica of {name} needs mending; `reservo stores replica show {name}`"
                )
        elif word == "remove":
            stores.remove_replica(name)
            self.stdout.write(f"{name} has no replica")
        else:
            self._show_replica(stores.named(name))

    def _show_replica(self, store: Store) -> None:
        if not store.replica:
            self.stdout.write(f"{store.name} has no replica")
            return
        try:
            said = standbys.lag_of(standbys.standing(store))
        except servers.StoreUnavailable as away:
            said = f"does not answer: {away}"
        self.stdout.write(f"{'replica':12} {store.replica} {said}")

    def _promote(self, options: dict[str, Any]) -> None:
        name = options["name"]
        if options["dry_run"]:
            if not self._say(promoting.findings(name)):
                raise CommandError(f"{name} cannot be promoted as it is; nothing was changed")
            self.stdout.write("it can be promoted; nothing was changed")
            return
        done = promoting.run(promoting.begin(name, at=now()))
        self.stdout.write(f"{done.store} {done.from_address} → {done.to_address} {done.state}")
        for fact in REPORTED:
            if done.report.get(fact) not in ("", None):
                self.stdout.write(f"{fact:18} {done.report[fact]}")
        if not done.report.get("primary_answered"):
            self.stdout.write(
                f"the old primary did not answer: when it is back, `reservo stores fence {name}`"
            )
        self.stdout.write(f"make it a standby again, then `reservo stores replica add {name} <address>`")

    def _fence(self, options: dict[str, Any]) -> None:
        address, count = promoting.fence(options["name"])
        self.stdout.write(f"{address}: {count} centres under today's epochs; no route of then writes there")

    def _say_findings(self, name: str) -> bool:
        return self._say(stores.check(name))

    def _say(self, findings: list[Finding]) -> bool:
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
