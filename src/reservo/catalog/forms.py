"""The configuration's forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from reservo.catalog.closed_days import regions_of
from reservo.catalog.models import (
    Branch,
    Centre,
    Holiday,
    OpeningPeriod,
    Practitioner,
    PractitionerBranch,
    Room,
    RoomKind,
    Service,
    ServiceCategory,
    ServicePractitioner,
    ServicePrice,
    WorkingException,
    WorkingPeriod,
)
from reservo.catalog.weekly import BadHours, Period, parse, shown
from reservo.core import colours, money, phones, text, zones

COUNTRIES = {
    "AR": "Argentina",
    "BO": "Bolivia",
    "CL": "Chile",
    "CO": "Colombia",
    "CR": "Costa Rica",
    "EC": "Ecuador",
    "ES": "España",
    "MX": "México",
    "PA": "Panamá",
    "PE": "Perú",
    "PY": "Paraguay",
    "US": "Estados Unidos",
    "UY": "Uruguay",
}
HOURS_HELP = gettext_lazy(
    "Una línea por tramo, por ejemplo «lunes 09:00-13:00». La pausa es el hueco entre dos tramos."
)


def language() -> str:
    return (get_language() or "es")[:2]


def country_choices() -> list[tuple[str, str]]:
    return sorted(COUNTRIES.items(), key=lambda one: one[1])


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (COUNTRIES.get(country, country), [(name, zones.zone_label(name)) for name in names])
        for country, names in zones.BY_COUNTRY.items()
    ]


class Hours(forms.CharField):
    """Weekly hours as lines; `clean` gives periods."""

    def __init__(self, *args: Any, rooms: dict[str, int] | None = None, **kwargs: Any):
        self.rooms = rooms or {}
        options = {"widget": forms.Textarea({"rows": "7"}), "required": False, "max_length": 5_000}
        super().__init__(*args, **{**options, **kwargs})

    def clean(self, value: Any) -> Any:
        try:
            return parse(super().clean(value), self.rooms)
        except BadHours as bad:
            raise forms.ValidationError(_("No entendemos «%(line)s».") % {"line": bad.line}) from bad


class Minor(forms.CharField):
    """An amount typed by the currency's rule; `clean` gives minor units."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        self.currency = currency
        super().__init__(*args, max_length=30, widget=forms.TextInput({"inputmode": "decimal"}), **kwargs)

    def clean(self, value: Any) -> int | None:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return money.parse_amount(typed, self.currency)
        except money.BadAmount as bad:
            raise forms.ValidationError(_("El precio no es válido.")) from bad

    def prepare_value(self, value: Any) -> Any:
        return money.format_minor(value, self.currency) if isinstance(value, int) else value


class Multiple5:
    """Minutes on the grid of five."""

    @staticmethod
    def check(minutes: int | None) -> int | None:
        if minutes is not None and minutes % 5:
            raise forms.ValidationError(_("Tiene que ser múltiplo de 5 minutos."))
        return minutes


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


