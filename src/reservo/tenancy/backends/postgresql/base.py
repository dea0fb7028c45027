"""A centre's schema in a PostgreSQL database, used under the centre's own role."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from django.db import connections
from django.db.backends.postgresql import base, operations

from reservo.tenancy import servers
from reservo.tenancy.backends.aimed import AimedWrapper
from reservo.tenancy.backends.reading import ReadingWrapper
from reservo.tenancy.context import CONTROL_ALIAS, Route

CONNECT_SECONDS = 2
LONGEST_WAIT_SECONDS = 10
# A machine that lost its power or its network says nothing: it is given up after so long, not after hours.
SILENCE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
# In the two languages that servers of our countries are set to (`lc_messages`).
TOO_MANY = (
    *("too many clients", "too many connections", "remaining connection slots"),
    *("demasiados clientes", "demasiadas conexiones", "conexiones restantes"),
)
LOOK_AGAIN_SECONDS = 0.001

# A commit that was acknowledged is flushed, unless the server does not wait for its disk.
_POSITION = """
    SELECT CASE current_setting('synchronous_commit')
        WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END::text
"""
_HAS_REACHED = "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= %s::pg_lsn"


def says_full(error: Exception) -> bool:
    """A refused log-in comes without its code: the words are all there is."""
    return any(words in str(error) for words in TOO_MANY)


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "reservo.tenancy.backends.postgresql.compiler"


class DatabaseWrapper(AimedWrapper, base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def _take_role(self, namespace: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f'RESET ROLE; SET ROLE "{namespace}"; SET search_path TO "{namespace}"')

    def _is_full(self, error: Exception) -> bool:
        return says_full(error)

    def _read_epoch(self, cursor: Any) -> list[tuple[int, int]]:
        """Under the centre's lock: one transaction at a time, as in a file. One round trip.

        Operations look before they change, and what they saw has to stay true until they commit.
        """
        lock = f"SELECT pg_advisory_xact_lock({self.route.tenant_id:d})"
        cursor.execute(f"{lock}; SELECT tenant_id, epoch FROM tenancy_namespaceepoch")  # noqa: S608  # nosec B608: a number
        cursor.nextset()
        return list(cursor.fetchall())

    def position(self) -> str:
        with self.cursor() as cursor:
            cursor.execute(_POSITION)
            return str(cursor.fetchone()[0])


class ReplicaWrapper(ReadingWrapper, DatabaseWrapper):
    def has_reached(self, position: str, *, within: float) -> bool:
        until = time.monotonic() + within
        while not self._shows(position):
            if time.monotonic() >= until:
                return False
            time.sleep(LOOK_AGAIN_SECONDS)
        return True

    def _shows(self, position: str) -> bool:
        with self.cursor() as cursor:
            cursor.execute(_HAS_REACHED, [position])
            return bool(cursor.fetchone()[0])


def pool_key(route: Route) -> object:
    return route.store, route.address


def settings_for(route: Route) -> dict[str, Any]:
    login = servers.application(route.store, route.address)
    return server_settings(login) | {"ENGINE": "reservo.tenancy.backends.postgresql"}


def replica_settings_for(route: Route) -> dict[str, Any]:
    made = settings_for(replace(route, address=route.replica))
    made["OPTIONS"]["options"] += " -c default_transaction_read_only=on"
    return made


def server_settings(login: servers.Login, **options: str) -> dict[str, Any]:
    return {
        **connections[CONTROL_ALIAS].settings_dict,
        "ENGINE": "django.db.backends.postgresql",
        "HOST": login.host,
        "PORT": str(login.port),
        "NAME": login.database,
        "USER": login.user,
        "PASSWORD": login.password,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            **SILENCE,
            "options": f"-c lock_timeout={LONGEST_WAIT_SECONDS}s",
            **options,
        },
    }
