"""Making and removing schemas and their roles, by the provisioning log-in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import DatabaseError, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PlainWrapper
from psycopg import sql

from reservo.tenancy import servers
from reservo.tenancy.backends import epochs, script
from reservo.tenancy.backends.postgresql.base import CONNECT_SECONDS, LONGEST_WAIT_SECONDS, server_settings
from reservo.tenancy.context import TENANT_ALIAS, Route
from reservo.tenancy.servers import Finding

LEAST_VERSION = 15
RELATION = "FOREIGN KEY"
PROVISIONER_MEND = "ALTER ROLE … CREATEROLE; GRANT CREATE ON DATABASE … TO …"


@contextlib.contextmanager
def provisioning(store: str) -> Iterator[Any]:
    login = servers.provisioner(store)
    try:
        connection = psycopg.connect(
            host=login.host,
            port=login.port,
            dbname=login.database,
            user=login.user,
            password=login.password,
            connect_timeout=CONNECT_SECONDS,
        )
    except psycopg.OperationalError as error:
        raise servers.StoreUnavailable(str(error).strip()) from error
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def exists(route: Route) -> bool:
    with provisioning(route.store) as connection:
        found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [route.namespace])
        return found.fetchone() is not None


def names(route: Route) -> set[str]:
    with provisioning(route.store) as connection:
        return {name for (name,) in connection.execute("SELECT nspname FROM pg_namespace")}


def create(route: Route, template: Path, *, loose: bool = False) -> None:
    """The schema, its role, its tables and whose it is, in one transaction."""
    with provisioning(route.store) as connection:
        _make(connection, route.namespace, servers.application(route.store).user)
        statements = [text for text in script.statements(template) if not loose or RELATION not in text]
        connection.execute(";".join(statements))
        connection.execute(
            "INSERT INTO tenancy_namespaceepoch (id, tenant_id, epoch) VALUES (1, %s, %s)",
            [route.tenant_id, route.epoch],
        )


def tighten(template: Path) -> None:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        )
        known = {row[0] for row in cursor.fetchall()}
        for text in script.statements(template):
            if RELATION in text and not any(f'"{name}"' in text for name in known):
                cursor.execute(text)


@contextlib.contextmanager
def loosely() -> Iterator[None]:
    """The relations themselves are not there yet."""
    yield


@contextlib.contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    _set_lock_timeout(seconds)
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError):  # a lost connection is not used again
            _set_lock_timeout(LONGEST_WAIT_SECONDS)


def _set_lock_timeout(seconds: float) -> None:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {seconds * 1000:.0f}")


def wait_alone(route: Route) -> None:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [route.tenant_id])


def epoch_of(route: Route) -> int | None:
    return epochs.epoch_of(route)


def raise_epoch(route: Route, epoch: int) -> None:
    epochs.raise_epoch(route, epoch, wait_alone)


def remove(route: Route) -> None:
    with provisioning(route.store) as connection:
        _drop(connection, route.namespace)


def size_of(route: Route) -> int:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(pg_total_relation_size(oid)), 0) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
        return int(cursor.fetchone()[0])


def check(store: str, address: str) -> list[Finding]:
    application = servers.application(store)
    with provisioning(store) as connection:
        version = connection.info.server_version // 10_000
        may = connection.execute(
            "SELECT rolcreaterole, has_database_privilege(current_database(), 'CREATE') FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        app = connection.execute(
            "SELECT rolinherit OR rolsuper OR rolcreaterole, has_schema_privilege(oid, 'public', 'CREATE')"
            " FROM pg_roles WHERE rolname = %s",
            [application.user],
        ).fetchone()
    own = [] if app is None else _rights(*app)  # one that is not there is told by not getting in
    return [
        servers.version_of("PostgreSQL", version, version >= LEAST_VERSION, LEAST_VERSION),
        Finding(
            "the provisioning log-in may make roles and schemas", all(may), PROVISIONER_MEND, "may_provision"
        ),
        *own,
        _log_in(application),
    ]


def _rights(has_own: bool, opens_public: bool) -> list[Finding]:
    return [
        Finding(
            "the application's log-in has no rights of its own",
            not has_own,
            "ALTER ROLE … NOINHERIT NOCREATEROLE",
            "no_own_rights",
        ),
        Finding(
            "the application's log-in cannot write to public",
            not opens_public,
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "no_public",
        ),
    ]


def _log_in(login: servers.Login) -> Finding:
    try:
        psycopg.connect(
            host=login.host,
            port=login.port,
            dbname=login.database,
            user=login.user,
            password=login.password,
            connect_timeout=CONNECT_SECONDS,
        ).close()
    except psycopg.OperationalError as refused:
        return Finding("the application can log in", False, str(refused).strip(), "may_enter")
    return Finding("the application can log in", True, key="may_enter")


def write_template(store: str, file: Path) -> None:
    """Migrate a scratch schema of this store and keep the statements."""
    scratch = f"template_{file.stem.rpartition('-')[2]}"
    with provisioning(store) as connection:
        _drop(connection, scratch)
        _make(connection, scratch, "")
    settings = server_settings(
        servers.provisioner(store), options=f"-c role={scratch} -c search_path={scratch}"
    )
    try:
        script.write_down(PlainWrapper(settings, alias=TENANT_ALIAS), file)
    finally:
        with provisioning(store) as connection:
            _drop(connection, scratch)


def _make(connection: Any, name: str, application: str) -> None:
    """A role that owns a schema; the application may become it, and inherits nothing from it."""
    role = sql.Identifier(name)
    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    if application:
        connection.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(application)))
    connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(role, role))
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(role))


def _drop(connection: Any, name: str) -> None:
    role = sql.Identifier(name)
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(role))
    connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
