"""Every message of the screens has its English, in the catalogue of the app that says it."""

from __future__ import annotations

import ast
import re
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from django.utils.translation.template import templatize

SOURCES = Path(__file__).parents[2] / "src" / "reservo"
SCREENS = (".html", ".txt")
# Which arguments of a call are its context, its message and its plural; `_lazy` ones are alike.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
# The same for Babel, which reads what Django makes of a template.
OF_TEMPLATES = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)} | {
    "npgettext": ((1, "c"), 2, 3)
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdf%]|\{\w*\}|<[^<>]+>")


class Message(NamedTuple):
    text: str
    plural: str = ""
    context: str = ""

    def english(self) -> tuple[str, ...]:
        """What the screens show, in the numbers that it has."""
        with translation.override("en"):
            if self.context and self.plural:
                return tuple(npgettext(self.context, self.text, self.plural, n) for n in (1, 2))
            if self.context:
                return (pgettext(self.context, self.text),)
            if self.plural:
                return tuple(ngettext(self.text, self.plural, n) for n in (1, 2))
            return (gettext(self.text),)


def messages_of(app: Path) -> set[Message]:
    found: set[Message] = set()
    for path in app.rglob("*"):
        if path.suffix == ".py":
            found |= set(in_python(path.read_text(), str(path)))
        elif path.suffix in SCREENS:
            found |= set(in_template(path.read_text(), str(path)))
    return found


def in_python(source: str, place: str = "?"):
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        shape = CALLS.get(name.removesuffix("_lazy"))
        if shape:
            context, text, plural = (_literal(node, at, place) for at in shape)
            yield Message(text, plural, context)


def _literal(call: ast.Call, position: int | None, place: str) -> str:
    if position is None:
        return ""
    given = call.args[position]
    if not (isinstance(given, ast.Constant) and isinstance(given.value, str)):
        raise AssertionError(
            f"{place}:{call.lineno}: a message is written where it is said: {ast.unparse(call)}"
        )
    return given.value


def in_template(source: str, place: str = "?"):
    # Babel takes the indentation of a page for Python's.
    code = "\n".join(line.strip() for line in templatize(source, origin=place).splitlines())
    for _line, words, _comments, context in extract("python", BytesIO(code.encode()), keywords=OF_TEMPLATES):
        text, plural = (words, "") if isinstance(words, str) else words
        yield Message(text, plural, context or "")


def catalogue_of(app: Path) -> Catalog:
    path = app / "locale" / "en" / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file)


def entries_of(app: Path) -> dict[Message, tuple[str, ...]]:
    return {
        Message(*_forms(entry.id), context=entry.context or ""): _forms(entry.string)
        for entry in catalogue_of(app)
        if entry.id
    }


def _forms(one_or_more: str | tuple[str, ...]) -> tuple[str, ...]:
    return (one_or_more,) if isinstance(one_or_more, str) else tuple(one_or_more)


APPS = [app for app in sorted(SOURCES.iterdir()) if app.is_dir() and (messages_of(app) or entries_of(app))]
each_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)


@each_app
def test_every_message_has_its_english(app):
    english = {message for message, strings in entries_of(app).items() if all(strings)}
    assert sorted(messages_of(app) - english) == []


@each_app
def test_every_entry_is_still_said(app):
    assert sorted(entries_of(app).keys() - messages_of(app)) == []
    assert list(catalogue_of(app).obsolete) == []


@each_app
def test_no_entry_is_a_guess(app):
    assert [entry.id for entry in catalogue_of(app) if entry.id and entry.fuzzy] == []


@each_app
def test_placeholders_and_markup_are_the_same_in_both_languages(app):
    different = [
        (spanish, english)
        for message, strings in entries_of(app).items()
        for spanish, english in zip((message.text, message.plural), strings, strict=False)
        if sorted(PLACEHOLDER.findall(spanish)) != sorted(PLACEHOLDER.findall(english))
    ]
    assert different == []


@each_app
def test_a_catalogue_says_what_it_is(app):
    catalogue = catalogue_of(app)
    assert (str(catalogue.locale), catalogue.charset.lower(), catalogue.num_plurals) == ("en", "utf-8", 2)


@each_app
def test_the_screens_show_what_the_catalogue_says(app):
    """It is compiled (`make messages`), and no other app says the same words otherwise."""
    shown = {message: message.english() for message in entries_of(app)}
    assert shown == entries_of(app)


def test_every_way_to_write_a_message_is_found():
    code = """
    x = [_("uno" " dos"), gettext_lazy('tres'), f"{_('cuatro')}: {n}", ngettext("una", "varias", n),
         pgettext('hora', "cinco"), npgettext("hora", "seis", "seises", n), gettext_noop("siete")]
    """
    assert set(in_python(code.strip())) == {
        Message("uno dos"),
        Message("tres"),
        Message("cuatro"),
        Message("una", "varias"),
        Message("cinco", context="hora"),
        Message("seis", "seises", "hora"),
        Message("siete"),
    }
    page = """{% load i18n %}{% comment %}nada{% endcomment %}<p title="{% translate 'uno' %}">{# nada #}
      {{ name|default:_("dos") }} {% include "x.html" with label=_("tres") %} {% translate "cuatro" context "hora" %}
      {% blocktranslate trimmed with name=centre.name %}
        Hola,
        {{ name }}
      {% endblocktranslate %}
    {% blocktranslate count n=total %}una{% plural %}{{ n }} cosas{% endblocktranslate %}"""
    assert set(in_template(page)) == {
        Message("uno"),
        Message("dos"),
        Message("tres"),
        Message("cuatro", context="hora"),
        Message("Hola, %(name)s"),
        Message("una", "%(n)s cosas"),
    }


def test_a_message_that_is_no_literal_is_refused():
    with pytest.raises(AssertionError, match="written where it is said"):
        list(in_python('_(f"{n} citas")'))
