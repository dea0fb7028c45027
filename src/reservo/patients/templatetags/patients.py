"""Names and values of a patient's fields on screen."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import template

from reservo.core import identity, phones
from reservo.patients.forms import PatientForm
from reservo.patients.models import Patient, PatientDifference

register = template.Library()

COLUMNS = {
    "numero": lambda patient: patient.number,
    "documento": lambda patient: identity.format_id(patient.country, patient.national_id),
    "telefono": lambda patient: phones.display(patient.phone) if patient.phone else "",
    "correo": lambda patient: patient.email,
    "nacimiento": lambda patient: f"{patient.birth_date:%d-%m-%Y}" if patient.birth_date else "",
    "prevision": lambda patient: patient.insurer,
    "categoria": lambda patient: patient.category,
    "valoracion": lambda patient: "★" * patient.rating,
    "ciudad": lambda patient: patient.city,
}


@register.filter
def field_label(name: str) -> str:
    field = PatientForm.base_fields.get(name)
    return str(field.label) if field else name


@register.filter
def on_file(difference: PatientDifference) -> str:
    return _shown(difference, difference.on_file)


@register.filter
def given(difference: PatientDifference) -> str:
    return _shown(difference, difference.given)


def _shown(difference: PatientDifference, value: str) -> str:
    """As the file shows it."""
    if not value:
        return ""
    if difference.field == "phone":
        return phones.display(value)
    if difference.field == "national_id":
        return identity.format_id(difference.patient.country, value)
    if difference.field == "birth_date":
        return f"{date.fromisoformat(value):%d-%m-%Y}"
    return value


@register.filter
def column(patient: Patient, name: str) -> Any:
    return COLUMNS[name](patient)


@register.simple_tag(takes_context=True)
def columns_asked(context: template.Context) -> list[str]:
    """The columns of the address, to travel on with another filter."""
    return [name for name in context["request"].GET.getlist("columna") if name in COLUMNS]


@register.simple_tag(takes_context=True)
def drop(context: template.Context, name: str) -> str:
    """The page's query string without one filter, from its first page."""
    kept = [
        (key, value)
        for key, values in context["request"].GET.lists()
        for value in values
        if key not in (name, "page")
    ]
    return f"?{urlencode(kept)}"
