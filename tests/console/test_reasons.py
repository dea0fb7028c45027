"""Whatever an order can end with, and whatever can be refused, is said in the operator's language."""

from collections import defaultdict

import pytest
from django.utils import translation

from reservo.console import reasons
from reservo.fleet import moves
from reservo.fleet.backups import restoring
from reservo.fleet.models import Order
from reservo.fleet.orders.endings import Ended, NoLastBackup, NotDisabled, PorterLost, StillNeeded, kept, why

FROM_THE_SHELL_ONLY = {"not_restoring", "not_unfinished", "never_restored"}


def test_every_ending_has_words():
    assert set(reasons.ENDED) == set(Ended.WORDS)


@pytest.mark.parametrize("refusal", [moves.CannotMove, restoring.CannotRestore, StillNeeded])
def test_every_reason_has_words(refusal):
    assert set(refusal.WORDS) - FROM_THE_SHELL_ONLY <= set(reasons.WHY)


@pytest.mark.parametrize("failure", [NotDisabled, NoLastBackup, PorterLost])
def test_every_failure_of_an_order_has_words(failure):
    assert failure.reason in reasons.WHY


@pytest.mark.parametrize(
    "words", [Ended.WORDS, moves.CannotMove.WORDS, restoring.CannotRestore.WORDS, StillNeeded.WORDS]
)
def test_the_same_facts_fill_both(words):
    """A fact that nobody gives would end the page."""
    for key, at_a_terminal in words.items():
        given = defaultdict(lambda: "?", {"centre": "c"})
        at_a_terminal.format_map(given)
        asked = {name for name in given if name != "centre"}
        wanted = defaultdict(lambda: "?")
        said = (reasons.ENDED | reasons.WHY).get(key)
        if said:
            said() % wanted
            assert set(wanted) - {"centre"} <= asked, key


@pytest.mark.parametrize(
    ("language", "says"),
    [("es", "Ya no está en aquí; sigue en allá"), ("en", "Gone from aquí; still in allá")],
)
def test_an_order_says_how_it_ended(language, says):
    ending = Ended("gone_but_in", place="aquí", others="allá")
    with translation.override(language):
        assert reasons.ended(Order(name="c", said=str(ending), ending=kept(ending))) == says


def test_a_failure_says_why():
    order = Order(
        name="andes", error="CannotMove: …", ending=why(moves.CannotMove("migrating", centre="andes"))
    )
    assert reasons.ended(order).startswith("andes está recibiendo una versión nueva")
    moving = Order(name="andes", error="StillNeeded: …", ending=why(StillNeeded("moving")))
    assert reasons.ended(moving).startswith("andes se está trasladando")


def test_what_only_its_message_describes_is_said_as_it_is():
    assert why(OSError(28, "No space left on device")) == {}
    assert reasons.ended(Order(error="OSError: [Errno 28]", ending={})) == "OSError: [Errno 28]"
    assert reasons.ended(Order(said="of an earlier release", ending={})) == "of an earlier release"
