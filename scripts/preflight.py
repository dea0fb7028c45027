"""Say plainly, before the tests, what will be skipped on this machine and how to get it."""

import glob
import os
import shutil
import sys

POSTGRESQL = "/usr/lib/postgresql"
PROGRAMS = {
    "initdb": "centres on PostgreSQL, moves and restores to it (Debian: apt install postgresql)",
    "mariadb-install-db": "centres on MariaDB, moves and restores to it (Debian: apt install mariadb-server)",
    "chromium": "journeys in a real browser, accessibility, screenshots (Debian: apt install chromium fonts-dejavu)",
}


def main() -> int:
    places = os.pathsep.join([os.environ.get("PATH", ""), *glob.glob(f"{POSTGRESQL}/*/bin")])
    missing = {name: use for name, use in PROGRAMS.items() if shutil.which(name, path=places) is None}
    for name, use in missing.items():
        print(f"SKIPPED for want of {name}: {use}")
    if missing and os.environ.get("RESERVO_FORBID_SKIPS"):
        print("Skips are forbidden here (RESERVO_FORBID_SKIPS).")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
