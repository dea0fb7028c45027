"""The `reservo` command."""

import os
import sys

from django.core import management

# Long enough to be commands of their own.
UNDER_TENANTS = {
    "move": "move",
    "backup": "backup",
    "restore": "restore",
    "export": "export",
    "import": "import_centre",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")
    if sys.argv[1:2] == ["demo"]:
        from reservo.config.demo_mark import mark_as_demo

        mark_as_demo()
    words = sys.argv[1:]
    if words[:1] == ["tenants"] and words[1:2] and words[1] in UNDER_TENANTS:
        words = [UNDER_TENANTS[words[1]], *words[2:]]
    management.execute_from_command_line(["reservo", *words])


if __name__ == "__main__":
    main()
