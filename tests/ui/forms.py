"""Reading the forms of a page as a browser does: where they go, and what they would send."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Field:
    name: str
    kind: str
    value: str = ""
    is_sent: bool = True


@dataclass
class Form:
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    @property
    def data(self) -> dict[str, list[str]]:
        """What pressing its button sends."""
        sent: dict[str, list[str]] = {}
        for one in self.fields:
            if one.is_sent and one.kind != "file":
                sent.setdefault(one.name, []).append(one.value)
        return sent

    def names(self, *kinds: str) -> list[str]:
        return sorted({one.name for one in self.fields if one.kind in kinds})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.errors: list[str] = []
        self._form: Form | None = None
        self._field: Field | None = None
        self._first_option = True
        self._in_error = 0

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self._form = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._form)
        elif tag == "p" and "error" in (given.get("class") or "").split():
            self.errors.append("")
            self._in_error = 1
        elif self._form is not None and given.get("name"):
            self._control(tag, given)
        elif tag == "option" and self._field is not None:
            self._option(given)

    def _control(self, tag, given):
        kind = (given.get("type") or "text") if tag == "input" else tag
        ticks = kind in ("checkbox", "radio")
        value = given.get("value") or ("on" if ticks else "")
        made = Field(given["name"], kind, value, is_sent=not ticks or "checked" in given)
        if kind in ("submit", "button"):
            return
        if tag == "select":
            made.is_sent = "multiple" not in given
            self._first_option = True
        self._form.fields.append(made)
        self._field = made if tag in ("select", "textarea") else None

    def _option(self, given):
        value = given.get("value") or ""
        if self._field.kind != "select":
            return
        if "selected" in given or (self._first_option and self._field.is_sent):
            self._field.value, self._field.is_sent = value, True
        self._first_option = False

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._field = None
        elif tag == "p":
            self._in_error = 0

    def handle_data(self, data):
        if self._field is not None and self._field.kind == "textarea":
            self._field.value += data
        if self._in_error:
            self.errors[-1] += data


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    for form in reader.forms:
        for one in form.fields:
            # A browser drops the first line break of a text area.
            one.value = one.value.removeprefix("\n") if one.kind == "textarea" else one.value
    return reader


def editing(html: str) -> Form:
    """The form of the page that is filled in: the one with most fields."""
    posting = [form for form in read(html).forms if form.method == "post"]
    return max(posting, key=lambda form: len(form.fields))
