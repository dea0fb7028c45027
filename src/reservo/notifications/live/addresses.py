"""Where the live events are for the page that asks, and which pages may listen there."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def events_url(host: str) -> str:
    """As the operator says; else on the host that the page was opened by, so that its cookie goes there too."""
    known = "" if settings.RESERVO_EVENTS_URL_GIVEN else _known(host)
    if not known:
        return str(settings.RESERVO_EVENTS_URL)
    return f"{urlsplit(settings.RESERVO_PUBLIC_URL).scheme}://{known}:{settings.RESERVO_EVENTS_PORT}"


def is_ours(origin: str, host: str) -> bool:
    """Whether pages of this origin are ours and may use the events that were asked for at this host."""
    if origin == settings.RESERVO_PUBLIC_URL:
        return True
    known = "" if settings.RESERVO_EVENTS_URL_GIVEN else _known(host)
    public = urlsplit(settings.RESERVO_PUBLIC_URL)
    return bool(known) and origin == f"{public.scheme}://{known}" + (f":{public.port}" if public.port else "")


def _known(host: str) -> str:
    """The name in a Host header if it is one of ours, without the port."""
    name, _ = split_domain_port(host)
    return name if name and validate_host(name, settings.ALLOWED_HOSTS) else ""
