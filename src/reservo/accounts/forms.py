from django import forms
from django.utils.translation import gettext_lazy as _

from reservo.accounts.passwords import LONGEST
from reservo.ui.fields import OneLine


class LogInForm(forms.Form):
    email = forms.CharField(
        label=_("Correo"),
        max_length=254,
        widget=forms.TextInput({"type": "email", "autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Contraseña"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class ForgotForm(forms.Form):
    email = forms.CharField(
        label=_("Correo"),
        max_length=254,
        widget=forms.TextInput({"type": "email", "autocomplete": "username"}),
    )


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Contraseña nueva"),
        max_length=LONGEST,
        strip=False,
        help_text=_("Al menos 10 caracteres."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class AcceptForm(NewPasswordForm):
    name = OneLine(label=_("Tu nombre"), max_length=80)
    field_order = ["name", "password"]


class NameForm(forms.Form):
    name = OneLine(label=_("Tu nombre"), max_length=80)


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(
        label=_("Contraseña actual"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    field_order = ["current", "password"]
