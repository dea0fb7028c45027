"""What `reservo` can be told, as it is typed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

# Long enough to be commands of their own.
UNDER = {
    ("tenants", "move"): "move",
    ("tenants", "backup"): "backup",
    ("tenants", "restore"): "restore",
    ("tenants", "export"): "export",
    ("tenants", "import"): "import_centre",
    ("import", "shared-database"): "import_shared_database",
}
_TYPED = {command: " ".join(words) for words, command in UNDER.items()}

OVERVIEW = """usage: reservo COMMAND …     (`reservo COMMAND --help` says more)

the installation
  run                      everything that an installation needs, kept alive; Ctrl-C stops it
  demo                     the same, with three sample centres
  prepare                  bring control database, template and static files up to this release
  doctor                   what is wrong, and how to mend it
  web | events | worker | scheduler | keeper | porter
                           one process alone

centres
  tenants create | list | show | state | discard
  tenants move             to another store, while people work
  tenants backup           now: one, all, or the control plane
  tenants restore          a backup, over the centre or as a new one
  tenants export | import  hand a centre over, take one in
  import shared-database   centres out of another program's database

places
  stores add | list | show | check | drain | capacity | replica | promote | fence
  backups list | look | check | tidy | key
  control show | copy      where the control plane lives; copy it to a server
  rebuild                  a whole platform, from a place of backups and the key
  fleet status | migrate   bring all centres up to this release

work and people
  jobs dead | revive       jobs that were tried in vain
  schedule preview         when recurring work of a centre fires
  operators create | list | reset | disable
  orders list | cancel | destroy-centre | destroy-store | destroy-backup

Django's own commands (`reservo help --commands` lists them) work too."""


class LongCommand(BaseCommand):
    """One of `UNDER`: its help says what is typed."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, _TYPED.get(subcommand, subcommand), **kwargs)
