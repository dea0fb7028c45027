"""Fields of forms on every plane."""

from __future__ import annotations

from typing import Any

from django import forms

from reservo.core import text


class OneLine(forms.CharField):
    """Words in one line: normalised, without control characters, of at most `max_length`."""

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value)
        try:
            return text.clean(typed, self.max_length)
        except text.TooLong:
            return typed  # the validators refuse it
