"""What a form hands on is free of control characters, whoever wrote the form."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms

from reservo.catalog.forms.base import SettingsForm
from reservo.ui.fields import OneLine
from tests.architecture.test_tree import ROOT, SOURCES

CLEANED_ELSEWHERE = {
    "reservo.agenda.forms.VisitForm": "the patients' operation cleans",
    "reservo.crm.forms.WordsForm": "its clean()",
    "reservo.patients.forms.PatientForm": "the patients' operation cleans",
}
COMPARED_NOT_KEPT = {"code", "typed"}


def form_classes() -> list[type[forms.BaseForm]]:
    for path in SOURCES:
        if "forms." in path.read_text():
            import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    return [one for one in _below(forms.BaseForm) if one.__module__.startswith("reservo.")]


def _below(parent: type) -> Iterator[type]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


def is_typed_text(field: forms.Field) -> bool:
    words = type(field) in (forms.CharField, OneLine)
    return words and type(field.widget) in (forms.TextInput, forms.Textarea) and not is_checked(field)


def is_checked(field: forms.Field) -> bool:
    return getattr(field.widget, "input_type", "text") in ("email", "tel")


def test_every_text_that_is_typed_and_kept_is_cleaned():
    bare = {
        f"{form.__module__}.{form.__name__}.{name}"
        for form in form_classes()
        if not issubclass(form, SettingsForm)
        and f"{form.__module__}.{form.__name__}" not in CLEANED_ELSEWHERE
        for name, field in form.base_fields.items()
        if is_typed_text(field) and not isinstance(field, OneLine)
        if not hasattr(form, f"clean_{name}") and name not in COMPARED_NOT_KEPT
    }
    assert bare == set()


def test_one_line_loses_what_cannot_be_seen():
    assert OneLine(max_length=10).clean("Ana\u202e\x00\x1b  Paz\r\nX") == "Ana Paz X"


@pytest.mark.parametrize(
    ("typed", "code"),
    [("\x00\u202e ", "required"), ("x" * 11, "max_length"), ("x" * 10_000_000, "max_length")],
    ids=["nothing that shows", "one too many", "10 MB"],
)
def test_one_line_keeps_its_bounds(typed, code):
    with pytest.raises(forms.ValidationError) as refused:
        OneLine(max_length=10).clean(typed)
    assert code in {one.code for one in refused.value.error_list}
