"""Refusals that a terminal reads as words, and a program as a key with what belongs to it."""

from __future__ import annotations

from typing import ClassVar


class Reasoned(Exception):
    """`reason` is a key of `WORDS`, whose text the facts fill."""

    WORDS: ClassVar[dict[str, str]] = {}

    def __init__(self, reason: str, **facts: object) -> None:
        self.reason = reason
        self.facts = facts
        super().__init__(self.WORDS[reason].format(**facts))
