"""Who works here and what they may do."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo.core.actor import Actor
from reservo.core.clock import now
from reservo.core.mailaddress import InvalidAddress
from reservo.staff import operations
from reservo.staff.access import right
from reservo.staff.forms import InviteForm, MemberForm, initial_of
from reservo.staff.models import StaffMember
from reservo.staff.operations import AlreadyStaff, LastAdministrator


@require_safe
@right("users.edit")
def index(request: HttpRequest) -> HttpResponse:
    found = StaffMember.objects.select_related("role").order_by("-is_active", "name")
    return render(
        request, "staff/index.html", {"page": Paginator(found, 50).get_page(request.GET.get("page"))}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@right("users.edit")
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            operations.invite(given["name"], given["email"], form.place(), by=request.staff.actor(), at=now())
        except AlreadyStaff:
            form.add_error("email", _("Ya hay alguien con ese correo."))
        except InvalidAddress:
            form.add_error("email", _("El correo no es válido."))
        else:
            messages.success(request, _("Invitación enviada. El enlace dura siete días."))
            return redirect("staff:index")
    return render(request, "staff/edit.html", {"form": form}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@right("users.edit")
def edit(request: HttpRequest, staff_id: int) -> HttpResponse:
    member = get_object_or_404(StaffMember, pk=staff_id)
    form = MemberForm(request.POST or None, initial=initial_of(member))
    if request.method == "POST" and form.is_valid():
        try:
            _save(form, staff_id, by=request.staff.actor(), at=now())
        except LastAdministrator:
            form.add_error(None, _("El centro no puede quedar sin quien lo administre."))
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("staff:index")
    context = {"form": form, "member": member}
    return render(request, "staff/edit.html", context, status=422 if request.method == "POST" else 200)


def _save(form: MemberForm, staff_id: int, *, by: Actor, at: datetime) -> None:
    """Each thing that changed, with its own line of the trail. Raises LastAdministrator."""
    if set(form.changed_data) != {"name"}:
        operations.change(staff_id, form.place(), is_active=form.cleaned_data["is_active"], by=by, at=at)
    operations.rename(staff_id, form.cleaned_data["name"], by=by, at=at)


@require_POST
@right("users.edit")
def invite_again(request: HttpRequest, staff_id: int) -> HttpResponse:
    member = get_object_or_404(StaffMember, pk=staff_id, user_id=None)
    operations.renew_invitation(member, at=now())
    messages.success(request, _("Enviamos otra invitación; la anterior ya no sirve."))
    return redirect("staff:index")


@require_POST
@right("users.edit")
def withdraw(request: HttpRequest, staff_id: int) -> HttpResponse:
    member = get_object_or_404(StaffMember, pk=staff_id, user_id=None)
    try:
        operations.withdraw_invitation(member.pk, by=request.staff.actor(), at=now())
    except operations.HasJoined:
        messages.error(request, _("Ya aceptó la invitación: quítale el acceso."))
    else:
        messages.success(request, _("Invitación retirada."))
    return redirect("staff:index")
