"""A command that kills itself with SIGKILL at its n-th step, so that every point of it is met by some n."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.installation import ROOT, Installation

SCRIPT = """
import os, signal, sys
stop, count = int(sys.argv.pop(1)), 0
OURS = os.path.join("src", "reservo", "")
PARTS = ("fleet", "tenancy", "adapters", "foreign")

def step(frame, event, argument):
    global count
    if event != "call":
        return
    path = frame.f_code.co_filename
    if OURS in path and path.split(OURS)[1].split(os.sep)[0] in PARTS:
        count += 1
        if count == stop:
            os.kill(os.getpid(), signal.SIGKILL)

os.environ["DJANGO_SETTINGS_MODULE"] = "reservo.config.settings"
import django; django.setup()
from django.core.management import call_command, execute_from_command_line
sys.setprofile(step)
try:
    execute_from_command_line(["reservo", *sys.argv[1:]])
finally:
    sys.setprofile(None)
    print("steps", count)
"""


def steps_of(installation: Installation, *words: str) -> int:
    """How many there are when nobody kills it."""
    said = _run(installation, 0, *words)
    assert said.returncode == 0, said.stderr
    return int(said.stdout.rpartition("steps ")[2])


def kill_at(installation: Installation, step: int, *words: str) -> bool:
    """Whether it was killed before its end."""
    return _run(installation, step, *words).returncode == -signal.SIGKILL


def _run(installation: Installation, step: int, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(step), *words],
        env=installation.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
