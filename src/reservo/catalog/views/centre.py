"""The centre itself: name, look, language; its privacy text."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo.catalog import queries
from reservo.catalog.forms import CentreForm, PrivacyForm
from reservo.catalog.models import Centre
from reservo.catalog.operations import centre as operations
from reservo.core import pictures
from reservo.core.clock import now
from reservo.staff.access import right

MOST_LOGO_BYTES = pictures.MOST_BYTES


@require_http_methods(["GET", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest) -> HttpResponse:
    form = CentreForm(request.POST or None, request.FILES or None, instance=Centre.objects.get())
    if request.method == "POST" and form.is_valid() and _logo_taken(request, form):
        by = request.staff.actor()
        operations.save_centre(form.save(commit=False), by=by, at=now())
        messages.success(request, _("Cambios guardados."))
        return redirect("catalog:centre")
    return render(
        request, "catalog/centre.html", {"form": form}, status=422 if request.method == "POST" else 200
    )


def _logo_taken(request: HttpRequest, form: CentreForm) -> bool:
    sent = form.cleaned_data.get("logo")
    if not sent:
        return True
    try:
        if sent.size > MOST_LOGO_BYTES:
            raise pictures.InvalidPicture("bytes")
        operations.set_logo(sent.read(), by=request.staff.actor(), at=now())
    except pictures.InvalidPicture:
        form.add_error("logo", _("No pudimos leer la imagen: usa un PNG, JPG o WebP de hasta 5 MB."))
        return False
    form.instance.logo = Centre.objects.get().logo
    return True


@require_http_methods(["GET", "POST"])
@right("configuration.edit")
def privacy(request: HttpRequest) -> HttpResponse:
    current = queries.privacy_text(queries.centre().language)
    initial = {"language": current.language, "words": current.text} if current else {}
    form = PrivacyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        operations.publish_privacy_text(given["words"], given["language"], by=request.staff.actor(), at=now())
        messages.success(request, _("Texto publicado. Las aceptaciones anteriores conservan su versión."))
        return redirect("catalog:privacy_text")
    return render(request, "catalog/privacy.html", {"form": form, "current": current})
