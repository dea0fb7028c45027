"""The configuration's forms."""

from reservo.catalog.forms.centre import (
    BranchForm,
    CategoryForm,
    CentreForm,
    PrivacyForm,
    RoomForm,
    RoomKindForm,
)
from reservo.catalog.forms.days import ExceptionForm, HolidayForm
from reservo.catalog.forms.fields import country_choices
from reservo.catalog.forms.practitioners import PractitionerForm
from reservo.catalog.forms.services import ServiceForm

__all__ = [
    "BranchForm",
    "CategoryForm",
    "CentreForm",
    "ExceptionForm",
    "HolidayForm",
    "PractitionerForm",
    "PrivacyForm",
    "RoomForm",
    "RoomKindForm",
    "ServiceForm",
    "country_choices",
]
