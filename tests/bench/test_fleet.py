"""The benchmark of many centres, at the size that every run can afford: all of them are made, visited and migrated."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]


def test_two_hundred_centres_are_made_visited_and_migrated(tmp_path):
    out = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--inside", "fleet", "--out", str(out)],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("RESERVO_")},
            "RESERVO_BENCH_SIZE": "small",
            "TMPDIR": str(tmp_path),
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        },
        capture_output=True,
        text=True,
        timeout=850,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "200 centres in" in out.read_text()
