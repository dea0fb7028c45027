"""Each guard of the seam is taken out of a copy, one by one: some test of the seam must then fail."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
TENANCY = "src/reservo/tenancy/"

# guard: (file, what stands there, what stands there without the guard)
GUARDS = {
    "stamp of read rows": (
        "models.py",
        r"row\._state\.made_for = context\.plane_key\(\)  # type: ignore\[attr-defined\]\n        return row",
        "return row",
    ),
    "stamp of saved rows": ("models.py", r"self\._state\.made_for = .*", "pass"),
    "stamp of rows made in bulk": ("models.py", r"for row in made:\n            .*", "pass"),
    "check in save": ("models.py", r"(def save_base.*\n)        check_stamp\(self\)", r"\1        pass"),
    "check in delete": ("models.py", r"(def delete.*\n)        check_stamp\(self\)", r"\1        pass"),
    "check in bulk_update": (
        "models.py",
        r"(def bulk_update.*\n        objs = tuple\(objs\)\n)        for row in objs:\n            check_stamp\(row\)",
        r"\1        pass",
    ),
    "stamp of queries": ("models.py", r"queryset\.query\.made_for = .*", "pass"),
    "rows in conditions": ("models.py", r"_check_values\(kwargs\.values\(\)\)", "pass"),
    "rows in Q": ("models.py", r"_check_values\(args\)", "pass"),
    "joined queries": ("models.py", r"if made_for is not None and .*:", "if False:"),
    "raw queries": ("models.py", r"raise NotImplementedError\(.*", "return super().raw(*args, **kwargs)"),
    "check of queries": (
        "backends/compiler.py",
        r"(    stamp = getattr\(query, .*\n)    if .*:",
        r"\1    if False:",
    ),
    "half-read rows": ("backends/compiler.py", r"if context\.plane_key_or_none\(\) != began:", "if False:"),
    "a transaction for bare writes": (
        "backends/compiler.py",
        r"with transaction\.atomic\(using=self\.connection\.alias\):",
        "if True:",
    ),
    "check of relations": (
        "router.py",
        r"check_stamp\(row\)\n        return plane_of",
        "pass\n        return plane_of",
    ),
    "check of hints": ("router.py", r"\(row := hints.get\(\"instance\"\)\) is not None", "False"),
    "no centre, no query": (
        "router.py",
        r"    context\.current\(\)\n    return context\.TENANT_ALIAS",
        "    return context.TENANT_ALIAS",
    ),
    "epoch": (
        "backends/guard.py",
        r"if \[tuple\(row\) for row in found\] != \[\(self\.route\.tenant_id, self\.route\.epoch\)\]:",
        "if False:",
    ),
    "epoch held at all": (
        "backends/guard.py",
        r"if not autocommit:\n            self\._hold_epoch\(\)",
        "pass",
    ),
    "raw writes": ("backends/guard.py", r"raise BareWrite\(.*", "pass"),
    "another centre's file": ("backends/sqlite/base.py", r"if held != .*:", "if False:"),
    "a lost file": ("backends/sqlite/base.py", r"mode=rw", "mode=rwc"),
    "rebinding in a transaction": (
        "connections.py",
        r"if bound is not None and bound\.in_atomic_block:",
        "if False:",
    ),
    "a new route, a new connection": (
        "connections.py",
        r"elif not wrapper\.in_atomic_block:\n        wrapper\.aim\(route\)",
        "elif False:\n        pass",
    ),
    "bound of connections": (
        "connections.py",
        r"while len\(pool\) > connections_per_thread\(\):",
        "while False:",
    ),
    "open transactions stay": ("connections.py", r"if not wrapper\.in_atomic_block:", "if True:"),
    "centre of what is carried": (
        "context.py",
        r"if route is None or .*:\n            return function",
        "if True:\n            return function",
    ),
    "unbinding": ("context.py", r"connections\.unbind\(\)", "pass"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests", root / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", root / "pyproject.toml")
    return root


def seam_holds(root):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "tests/tenancy/test_seam.py",
            "tests/tenancy/test_connections.py",
        ],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=root,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout[-2000:]  # more: it did not even run
    return done.returncode == 0


def test_the_copy_itself_holds(copy):
    assert seam_holds(copy)


@pytest.mark.parametrize("guard", GUARDS)
def test_without_this_guard_a_test_of_the_seam_fails(copy, guard):
    name, stands, without = GUARDS[guard]
    file = copy / TENANCY / name
    whole = file.read_text()
    broken, count = re.subn(stands, without, whole)
    assert count, f"{guard}: the code has changed; say here where the guard is now"
    file.write_text(broken)
    try:
        assert not seam_holds(copy)
    finally:
        file.write_text(whole)
