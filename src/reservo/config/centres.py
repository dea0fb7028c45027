"""What needs both planes: the people who start in a centre, and what centres call themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts import passwords
from reservo.catalog.models import Centre
from reservo.staff import operations as staff
from reservo.staff import rights
from reservo.tenancy import directory


def first_administrator(route: tenancy.Route, email: str, name: str, password: str, *, at: datetime) -> None:
    """Raises WeakPassword."""
    passwords.check(password, email=email)
    person(route, email, name or email, password, builtin=rights.ADMINISTRATOR, at=at)


def person(
    route: tenancy.Route,
    email: str,
    name: str,
    password: str,
    *,
    builtin: str,
    place: dict | None = None,
    at: datetime,
) -> None:
    """A user who belongs to the centre with one of the roles it ships with."""
    user = accounts.create_user(email, name=name, password=password, at=at)
    accounts.join(user, route.tenant_id)
    with tenancy.activate(route):
        staff.appoint(user.pk, name=name, email=email, builtin=builtin, place=place)


def names_of(tenant_ids: Iterable[int]) -> dict[int, str]:
    """Each centre's own name, read from it."""
    found = {}
    for route in filter(None, map(directory.by_id, tenant_ids)):
        with tenancy.activate(route):
            found[route.tenant_id] = Centre.objects.values_list("name", flat=True).get()
    return found
