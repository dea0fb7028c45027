"""How often one client address may ask, counted for all processes of the installation together.

Counts stand in slots of a minute; the slot before weighs as much of it as still lies in the last sixty seconds, so
that no minute, wherever it begins, sees many more than the limit. What is refused is not counted.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.conf import settings

from reservo.core.clock import now

WINDOW_SECONDS = 60
SLOTS_KEPT = 2
BUSY_SECONDS = 2.0
IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True)
class Limit:
    kind: str
    most: int


READS, BOOKINGS = Limit("read", 60), Limit("book", 10)

log = logging.getLogger(__name__)
_kept = threading.local()

_COUNT = """
    INSERT INTO hits (address, kind, slot, count)
    SELECT :address, :kind, :slot, 1
    WHERE 1 + :weight * coalesce((SELECT count FROM hits WHERE address = :address AND kind = :kind
                                  AND slot = :slot - 1), 0) <= :most
    ON CONFLICT (address, kind, slot) DO UPDATE SET count = count + 1
    WHERE count + 1 + :weight * coalesce((SELECT count FROM hits WHERE address = :address AND kind = :kind
                                          AND slot = :slot - 1), 0) <= :most
    RETURNING count
"""
_COUNTS = "SELECT slot, count FROM hits WHERE address = ? AND kind = ? AND slot >= ?"


def seconds_to_wait(address: str, limit: Limit) -> int:
    """0 if the request may pass, which is counted; else in how many seconds to come back.

    A counter that cannot be read refuses nobody.
    """
    if not settings.RESERVO_RATE_LIMITS:
        return 0
    try:
        return _counted(_client(address), limit, now().timestamp())
    except sqlite3.Error:
        log.warning("requests could not be counted")
        _kept.database = None
        return 0


def _counted(client: str, limit: Limit, at: float) -> int:
    slot, since = int(at // WINDOW_SECONDS), at % WINDOW_SECONDS
    values = {"address": client, "kind": limit.kind, "slot": slot, "most": limit.most}
    values["weight"] = 1 - since / WINDOW_SECONDS
    database = _database(slot)
    if database.execute(_COUNT, values).fetchone():
        return 0
    counts = dict(database.execute(_COUNTS, (client, limit.kind, slot - 1)).fetchall())
    return _wait(counts.get(slot - 1, 0), counts.get(slot, 0), limit.most, since)


def _wait(before: int, here: int, most: int, since: float) -> int:
    """Whole seconds until one more fits in."""
    if here < most:
        return max(1, int(WINDOW_SECONDS * (1 - (most - here - 1) / before) - since) + 1)
    return int(WINDOW_SECONDS - since + WINDOW_SECONDS * (1 - (most - 1) / here)) + 1


def _client(address: str) -> str:
    """An IPv6 host has a whole network of addresses to ask from: the network counts."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), IPV6_NETWORK), strict=False))


def _database(slot: int) -> sqlite3.Connection:
    """A small file of its own: losing it costs nothing, so nothing waits for the disk."""
    database: sqlite3.Connection | None = getattr(_kept, "database", None)
    if database is None:
        path = settings.RESERVO_DATA_DIR / "limits.db"
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=OFF")
        database.execute(
            "CREATE TABLE IF NOT EXISTS hits (address TEXT, kind TEXT, slot INTEGER, count INTEGER, "
            "PRIMARY KEY (address, kind, slot)) WITHOUT ROWID"
        )
        _kept.database, _kept.slot = database, 0
    if _kept.slot != slot:
        database.execute("DELETE FROM hits WHERE slot <= ?", (slot - SLOTS_KEPT,))
        _kept.slot = slot
    return database
