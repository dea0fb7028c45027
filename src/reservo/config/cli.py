"""The `reservo` command."""

import os
import sys

from django.core import management


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")
    if sys.argv[1:2] == ["demo"]:
        from reservo.config.demo_mark import mark_as_demo

        mark_as_demo()
    management.execute_from_command_line(["reservo", *sys.argv[1:]])


if __name__ == "__main__":
    main()
