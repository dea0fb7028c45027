"""Views that do nothing: what is left is server, middleware and the way into a centre."""

from django.http import HttpRequest, HttpResponse

from reservo.api import limits
from reservo.api.entering import for_centre
from reservo.api.problems import answer
from reservo.notifications.models import Notice
from reservo.ui.access import public


@public
def empty(request: HttpRequest) -> HttpResponse:
    return answer({})


@public
def one(request: HttpRequest) -> HttpResponse:
    """One query."""
    return answer({"notices": Notice.objects.count()})


@for_centre("GET", limits.READS)
def empty_api(request: HttpRequest) -> HttpResponse:
    return answer({})
