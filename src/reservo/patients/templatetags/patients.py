"""Names of a patient's fields on screen."""

from django import template

from reservo.patients.forms import PatientForm

register = template.Library()


@register.filter
def field_label(name: str) -> str:
    field = PatientForm.base_fields.get(name)
    return str(field.label) if field else name
