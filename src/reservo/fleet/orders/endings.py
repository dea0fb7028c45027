"""How an order ended: a key and what belongs to it for programs, and words for a terminal."""

from __future__ import annotations

from typing import ClassVar

from reservo.fleet.reasons import Reasoned


class Ended:
    """What a carrier answers. The facts are kept with the order, so JSON has to hold them."""

    WORDS: ClassVar = {
        "moved": "{rows} rows, pause {pause} s",
        "aborted": "aborted",
        "restored": "as it was at {data_of} UTC",
        "undone": "as it was before",
        "made": "{centre} is there, in maintenance",
        "gone": "gone",
        "gone_after_backup": "gone; its last backup is {backup}",
        "gone_from": "gone from {place}",
        "gone_but_in": "gone from {place}; still in {others}",
    }

    def __init__(self, key: str, **facts: object) -> None:
        self.key = key
        self.facts = facts

    def __str__(self) -> str:
        return self.WORDS[self.key].format(**self.facts)


class NotDisabled(RuntimeError):
    """Somebody opened the centre again since: it is left alone."""

    reason = "not_disabled"


class NoLastBackup(RuntimeError):
    """A centre goes only when a backup of its last state was proved; the message says why there is none."""

    reason = "no_last_backup"

    def __init__(self, error: str) -> None:
        self.facts = {"error": error}
        super().__init__(error)


class StillNeeded(Reasoned, RuntimeError):
    """Something points to it: `reason` and `facts` say what to programs, the message at a terminal."""

    WORDS: ClassVar = {
        "moving": "it is being moved",
        "restoring": "it is being restored",
        "lived_in": "{centres} centres live there",
        "place_kept": "the old place of a centre that was moved is kept there",
        "move_target": "a centre is on its way there",
        "state_kept": "the other state of a restored centre is kept there",
    }


class PorterLost(RuntimeError):
    """Whoever carried the order out died each time."""

    reason = "porter_lost"


def kept(ending: Ended) -> dict[str, object]:
    return {"key": ending.key, **ending.facts}


def why(wrong: Exception) -> dict[str, object]:
    """The same of an order that failed; nothing of an error that only its message describes."""
    reason, facts = getattr(wrong, "reason", None), getattr(wrong, "facts", {})
    is_plain = all(isinstance(value, str | int) for value in facts.values())
    return {"key": reason, **facts} if isinstance(reason, str) and is_plain else {}
