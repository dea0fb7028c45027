"""A centre that is wanted, another state of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.catalog.forms.fields import country_choices, zone_choices
from reservo.core import mailaddress, money, zones
from reservo.tenancy import slugs
from reservo.tenancy.models import Placement, Store
from reservo.tenants import stores
from reservo.ui.fields import OneLine

STATES = [
    (Placement.State.ACTIVE.value, gettext_lazy("Activo")),
    (Placement.State.MAINTENANCE.value, gettext_lazy("En mantención")),
    (Placement.State.DISABLED.value, gettext_lazy("Deshabilitado")),
]


class ReasonForm(forms.Form):
    """Whatever is done to somebody else's centre has a reason that they can read."""

    reason = OneLine(label=gettext_lazy("Motivo"), max_length=200)


class StateForm(ReasonForm):
    reason = OneLine(
        label=gettext_lazy("Motivo"), max_length=200, help_text=gettext_lazy("Lo leerá el centro.")
    )
    state = forms.ChoiceField(label=gettext_lazy("Estado"), choices=STATES)
    tell = forms.BooleanField(
        label=gettext_lazy("Avisar por correo a su equipo"), required=False, initial=True
    )
    typed = forms.CharField(
        label=gettext_lazy("Para deshabilitar, escribe la dirección del centro"),
        max_length=60,
        required=False,
    )
    field_order = ["state", "reason", "tell", "typed"]

    def __init__(self, *args: Any, slug: str, **kwargs: Any):
        self.slug = slug
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("state") == Placement.State.DISABLED and given.get("typed", "").strip() != self.slug:
            self.add_error("typed", _("Escribe %(slug)s para confirmar.") % {"slug": self.slug})
        return given


class AdministratorForm(forms.Form):
    administrator_name = OneLine(
        label=gettext_lazy("Nombre de quien administra"), max_length=80, required=False
    )
    administrator = forms.CharField(
        label=gettext_lazy("Correo de quien administra"),
        max_length=254,
        widget=forms.TextInput({"type": "email"}),
        help_text=gettext_lazy("Le llegará una invitación para elegir su contraseña."),
    )

    def clean_administrator(self) -> str:
        try:
            return mailaddress.check(self.cleaned_data["administrator"]).casefold()
        except mailaddress.InvalidAddress as bad:
            raise forms.ValidationError(_("No es una dirección de correo.")) from bad


class CentreForm(AdministratorForm):
    name = OneLine(label=gettext_lazy("Nombre"), max_length=80, widget=forms.TextInput({"autofocus": True}))
    slug = forms.CharField(
        label=gettext_lazy("Dirección"),
        max_length=60,
        help_text=gettext_lazy(
            "De 3 a 60 letras minúsculas, cifras y guiones: lo que va después de la barra."
        ),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "data-named-by": "name"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Idioma"), choices=[("es", "Español"), ("en", "English")], initial="es"
    )
    field_order = ["name", "slug", "country", "zone", "currency", "language", "store"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(label=_("País"), choices=country_choices(), initial="CL")
        self.fields["zone"] = forms.ChoiceField(
            label=_("Zona horaria"), choices=zone_choices(), initial="America/Santiago"
        )
        self.fields["currency"] = forms.ChoiceField(
            label=_("Moneda"),
            choices=[("", _("La del país")), *((code, code) for code in sorted(money.CURRENCIES))],
            required=False,
        )
        self.fields["store"] = forms.ChoiceField(label=_("Almacén"), choices=store_choices(), required=False)
        self.order_fields(self.field_order)

    def clean_slug(self) -> str:
        return clean_slug(self.cleaned_data["slug"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        known = zones.choices_for(given.get("country", ""))
        if known and given.get("zone") and given["zone"] not in known:
            self.add_error("zone", _("Esa zona no es de ese país."))
        return given


def clean_slug(typed: str) -> str:
    try:
        return slugs.check(typed.strip().lower())
    except slugs.BadSlug as bad:
        raise forms.ValidationError(
            _("No puede ser una dirección: de 3 a 60 letras a-z, cifras y guiones, sin palabras reservadas.")
        ) from bad


def store_choices() -> list[tuple[str, str]]:
    open_ones = [
        store for store in stores.listed() if not store.is_draining and store.centres < store.capacity
    ]
    own = [(stores.DEDICATED, _("Uno dedicado, como dice su plan"))] if _any_dedicated(open_ones) else []
    return [
        ("", _("El primero con lugar")),
        *own,
        *((store.name, f"{store.name} · {store.get_engine_display()}") for store in open_ones),
    ]


def _any_dedicated(open_ones: list[Store]) -> bool:
    return any(store.is_dedicated for store in open_ones)
