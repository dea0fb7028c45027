"""Saving a configuration object: in a transaction, in the trail, and saying where it happened."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog import setup, uses
from reservo.catalog.forms.guards import first_of
from reservo.catalog.models import Branch
from reservo.core.clock import now
from reservo.jobs import recurring


def posted(request: HttpRequest):
    """What was sent, even if it is empty; None while the form is only shown."""
    return request.POST if request.method == "POST" else None


def status_of(request: HttpRequest) -> int:
    """Of a page with its form: sent and refused, or just shown."""
    return 422 if request.method == "POST" else 200


def save_form(request: HttpRequest, form: forms.ModelForm, kind: str) -> object:
    """The saved object."""
    with tenancy.atomic():
        made = form.save()
        if isinstance(made, Branch):
            recurring.places_changed(at=now())
        record(f"{kind}.saved", kind, made.pk, by=request.staff.actor(), at=now())
    return made


def saved(request: HttpRequest, to: str, *args: object) -> HttpResponse:
    """Say so and go on: to the next step while a new centre is led through its set-up."""
    messages.success(request, saved_words())
    following = setup.next_address(request.GET.get("paso", ""))
    return redirect(following) if following else redirect(to, *args)


def saved_words() -> str:
    return _("Cambios guardados.")


def say_left_outside(request: HttpRequest, visits: list[uses.Visit]) -> None:
    """Visits that the new hours leave outside stay as they are, and are named."""
    if not visits:
        return
    words = ngettext(
        "%(count)d cita ya dada queda fuera del nuevo horario y sigue en pie.",
        "%(count)d citas ya dadas quedan fuera del nuevo horario y siguen en pie.",
        len(visits),
    ) % {"count": len(visits)}
    messages.warning(request, format_html("{} {}", words, first_of(visits)))
