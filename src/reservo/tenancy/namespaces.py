"""Making, copying and removing the place of one centre's data, on whichever engine its store has."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings

from reservo.tenancy import context, planes
from reservo.tenancy.context import Route

GIVES_WAY_SECONDS = 2
SUFFIX = {"sqlite": "db", "postgresql": "sql", "mariadb": "sql"}


class NamespaceTaken(RuntimeError):
    """The place already holds a centre."""


def name_for(engine: str, slug: str) -> str:
    """A name that no other namespace of any store has: it is the role's name too on a server."""
    unique = secrets.token_hex(4)
    if engine == "sqlite":
        return f"{slug}-{unique}.db"
    return f"{slug.replace('-', '_')[:40]}_{unique}"


def create(route: Route, *, loose: bool = False) -> None:
    """Make it from the template and write whose it is. Never runs a migration. Raises NamespaceTaken.

    `loose`: to be filled row by row in any order; relations are checked from `tighten` on.
    """
    places = places_of(route.engine)
    file = template(route.engine, route.store)
    if places.exists(route):
        raise NamespaceTaken(route.namespace)
    places.create(route, file, loose=loose)


def tighten(route: Route) -> None:
    """Check relations again in a namespace that was made loose; the active centre is the route's."""
    with context.atomic():
        places_of(route.engine).tighten(template(route.engine, route.store))


def loosely(route: Route) -> AbstractContextManager[None]:
    """Rows may come before those they point to, in the active connection of this route, until the end."""
    manager: AbstractContextManager[None] = places_of(route.engine).loosely()
    return manager


def wait_alone(route: Route) -> None:
    """Inside a transaction: wait until no other transaction of this centre writes."""
    places_of(route.engine).wait_alone(route)


def raise_epoch(route: Route, epoch: int) -> None:
    """From its return on, only this epoch or a later one writes here; waits for transactions under way."""
    places_of(route.engine).raise_epoch(route, epoch)


def giving_way(route: Route) -> AbstractContextManager[None]:
    """In the active connection of this route nothing waits longer than `GIVES_WAY_SECONDS` for a lock."""
    manager: AbstractContextManager[None] = places_of(route.engine).waiting_at_most(GIVES_WAY_SECONDS)
    return manager


def epoch_of(route: Route) -> int | None:
    """The epoch that may write here; None if the namespace is gone or is another centre's."""
    found: int | None = places_of(route.engine).epoch_of(route)
    return found


def remove(route: Route) -> None:
    """Delete a namespace and all it holds; nothing if there is none."""
    places_of(route.engine).remove(route)


def exists(route: Route) -> bool:
    return bool(places_of(route.engine).exists(route))


def names(route: Route) -> set[str]:
    """All that lie in the place where the route's lies, asked at once. Raises StoreUnavailable."""
    found: set[str] = places_of(route.engine).names(route)
    return found


def size_of(route: Route) -> int:
    """Bytes that a centre takes in its store; the active centre is the route's."""
    found: int = places_of(route.engine).size_of(route)
    return found


def template(engine: str = "sqlite", store: str = "") -> Path:
    """What new namespaces are made from: a file to copy or a script to run; made anew when migrations change."""
    path = template_path(engine)
    if not path.exists():
        places_of(engine).write_template(store, path)
    return path


def template_path(engine: str = "sqlite") -> Path:
    folder = Path(settings.RESERVO_DATA_DIR) / "templates"
    return folder / f"{engine}-{schema_fingerprint()}.{SUFFIX[engine]}"


def places_of(engine: str) -> Any:
    return import_module(f"reservo.tenancy.backends.{engine}.places")


@lru_cache(maxsize=1)
def schema_fingerprint() -> str:
    """Names and contents of all migrations, hashed."""
    return _fingerprint(apps.get_app_configs())


@lru_cache(maxsize=1)
def tenant_schema() -> str:
    """The version of a centre's tables that this release knows: as above, of apps that have any in a centre."""
    return _fingerprint(app for app in apps.get_app_configs() if planes.has_tables_of_centres(app))


def _fingerprint(chosen: Iterable[AppConfig]) -> str:
    digest = hashlib.sha256()
    for app in chosen:
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label}/{file.name}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
