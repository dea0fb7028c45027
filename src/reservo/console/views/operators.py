"""The operator's people."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reservo.console.access import actor_of, operator
from reservo.console.forms.entering import InviteForm
from reservo.console.models import Operator
from reservo.console.operations import operators
from reservo.console.views.pages import show
from reservo.core.clock import now
from reservo.core.mailaddress import InvalidAddress


@require_http_methods(["GET", "HEAD", "POST"])
@operator
def index(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    invited = _invited(request, form) if request.method == "POST" and form.is_valid() else None
    context = {"operators": Operator.objects.all(), "form": InviteForm() if invited else form}
    if invited:
        return show(request, "console/operators.html", {**context, **_link(request, invited)})
    return show(request, "console/operators.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@operator
def reset(request: HttpRequest, operator_id: int) -> HttpResponse:
    found = _of(operator_id)
    operators.reset(found, by=actor_of(request), at=now())
    if found.pk == request.operator.pk:
        return HttpResponseRedirect(reverse("console:invitation", args=[operators.invitation_token(found)]))
    context = {"operators": Operator.objects.all(), "form": InviteForm(), **_link(request, found)}
    return show(request, "console/operators.html", context)


@require_POST
@operator
def disable(request: HttpRequest, operator_id: int) -> HttpResponse:
    try:
        operators.disable(_of(operator_id), by=actor_of(request), at=now())
    except operators.LastOperator:
        messages.error(request, _("Es la última persona que puede entrar: invita antes a otra."))
    else:
        messages.success(request, _("Ya no puede entrar; sus sesiones quedaron cerradas."))
    return HttpResponseRedirect(reverse("console:operators"))


def _of(operator_id: int) -> Operator:
    found = Operator.objects.filter(pk=operator_id).first()
    if found is None:
        raise Http404
    return found


def _invited(request: HttpRequest, form: InviteForm) -> Operator | None:
    given = form.cleaned_data
    try:
        return operators.invite(given["email"], name=given["name"], by=actor_of(request), at=now())
    except InvalidAddress:
        form.add_error("email", _("No es una dirección de correo."))
    except operators.OperatorExists:
        form.add_error("email", _("Ya hay un operador con ese correo."))
    return None


def _link(request: HttpRequest, invited: Operator) -> dict[str, object]:
    """Shown once, to be handed over by a way that the two trust."""
    return {"invited": invited, "link": operators.invitation_link(invited)}
