"""A form that could not be saved for now: it is posted again as it is, by its page or by a button."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

SECONDS = 45
RETRY_AFTER_SECONDS = 2
_UNREADABLE = (
    *(RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, UnreadablePostError, MultiPartParserError),
)


@dataclass(frozen=True, slots=True)
class Again:
    """What was typed, and for how long the page goes on trying. Only for what is saved once however often it comes."""

    fields: list[tuple[str, str]]
    seconds: int = SECONDS


def again(request: HttpRequest) -> Again | None:
    """Nothing where what was typed cannot be read."""
    try:
        typed = request.POST.lists()
    except _UNREADABLE:
        return None
    return Again([(name, value) for name, values in typed for value in values])
