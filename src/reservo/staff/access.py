"""Who may open a page of the centre."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from reservo import tenancy
from reservo.accounts.queries import user_of_session
from reservo.core import trace
from reservo.staff.models import StaffMember
from reservo.ui import access, speaking

View = Callable[..., HttpResponse]
Visitor = Callable[[HttpRequest], StaffMember | None]
_visitors: dict[str, Visitor] = {}


def visitors_from(function: Visitor) -> None:
    """Register how somebody is read who looks into the centre without being of its staff; they change nothing."""
    _visitors["visitor"] = function


def staff_of(request: HttpRequest) -> StaffMember | None:
    """The member of the active centre's staff who sends this request, read once."""
    if not hasattr(request, "_staff"):
        request._staff = _read(request)
    return request._staff


def _read(request: HttpRequest) -> StaffMember | None:
    if request.session.get("support_access") and "visitor" in _visitors:
        return _visitors["visitor"](request)
    if not request.session.get("user_id"):
        return None
    user = user_of_session(request.session, tenancy.current().tenant_id)
    if user is None:
        return None
    request.user = user
    speaking.to_member(request, user.language)
    trace.note(user=user.pk)
    members = StaffMember.objects.select_related("role").prefetch_related("role__rights")
    return members.filter(user_id=user.pk, is_active=True).first()


def right(name: str) -> Callable[[View], View]:
    """Only staff with this right: others get the log-in, 404 (of another centre), or 403."""
    return _guard(f"right:{name}", lambda staff: name in staff.extents)


def member(view: View) -> View:
    """Any active member of the centre's staff."""
    return _guard("member", lambda staff: True)(view)


def _guard(rule: str, allows: Callable[[StaffMember], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            staff = staff_of(request)
            if staff is None:
                return _unknown(request)
            if not allows(staff) or (staff.is_visitor and not _may_visit(request, rule)):
                raise PermissionDenied(rule)
            request.staff = staff
            response = view(request, *args, **kwargs)
            response.setdefault("Cache-Control", "private, no-store")
            return response

        return access.rule(rule)(guarded)

    return decorate


def _may_visit(request: HttpRequest, rule: str) -> bool:
    """A visitor reads pages; nothing is theirs to change, and no account of the centre is theirs."""
    return rule != "member" and request.method in ("GET", "HEAD")


def _unknown(request: HttpRequest) -> HttpResponse:
    if request.session.get("user_id") and request.session.get("tenant_id") != tenancy.current().tenant_id:
        raise Http404
    address = f"{reverse('accounts:login')}?{urlencode({'next': access.page_of(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": "log_in", "login": address}, status=401)
    return HttpResponseRedirect(address)
