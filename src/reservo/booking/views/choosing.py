"""What a patient has chosen so far, as the address of the page says it, and the summary that stays in view."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from reservo.booking.views.common import language
from reservo.catalog.models import Branch, Centre
from reservo.catalog.queries import OnlineCatalogue, OnlineService
from reservo.core import money

ANY = "0"
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{22,40}")


@dataclass(slots=True)
class Choice:
    """Each step that is taken; `form_id` tells one patient's form from another's, `is_astray` an unknown id."""

    form_id: str
    branch: Branch | None = None
    service: OnlineService | None = None
    practitioner: str = ""
    day: date | None = None
    is_astray: bool = False

    @property
    def practitioner_id(self) -> int | None:
        return int(self.practitioner) if self.practitioner not in ("", ANY) else None

    def url(self, **changes: Any) -> str:
        """The page of this choice with some of it changed; an empty value takes the step back."""
        values = {
            "sucursal": self.branch.pk if self.branch else "",
            "servicio": self.service.service.pk if self.service else "",
            "profesional": self.practitioner,
            "dia": self.day.isoformat() if self.day else "",
            "f": self.form_id,
            "lang": language(),
        } | changes
        return (
            f"{reverse('book')}?{urlencode({name: value for name, value in values.items() if value != ''})}"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """What the summary says of one step, and where it is chosen anew."""

    texts: tuple[str, ...]
    url: str


def new_form_id() -> str:
    return secrets.token_urlsafe(18)


def form_id_in(given: Mapping[str, str]) -> str:
    """The id that came with the request, if it is one."""
    found = given.get("f", "")
    return found if _FORM_ID.fullmatch(found) else ""


def choice_of(given: Mapping[str, str], catalogue: OnlineCatalogue) -> Choice:
    """As far as what was given exists; a step with one possibility is taken by itself."""
    choice = Choice(form_id_in(given) or new_form_id())
    branches = {str(branch.pk): branch for branch in catalogue.branches}
    choice.branch = _picked(choice, branches, given.get("sucursal", ""))
    if choice.branch is None:
        return choice
    offered = {str(one.service.pk): one for one in catalogue.services if choice.branch.pk in one.by_branch}
    asked = given.get("servicio", "")
    choice.service = offered.get(asked)
    choice.is_astray |= bool(asked) and choice.service is None
    if choice.service is None:
        return choice
    people = {str(pk): str(pk) for pk in choice.service.by_branch[choice.branch.pk]}
    asked = given.get("profesional", "")
    choice.practitioner = ANY if asked == ANY else _picked(choice, people, asked) or ""
    choice.day = day_of(given.get("dia", ""))
    return choice


def _picked(choice: Choice, known: dict[str, Any], asked: str) -> Any:
    found = known.get(asked)
    choice.is_astray |= bool(asked) and found is None
    return next(iter(known.values())) if found is None and len(known) == 1 else found


def day_of(typed: str) -> date | None:
    try:
        found = date.fromisoformat(typed[:10])
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def groups(
    choice: Choice, catalogue: OnlineCatalogue, centre: Centre
) -> list[tuple[str, list[dict[str, str]]]]:
    """The branch's services by category, each as a line with duration and price."""
    here = [one for one in catalogue.services if choice.branch.pk in one.by_branch]
    named = groupby(here, key=lambda one: one.service.category.name if one.service.category else "")
    return [(name, [_line(one, choice, centre) for one in found]) for name, found in named]


def _line(one: OnlineService, choice: Choice, centre: Centre) -> dict[str, str]:
    return {
        "name": one.service.name,
        "duration": duration(one.service.duration_minutes),
        "price": price(one, choice.branch, centre),
        "url": choice.url(servicio=one.service.pk),
    }


def duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = (f"{hours} h" if hours else "", f"{rest} min" if rest else "")
    return _together(" ".join(part for part in parts if part))


def price(one: OnlineService, branch: Branch, centre: Centre) -> str:
    """The branch's price, else the base price; nothing is shown for what has none."""
    minor = one.prices.get(branch.pk, one.service.price_minor)
    return _together(money.format_minor(minor, centre.currency)) if minor else ""


def _together(text: str) -> str:
    """A number and its unit stay on one line."""
    return text.replace(" ", "\u00a0")


def summary(choice: Choice, catalogue: OnlineCatalogue, centre: Centre) -> list[Part]:
    parts = where_and_what(choice, catalogue, centre)
    if choice.practitioner and len(choice.service.by_branch[choice.branch.pk]) > 1:
        who = choice.practitioner_id
        name = catalogue.practitioners[who].name if who else _("Quien esté libre antes")
        parts.append(Part((name,), choice.url(profesional="", dia="")))
    return parts


def where_and_what(choice: Choice, catalogue: OnlineCatalogue, centre: Centre) -> list[Part]:
    """Branch, if there are several, and service with its length and price."""
    parts = []
    if choice.branch and len(catalogue.branches) > 1:
        parts.append(
            Part((choice.branch.name,), choice.url(sucursal="", servicio="", profesional="", dia=""))
        )
    if choice.service:
        service = choice.service.service
        facts = (
            service.name,
            duration(service.duration_minutes),
            price(choice.service, choice.branch, centre),
        )
        again = choice.url(servicio="", profesional="", dia="")
        parts.append(Part(tuple(filter(None, facts)), again))
    return parts
