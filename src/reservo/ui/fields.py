"""Fields of forms on every plane."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from reservo.core import text


class OneLine(forms.CharField):
    """Words in one line: normalised, without control characters, of at most `max_length`.

    Some letters are two once normalised: what is too long only then is refused too, and never kept as it was typed.
    """

    keeps_lines = False

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value)
        try:
            return text.clean(typed, self.max_length, lines=self.keeps_lines)
        except text.TooLong as long:
            raise forms.ValidationError(_("El texto es demasiado largo."), code="max_length") from long


class Lines(OneLine):
    """The same for words in as many lines as they were typed in."""

    keeps_lines = True
