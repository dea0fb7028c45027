"""The tests' own installation, worked on by real processes whose clock may be shifted, with one centre active."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reservo import tenancy
from reservo.jobs import wakeups
from reservo.jobs.models import Job, Lease, NextFiring, Wakeup
from reservo.tenancy import directory
from reservo.tenancy.models import Placement
from tests.installation import ROOT


@pytest.fixture
def active_centre(centre) -> Iterator[object]:
    """The centre; all others rest meanwhile, and the installation counts as a demo."""
    mark = Path(os.environ["RESERVO_DATA_DIR"]) / "installation.json"
    mark.write_text(json.dumps({"demo": True}))
    active = Placement.objects.filter(state="active").exclude(pk=centre.route.tenant_id)
    others = list(active.values_list("pk", flat=True))
    Placement.objects.filter(pk__in=others).update(state="maintenance")
    for model in (Wakeup, NextFiring, Lease):
        model.objects.all().delete()
    with tenancy.control(), tenancy.atomic():
        Job.objects.exclude(state="done").delete()  # the operator's own mail of other tests
    directory.forget()
    wakeups.forget()
    yield centre
    mark.unlink()
    for model in (Wakeup, NextFiring, Lease):
        model.objects.all().delete()
    Placement.objects.filter(pk__in=others).update(state="active")
    directory.forget()


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `reservo WORD`, `ahead` of the clock; all are gone at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(word: str, *, ahead: timedelta = timedelta(), **environment: str) -> subprocess.Popen[bytes]:
        minutes, seconds = divmod(int(ahead.total_seconds()), 60)
        env = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "RESERVO_CLOCK_OFFSET": f"+{minutes // 60}h{minutes % 60}m{seconds}s",
            **environment,
        }
        started.append(subprocess.Popen([sys.executable, "-m", "reservo", word], env=env, cwd=ROOT))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()
