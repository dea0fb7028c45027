"""Saving a configuration object: in a transaction, in the trail, and only over what was read."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.audit.operations import record
from reservo.core.clock import now


def save_form(request: HttpRequest, form: forms.ModelForm, kind: str) -> object:
    """The saved object."""
    with tenancy.atomic():
        made = form.save()
        record(f"{kind}.saved", kind, made.pk, by=request.staff.actor(), at=now())
    return made


def saved_words() -> str:
    return _("Cambios guardados.")
