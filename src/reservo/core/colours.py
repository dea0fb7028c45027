"""A centre's colour made readable: WCAG contrast against the page in light and in dark."""

from __future__ import annotations

import re

FALLBACK = "#0f5f57"
ENOUGH = 4.5
LIGHT_PAPER, DARK_PAPER = "#ffffff", "#1e2128"
INK_ON_LIGHT, INK_ON_DARK = "#ffffff", "#0b0d11"
_SHAPE = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    return bool(_SHAPE.fullmatch(text))


def contrast(one: str, other: str) -> float:
    """1 to 21, by WCAG 2."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, paper: str) -> str:
    """The colour, made darker or lighter until it can be read on this paper."""
    if not is_colour(colour):
        colour = FALLBACK
    towards = "#000000" if _luminance(paper) > 0.5 else "#ffffff"
    for share in range(0, 101, 4):
        mixed = mix(colour, towards, share / 100)
        if contrast(mixed, paper) >= ENOUGH:
            return mixed
    return towards


def ink_on(colour: str) -> str:
    return max((INK_ON_LIGHT, INK_ON_DARK), key=lambda ink: contrast(ink, colour))


def mix(one: str, other: str, share: float) -> str:
    """`share` of the other colour in the first."""
    parts = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
