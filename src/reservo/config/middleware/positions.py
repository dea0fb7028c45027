"""Up to where a member of staff wrote is kept with their browser: the standby is read by them only from there on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from reservo import tenancy
from reservo.tenancy import connections, replicas
from reservo.tenancy.replicas import AWAY, Seen

COOKIE = "reservo_seen"
LONGEST = 200


class Positions:
    """Of one request to a centre whose store has a standby."""

    def __init__(self, request: HttpRequest, route: tenancy.Route):
        self._request, self._route = request, route
        self.seen = _read(request, route)
        self._primary = connections.primary_of(route)
        self._writes_before = self._primary.writes

    def remember(self, response: HttpResponse) -> None:
        """After the answer is made: where its writes stand. Patients' pages are never stale and get no cookie."""
        if getattr(self._request, "staff", None) is None or not self._has_moved():
            return
        response.set_signed_cookie(
            COOKIE,
            f"{self._route.epoch} {self._position()}",
            salt=_salt(self._route),
            path=self._request.cookie_path,
            secure=settings.RESERVO_SECURE,
            httponly=True,
            samesite="Lax",
        )

    def _has_moved(self) -> bool:
        seen = self.seen
        is_of_use = seen is None or (seen.epoch == self._route.epoch and seen.position)
        return not is_of_use or self._primary.writes != self._writes_before

    def _position(self) -> str:
        """Nothing, if the server went away after the write: then the primary is read until it is known."""
        try:
            return str(self._primary.position())
        except AWAY:
            return ""


@contextmanager
def kept(request: HttpRequest, route: tenancy.Route) -> Iterator[Positions | None]:
    """Inside the active centre: stale reads of this request show what its session wrote."""
    if not route.replica:
        yield None
        return
    positions = Positions(request, route)
    with replicas.session(positions.seen):
        yield positions


def _read(request: HttpRequest, route: tenancy.Route) -> Seen | None:
    """A proof that does not hold is as good as an unknown position."""
    if COOKIE not in request.COOKIES:
        return None
    said = request.get_signed_cookie(COOKIE, default="", salt=_salt(route))[:LONGEST]
    epoch, _, position = said.partition(" ")
    return Seen(int(epoch) if epoch.isdigit() else -1, position)


def _salt(route: tenancy.Route) -> str:
    return f"reservo.seen.{route.tenant_id}"
