"""What a request meets that is nobody's mistake, or no page at all, is said kindly."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse

from reservo.config import errors
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.backends.reading import WriteOnReplica
from reservo.tenancy.connections import has_lost_its_store
from reservo.tenancy.replicas import ReplicaLost
from reservo.tenancy.servers import StoreUnavailable, has_waited_too_long, is_deadlock, is_read_only

LITTLE_BYTES = 65_536
MOST_READ_BYTES = 32_000_000
READ_AT_ONCE_BYTES = 65_536


class RefusalMiddleware:
    """Turns a centre's change of place, an overlong wait for its data, and empty 405s into pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            return errors.method_not_allowed(request, allow=response.headers["Allow"])
        if not getattr(request, "refused_by", ""):  # else it may be asked again, with all that it says
            hear_out(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ControlAway):
            return errors.control_away(request)
        if isinstance(exception, StaleEpoch) or is_read_only(exception):
            request.refused_by = "place"
            return errors.changing_place(request)
        if is_deadlock(exception):
            request.refused_by = "deadlock"
            return errors.busy(request)
        if has_waited_too_long(exception):
            return errors.busy(request)
        if isinstance(exception, StoreUnavailable) or has_lost_its_store(exception):
            request.refused_by = "replica" if isinstance(exception, ReplicaLost) else "store"
            return errors.store_away(request)
        if isinstance(exception, WriteOnReplica) and getattr(request, "stands_in", False):
            return errors.store_away(request)
        if isinstance(exception, DataError) and "NUL" in str(exception):
            return errors.bad_request(request)
        return None


def hear_out(request: HttpRequest, response: HttpResponse) -> None:
    """Read what a refused request still sends: a client that is cut off while it sends does not hear the answer."""
    if response.status_code >= 400 and _has_more_to_say(request):
        _read_to_its_end(request)


def _has_more_to_say(request: HttpRequest) -> bool:
    if "Transfer-Encoding" in request.headers:
        return True
    return int(request.headers.get("Content-Length") or 0) > LITTLE_BYTES


def _read_to_its_end(request: HttpRequest) -> None:
    left = MOST_READ_BYTES
    coming = request.environ["wsgi.input"] if "Transfer-Encoding" in request.headers else request._stream
    try:
        while left > 0 and (read := coming.read(READ_AT_ONCE_BYTES)):
            left -= len(read)
    except (OSError, ValueError):
        return
