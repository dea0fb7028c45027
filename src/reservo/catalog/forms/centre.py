"""The centre, its branches and rooms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog import queries
from reservo.catalog.forms import regions
from reservo.catalog.forms.base import SettingsForm
from reservo.catalog.forms.fields import HOURS_HELP, Hours, country_choices, language, zone_choices
from reservo.catalog.forms.guards import refuse_if_visited
from reservo.catalog.models import Branch, Centre, OpeningPeriod, Room, RoomKind, ServiceCategory
from reservo.catalog.weekly import Period, shown
from reservo.core import colours, money, phones
from reservo.ui.fields import Lines

NO_PICTURE = gettext_lazy("No pudimos leer la imagen: usa un PNG, JPG o WebP de hasta 5 MB.")


class CentreForm(SettingsForm):
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
        error_messages={"empty": NO_PICTURE, "invalid": NO_PICTURE, "missing": NO_PICTURE},
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
    )
    without_logo = forms.BooleanField(label=gettext_lazy("Quitar el logo"), required=False)
    field_order = ["name", "logo", "without_logo"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(label=_("País"), choices=country_choices())
        self.fields["currency"] = forms.ChoiceField(
            label=_("Moneda"), choices=[(c, c) for c in sorted(money.CURRENCIES)]
        )
        self.fields["language"] = forms.ChoiceField(
            label=_("Idioma"), choices=[("es", "Español"), ("en", "English")]
        )
        self.fields["zone"] = forms.ChoiceField(
            label=_("Zona horaria"), choices=zone_choices(self.instance.zone)
        )
        if not self.instance.logo:
            del self.fields["without_logo"]
        self.show_mark()

    def clean_colour(self) -> str:
        if not colours.is_colour(self.cleaned_data["colour"]):
            raise forms.ValidationError(_("Elige un color de la paleta."))
        return self.cleaned_data["colour"]


class PrivacyForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Idioma"), choices=[("es", "Español"), ("en", "English")])
    words = Lines(label=gettext_lazy("Texto"), max_length=40_000, widget=forms.Textarea({"rows": "12"}))


class BranchForm(SettingsForm):
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
            "position",
        ]
        labels = {
            "name": gettext_lazy("Nombre"),
            "address": gettext_lazy("Dirección"),
            "city": gettext_lazy("Comuna o ciudad"),
            "phone": gettext_lazy("Teléfono"),
            "email": gettext_lazy("Correo para respuestas"),
            "keeps_holidays": gettext_lazy("Cierra en feriados"),
            "is_active": gettext_lazy("Abierta"),
            "position": gettext_lazy("Orden"),
        }
        help_texts = {"email": "", "keeps_holidays": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        country = self.instance.country or Centre.objects.get().country
        self.fields["country"] = forms.ChoiceField(
            label=_("País"), choices=country_choices(), initial=country
        )
        self.fields["zone"] = forms.ChoiceField(
            label=_("Zona horaria"), choices=zone_choices(self.instance.zone)
        )
        self.fields["region"] = forms.ChoiceField(
            label=_("Región, para sus feriados"),
            choices=[("", _("Sin región")), *regions.region_choices()],
            required=False,
            widget=forms.Select({"data-regions-of": "id_country"}),
        )
        self.initial["region"] = regions.joined(self.instance.country, self.instance.region)
        if self.instance.pk:
            rows = OpeningPeriod.objects.filter(branch=self.instance, room=None)
            periods = [Period(row.weekday, row.starts_minute, row.ends_minute) for row in rows]
            self.fields["hours"].initial = shown(periods, language=language())
        else:
            self.initial.update(country=country, zone=Centre.objects.get().zone)
        self.order_fields([*self.Meta.fields[:6], "hours"])
        self.show_mark()

    def clean_zone(self) -> str:
        zone = self.cleaned_data["zone"]
        if self.instance.pk and zone != self.instance.zone:
            words = _("Con otra zona cambiaría la hora de las citas ya dadas: muévelas o cancélalas primero.")
            refuse_if_visited(words, branch_id=self.instance.pk)
        return zone

    def clean_is_active(self) -> bool:
        is_active = self.cleaned_data["is_active"]
        if self.instance.pk and not is_active:
            if not Branch.objects.filter(is_active=True).exclude(pk=self.instance.pk).exists():
                raise forms.ValidationError(_("Es la única sucursal abierta: abre otra antes de cerrarla."))
            words = _("Para cerrarla, mueve o cancela primero sus citas.")
            refuse_if_visited(words, branch_id=self.instance.pk)
        return is_active

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        country, region = regions.split(given.get("region") or "")
        if region and country != given.get("country"):
            self.add_error("region", _("Esa región no es del país elegido."))
        given["region"] = region
        return given

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        try:
            return phones.normalise(typed, self.cleaned_data.get("country", "")) if typed else ""
        except phones.InvalidPhone as bad:
            raise forms.ValidationError(_("El teléfono no es válido.")) from bad


class RoomForm(SettingsForm):
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

    hours = Hours(
        label=gettext_lazy("Horario propio"),
        help_text=gettext_lazy("Déjalo vacío si se usa siempre que la sucursal está abierta."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = Branch.objects.filter(
            Q(is_active=True) | Q(pk=self.instance.branch_id)
        )
        self.fields["branch"].empty_label = _("Elige una sucursal")
        self.fields["kind"].empty_label = _("Sin tipo")
        if not self.instance.pk:
            self.fields["branch"].initial = queries.only_branch()
        else:
            rows = OpeningPeriod.objects.filter(room=self.instance)
            periods = [Period(row.weekday, row.starts_minute, row.ends_minute) for row in rows]
            self.fields["hours"].initial = shown(periods, language=language())
        self.order_fields(["name", "branch", "kind", "hours"])
        self.show_mark()

    def clean_branch(self) -> Branch:
        branch = self.cleaned_data["branch"]
        if self.instance.pk and branch.pk != self.instance.branch_id:
            words = _("Para llevarlo a otra sucursal, mueve o cancela primero sus citas.")
            refuse_if_visited(words, room_id=self.instance.pk)
        return branch

    def clean_is_active(self) -> bool:
        is_active = self.cleaned_data["is_active"]
        if self.instance.pk and not is_active:
            words = _("Para dejar de usarlo, mueve o cancela primero sus citas.")
            refuse_if_visited(words, room_id=self.instance.pk)
        return is_active


class RoomKindForm(SettingsForm):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.show_mark()

    class Meta:
        model = RoomKind
        fields = ["name"]
        labels = {"name": gettext_lazy("Nombre")}


class CategoryForm(SettingsForm):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.show_mark()

    class Meta:
        model = ServiceCategory
        fields = ["name", "position"]
        labels = {"name": gettext_lazy("Nombre"), "position": gettext_lazy("Orden")}
