"""`python -m bench [name…]`: run the groups, each in a process of its own, and show what they found."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from bench import ending, showing
from bench.expected import GROUPS, groups_of, is_asked
from bench.figure import Figure
from bench.peers.environment import PeerMissing

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "var"
GROUP_SECONDS = 2 * 3600
ENDING_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Figures beside their baselines.")
    parser.add_argument("names", nargs="*", help=f"groups or single figures: {', '.join(GROUPS)}")
    parser.add_argument(
        "--write-docs", action="store_true", help="put var/bench.json into docs/benchmarks.md"
    )
    parser.add_argument("--inside", metavar="GROUP", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        return _measure(given.inside, Path(given.out))
    if given.write_docs:
        showing.write_docs(ROOT / "docs" / "benchmarks.md", OUTPUT)
        return 0
    try:
        groups = groups_of(given.names)
    except KeyError as unknown:
        parser.error(f"no figure is called {unknown}; there are: {', '.join(GROUPS)}")
    return _run(groups, given.names)


def _run(groups: list[str], names: list[str]) -> int:
    found: list[Figure] = []
    failed: list[str] = []
    for group in groups:
        print(f"{group}…", flush=True)
        figures = _in_own_process(group)
        if figures is None:
            failed.append(group)
            continue
        figures = [figure for figure in figures if is_asked(figure.name, group, names)]
        print(showing.as_text(figures), flush=True)
        found += figures
    showing.write(found, OUTPUT)
    if len(groups) > 1:
        print(showing.as_text(found))
    print(f"Written: {OUTPUT / 'bench.json'}, {OUTPUT / 'bench.svg'}")
    for group in failed:
        print(f"{group} could not be measured: the reason stands above", file=sys.stderr)
    return 1 if failed or not all(figure.holds() for figure in found) else 0


def _in_own_process(group: str) -> list[Figure] | None:
    """Settings and data directory belong to a process: every group has its own."""
    scratch = OUTPUT / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        out = Path(place) / "figures.json"
        child = subprocess.Popen(
            [sys.executable, "-m", "bench", "--inside", group, "--out", str(out)],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": place, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            preexec_fn=ending.with_parent,
        )
        try:
            child.wait(GROUP_SECONDS)
        except BaseException:
            _end_in_order(child)
            raise
        if child.returncode or not out.exists():
            return None
        return [Figure.unpacked(packed) for packed in json.loads(out.read_text())]


def _end_in_order(child: subprocess.Popen[bytes]) -> None:
    """Interrupted or too late: its database servers end with it."""
    child.terminate()
    try:
        child.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _measure(group: str, out: Path) -> int:
    """Whatever ends this process, its database servers end with it: a SIGTERM unwinds as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    module = import_module(f"bench.groups.{group.replace('-', '_')}")
    try:
        figures: list[Figure] = module.measure()
    except PeerMissing as missing:
        print(f"{group}: {missing}", file=sys.stderr)
        return 1
    out.write_text(json.dumps([figure.packed() for figure in figures]))
    differing = set(GROUPS[group]) ^ {figure.name for figure in figures}
    if differing:
        print(f"{group}: expected and found figures differ: {sorted(differing)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
