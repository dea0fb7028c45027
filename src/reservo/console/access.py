"""Who may open a page of the console: the operator's people, by a session that is good for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from reservo.console.models import Operator
from reservo.console.operations.operators import proves
from reservo.core import trace
from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.ui import access

View = Callable[..., HttpResponse]
LONGEST = timedelta(hours=10)
IDLE = timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)


def operator(view: View) -> View:
    """Only people of the operator's; others are sent to the console's own log-in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = operator_of(request, at=now())
        if found is None:
            return _unknown(request)
        request.operator = found
        trace.note(user=f"operator {found.pk}")
        return view(request, *args, **kwargs)

    return access.rule("operator")(guarded)


def operator_of(request: HttpRequest, *, at: datetime) -> Operator | None:
    """The operator who sends this request, if their session is neither too old nor left idle."""
    session = request.session
    if not session.get("operator_id"):
        return None
    began, seen = (datetime.fromisoformat(session[name]) for name in ("operator_began", "operator_seen"))
    if at > began + LONGEST or at > seen + IDLE:
        session.flush()
        return None
    found = Operator.objects.filter(pk=session["operator_id"], is_active=True).first()
    if found is None or not proves(session, found):
        return None
    if at > seen + NOTED_EVERY:
        session["operator_seen"] = at.isoformat()
    return found


def actor_of(request: HttpRequest) -> Actor:
    return Actor("operator", request.operator.pk, request.operator.name, "console")


def _unknown(request: HttpRequest) -> HttpResponse:
    address = f"{reverse('console:login')}?{urlencode({'next': access.page_of(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": "log_in", "login": address}, status=401)
    return HttpResponseRedirect(address)
