"""Getting in: second factor, invitation."""

from django import forms
from django.utils.translation import gettext_lazy as _

from reservo.accounts.forms import NewPasswordForm
from reservo.ui.fields import OneLine

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Código de tu aplicación, o uno de recuperación"),
        max_length=40,
        widget=forms.TextInput(_CODE),
    )


class AcceptForm(NewPasswordForm):
    """The seed travels with the form, sealed: until it is proved by a code it belongs to nobody."""

    name = OneLine(label=_("Tu nombre"), max_length=80)
    code = forms.CharField(
        label=_("Código de seis cifras que muestra la aplicación"),
        max_length=12,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    field_order = ["name", "password", "code"]


class InviteForm(forms.Form):
    name = OneLine(label=_("Nombre"), max_length=80)
    email = forms.CharField(label=_("Correo"), max_length=254, widget=forms.TextInput({"type": "email"}))
