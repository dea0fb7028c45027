from django import forms
from django.utils.translation import gettext_lazy as _

from reservo.console.forms.centres import ReasonForm

MOST = 1_000_000


class CapacityForm(ReasonForm):
    capacity = forms.IntegerField(label=_("Capacidad (centros)"), min_value=1, max_value=MOST)
    field_order = ["capacity", "reason"]


class DrainForm(ReasonForm):
    pass
