"""The centre itself: name, look, language; its privacy text."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reservo.catalog import queries
from reservo.catalog.forms import CentreForm, PrivacyForm
from reservo.catalog.forms.centre import NO_PICTURE
from reservo.catalog.models import Centre, PrivacyText
from reservo.catalog.operations import centre as operations
from reservo.catalog.views.saving import posted, saved, status_of
from reservo.core import pictures
from reservo.core.clock import now
from reservo.staff.access import right

MOST_VERSIONS = 20
MOST_LOGO_BYTES = pictures.MOST_BYTES


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def edit(request: HttpRequest) -> HttpResponse:
    centre = Centre.objects.get()
    currency = centre.currency
    form = CentreForm(posted(request), request.FILES or None, instance=centre)
    if request.method == "POST" and form.is_valid() and _logo_taken(request, form):
        operations.save_centre(form.save(commit=False), by=request.staff.actor(), at=now())
        if form.cleaned_data["currency"] != currency:
            messages.warning(request, _("Los precios no se convierten a la nueva moneda: revísalos."))
        return saved(request, "catalog:centre")
    return render(request, "catalog/centre.html", {"form": form}, status=status_of(request))


def _logo_taken(request: HttpRequest, form: CentreForm) -> bool:
    sent, by = form.cleaned_data.get("logo"), request.staff.actor()
    try:
        if sent and sent.size > MOST_LOGO_BYTES:
            raise pictures.InvalidPicture("bytes")
        if sent:
            operations.set_logo(sent.read(), by=by, at=now())
        elif form.cleaned_data.get("without_logo"):
            operations.remove_logo(by=by, at=now())
    except pictures.InvalidPicture:
        form.add_error("logo", NO_PICTURE)
        return False
    form.instance.logo = Centre.objects.get().logo
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def privacy(request: HttpRequest) -> HttpResponse:
    centre = queries.centre()
    current = queries.privacy_text(centre.language)
    initial = {"language": current.language, "words": current.text} if current else {}
    form = PrivacyForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        operations.publish_privacy_text(given["words"], given["language"], by=request.staff.actor(), at=now())
        messages.success(request, _("Texto publicado. Las aceptaciones anteriores conservan su versión."))
        return redirect("catalog:privacy_text")
    versions = PrivacyText.objects.order_by("-version").only("version", "language", "published_at")
    context = {
        "form": form,
        "centre": centre,
        "current": current,
        "versions": versions[:MOST_VERSIONS],
        "zone": centre.zone,
    }
    return render(request, "catalog/privacy.html", context, status=status_of(request))
