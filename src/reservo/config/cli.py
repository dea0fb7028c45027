"""The `reservo` command."""

import os
import sys

from django.core import management
from django.db import OperationalError

# Long enough to be commands of their own.
UNDER = {
    ("tenants", "move"): "move",
    ("tenants", "backup"): "backup",
    ("tenants", "restore"): "restore",
    ("tenants", "export"): "export",
    ("tenants", "import"): "import_centre",
    ("import", "shared-database"): "import_shared_database",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")
    if sys.argv[1:2] == ["demo"]:
        from reservo.config.demo_mark import mark_as_demo

        mark_as_demo()
    words = sys.argv[1:]
    if command := UNDER.get(tuple(words[:2])):
        words = [command, *words[2:]]
    try:
        management.execute_from_command_line(["reservo", *words])
    except OperationalError as error:
        sys.exit(_told(error))


def _told(error: OperationalError) -> str:
    """A control database that is away is nobody's mistake in the program: one line. Anything else is raised again."""
    from reservo.tenancy.backends.control.answering import ControlAway

    if not isinstance(error, ControlAway):
        raise error
    return str(error)


if __name__ == "__main__":
    main()
