"""The `reservo` command."""

import os
import sys

from django.core import management

from reservo.config.commands import OVERVIEW, UNDER

HELP = ([], ["help"], ["--help"], ["-h"])
STOPPED = 130  # what a shell says of a command that Ctrl-C ended


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reservo.config.settings")
    if sys.argv[1:2] == ["demo"]:
        from reservo.config.demo_mark import mark_as_demo

        mark_as_demo()
    words = sys.argv[1:]
    if words in HELP:
        print(OVERVIEW)
        return
    if words[:1] == ["import"] and tuple(words[:2]) not in UNDER:
        sys.exit("usage: reservo import shared-database MAPPING …")
    if command := UNDER.get(tuple(words[:2])):
        words = [command, *words[2:]]
    try:
        management.execute_from_command_line(["reservo", *words])
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(STOPPED)
    except Exception as error:
        sys.exit(_told(error))


def _told(error: Exception) -> str:
    """A database that is away is nobody's mistake in the program: one line. Anything else is raised again."""
    from reservo.tenancy.backends.control.answering import ControlAway
    from reservo.tenancy.servers import StoreUnavailable

    if not isinstance(error, ControlAway | StoreUnavailable):
        raise error
    return " ".join(str(error).split())


if __name__ == "__main__":
    main()
