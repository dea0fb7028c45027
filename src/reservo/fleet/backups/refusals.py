"""Why a restore does not begin, or cannot be taken back."""

from __future__ import annotations

from typing import ClassVar

from reservo.fleet.reasons import Reasoned


class ForeignBackup(ValueError):
    """It is not one of this centre; the message says whose it is."""


class CannotRestore(Reasoned, RuntimeError):
    """Something else is going on with the centre, or there is nothing to go back to; the message says what."""

    WORDS: ClassVar = {
        "no_other_state": "there is no other state",
        "other_state_lost": "the state from before is not in {store} any more",
        "kept": "the other state is kept until {until} UTC",
        "not_restoring": "{centre} is not being restored",
        "not_unfinished": "{centre} is not one whose making was stopped",
        "never_restored": "{centre} has not been restored",
        "no_centre": "there is no centre {centre}; restore it as a new one",
        "migrating": "{centre} is being migrated; try again in a moment",
        "restoring": "{centre} is being restored already, or was and stopped: abort that",
        "moving": "{centre} is being moved; finish or abort that first",
        "promoting": "the standby of {store} is becoming its primary; end that first",
        "unreadable": "{namespace} cannot be read",
    }
