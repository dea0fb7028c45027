"""A GTID replica of MariaDB: how far it is, and making it the primary."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pymysql

from reservo.tenancy import servers
from reservo.tenancy.backends.mariadb.base import CONNECT_SECONDS, Connection
from reservo.tenancy.backends.mariadb.places import provisioning
from reservo.tenancy.backends.standing import Standing

LOOK_AGAIN_SECONDS = 0.02
NEEDED = ("ALL PRIVILEGES ON *.*", "READ ONLY ADMIN")
MEND = "GRANT REPLICATION SLAVE ADMIN, REPLICA MONITOR, READ ONLY ADMIN ON *.* TO the provisioning log-in"


@contextlib.contextmanager
def _steering(store: str, address: str) -> Iterator[Any]:
    login = servers.steward(store, address)
    try:
        connection = Connection(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password,
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
        )
    except pymysql.OperationalError as error:
        raise servers.StoreUnavailable(str(error)) from error
    try:
        with connection.cursor() as cursor:
            yield cursor
    except pymysql.MySQLError as error:
        raise servers.StoreUnavailable(str(error).strip()) from error
    finally:
        connection.close()


def standing(store: str, address: str) -> Standing:
    """Raises StoreUnavailable."""
    with _steering(store, address) as cursor:
        status = _status(cursor)
        cursor.execute("SELECT @@read_only AS is_read_only, @@gtid_slave_pos AS position")
        own = cursor.fetchone()
        cursor.execute("SHOW GRANTS")
        rights = " ".join(text for row in cursor.fetchall() for text in row.values())
    is_receiving = status.get("Slave_IO_Running") == "Yes" and status.get("Slave_SQL_Running") == "Yes"
    behind = status.get("Seconds_Behind_Master")
    return Standing(
        is_standby=bool(status) and bool(own["is_read_only"]),
        is_receiving=is_receiving,
        seconds_behind=float(behind) if is_receiving and behind is not None else None,
        position=own["position"] or "",
        may_promote=any(right in rights for right in NEEDED),
        mend=MEND,
    )


def primary_position(store: str) -> str:
    """Raises StoreUnavailable."""
    with provisioning(store) as cursor:
        cursor.execute("SELECT @@gtid_binlog_pos")
        return str(cursor.fetchone()[0] or "")


def catch_up(store: str, address: str, position: str, *, seconds: float) -> bool:
    """Wait until the replica shows that position, or all that it has received if none is named."""
    until = time.monotonic() + seconds
    with _steering(store, address) as cursor:
        if not _status(cursor):  # promoted already
            return True
        if position:
            cursor.execute("SELECT MASTER_GTID_WAIT(%s, %s) AS missed", [position, seconds])
            return bool(cursor.fetchone()["missed"] == 0)
        cursor.execute("STOP SLAVE IO_THREAD")
        while not _has_all_it_received(_status(cursor)):
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_AGAIN_SECONDS)
    return True


def promote(store: str, address: str) -> None:
    """From its return on the server takes writes; nothing is done if it does already."""
    with _steering(store, address) as cursor:
        if _status(cursor):
            cursor.execute("STOP SLAVE")
            cursor.execute("RESET SLAVE ALL")
        cursor.execute("SET GLOBAL read_only = 0")


def _status(cursor: Any) -> dict[str, Any]:
    cursor.execute("SHOW SLAVE STATUS")
    return cursor.fetchone() or {}


def _has_all_it_received(status: dict[str, Any]) -> bool:
    """The applying thread has read its relay log to the end."""
    place = ("Relay_Master_Log_File", "Exec_Master_Log_Pos"), ("Master_Log_File", "Read_Master_Log_Pos")
    done, received = (tuple(status[name] for name in names) for names in place)
    return done == received
