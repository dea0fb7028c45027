"""What the console says is in the reader's words, and where one is stands marked."""

import re
from pathlib import Path

import pytest

from reservo import console as console_app
from reservo.console import trail
from reservo.console.templatetags.console import count, size
from reservo.core.clock import now
from tests.console.cast import HOME, SHELL


@pytest.mark.parametrize(
    ("action", "details", "words"),
    [
        ("centre.state", {"from": "active", "to": "maintenance"}, "Activo → En mantención"),
        ("destroy.approved", {"to": "destroy_store"}, "Destruir un almacén"),
        ("store.capacity", {"from": "5", "to": "9"}, "5 → 9"),
    ],
)
def test_the_trail_says_states_and_kinds_in_words(console, action, details, words):
    trail.note(action, "centre", 1, name=f"leido-{action}", by=SHELL, at=now(), **details)
    shown = console.get(f"{HOME}registro/?sobre=leido-{action}").content.decode()
    assert f"<td>{words}</td>" in shown


def test_a_search_of_the_trail_that_finds_nothing_does_not_say_that_nothing_was_done(console):
    assert "Ninguna acción así." in console.get(f"{HOME}registro/?quien=nadie").content.decode()


def test_restores_stand_under_backups(console):
    shown = console.get(f"{HOME}restauraciones/").content.decode()
    (here,) = re.findall(r'<a href="([^"]+)"\s+aria-current="page"', shown)
    assert here == f"{HOME}respaldos/"


def test_figures_are_written_as_the_language_writes_them():
    assert (size(5_400_000), size(None)) == ("5,4 MB", "—")
    assert re.sub(r"\s", " ", count(12_345_678)) in ("12.345.678", "12 345 678")


def test_the_way_on_from_a_page_that_is_not_there_leads_back_into_the_console(console):
    answer = console.get(f"{HOME}centros/no-hay/")
    assert answer.status_code == 404
    assert f'href="{HOME}">Ir al inicio' in answer.content.decode()


def test_what_is_drawn_again_and_again_leaves_the_keyboard_its_place():
    """htmx finds the focus again by the name of what had it."""
    folder = Path(console_app.__file__).parent / "templates" / "console"
    drawn = [page for page in folder.glob("_*.html") if "load delay" in page.read_text()]
    found = {
        page.name: [
            tag
            for tag in re.findall(r"<(?:a|button|summary)\b(?:{%.*?%}|{{.*?}}|[^>])*>", page.read_text())
            if " id=" not in tag
        ]
        for page in drawn
    }
    assert len(drawn) == 5
    assert {name: tags for name, tags in found.items() if tags} == {
        "_support.html": [
            '<button class="button">'
        ]  # the form that asks: nothing is drawn again while it stands
    }
