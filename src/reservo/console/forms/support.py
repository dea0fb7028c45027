from django import forms
from django.utils.translation import gettext_lazy as _

from reservo.console.forms.centres import ReasonForm
from reservo.support.operations import LONGEST_MINUTES, SHORTEST_MINUTES

DEFAULT_MINUTES = 30


class SupportForm(ReasonForm):
    """What the centre reads before it decides."""

    minutes = forms.IntegerField(
        label=_("Minutos"), min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES, initial=DEFAULT_MINUTES
    )
    wants_patients = forms.BooleanField(label=_("Hace falta ver agenda y pacientes"), required=False)
