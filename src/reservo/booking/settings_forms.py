"""Rules and form of the booking page, as the centre sets them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo import tenancy
from reservo.booking.forms import TEXTS
from reservo.booking.founding import ALWAYS_REQUIRED
from reservo.booking.models import BookingPage, FormField

MOST_SITES = 20
LABELS = {name: label for name, (label, _longest, _attributes) in TEXTS.items()} | {
    "birth_date": gettext_lazy("Fecha de nacimiento"),
    "comment": gettext_lazy("Comentario"),
}


class RulesForm(forms.ModelForm):
    sites = forms.CharField(
        label=gettext_lazy("Sitios que pueden mostrar la página"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea({"rows": "3"}),
        help_text=gettext_lazy("Una dirección por línea, como https://www.miclinica.cl"),
    )

    class Meta:
        model = BookingPage
        fields = [
            *("is_open", "welcome", "least_notice_minutes", "horizon_days", "cancel_cutoff_minutes"),
            *("move_cutoff_minutes", "most_future_appointments", "accepts_new_patients", "hold_minutes"),
        ]
        labels = {
            "is_open": gettext_lazy("Se puede reservar en línea"),
            "welcome": gettext_lazy("Bienvenida"),
            "least_notice_minutes": gettext_lazy("Anticipación mínima (minutos)"),
            "horizon_days": gettext_lazy("Hasta cuántos días hacia adelante"),
            "cancel_cutoff_minutes": gettext_lazy("Cancelar hasta (minutos antes)"),
            "move_cutoff_minutes": gettext_lazy("Cambiar la hora hasta (minutos antes)"),
            "most_future_appointments": gettext_lazy("Citas futuras por paciente (0: sin límite)"),
            "accepts_new_patients": gettext_lazy("Acepta pacientes nuevos"),
            "hold_minutes": gettext_lazy("Minutos que se guarda una hora elegida"),
        }
        help_texts = {"most_future_appointments": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["sites"].initial = "\n".join(self.instance.frame_sites)
        for row in FormField.objects.all():
            choices = [("hidden", _("No se pide")), ("shown", _("Opcional")), ("required", _("Obligatorio"))]
            if row.field in ALWAYS_REQUIRED:
                choices = choices[2:]
            kept = "required" if row.is_required else "shown" if row.is_shown else "hidden"
            label = LABELS.get(row.field, row.field)
            self.fields[f"field_{row.field}"] = forms.ChoiceField(label=label, choices=choices, initial=kept)

    def clean_sites(self) -> list[str]:
        sites = [origin_of(line) for line in self.cleaned_data["sites"].splitlines() if line.strip()]
        if len(sites) > MOST_SITES:
            raise forms.ValidationError(_("Como máximo 20 sitios."))
        return sites

    def clean_hold_minutes(self) -> int:
        return self._between("hold_minutes", 5, 60)

    def clean_horizon_days(self) -> int:
        return self._between("horizon_days", 1, 730)

    def _between(self, name: str, low: int, high: int) -> int:
        value = self.cleaned_data[name]
        if not low <= value <= high:
            raise forms.ValidationError(_("Entre %(low)d y %(high)d.") % {"low": low, "high": high})
        return value

    def save_all(self) -> None:
        with tenancy.atomic():
            self.instance.frame_sites = self.cleaned_data["sites"]
            self.save()
            for row in FormField.objects.all():
                kept = self.cleaned_data[f"field_{row.field}"]
                row.is_shown, row.is_required = kept != "hidden", kept == "required"
                row.save()


def origin_of(line: str) -> str:
    """`https://host[:port]`; raises ValidationError for anything that is no site's address."""
    parts = urlsplit(line.strip())
    host = parts.hostname or ""
    plain = bool(host) and all(c.isalnum() or c in ".-" for c in host) and host.isascii()
    if parts.scheme not in ("https", "http") or not plain:
        raise forms.ValidationError(
            _("«%(line)s» no es la dirección de un sitio.") % {"line": line.strip()[:80]}
        )
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
