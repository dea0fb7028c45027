"""The centre, its branches and rooms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog.closed_days import regions_of
from reservo.catalog.forms.fields import HOURS_HELP, Hours, Multiple5, country_choices, language, zone_choices
from reservo.catalog.models import Branch, Centre, OpeningPeriod, Room, RoomKind, ServiceCategory
from reservo.catalog.weekly import Period, shown
from reservo.core import colours, money, phones


class CentreForm(forms.ModelForm):
    class Meta:
        model = Centre
        fields = [
            "name",
            "country",
            "currency",
            "language",
            "zone",
            "colour",
            "patient_word",
            "reply_to",
            "step_minutes",
        ]
        labels = {
            "name": gettext_lazy("Nombre del centro"),
            "country": gettext_lazy("País"),
            "currency": gettext_lazy("Moneda"),
            "language": gettext_lazy("Idioma"),
            "zone": gettext_lazy("Zona horaria"),
            "colour": gettext_lazy("Color"),
            "patient_word": gettext_lazy("Cómo llamas a quien atiendes"),
            "reply_to": gettext_lazy("Correo para respuestas"),
            "step_minutes": gettext_lazy("Las horas se ofrecen cada (minutos)"),
        }
        widgets = {"colour": forms.TextInput({"type": "color"})}
        help_texts = {
            "zone": "",
            "country": "",
            "currency": "",
            "colour": gettext_lazy("Si se lee mal sobre el fondo, lo ajustamos solo."),
        }

    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPG o WebP de hasta 5 MB."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(label=_("País"), choices=country_choices())
        self.fields["currency"] = forms.ChoiceField(
            label=_("Moneda"), choices=[(c, c) for c in sorted(money.CURRENCIES)]
        )
        self.fields["language"] = forms.ChoiceField(
            label=_("Idioma"), choices=[("es", "Español"), ("en", "English")]
        )
        self.fields["zone"] = forms.ChoiceField(label=_("Zona horaria"), choices=zone_choices())

    def clean_colour(self) -> str:
        if not colours.is_colour(self.cleaned_data["colour"]):
            raise forms.ValidationError(_("Elige un color de la paleta."))
        return self.cleaned_data["colour"]

    def clean_step_minutes(self) -> int | None:
        return Multiple5.check(self.cleaned_data["step_minutes"])


class PrivacyForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Idioma"), choices=[("es", "Español"), ("en", "English")])
    words = forms.CharField(
        label=gettext_lazy("Texto"), max_length=40_000, widget=forms.Textarea({"rows": "12"})
    )


class BranchForm(forms.ModelForm):
    hours = Hours(label=gettext_lazy("Horario"), help_text=HOURS_HELP)

    class Meta:
        model = Branch
        fields = [
            "name",
            "address",
            "city",
            "country",
            "zone",
            "region",
            "phone",
            "email",
            "keeps_holidays",
            "is_active",
        ]
        labels = {
            "name": gettext_lazy("Nombre"),
            "address": gettext_lazy("Dirección"),
            "city": gettext_lazy("Comuna o ciudad"),
            "phone": gettext_lazy("Teléfono"),
            "email": gettext_lazy("Correo para respuestas"),
            "keeps_holidays": gettext_lazy("Cierra en feriados"),
            "is_active": gettext_lazy("Abierta"),
        }
        help_texts = {"email": "", "keeps_holidays": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        country = self.instance.country or Centre.objects.get().country
        self.fields["country"] = forms.ChoiceField(
            label=_("País"), choices=country_choices(), initial=country
        )
        self.fields["zone"] = forms.ChoiceField(label=_("Zona horaria"), choices=zone_choices())
        regions = [("", _("Sin región"))] + [(code, name) for code, name in regions_of(country)]
        self.fields["region"] = forms.ChoiceField(
            label=_("Región, para sus feriados"), choices=regions, required=False
        )
        if self.instance.pk:
            rows = OpeningPeriod.objects.filter(branch=self.instance, room=None)
            periods = [Period(row.weekday, row.starts_minute, row.ends_minute) for row in rows]
            self.fields["hours"].initial = shown(periods, language=language())
        else:
            self.fields["zone"].initial = Centre.objects.get().zone

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        try:
            return phones.normalise(typed, self.cleaned_data.get("country", "")) if typed else ""
        except phones.InvalidPhone as bad:
            raise forms.ValidationError(_("El teléfono no es válido.")) from bad


class RoomForm(forms.ModelForm):
    class Meta:
        model = Room
        fields = ["name", "branch", "kind", "position", "is_active"]
        labels = {
            "name": gettext_lazy("Nombre"),
            "branch": gettext_lazy("Sucursal"),
            "kind": gettext_lazy("Tipo de box"),
            "position": gettext_lazy("Orden"),
            "is_active": gettext_lazy("En uso"),
        }


class RoomKindForm(forms.ModelForm):
    class Meta:
        model = RoomKind
        fields = ["name"]
        labels = {"name": gettext_lazy("Nombre")}


class CategoryForm(forms.ModelForm):
    class Meta:
        model = ServiceCategory
        fields = ["name", "position"]
        labels = {"name": gettext_lazy("Nombre"), "position": gettext_lazy("Orden")}
