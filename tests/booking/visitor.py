"""A patient's browser without scripts and without cookies: it follows links and presses buttons as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.test import Client

TYPED = {
    "given_name": "Rosa",
    "paternal_surname": "Soto",
    "email": "rosa@paciente.example",
    "phone": "+56 9 8765 4321",
    "national_id": "11.111.111-1",
    "privacy_accepted": "on",
}


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """Links, forms and words of an answer."""

    def __init__(self, response):
        super().__init__()
        self.response, self.status = response, response.status_code
        self.links, self.forms, self.words = [], [], []
        self._text = []
        if response.get("Content-Type", "").startswith("text/html"):
            self.feed(response.content.decode())

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a":
            self.links.append([given.get("href", ""), ""])
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        if tag in ("input", "textarea") and self.forms and "name" in given:
            ticked = given.get("type") != "checkbox" or "checked" in given
            if ticked:
                value = given.get("value") or ("on" if given.get("type") == "checkbox" else "")
                self.forms[-1].fields[given["name"]] = value
        if tag == "button" and self.forms:
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", ""), ""))
        self._text.append(tag)

    def handle_endtag(self, tag):
        while self._text and self._text.pop() != tag:
            pass

    def handle_data(self, data):
        self.words.append(data)
        if "a" in self._text and self.links:
            self.links[-1][1] += data
        if "button" in self._text and self.forms and self.forms[-1].buttons:
            name, value, text = self.forms[-1].buttons[-1]
            self.forms[-1].buttons[-1] = (name, value, text + data)


class Visitor:
    def __init__(self, cast, *, address="10.0.0.1", language="es"):
        self.cast, self.address = cast, address
        self.client = Client(headers={"accept-language": language})
        self.page: Page | None = None
        self.url = ""

    def open(self, url="", **values) -> Page:
        return self._see(self.client.get(self._full(url), values, REMOTE_ADDR=self.address))

    def post(self, url, values, **more) -> Page:
        return self._see(self.client.post(self._full(url), values, REMOTE_ADDR=self.address, **more))

    def follow(self, words) -> Page:
        """The link that says these words."""
        return self.open(next(href for href, text in self.page.links if words in text))

    def press(self, words="", **typed) -> Page:
        """The button that says these words, in its form with what is typed."""
        for form in self.page.forms:
            for name, value, text in form.buttons:
                if words in text:
                    return self.post(form.action, {**form.fields, **typed, **({name: value} if name else {})})
        raise AssertionError(f"no button {words!r} in: {self.page.text[:400]}")

    def press_value(self, value, **typed) -> Page:
        for form in self.page.forms:
            for name, has, _text in form.buttons:
                if has == value:
                    return self.post(form.action, {**form.fields, **typed, name: value})
        raise AssertionError(f"no button of {value!r}")

    @property
    def times(self) -> list[str]:
        return [value for form in self.page.forms for name, value, _ in form.buttons if name == "inicio"]

    def to_times(self, day, *, service=None, practitioner="0", **more) -> Page:
        """The page of hours of that day."""
        wanted = {"sucursal": self.cast.branch, "servicio": service or self.cast.consultation}
        return self.open("", **wanted, profesional=practitioner, dia=day.isoformat(), **more)

    def hold(self, at, **more) -> Page:
        """Press the hour; ends on the form."""
        self.to_times(at.date(), **more)
        local = next(value for value in self.times if _same(value, at))
        return self.press_value(local)

    def _full(self, url) -> str:
        return (
            url
            if url.startswith("/")
            else self.cast.url(url)
            if not url.startswith("?")
            else (urlsplit(self.url).path + url)
        )

    def _see(self, response) -> Page:
        assert not response.cookies, "these pages use no cookies"
        self.page = Page(response)
        self.url = response.request["PATH_INFO"]
        if response.status_code in (302, 303):
            return self.open(response["Location"])
        return self.page


def _same(value, at) -> bool:
    from datetime import datetime

    return datetime.fromisoformat(value) == at
