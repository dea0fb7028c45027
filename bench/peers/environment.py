"""The peers' own virtual environment, made when a figure first needs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "build" / "bench-venv"
PACKAGES = Path(__file__).with_name("packages.txt")


class PeerMissing(RuntimeError):
    """A peer is not on this machine and could not be fetched; the message says what to do."""


@lru_cache(maxsize=1)
def python() -> str:
    """Its interpreter, with the packages of packages.txt in their newest releases."""
    binary = PLACE / "bin" / "python"
    stamp = PLACE / ".ready"
    if not stamp.exists() or stamp.read_text() != PACKAGES.read_text():
        print("Installing the peers…", file=sys.stderr, flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True, timeout=120)
            command = [str(binary), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            subprocess.run([*command, "-r", str(PACKAGES)], check=True, timeout=600)
        except (subprocess.SubprocessError, OSError) as broken:
            raise PeerMissing(
                "the peers could not be installed from the package index; try again online"
            ) from broken
        stamp.write_text(PACKAGES.read_text())
    return str(binary)


def debian(program: str, package: str) -> str:
    """A program that comes from the distribution."""
    found = shutil.which(program)
    if found is None:
        raise PeerMissing(f"{program} is not installed; on Debian: apt install {package}")
    return found


def beside_ours() -> dict[str, str]:
    """Environment in which the peers' interpreter finds Reservo too; its own packages stand behind ours."""
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    return {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), ours])}
