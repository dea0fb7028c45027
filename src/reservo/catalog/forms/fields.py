"""Fields that several of the configuration's forms share."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from reservo.catalog.weekly import BadHours, parse
from reservo.core import money, text, zones

COUNTRIES = {
    "AR": gettext_lazy("Argentina"),
    "BO": gettext_lazy("Bolivia"),
    "CL": gettext_lazy("Chile"),
    "CO": gettext_lazy("Colombia"),
    "CR": gettext_lazy("Costa Rica"),
    "EC": gettext_lazy("Ecuador"),
    "ES": gettext_lazy("España"),
    "MX": gettext_lazy("México"),
    "PA": gettext_lazy("Panamá"),
    "PE": gettext_lazy("Perú"),
    "PY": gettext_lazy("Paraguay"),
    "US": gettext_lazy("Estados Unidos"),
    "UY": gettext_lazy("Uruguay"),
}
HOURS_HELP = gettext_lazy(
    "Una línea por tramo, por ejemplo «lunes a viernes 09:00-13:00». La pausa es el hueco entre dos tramos."
)


def language() -> str:
    return (get_language() or "es")[:2]


def country_choices() -> list[tuple[str, str]]:
    named = [(code, str(name)) for code, name in COUNTRIES.items()]
    return sorted(named, key=lambda one: one[1])


def zone_choices(kept: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones by country; one that is kept already stays a choice, wherever it is."""
    other = [] if not kept or any(kept in names for names in zones.BY_COUNTRY.values()) else [kept]
    return [(_("Actual"), [(name, zones.zone_label(name, language())) for name in other])] * len(other) + [
        (COUNTRIES.get(country, country), [(name, zones.zone_label(name, language())) for name in names])
        for country, names in zones.BY_COUNTRY.items()
    ]


class WeekText(forms.Textarea):
    """Lines of hours with what the script needs to draw them as a week."""

    def __init__(self, rooms: list[str], likely: str):
        self.rooms = rooms
        attrs = {"data-likely": likely} if likely else {}
        super().__init__({"rows": "7", "class": "hours", "spellcheck": "false", **attrs})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        known = {
            "days": [[text.weekday_long(day, code) for day in range(7)] for code in (language(), "es", "en")],
            "rooms": self.rooms,
            "words": {
                "any": _("Cualquier box"),
                "brush": _("Box para lo que marques"),
                "typed": _("Escribir el horario"),
                "clear": _("Borrar todo"),
                "undo": _("Deshacer"),
                "hint": _(
                    "Arrastra para marcar horas, también varios días a la vez; sobre lo marcado, se borra."
                ),
                "touch": _(
                    "Toca para marcar media hora; para más, deja el dedo un momento y arrastra, también varios "
                    "días a la vez. Sobre lo marcado, se borra."
                ),
            },
        }
        return super().get_context(name, value, {**(attrs or {}), "data-week": json.dumps(known)})


BAD_HOURS = {
    "unread": gettext_lazy("No entendemos «%(line)s»."),
    "backwards": gettext_lazy("«%(line)s» tiene que terminar después de empezar."),
    "off_the_grid": gettext_lazy("«%(line)s» tiene que empezar y terminar en múltiplos de 5 minutos."),
    "no_room": gettext_lazy("«%(line)s» nombra un box que esta sucursal no tiene."),
    "overlap": gettext_lazy("«%(line)s» se cruza con otro tramo del mismo día."),
    "too_many": gettext_lazy("Son demasiadas líneas, desde «%(line)s»."),
}


class Hours(forms.CharField):
    """Weekly hours as lines, drawn as a grid of the week by the page's script; `clean` gives periods.

    `likely` are lines the script puts into an empty week once the branch is ticked.
    """

    def __init__(
        self,
        *args: Any,
        rooms: dict[str, int] | None = None,
        names: Any = (),
        likely: str = "",
        **kwargs: Any,
    ):
        self.rooms = rooms or {}
        options = {"widget": WeekText(list(names), likely), "required": False, "max_length": 5_000}
        super().__init__(*args, **{**options, **kwargs})

    def clean(self, value: Any) -> Any:
        try:
            return parse(super().clean(value), self.rooms)
        except BadHours as bad:
            raise forms.ValidationError(BAD_HOURS[bad.why] % {"line": bad.line}) from bad


class Several(forms.ModelMultipleChoiceField):
    """Rows to tick; an id that no row can have is refused like any that no row has."""

    LONGEST_ID = 18

    def __init__(self, **kwargs: Any):
        super().__init__(None, widget=forms.CheckboxSelectMultiple, **kwargs)

    def clean(self, value: Any) -> Any:
        for typed in value or ():
            if not (str(typed).isascii() and str(typed).isdigit() and len(str(typed)) <= self.LONGEST_ID):
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": typed}
                )
        return super().clean(value)


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
