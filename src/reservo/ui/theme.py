"""The few lines of style that are a centre's own."""

from __future__ import annotations

from reservo.core import colours


def theme_css(colour: str) -> str:
    light = colours.readable(colour, colours.LIGHT_PAPER)
    dark = colours.readable(colour, colours.DARK_PAPER)
    return (
        f":root{{{_variables(light, colours.LIGHT_PAPER, 0.88)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{_variables(dark, colours.DARK_PAPER, 0.8)}}}}}"
    )


def _variables(accent: str, paper: str, share: float) -> str:
    soft = colours.mix(accent, paper, share)
    text = colours.readable(accent, soft)
    return f"--accent:{accent};--on-accent:{colours.ink_on(accent)};--accent-soft:{soft};--accent-text:{text}"
