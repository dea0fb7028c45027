"""The bench's own logic: what is promised is listed, judged and shown as it should be."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench import measuring, showing
from bench.expected import GROUPS, groups_of, is_asked
from bench.figure import Figure, ratio_at_least, ratio_at_most, value_at_most

ROOT = Path(__file__).parents[2]

KEYS = ["name", "value", "unit", "baseline", "ratio", "bar", "holds"]


def test_every_figure_of_the_issue_has_an_entry():
    assert {name: len(figures) for name, figures in GROUPS.items()} == {
        "availability": 5,
        "bookings": 4,
        "week": 2,
        "centres": 7,
        "jobs": 4,
        "reminders": 4,
        "live": 4,
        "first-step": 2,
        "backups": 7,
        "fleet": 4,
        "moves": 12,
        "engines": 4,
        "neighbours": 4,
    }
    for group in GROUPS:
        assert find_spec(f"bench.groups.{group.replace('-', '_')}")


def test_names_of_figures_are_told_apart():
    names = [figure for figures in GROUPS.values() for figure in figures]
    assert len(names) == len(set(names) - set(GROUPS))


@pytest.mark.parametrize(
    ("asked", "groups"),
    [
        ([], list(GROUPS)),
        (["jobs"], ["jobs"]),
        (["jobs-rate"], ["jobs"]),
        (["first-step-bytes", "availability"], ["availability", "first-step"]),
    ],
)
def test_a_figure_or_a_group_can_be_asked_for(asked, groups):
    assert groups_of(asked) == groups


def test_only_the_figure_that_was_asked_for_is_shown():
    assert is_asked("jobs-rate", "jobs", ["jobs-rate"])
    assert not is_asked("jobs-memory", "jobs", ["jobs-rate"])
    assert is_asked("jobs-memory", "jobs", ["jobs"])


def test_an_unknown_name_is_refused_with_the_names_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "speed" in done.stderr
    assert "availability" in done.stderr


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure("a", 20, "req/s", 100, bar=ratio_at_least(1 / 5)), True),
        (Figure("a", 19, "req/s", 100, bar=ratio_at_least(1 / 5)), False),
        (Figure("a", 150, "ms", 100, bar=ratio_at_most(1.5)), True),
        (Figure("a", 151, "ms", 100, bar=ratio_at_most(1.5)), False),
        (Figure("a", 151, "ms", 100, ratio=1.4, bar=ratio_at_most(1.5)), True),
        (Figure("a", 0, "mails", 22_500, bar=value_at_most(0)), True),
        (Figure("a", 1, "mails", 22_500, bar=value_at_most(0)), False),
        (Figure("a", 1, "mails", bar=ratio_at_least(1)), False),
        (Figure("a", 7, "MB"), True),
    ],
)
def test_a_figure_is_judged_by_its_bar(figure, holds):
    assert figure.holds() is holds


def test_a_row_has_the_shape_that_was_agreed(tmp_path):
    figures = [
        Figure("jobs-rate", 1234.56, "jobs/s", 500.0, "Celery", bar=ratio_at_least(2)),
        Figure("demo-memory", 366, "MB"),
    ]
    showing.write(figures, tmp_path)
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert [list(row) for row in rows] == [KEYS, KEYS]
    assert rows[0] == {
        "name": "jobs-rate",
        "value": 1235,
        "unit": "jobs/s",
        "baseline": 500,
        "ratio": 2.469,
        "bar": "ratio ≥ 2",
        "holds": True,
    }
    assert rows[1] == dict(zip(KEYS, ["demo-memory", 366, "MB", None, None, None, True], strict=True))


def test_a_figure_survives_the_way_from_its_process():
    figure = Figure("a", 1.5, "ms", 1.0, "one centre", 1.4, ratio_at_most(1.5), "note")
    assert Figure.unpacked(json.loads(json.dumps(figure.packed()))) == figure


def test_the_text_shows_a_figure_beside_its_baseline():
    figure = Figure("jobs-rate", 100, "jobs/s", 200, "Celery", bar=ratio_at_least(2))
    first, second = showing.as_text([figure]).splitlines()
    assert first.count("█") * 2 == second.count("█") == showing.BAR_WIDTH
    assert "FALLS SHORT" in first
    assert second.endswith("Celery")


def test_the_chart_is_a_picture_with_two_bars():
    figure = Figure("jobs-rate", 100, "jobs/s", 200, "Celery & Redis <x>")
    chart = ET.fromstring(showing.as_svg([figure]))
    _, *bars = chart.iter("{http://www.w3.org/2000/svg}rect")
    assert [float(bar.get("width")) for bar in bars] == [280, 560]


def test_the_documentation_takes_the_results_between_its_marks(tmp_path):
    showing.write([Figure("a", 1, "ms", 2, "b", bar=ratio_at_most(1), note="quiet")], tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{showing.BEGIN}\nyesterday\n{showing.END}\nafter\n")
    showing.write_docs(page, tmp_path)
    written = page.read_text()
    assert written.startswith("before\n")
    assert written.endswith(f"{showing.END}\nafter\n")
    assert "| a | 1 ms | 2 (b) | 0.5 | ratio ≤ 1 | holds; quiet | 20" in written
    assert "yesterday" not in written


def test_what_a_run_did_not_measure_stays_in_the_documentation_with_its_day(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        f"{showing.BEGIN}\n{showing.HEAD}\n|---|---:|---:|---:|---|---|---|\n"
        "| live-p50 | 9 ms |  |  |  |  | 2026-01-02 |\n| week-json | 3 ms |  |  |  |  | 2026-01-02 |\n"
        f"{showing.END}"
    )
    showing.write([Figure("live-p50", 8, "ms")], tmp_path)
    showing.write_docs(page, tmp_path)
    _, first, second, _ = page.read_text().rsplit("\n", 3)
    assert first == "| week-json | 3 ms |  |  |  |  | 2026-01-02 |"
    assert second.startswith("| live-p50 | 8 ms |")
    assert "2026-01-02" not in second


def test_the_page_of_the_documentation_has_the_marks():
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    assert page.count(showing.BEGIN) == page.count(showing.END) == 1
    assert all(f"`{group}`" in page for group in GROUPS)


def test_measures_take_turns():
    order = []
    found = measuring.alternated(2, a=lambda: order.append("a") or 4.0, b=lambda: order.append("b") or 2.0)
    assert order == ["a", "b", "b", "a"]
    assert measuring.ratio(found, "a", "b") == 2


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (0, 1)])
def test_a_percentile_is_one_of_the_values(percent, value):
    assert measuring.percentile(range(1, 101), percent) == value
