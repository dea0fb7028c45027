"""What is asked before a centre is moved, or given the state of a backup."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo.console.forms.centres import ReasonForm, clean_slug, store_choices


class TypedForm(ReasonForm):
    """For what is hard to take back: the name of the thing is typed."""

    typed = forms.CharField(label=gettext_lazy("Escríbelo para confirmar"), max_length=80)
    field_order = ["reason", "typed"]

    def __init__(self, *args: Any, name: str, with_reason: bool = True, **kwargs: Any):
        self.name = name
        super().__init__(*args, **kwargs)
        self.fields["typed"].label = _("Escribe «%(name)s» para confirmar") % {"name": name}
        if not with_reason:
            del self.fields["reason"]

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"].strip() != self.name:
            raise forms.ValidationError(_("Escribe %(slug)s para confirmar.") % {"slug": self.name})
        return self.cleaned_data["typed"]


class AsNewForm(forms.Form):
    slug = forms.CharField(label=gettext_lazy("Dirección del centro nuevo"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["store"] = forms.ChoiceField(label=_("Almacén"), choices=store_choices(), required=False)

    def clean_slug(self) -> str:
        return clean_slug(self.cleaned_data["slug"])
