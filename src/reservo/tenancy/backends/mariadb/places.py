"""Making and removing databases and their roles, by the provisioning log-in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
from django.db import DatabaseError, connections

from reservo.tenancy import servers
from reservo.tenancy.backends import epochs, script
from reservo.tenancy.backends.mariadb.base import (
    CONNECT_SECONDS,
    LONGEST_WAIT_SECONDS,
    Connection,
    PlainWrapper,
    server_settings,
)
from reservo.tenancy.context import TENANT_ALIAS, Route
from reservo.tenancy.servers import Finding

LEAST_VERSION = (10, 6)
TRIGGERS_MEND = (
    "SET GLOBAL log_bin_trust_function_creators = 1; and in its configuration, as it writes a binary log"
)
PROVISIONER_MEND = "GRANT ALL ON *.* TO … WITH GRANT OPTION"
COLLATION = "utf8mb4_bin"  # as the other engines compare: every letter is itself


@contextlib.contextmanager
def provisioning(store: str) -> Iterator[Any]:
    login = servers.provisioner(store)
    try:
        connection = Connection(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password,
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            autocommit=True,
        )
    except pymysql.OperationalError as error:
        raise servers.StoreUnavailable(str(error)) from error
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def exists(route: Route) -> bool:
    with provisioning(route.store) as cursor:
        return bool(
            cursor.execute(
                "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", [route.namespace]
            )
        )


def names(route: Route) -> set[str]:
    with provisioning(route.store) as cursor:
        cursor.execute("SELECT schema_name FROM information_schema.schemata")
        return {name for (name,) in cursor.fetchall()}


def create(route: Route, template: Path, *, loose: bool = False) -> None:
    """The database, its tables, whose it is, and last its role: before that nobody can use it."""
    application = servers.application(route.store).user
    with provisioning(route.store) as cursor:
        try:
            cursor.execute(f"CREATE DATABASE `{route.namespace}` CHARACTER SET utf8mb4 COLLATE {COLLATION}")
            cursor.execute(f"USE `{route.namespace}`")
            for statement in script.statements(template):
                cursor.execute(statement)
            cursor.execute(
                "INSERT INTO tenancy_namespaceepoch (id, tenant_id, epoch) VALUES (1, %s, %s)",
                [route.tenant_id, route.epoch],
            )
            cursor.execute(f"CREATE ROLE `{route.namespace}`")
            cursor.execute(f"GRANT ALL ON `{_literal(route.namespace)}`.* TO `{route.namespace}`")
            cursor.execute(f"GRANT `{route.namespace}` TO `{application}`@'%'")
        except BaseException:
            _drop(cursor, route.namespace)
            raise


def tighten(template: Path) -> None:
    """Relations are checked for all other connections; only the mover's was loose."""


@contextlib.contextmanager
def loosely() -> Iterator[None]:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
    try:
        yield
    finally:
        with connections[TENANT_ALIAS].cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 1")


@contextlib.contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """`lock_wait_timeout` is about tables that others use, `innodb_lock_wait_timeout` about rows."""
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(f"SET lock_wait_timeout = {seconds:.0f}, innodb_lock_wait_timeout = {seconds:.0f}")
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError), connections[TENANT_ALIAS].cursor() as cursor:
            cursor.execute(
                f"SET lock_wait_timeout = DEFAULT, innodb_lock_wait_timeout = {LONGEST_WAIT_SECONDS:d}"
            )


def wait_alone(route: Route) -> None:
    """Writers hold a shared lock on the epoch's row: changing it waits for them."""


def epoch_of(route: Route) -> int | None:
    return epochs.epoch_of(route)


def raise_epoch(route: Route, epoch: int) -> None:
    epochs.raise_epoch(route, epoch, wait_alone)


def remove(route: Route) -> None:
    with provisioning(route.store) as cursor:
        _drop(cursor, route.namespace)


def size_of(route: Route) -> int:
    with connections[TENANT_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables"
            " WHERE table_schema = %s",
            [route.namespace],
        )
        return int(cursor.fetchone()[0])


def check(store: str, address: str) -> list[Finding]:
    application = servers.application(store)
    with provisioning(store) as cursor:
        cursor.execute("SELECT VERSION()")
        version = str(cursor.fetchone()[0])
        cursor.execute("SHOW GRANTS")
        own = " ".join(str(row[0]) for row in cursor.fetchall())
        rights = _rights(cursor, application.user)
        cursor.execute("SELECT @@log_bin AND NOT @@log_bin_trust_function_creators")
        refuses_triggers = bool(cursor.fetchone()[0])
    return [
        servers.version_of("MariaDB", version, _number(version) >= LEAST_VERSION, "10.6"),
        Finding(
            "the provisioning log-in may make databases and roles",
            "GRANT OPTION" in own,
            PROVISIONER_MEND,
            "may_provision",
        ),
        Finding(
            "the application's log-in has no rights of its own",
            all(" ON " not in right or "USAGE ON *.*" in right for right in rights),
            "REVOKE what it has; roles alone give it rights",
            "no_own_rights",
        ),
        Finding(
            "a centre may note its changes while it moves", not refuses_triggers, TRIGGERS_MEND, "may_note"
        ),
        _log_in(application),
    ]


def _rights(cursor: Any, user: str) -> list[str]:
    """None of one that is not there: it does not get in either."""
    if not cursor.execute("SELECT 1 FROM mysql.user WHERE user = %s AND host = '%%'", [user]):
        return []
    cursor.execute("SHOW GRANTS FOR %s@'%%'", [user])
    return [str(row[0]) for row in cursor.fetchall()]


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _log_in(login: servers.Login) -> Finding:
    try:
        Connection(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password,
            connect_timeout=CONNECT_SECONDS,
        ).close()
    except pymysql.OperationalError as refused:
        return Finding("the application can log in", False, str(refused), "may_enter")
    return Finding("the application can log in", True, key="may_enter")


def write_template(store: str, file: Path) -> None:
    """Migrate a scratch database of this store and keep the statements."""
    scratch = f"template_{file.stem.rpartition('-')[2]}"
    with provisioning(store) as cursor:
        _drop(cursor, scratch)
        cursor.execute(f"CREATE DATABASE `{scratch}` CHARACTER SET utf8mb4 COLLATE {COLLATION}")
    settings = server_settings(servers.provisioner(store), scratch)
    try:
        script.write_down(PlainWrapper(settings, alias=TENANT_ALIAS), file)
    finally:
        with provisioning(store) as cursor:
            _drop(cursor, scratch)


def _literal(name: str) -> str:
    """In a GRANT the underscore is a pattern for any letter."""
    return name.replace("_", r"\_")


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
    cursor.execute(f"DROP ROLE IF EXISTS `{name}`")
