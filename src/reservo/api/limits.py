"""How often one client address may ask, counted for all processes of the installation together."""

from __future__ import annotations

import sqlite3
import threading
import time

from django.conf import settings

WINDOW_SECONDS = 60
READS, BOOKINGS = ("read", 60), ("book", 10)
_kept = threading.local()

_COUNT = """
    INSERT INTO hits (address, kind, slot, count) VALUES (?, ?, ?, 1)
    ON CONFLICT (address, kind, slot) DO UPDATE SET count = count + 1 RETURNING count
"""


def seconds_to_wait(address: str, limit: tuple[str, int]) -> int:
    """0 if the request may pass; else in how many seconds to come back."""
    if not settings.RESERVO_RATE_LIMITS:
        return 0
    kind, most = limit
    at = time.time()
    slot = int(at // WINDOW_SECONDS)
    count = _database().execute(_COUNT, (address[:64], kind, slot)).fetchone()[0]
    if count <= most:
        return 0
    return max(1, int((slot + 1) * WINDOW_SECONDS - at) + 1)


def _database() -> sqlite3.Connection:
    """A small file of its own: losing it costs nothing, so nothing waits for the disk."""
    if not hasattr(_kept, "database"):
        database = sqlite3.connect(settings.RESERVO_DATA_DIR / "limits.db", timeout=5, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=OFF")
        database.execute(
            "CREATE TABLE IF NOT EXISTS hits (address TEXT, kind TEXT, slot INTEGER, count INTEGER, "
            "PRIMARY KEY (address, kind, slot)) WITHOUT ROWID"
        )
        database.execute("DELETE FROM hits WHERE slot < ?", (int(time.time() // WINDOW_SECONDS) - 10,))
        _kept.database = database
    found: sqlite3.Connection = _kept.database
    return found
