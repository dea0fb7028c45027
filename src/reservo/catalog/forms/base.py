"""What every form of the configuration does: cleans texts, bounds numbers, refuses to overwrite unseen changes."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from reservo.core import text

MOST_POSITION = 9_999
BOUNDS = {
    "position": (0, MOST_POSITION),
    "duration_minutes": (5, 720),
    "buffer_before_minutes": (0, 240),
    "buffer_after_minutes": (0, 240),
    "most_overbooked": (0, 20),
    "step_minutes": (5, 60),
}
ON_THE_GRID = frozenset({"duration_minutes", "buffer_before_minutes", "buffer_after_minutes", "step_minutes"})
GRID_MINUTES = 5


class SettingsForm(forms.ModelForm):
    """A form over one row. `seen` is a mark of what was read: it is saved only over that."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, (low, high) in BOUNDS.items():
            if name in self.fields:
                self.fields[name].widget.attrs.update({"min": low, "max": high, "inputmode": "numeric"})

    def full_clean(self) -> None:
        if self.is_bound and self.instance.pk:
            self._current = self.mark()
        super().full_clean()

    def mark(self) -> str:
        """Of the values on file now, as this form shows them."""
        values = [
            (name, str(self.get_initial_for_field(field, name)))
            for name, field in self.fields.items()
            if name != "seen"
        ]
        return hashlib.sha256(repr(sorted(values)).encode()).hexdigest()[:32]

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        if field_name == "seen":
            return self.__dict__.get("_mark", "")
        return super().get_initial_for_field(field, field_name)

    def show_mark(self) -> None:
        """Once all fields are there: what is on file now travels with the form."""
        self._mark = self.mark() if self.instance.pk else ""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, field in self.fields.items():
            if isinstance(field, forms.CharField) and isinstance(given.get(name), str):
                self._clean_text(given, name, field)
        for name, (low, high) in BOUNDS.items():
            value = given.get(name)
            if value is None:
                continue
            if not low <= value <= high:
                self.add_error(name, _("Entre %(low)d y %(high)d.") % {"low": low, "high": high})
            elif name in ON_THE_GRID and value % GRID_MINUTES:
                self.add_error(name, _("Tiene que ser múltiplo de 5 minutos."))
        self._refuse_unseen_changes(given)
        return given

    def _clean_text(self, given: dict[str, Any], name: str, field: forms.CharField) -> None:
        lines = isinstance(field.widget, forms.Textarea)
        given[name] = text.clean(given[name], text.GROWTH * len(given[name]), lines=lines)
        if field.max_length is not None and len(given[name]) > field.max_length:
            self.add_error(name, _("El texto es demasiado largo."))
            return
        if field.required and not given[name]:
            self.add_error(name, field.error_messages["required"])

    def _refuse_unseen_changes(self, given: dict[str, Any]) -> None:
        seen = given.pop("seen", "")
        if not (seen and self.instance.pk) or seen == self._current:
            return
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = self._current
        self.add_error(
            None,
            _(
                "Otra persona guardó cambios aquí mientras editabas. Lo que escribiste sigue en pantalla: "
                "si guardas otra vez, queda lo tuyo."
            ),
        )

    def _update_errors(self, errors: ValidationError) -> None:
        """Clashes of names in our words, whatever the database calls its columns."""
        found = getattr(errors, "error_dict", {})
        for refused in found.get("name", []) + found.get("code", []):
            if refused.code == "unique":
                refused.message, refused.params = _("Ya hay otro igual: usa uno distinto."), None
        for refused in found.get(NON_FIELD_ERRORS, []):
            if refused.code == "unique_together":
                refused.message, refused.params = _("Ya hay otro con ese nombre en el mismo lugar."), None
        super()._update_errors(errors)
