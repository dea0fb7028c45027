"""Say plainly, before the tests, what will be skipped on this machine and how to get it."""

import os
import shutil
import sys

PROGRAMS = {
    "chromium": "journeys in a real browser, accessibility, screenshots (Debian: apt install chromium fonts-dejavu)",
}


def main() -> int:
    missing = {name: use for name, use in PROGRAMS.items() if shutil.which(name) is None}
    for name, use in missing.items():
        print(f"SKIPPED for want of {name}: {use}")
    if missing and os.environ.get("RESERVO_FORBID_SKIPS"):
        print("Skips are forbidden here (RESERVO_FORBID_SKIPS).")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
