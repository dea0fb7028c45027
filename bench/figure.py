"""A figure: a value beside its baseline, and the bar that one of them has to clear."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """What has to hold: of the value itself or of its ratio to the baseline."""

    of: str
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        return f"{self.of} ≥ {self.least:g}" if self.least is not None else f"{self.of} ≤ {self.most:g}"

    def holds(self, measured: float) -> bool:
        return (self.least is None or measured >= self.least) and (self.most is None or measured <= self.most)


def ratio_at_least(least: float) -> Bar:
    return Bar("ratio", least=least)


def ratio_at_most(most: float) -> Bar:
    return Bar("ratio", most=most)


def value_at_most(most: float) -> Bar:
    return Bar("value", most=most)


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is value / baseline, measured in alternation where both can be. Without a bar it only informs."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_is: str = ""
    ratio: float | None = None
    bar: Bar | None = None
    note: str = ""

    def holds(self) -> bool:
        if self.bar is None:
            return True
        measured = self.value if self.bar.of == "value" else self.ratio_or_quotient()
        return measured is not None and self.bar.holds(measured)

    def ratio_or_quotient(self) -> float | None:
        if self.ratio is not None:
            return self.ratio
        return self.value / self.baseline if self.baseline else None

    def row(self) -> dict[str, Any]:
        """As it stands in var/bench.json."""
        ratio = self.ratio_or_quotient()
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "baseline": _rounded(self.baseline),
            "ratio": _rounded(ratio),
            "bar": str(self.bar) if self.bar else None,
            "holds": self.holds(),
        }

    def packed(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def unpacked(packed: dict[str, Any]) -> Figure:
        bar = Bar(**packed.pop("bar")) if packed["bar"] else packed.pop("bar")
        return Figure(**packed, bar=bar)


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.4g}")
