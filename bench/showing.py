"""Figures as text with bars, as an SVG chart, as JSON, and in the documentation."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from bench.expected import GROUPS
from bench.figure import Figure
from bench.size import is_small

BAR_WIDTH = 24
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
HEAD = "| figure | value | baseline | ratio | bar | | measured |"
RULE = "|---|---:|---:|---:|---|---|---|"


def as_text(figures: list[Figure]) -> str:
    """A line for each figure and one for what it stands beside, with bars to one scale."""
    lines = []
    for figure in figures:
        verdict = ("holds" if figure.holds() else "FALLS SHORT") if figure.bar else ""
        ratio = figure.ratio_or_quotient()
        tail = f"  ratio {ratio:.3g}" if ratio is not None else ""
        tail += f"  bar: {figure.bar}  {verdict}" if figure.bar else ""
        top = max(figure.value, figure.baseline or 0) or 1
        lines.append(
            f"{figure.name:24} {figure.value:>10.4g} {figure.unit:9} {_bar(figure.value, top)}{tail}"
        )
        if figure.baseline is not None:
            named = f"{figure.baseline:>10.4g} {figure.unit:9} {_bar(figure.baseline, top)}"
            lines.append(f"{'':24} {named}  {figure.baseline_is}")
        if figure.note:
            lines.append(f"{'':24} {figure.note}")
    return "\n".join(lines)


def _bar(value: float, top: float) -> str:
    return ("█" * round(BAR_WIDTH * value / top)).ljust(BAR_WIDTH, "·")


def write(figures: list[Figure], directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "bench.json").write_text(json.dumps([figure.row() for figure in figures], indent=1) + "\n")
    (directory / "bench.svg").write_text(as_svg(figures))
    (directory / "bench.txt").write_text(as_text(figures) + "\n")
    about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "small": is_small()}
    about["figures"] = [figure.packed() for figure in figures]
    (directory / "bench-run.json").write_text(json.dumps(about, indent=1) + "\n")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def as_svg(figures: list[Figure]) -> str:
    """Two bars for each figure: itself (green if its bar holds, red if not, grey without one) and its baseline."""
    row, left, width = 44, 250, 560
    parts = []
    for number, figure in enumerate(figures):
        y = 20 + number * row
        top = max(figure.value, figure.baseline or 0) or 1
        colour = "#64748b" if figure.bar is None else "#0f766e" if figure.holds() else "#b91c1c"
        parts.append(f'<text x="{left - 10}" y="{y + 13}" text-anchor="end">{escape(figure.name)}</text>')
        parts.append(
            _svg_bar(left, y, width * figure.value / top, colour, f"{figure.value:.4g} {figure.unit}")
        )
        if figure.baseline is not None:
            label = f"{figure.baseline:.4g} {figure.unit} · {figure.baseline_is}"
            parts.append(_svg_bar(left, y + 17, width * figure.baseline / top, "#cbd5e1", label))
    height = 40 + len(figures) * row
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 20} {height}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#ffffff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _svg_bar(x: float, y: float, width: float, colour: str, label: str) -> str:
    ink = "#ffffff" if width > 330 and colour != "#cbd5e1" else "#0f172a"
    inside = width > 330
    at = x + 6 if inside else x + width + 6
    return (
        f'<rect x="{x}" y="{y}" width="{max(width, 1):.1f}" height="15" fill="{colour}"/>'
        f'<text x="{at:.1f}" y="{y + 12}" fill="{ink}">{escape(label)}</text>'
    )


def write_docs(page: Path, directory: Path) -> None:
    """Put the last run between the two marks of the page; what it did not measure stays with its own day."""
    about = json.loads((directory / "bench-run.json").read_text())
    before, rest = page.read_text().split(BEGIN)
    kept, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{_table(about, _rows(kept))}\n{END}{after}")


def _rows(table: str) -> dict[str, str]:
    """By figure; whatever has not the columns of today is left out."""
    lines = [line for line in table.splitlines() if line.count("|") == HEAD.count("|")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if line not in (HEAD, RULE)}


def _table(about: dict[str, Any], rows: dict[str, str]) -> str:
    day = f"{about['at'][:10]}{' (small)' if about['small'] else ''}"
    for packed in about["figures"]:
        figure = Figure.unpacked(packed)
        rows[figure.name] = _row(figure, day)
    order = [name for names in GROUPS.values() for name in names]
    known = sorted(rows, key=lambda name: order.index(name) if name in order else len(order))
    lines = [f"Last run on {about['machine']}.", "", HEAD, RULE]
    return "\n".join([*lines, *(rows[name] for name in known)])


def _row(figure: Figure, day: str) -> str:
    ratio = figure.ratio_or_quotient()
    verdict = ("holds" if figure.holds() else "**falls short**") if figure.bar else ""
    cells = [
        figure.name,
        f"{figure.value:.4g} {figure.unit}",
        f"{figure.baseline:.4g} ({figure.baseline_is})" if figure.baseline is not None else "",
        f"{ratio:.3g}" if ratio is not None else "",
        str(figure.bar or ""),
        "; ".join(said for said in (verdict, figure.note) if said),
        day,
    ]
    return f"| {' | '.join(cells)} |"
