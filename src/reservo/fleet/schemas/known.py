"""Which versions there were, and what each is made of."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.apps import apps
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from reservo import tenancy
from reservo.fleet.models import Schema
from reservo.tenancy import namespaces, planes
from reservo.tenancy.context import TENANT_ALIAS

Names = dict[str, list[str]]


def note(*, at: datetime) -> str:
    """This release's version, remembered from now on."""
    version = namespaces.tenant_schema()
    Schema.objects.get_or_create(version=version, defaults={"migrations": of_this_release(), "seen_at": at})
    return version


@lru_cache(maxsize=1)
def of_this_release() -> Names:
    """App to names of its migrations, of apps that have tables in a centre."""
    found: Names = {}
    for app, name in sorted(MigrationLoader(None).disk_migrations):
        if planes.has_tables_of_centres(apps.get_app_config(app)):
            found.setdefault(app, []).append(name)
    return found


def lacking(version: str) -> list[str] | None:
    """What a centre of this version has not had yet, as app.name; None for a version that nobody remembers."""
    known = Schema.objects.filter(version=version).values_list("migrations", flat=True).first()
    return None if known is None else missing_from(known)


def newer() -> list[str]:
    """Versions that have all of this release's migrations and more: a later release has been here."""
    return [str(schema.version) for schema in Schema.objects.all() if _is_newer(schema.migrations)]


def _is_newer(migrations: Names) -> bool:
    here = of_this_release()
    more = any(set(names) - set(here.get(app, ())) for app, names in migrations.items())
    return more and not missing_from(migrations)


def missing_from(applied: Names) -> list[str]:
    return [
        f"{app}.{name}"
        for app, names in of_this_release().items()
        for name in names
        if name not in applied.get(app, ())
    ]


def read(route: tenancy.Route) -> str:
    """The version that a namespace itself has; empty if it is none that anybody remembers."""
    applied = applied_in(route)
    if not missing_from(applied):
        return namespaces.tenant_schema()
    for schema in Schema.objects.order_by("-seen_at"):
        if all(applied.get(app) == names for app, names in schema.migrations.items()):
            return str(schema.version)
    return ""


def applied_in(route: tenancy.Route) -> Names:
    found: Names = {}
    with tenancy.activate(route), connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        for app, name in cursor.fetchall():
            found.setdefault(app, []).append(name)
    return found
