"""What every screen of staff shows around its content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.catalog import queries as catalog
from reservo.catalog.models import Branch, Centre
from reservo.core import identity, words
from reservo.core.clock import now
from reservo.notifications import bell
from reservo.notifications.live import addresses, marks
from reservo.support import queries as support
from reservo.support.models import SupportAccess

MODULES = (
    ("agenda.see", "agenda:index", "calendar", lambda shell: _("Agenda")),
    ("patients.see", "patients:index", "users", lambda shell: capfirst(shell.patients)),
    ("mail.see", "notifications:log", "mail", lambda shell: _("Correos")),
    ("configuration.edit", "catalog:index", "settings", lambda shell: _("Configuración")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    url: str
    icon: str
    active: bool


class Shell:
    """Read only when a template asks."""

    def __init__(self, request: HttpRequest):
        self._request = request
        self._staff = getattr(request, "staff", None)

    @cached_property
    def _centre(self) -> Centre | None:
        return catalog.centre_of(self._request) if tenancy.is_active() else None

    @property
    def centre_name(self) -> str:
        return self._centre.name if self._centre else "Reservo"

    @property
    def called(self) -> words.Called:
        """What the centre calls those it looks after: patients, clients, members."""
        return words.Called(self._centre.patient_word if self._centre else "", _language())

    @property
    def patient(self) -> str:
        return self.called.one

    @property
    def patients(self) -> str:
        return self.called.several

    @property
    def id_name(self) -> str:
        """What people's document is called here: `RUT`, `DNI / NIE`; just that where it has no one name."""
        return (identity.label(self._centre.country) if self._centre else "") or _("documento")

    @property
    def theme_url(self) -> str:
        return f"{reverse('theme')}?v={self._centre.colour[1:]}" if self._centre else ""

    @property
    def logo_url(self) -> str:
        return (
            f"{reverse('logo')}?v={self._centre.logo[-12:-4]}" if self._centre and self._centre.logo else ""
        )

    @property
    def events_url(self) -> str:
        """Of those who may hear the bell."""
        if not self._staff or self._staff.is_visitor or bell.RIGHT not in self._staff.extents:
            return ""
        return f"{addresses.events_url(self._request.get_host())}/{tenancy.current().slug}/events"

    @property
    def events_since(self) -> str:
        """What this page shows already; whatever is newer its stream begins with."""
        return str(marks.newest())

    @cached_property
    def support(self) -> SupportAccess | None:
        """Somebody of the operator's who looks in, for themselves; for those who decide, also one who asks to."""
        if self._staff and self._staff.is_visitor:
            return self._staff.visit
        if self._staff and "users.edit" in self._staff.extents:
            return support.current(now())
        return None

    @property
    def is_visitor(self) -> bool:
        return bool(self._staff and self._staff.is_visitor)

    @property
    def zone(self) -> str:
        return tenancy.current().zone

    @property
    def person(self) -> str:
        return self._staff.name if self._staff else ""

    @property
    def languages(self) -> list[tuple[str, str]]:
        return [("es", "Español"), ("en", "English"), ("", _("Del centro"))]

    @cached_property
    def unseen(self) -> int:
        return bell.count_unseen(self._staff) if self._staff else 0

    @cached_property
    def branches(self) -> list[Branch]:
        """Those this person works in; only worth showing if there are several."""
        return catalog.branches_of(self._staff) if self._staff else []

    @cached_property
    def branch(self) -> Branch | None:
        """The one in sight: named in the address, else the last one looked at."""
        asked = self._request.GET.get("sucursal", "") or self._request.COOKIES.get("reservo_branch", "")
        return next((one for one in self.branches if str(one.pk) == asked), None) or next(
            iter(self.branches), None
        )

    @property
    def root(self) -> str:
        return getattr(self._request, "cookie_path", "")

    @property
    def is_slim(self) -> bool:
        return self._request.COOKIES.get("reservo_rail") == "slim"

    @property
    def is_new(self) -> bool:
        """Whether this person should be told that the centre's set-up is not finished."""
        is_elsewhere = not self._request.path.startswith(reverse("catalog:index"))
        return bool(
            self._staff
            and self._centre
            and self._centre.is_new
            and is_elsewhere
            and "configuration.edit" in self._staff.extents
        )

    @property
    def nav(self) -> list[Entry]:
        if not self._staff:
            return []
        path = self._request.path
        return [
            Entry(label(self), url, icon, path.startswith(url))
            for right, name, icon, label in MODULES
            if right in self._staff.extents and (url := reverse(name))
        ]


def _language() -> str:
    return (get_language() or "es")[:2]


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
