"""Roles: which rights go together."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.core.clock import now
from reservo.staff import operations
from reservo.staff.access import right
from reservo.staff.forms import RoleForm
from reservo.staff.models import Role
from reservo.staff.operations import LastAdministrator


@require_safe
@right("users.edit")
def index(request: HttpRequest) -> HttpResponse:
    roles = Role.objects.annotate(count=Count("members")).order_by("id")[:200]
    return render(request, "staff/roles.html", {"roles": roles})


@require_http_methods(["GET", "HEAD", "POST"])
@right("users.edit")
def edit(request: HttpRequest, role_id: int | None = None) -> HttpResponse:
    role = get_object_or_404(Role, pk=role_id) if role_id else None
    extents = dict(role.rights.values_list("right", "extent")) if role else {}
    initial = {"name": str(role) if role else ""}
    form = RoleForm(request.POST or None, extents=extents, role_id=role_id, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            operations.save_role(
                role_id,
                name=form.cleaned_data["name"],
                extents=form.extents(),
                by=request.staff.actor(),
                at=now(),
            )
        except LastAdministrator:
            form.add_error(None, _("El centro no puede quedar sin quien lo administre."))
        else:
            messages.success(request, _("Rol guardado."))
            return redirect("staff:roles")
    context = {"form": form, "role": role}
    return render(request, "staff/role.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@right("users.edit")
def delete(request: HttpRequest, role_id: int) -> HttpResponse:
    get_object_or_404(Role, pk=role_id, builtin="")
    try:
        operations.delete_role(role_id, by=request.staff.actor(), at=now())
    except ProtectedError:
        messages.error(request, _("Hay personas con ese rol: dales otro primero."))
    else:
        messages.success(request, _("Rol eliminado."))
    return redirect("staff:roles")
