"""Jobs, dead letters, mail failures; processes alive or not."""

from __future__ import annotations

from django.contrib import messages
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from reservo.console.access import actor_of, operator
from reservo.console.operations import work
from reservo.console.queries import processes as running
from reservo.console.queries import work as found
from reservo.console.views.pages import show
from reservo.core.clock import now
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.servers import StoreUnavailable

AWAY = (DatabaseError, StaleEpoch, StoreUnavailable)


@require_safe
@operator
def index(request: HttpRequest) -> HttpResponse:
    at = now()
    waiting, since = found.overdue(at=at)
    own = found.work_of(found.OWN, at=at)
    context = {"troubles": found.troubles(), "waiting": waiting, "since": since, "own": own}
    return show(request, "console/jobs.html", context)


@require_safe
@operator
def centre(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens this one centre, and shows of it what `queries.work` says."""
    try:
        context = {"slug": slug, "work": found.work_of(slug, at=now()), "is_own": slug == found.OWN}
    except LookupError:
        raise Http404 from None
    except AWAY:
        context = {"slug": slug, "work": None}
    return show(request, "console/work.html", context)


@require_POST
@operator
def revive(request: HttpRequest, slug: str, job_id: int | None = None) -> HttpResponse:
    try:
        count = work.revive(slug, job_id, by=actor_of(request), at=now())
    except LookupError:
        raise Http404 from None
    except AWAY:
        return _away(request, slug)
    words = ngettext("%(n)d trabajo vuelve a empezar.", "%(n)d trabajos vuelven a empezar.", count)
    return _back(request, slug, words % {"n": count})


@require_POST
@operator
def send_again(request: HttpRequest, slug: str, delivery_id: int | None = None) -> HttpResponse:
    try:
        count = work.send_again(slug, delivery_id, by=actor_of(request), at=now())
    except LookupError:
        raise Http404 from None
    except AWAY:
        return _away(request, slug)
    words = ngettext("%(n)d correo sale otra vez.", "%(n)d correos salen otra vez.", count)
    return _back(request, slug, words % {"n": count})


@require_safe
@operator
def processes(request: HttpRequest) -> HttpResponse:
    at = now()
    waiting, since = found.overdue(at=at)
    context = {
        "kinds": running.kinds(at=at),
        "leases": running.leases(at=at),
        "late": running.late_firings(at=at),
    }
    return show(request, "console/processes.html", {**context, "waiting": waiting, "since": since})


def _back(request: HttpRequest, slug: str, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(reverse("console:work", args=[slug]))


def _away(request: HttpRequest, slug: str) -> HttpResponse:
    messages.error(request, _("Su almacén no responde: nada cambió."))
    return HttpResponseRedirect(reverse("console:work", args=[slug]))
