"""A streaming standby of PostgreSQL: how far it is, and making it the primary."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from reservo.tenancy import servers
from reservo.tenancy.backends.postgresql.base import CONNECT_SECONDS
from reservo.tenancy.backends.postgresql.places import provisioning
from reservo.tenancy.backends.standing import Standing

LOOK_AGAIN_SECONDS = 0.02
PROMOTE_SECONDS = 60
MEND = "on the primary: GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO the provisioning log-in"

_LOOK = """
    SELECT pg_is_in_recovery(),
        EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE pid IS NOT NULL),
        CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float,
        pg_last_wal_replay_lsn()::text,
        has_function_privilege('pg_promote(boolean, integer)', 'EXECUTE'),
        current_setting('synchronous_standby_names')
"""
_HAS_ALL_IT_RECEIVED = """
    SELECT NOT pg_is_in_recovery() OR coalesce(pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn(), true)
"""


@contextlib.contextmanager
def _steering(store: str, address: str) -> Iterator[Any]:
    login = servers.steward(store, address)
    try:
        connection = psycopg.connect(
            host=login.host,
            port=login.port,
            dbname=login.database,
            user=login.user,
            password=login.password,
            connect_timeout=CONNECT_SECONDS,
            autocommit=True,
        )
    except psycopg.OperationalError as error:
        raise servers.StoreUnavailable(str(error).strip()) from error
    try:
        yield connection
    except psycopg.Error as error:
        raise servers.StoreUnavailable(str(error).strip()) from error
    finally:
        connection.close()


def standing(store: str, address: str) -> Standing:
    """Raises StoreUnavailable."""
    with _steering(store, address) as connection:
        found = connection.execute(_LOOK).fetchone()
    is_standby, is_receiving, behind, position, may_promote, waits_for = found
    known = behind if is_receiving else None
    return Standing(is_standby, is_receiving, known, position or "", may_promote, MEND, waits_for)


def primary_position(store: str) -> str:
    """Raises StoreUnavailable."""
    with provisioning(store) as connection:
        return str(connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()[0])


def catch_up(store: str, address: str, position: str, *, seconds: float) -> bool:
    """Wait until the standby shows that position, or all that it has received if none is named."""
    sql, values = _HAS_ALL_IT_RECEIVED, []
    if position:
        sql, values = "SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= %s::pg_lsn", [position]
    until = time.monotonic() + seconds
    with _steering(store, address) as connection:
        while not connection.execute(sql, values).fetchone()[0]:
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_AGAIN_SECONDS)
    return True


def promote(store: str, address: str) -> None:
    """From its return on the server takes writes; nothing is done if it does already."""
    with _steering(store, address) as connection:
        if connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
            connection.execute("SELECT pg_promote(true, %s)", [PROMOTE_SECONDS])
        if connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
            raise servers.StoreUnavailable("the standby did not become a primary")
