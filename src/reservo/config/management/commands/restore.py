from typing import Any

from django.core.management.base import CommandError, CommandParser

from reservo.adapters import archives
from reservo.config.commands import LongCommand
from reservo.config.commands_backup import dots, moment
from reservo.config.refusals import refusals
from reservo.core.clock import now
from reservo.fleet.backups import places, restoring, sources
from reservo.fleet.models import Restore
from reservo.tenancy.models import Placement


class Command(LongCommand):
    """Also reached as `reservo tenants restore`."""

    help = "Give a centre the state of a backup; the state that it had is kept and can be put back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--at", type=moment, help="the newest backup of this moment or before")
        parser.add_argument("--from", dest="source", default="", help="a backup, or a place of them")
        parser.add_argument("--as", dest="new", default="", help="a new centre of this address instead")
        parser.add_argument("--store", default="", help="where its data go; default: where they are")
        does = parser.add_mutually_exclusive_group()
        for name, words in (
            ("undo", "put the state from before the restore back"),
            ("abort", "give up a restore that was stopped in the middle"),
            ("forget", "delete the state that is not in use, a week after the restore"),
            ("status", "how the last restore ended"),
        ):
            does.add_argument(f"--{name}", dest="does", action="store_const", const=name, help=words)

    def handle(self, *args: Any, slug: str, does: str | None, **options: Any) -> None:
        try:
            with refusals():
                self._do(slug, does, options)
        except KeyboardInterrupt as stopped:
            begun = options["new"] or slug
            raise CommandError(
                f"stopped; what was begun is taken back by `reservo tenants restore {begun} --abort`"
            ) from stopped

    def _do(self, slug: str, does: str | None, options: dict[str, Any]) -> None:
        if does:
            getattr(self, f"_{does}")(slug)
        elif options["new"]:
            self._as_new(slug, options)
        else:
            self._over_itself(slug, options)

    def _over_itself(self, slug: str, options: dict[str, Any]) -> None:
        restore = restoring.over_itself(
            slug, self._source(slug, options), store=options["store"], clock=now, progress=dots(self.stderr)
        )
        self._show(restore)
        self.stdout.write(f"the state from before is kept: reservo tenants restore {slug} --undo")

    def _as_new(self, slug: str, options: dict[str, Any]) -> None:
        new = options["new"]
        source = self._source(slug, options)
        restoring.as_new(new, source, store=options["store"], clock=now, progress=dots(self.stderr))
        self.stdout.write(
            f"{new} is there, from {source.label}, in maintenance: reservo tenants state {new} active"
        )

    def _source(self, slug: str, options: dict[str, Any]) -> sources.Source:
        given = options["source"]
        if given and archives.is_place(given):
            return self._in_place(given, slug, options["at"])
        if given:
            return sources.one(given)
        tenant_id = Placement.objects.filter(slug=slug).values_list("pk", flat=True).first()
        if tenant_id is None:
            raise CommandError(f"there is no centre {slug}; --from says where its backups are")
        return sources.newest(tenant_id, before=options["at"])

    def _in_place(self, address: str, slug: str, before: Any) -> sources.Source:
        for source, header in sources.listed(places.with_address(address)):
            if header.get("slug") == slug and (before is None or moment(header["taken_at"]) <= before):
                return source
        raise sources.NoBackup(f"{address} has none of {slug}")

    def _undo(self, slug: str) -> None:
        self._show(restoring.undo(slug, clock=now))

    def _abort(self, slug: str) -> None:
        if slug in {placement.slug for placement in restoring.unfinished()}:
            restoring.take_back(slug)
            self.stdout.write(f"{slug}, which was only half made, is gone")
        else:
            self._show(restoring.abort(slug, at=now()))

    def _forget(self, slug: str) -> None:
        self._show(restoring.forget(slug, at=now()))

    def _status(self, slug: str) -> None:
        self._show(restoring.last_restore(slug))

    def _show(self, restore: Restore) -> None:
        self.stdout.write(f"{restore}")
        for name in (
            "source",
            "data_of",
            "before_store",
            "after_store",
            "started_at",
            "ended_at",
            "forgotten_at",
        ):
            if getattr(restore, name):
                self.stdout.write(f"{name:14} {getattr(restore, name)}")
        for name, value in restore.report.items():
            self.stdout.write(f"{name:14} {value}")
