"""What a balancer or supervisor asks a web node."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reservo.tenancy import directory
from reservo.tenancy.backends.control import answering
from reservo.tenancy.backends.control.answering import ControlAway
from reservo.ui.access import public


@require_safe
@public
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("live\n", content_type="text/plain")


@require_safe
@public
def ready(request: HttpRequest) -> HttpResponse:
    """Also while the control database is away, if this node knows centres that it can go on serving."""
    try:
        answering.ask(_look)
    except ControlAway:
        if not directory.knows_any():
            return HttpResponse("the control database is away\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


def _look() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