class PractitionerForm(forms.ModelForm):
    branches = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Sucursales"), queryset=None, widget=forms.CheckboxSelectMultiple
    )
    services = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Tratamientos que hace"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Practitioner
        fields = ["name", "speciality", "colour", "most_overbooked", "is_online", "is_active", "position"]
        labels = {
            "name": gettext_lazy("Nombre"),
            "speciality": gettext_lazy("Especialidad"),
            "colour": gettext_lazy("Color"),
            "most_overbooked": gettext_lazy("Sobrecupos como máximo a una misma hora"),
            "is_online": gettext_lazy("Se puede reservar en línea"),
            "is_active": gettext_lazy("Atiende"),
            "position": gettext_lazy("Orden"),
        }
        widgets = {"colour": forms.TextInput({"type": "color"})}
        help_texts = {"most_overbooked": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.branches_of_centre = list(Branch.objects.filter(is_active=True))
        self.fields["branches"].queryset = Branch.objects.filter(is_active=True)
        self.fields["services"].queryset = Service.objects.filter(is_active=True)
        known = self.instance.pk
        if known:
            here = PractitionerBranch.objects.filter(practitioner=self.instance)
            self.fields["branches"].initial = list(here.values_list("branch_id", flat=True))
            gives = ServicePractitioner.objects.filter(practitioner=self.instance)
            self.fields["services"].initial = list(gives.values_list("service_id", flat=True))
        elif len(self.branches_of_centre) == 1:
            self.fields["branches"].initial = [self.branches_of_centre[0].pk]
        rooms = list(Room.objects.filter(is_active=True))
        for branch in self.branches_of_centre:
            names = {text.fold(room.name): room.pk for room in rooms if room.branch_id == branch.pk}
            shown_names = {room.pk: room.name for room in rooms}
            label = _("Horario en %(branch)s") % {"branch": branch.name}
            self.fields[f"hours_{branch.pk}"] = Hours(
                label=label, rooms=names, help_text=HOURS_HELP, initial=self._hours(branch, shown_names)
            )

    def _hours(self, branch: Branch, room_names: dict[int, str]) -> str:
        if not self.instance.pk:
            return ""
        rows = WorkingPeriod.objects.filter(practitioner=self.instance, branch=branch)
        periods = [Period(row.weekday, row.starts_minute, row.ends_minute, row.room_id) for row in rows]
        return shown(periods, room_names, language())

    def clean_colour(self) -> str:
        if not colours.is_colour(self.cleaned_data["colour"]):
            raise forms.ValidationError(_("Elige un color de la paleta."))
        return self.cleaned_data["colour"]


class ServiceForm(forms.ModelForm):
    practitioners = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Profesionales que lo hacen"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Service
        fields = [
            *(
                "name",
                "category",
                "code",
                "duration_minutes",
                "buffer_before_minutes",
                "buffer_after_minutes",
            ),
            *("room_kind", "instructions", "is_online", "is_active", "position"),
        ]
        labels = {
            "name": gettext_lazy("Nombre"),
            "category": gettext_lazy("Categoría"),
            "code": gettext_lazy("Código"),
            "duration_minutes": gettext_lazy("Duración (minutos)"),
            "buffer_before_minutes": gettext_lazy("Preparación antes (minutos)"),
            "buffer_after_minutes": gettext_lazy("Orden y limpieza después (minutos)"),
            "room_kind": gettext_lazy("Necesita un box de tipo"),
            "instructions": gettext_lazy("Indicaciones para el paciente"),
            "is_online": gettext_lazy("Se puede reservar en línea"),
            "is_active": gettext_lazy("Se ofrece"),
            "position": gettext_lazy("Orden"),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        currency = Centre.objects.get().currency
        self.fields["practitioners"].queryset = Practitioner.objects.filter(is_active=True)
        self.fields["price_minor"] = Minor(
            label=_("Precio"), currency=currency, required=False, initial=self.instance.price_minor
        )
        own: dict[int, int] = {}
        if self.instance.pk:
            gives = ServicePractitioner.objects.filter(service=self.instance)
            self.fields["practitioners"].initial = list(gives.values_list("practitioner_id", flat=True))
            own = dict(
                ServicePrice.objects.filter(service=self.instance).values_list("branch_id", "price_minor")
            )
        branches = list(Branch.objects.filter(is_active=True))
        for branch in branches if len(branches) > 1 else []:
            label = _("Precio en %(branch)s, si es otro") % {"branch": branch.name}
            self.fields[f"price_{branch.pk}"] = Minor(
                label=label, currency=currency, required=False, initial=own.get(branch.pk)
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in ("duration_minutes", "buffer_before_minutes", "buffer_after_minutes"):
            if given.get(name) is not None and given[name] % 5:
                self.add_error(name, _("Tiene que ser múltiplo de 5 minutos."))
        if not 5 <= (given.get("duration_minutes") or 5) <= 720:
            self.add_error("duration_minutes", _("La duración va de 5 minutos a 12 horas."))
        if given.get("code") == "":
            given["code"] = None
        return given


class HolidayForm(forms.ModelForm):
    class Meta:
        model = Holiday
        fields = ["date", "name", "branch", "is_closed"]
        labels = {
            "date": gettext_lazy("Día"),
            "name": gettext_lazy("Nombre"),
            "branch": gettext_lazy("Sucursal"),
            "is_closed": gettext_lazy("Se cierra (sin marcar: un feriado en que se atiende)"),
        }
        widgets = {"date": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        help_texts = {"branch": gettext_lazy("Vacío: todas."), "is_closed": ""}


class ExceptionForm(forms.ModelForm):
    starts = forms.TimeField(
        label=gettext_lazy("Desde"), required=False, widget=forms.TimeInput({"type": "time"})
    )
    ends = forms.TimeField(
        label=gettext_lazy("Hasta"), required=False, widget=forms.TimeInput({"type": "time"})
    )

    class Meta:
        model = WorkingException
        fields = ["date", "kind", "branch", "reason"]
        labels = {
            "date": gettext_lazy("Día"),
            "kind": gettext_lazy("Qué pasa ese día"),
            "branch": gettext_lazy("Sucursal"),
            "reason": gettext_lazy("Motivo"),
        }
        widgets = {"date": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kinds = [("off", _("No atiende")), ("extra", _("Atiende en horas extra"))]
        self.fields["kind"] = forms.ChoiceField(label=_("Qué pasa ese día"), choices=kinds)
        self.fields["branch"].queryset = Branch.objects.filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") == "extra":
            for name in ("branch", "starts", "ends"):
                if not given.get(name):
                    self.add_error(name, _("Hace falta para horas extra."))
        starts, ends = given.get("starts"), given.get("ends")
        self.instance.starts_minute = starts.hour * 60 + starts.minute if starts else 0
        self.instance.ends_minute = ends.hour * 60 + ends.minute if ends else 1440
        if self.instance.starts_minute >= self.instance.ends_minute:
            self.add_error("ends", _("Tiene que terminar después de empezar."))
        return given
