"""A practitioner's face: the photograph, or initials on their colour."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reservo.catalog.models import Practitioner
from reservo.catalog.queries import photo_address
from reservo.core import colours

register = template.Library()
_TITLES = ("dr.", "dra.", "lic.", "klga.", "klgo.", "d.", "dña.")


@register.simple_tag
def face(person: Practitioner) -> SafeString:
    if person.photo:
        return format_html(
            '<img class="avatar" src="{}" alt="" width="40" height="40">', photo_address(person.photo)
        )
    return _initials(person)


def _initials(person: Practitioner) -> SafeString:
    words = [word for word in person.name.split() if word.casefold() not in _TITLES] or [person.name]
    letters = "".join(word[0] for word in words[:2]).upper()
    return format_html(
        '<svg class="avatar" viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="20" fill="{}"/>'
        '<text x="20" y="25" text-anchor="middle" font-size="14" font-weight="600" fill="{}">{}</text></svg>',
        person.colour,
        colours.ink_on(person.colour),
        letters,
    )
