"""A centre's database on a MariaDB server, used under the centre's own role."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pymysql
from django.db import connections
from django.utils.asyncio import async_unsafe
from pymysql.constants import FIELD_TYPE

from reservo.tenancy import servers
from reservo.tenancy.backends.aimed import AimedWrapper
from reservo.tenancy.backends.reading import ReadingWrapper
from reservo.tenancy.context import CONTROL_ALIAS, Route

pymysql.install_as_MySQLdb()

from django.db.backends.mysql import base, operations  # noqa: E402  (it imports MySQLdb)

CONNECT_SECONDS = 2
LONGEST_WAIT_SECONDS = 10
TOO_MANY = 1040


# A machine that lost its power or its network says nothing: it is given up after so long, not after hours.
SILENCE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}


# The tables compare every letter as itself; what asks for no difference between small and large says so. Accents count.
IN_ANY_CASE = "COLLATE utf8mb4_uca1400_as_ci LIKE %s"


class Connection(pymysql.connections.Connection):
    """Encrypted where the server can be; who asked for no certificate needs the store of them read once only."""

    def _create_ssl_ctx(self, asked: Any) -> ssl.SSLContext:
        return super()._create_ssl_ctx(asked) if asked else _unasked()


@cache
def _unasked() -> ssl.SSLContext:
    made: ssl.SSLContext = pymysql.connections.Connection(defer_connect=True).ctx
    return made


class PlainWrapper(base.DatabaseWrapper):
    operators = base.DatabaseWrapper.operators | dict.fromkeys(
        ("iexact", "icontains", "istartswith", "iendswith"), IN_ANY_CASE
    )

    @async_unsafe
    def get_new_connection(self, conn_params: Any) -> Any:
        return Connection(**conn_params)


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "reservo.tenancy.backends.mariadb.compiler"


class DatabaseWrapper(AimedWrapper, PlainWrapper):
    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: Any) -> Any:
        made = super().get_new_connection(conn_params)
        for name, value in SILENCE.items():
            if hasattr(socket, name):  # not every system has each
                made._sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        return made

    def _take_role(self, namespace: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SET ROLE `{namespace}`")
            cursor.execute(f"USE `{namespace}`")

    def _is_full(self, error: Exception) -> bool:
        return bool(error.args) and error.args[0] == TOO_MANY

    def _read_epoch(self, cursor: Any) -> list[tuple[int, int]]:
        """Under the row's lock: one transaction at a time, as in a file."""
        cursor.execute("SELECT tenant_id, epoch FROM tenancy_namespaceepoch FOR UPDATE")
        return list(cursor.fetchall())

    def position(self) -> str:
        """Of this connection's last write; after a reconnect, of all writes."""
        with self.cursor() as cursor:
            cursor.execute("SELECT COALESCE(NULLIF(@@last_gtid, ''), @@gtid_binlog_pos)")
            return str(cursor.fetchone()[0] or "")


class ReplicaWrapper(ReadingWrapper, DatabaseWrapper):
    def has_reached(self, position: str, *, within: float) -> bool:
        if not position:  # a server that keeps no binary log tells none
            return False
        with self.cursor() as cursor:
            cursor.execute("SELECT MASTER_GTID_WAIT(%s, %s)", [position, within])
            return bool(cursor.fetchone()[0] == 0)


def pool_key(route: Route) -> object:
    return route.store, route.address


def settings_for(route: Route) -> dict[str, Any]:
    login = servers.application(route.store, route.address)
    return server_settings(login) | {"ENGINE": "reservo.tenancy.backends.mariadb"}


def replica_settings_for(route: Route) -> dict[str, Any]:
    made = settings_for(replace(route, address=route.replica))
    made["OPTIONS"]["init_command"] += ", tx_read_only = 1"
    return made


def server_settings(login: servers.Login, database: str = "") -> dict[str, Any]:
    return {
        **connections[CONTROL_ALIAS].settings_dict,
        "ENGINE": "django.db.backends.mysql",
        "HOST": login.host,
        "PORT": str(login.port),
        "NAME": database,
        "USER": login.user,
        "PASSWORD": login.password,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            "charset": "utf8mb4",
            "conv": {**base.django_conversions, FIELD_TYPE.NEWDECIMAL: _number},
            "isolation_level": "read committed",
            "init_command": f"SET innodb_lock_wait_timeout = {LONGEST_WAIT_SECONDS:d}",
        },
    }


def _number(text: str) -> int | Decimal:
    """A union of its signed and unsigned integers comes as decimals."""
    return Decimal(text) if "." in text else int(text)
