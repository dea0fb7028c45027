from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.core import mailaddress
from reservo.crm import kinds
from reservo.crm.models import AutomaticMail
from reservo.ui.fields import Lines, OneLine


class AutomaticForm(forms.ModelForm):
    class Meta:
        model = AutomaticMail
        fields = ["confirmation_on", "confirmation_delay_minutes", "copy_to", "reminder_on"]
        labels = {
            "confirmation_on": gettext_lazy("Enviar confirmación"),
            "confirmation_delay_minutes": gettext_lazy("Minutos después de reservar"),
            "copy_to": gettext_lazy("Copia de cada confirmación a"),
            "reminder_on": gettext_lazy("Enviar recordatorio a las 08:00 de la sucursal"),
        }
        help_texts = {"copy_to": ""}

    def clean_confirmation_delay_minutes(self) -> int:
        minutes = self.cleaned_data["confirmation_delay_minutes"]
        if minutes > 1440:
            raise forms.ValidationError(_("Como máximo un día."))
        return minutes

    def clean_copy_to(self) -> str:
        typed = self.cleaned_data["copy_to"]
        try:
            return mailaddress.check(typed) if typed else ""
        except mailaddress.InvalidAddress as bad:
            raise forms.ValidationError(_("El correo no es válido.")) from bad


class WordsForm(forms.Form):
    subject = OneLine(label=gettext_lazy("Asunto"), max_length=150)
    body = Lines(label=gettext_lazy("Texto"), max_length=5_000, widget=forms.Textarea({"rows": "8"}))

    def __init__(self, *args: object, language: str, **kwargs: object):
        super().__init__(*args, **kwargs)
        self._language = language

    def clean(self) -> dict:
        given = super().clean() or {}
        for name in ("subject", "body"):
            try:
                kinds.check(given.get(name, ""), self._language)
            except kinds.UnknownPlaceholder as unknown:
                self.add_error(name, _("No existe {%(name)s}.") % {"name": str(unknown)[:40]})
        return given
