"""Rules and form of the booking page, as the centre sets them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reservo import tenancy
from reservo.booking import framing
from reservo.booking.forms import TEXTS
from reservo.booking.founding import ALWAYS_REQUIRED
from reservo.booking.models import BookingPage, FormField
from reservo.catalog import queries as catalog
from reservo.core import domains
from reservo.ui.fields import OneLine

MOST_SITES = 20
MOST_FUTURE = 100
MINUTE, HOUR, DAY = 1, 60, 24 * 60
SPANS = (
    0,
    15,
    30,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    7 * DAY,
    14 * DAY,
)
TIMES = ("least_notice_minutes", "cancel_cutoff_minutes", "move_cutoff_minutes")
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
        field_classes = {"welcome": OneLine}
        fields = [
            *("is_open", "welcome", "least_notice_minutes", "horizon_days", "cancel_cutoff_minutes"),
            *("move_cutoff_minutes", "most_future_appointments", "accepts_new_patients", "hold_minutes"),
        ]
        labels = {
            "is_open": gettext_lazy("Se puede reservar en línea"),
            "welcome": gettext_lazy("Bienvenida"),
            "least_notice_minutes": gettext_lazy("Se puede reservar hasta"),
            "horizon_days": gettext_lazy("Hasta cuántos días hacia adelante"),
            "cancel_cutoff_minutes": gettext_lazy("Se puede cancelar hasta"),
            "move_cutoff_minutes": gettext_lazy("Se puede cambiar la hora hasta"),
            "most_future_appointments": gettext_lazy("Citas futuras por %(patient)s (0: sin límite)"),
            "accepts_new_patients": gettext_lazy("Acepta %(patients)s por primera vez"),
            "hold_minutes": gettext_lazy("Minutos que se guarda una hora elegida"),
        }
        help_texts = {"most_future_appointments": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["sites"].initial = "\n".join(self.instance.frame_sites)
        for name in TIMES:
            self.fields[name] = _span_field(self.fields[name].label, getattr(self.instance, name))
        words = catalog.called()
        for name in ("most_future_appointments", "accepts_new_patients"):
            field = self.fields[name]
            field.label = str(field.label) % {"patient": words.one, "patients": words.several}
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

    def clean_most_future_appointments(self) -> int:
        return self._between("most_future_appointments", 0, MOST_FUTURE)

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
            framing.tell_sites(self.instance.frame_sites)
            for row in FormField.objects.all():
                kept = self.cleaned_data[f"field_{row.field}"]
                row.is_shown, row.is_required = kept != "hidden", kept == "required"
                row.save()

    def rules(self) -> list[Any]:
        return [self[name] for name in self._meta.fields]

    def asked(self) -> list[Any]:
        return [field for field in self if field.name.startswith("field_")]


def _span_field(label: Any, kept: int) -> forms.TypedChoiceField:
    spans = sorted({*SPANS, kept})
    return forms.TypedChoiceField(
        label=label, coerce=int, choices=[(span, span_text(span)) for span in spans]
    )


def span_text(minutes: int) -> str:
    """`2 horas`, in the largest unit that fits."""
    if not minutes:
        return _("El último momento")
    if minutes % DAY == 0:
        return ngettext("%(n)d día antes", "%(n)d días antes", minutes // DAY) % {"n": minutes // DAY}
    if minutes % HOUR == 0:
        return ngettext("%(n)d hora antes", "%(n)d horas antes", minutes // HOUR) % {"n": minutes // HOUR}
    return ngettext("%(n)d minuto antes", "%(n)d minutos antes", minutes) % {"n": minutes}


def origin_of(line: str) -> str:
    """`https://host[:port]`, the host as DNS has it; raises ValidationError for anything that is no site's address."""
    wrong = forms.ValidationError(
        _("«%(line)s» no es la dirección de un sitio.") % {"line": line.strip()[:80]}
    )
    try:
        parts = urlsplit(line.strip())
        host, port = domains.in_ascii(parts.hostname or ""), parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("https", "http"):
        raise wrong
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
