"""A centre's SQLite file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.sqlite3 import base, operations

from reservo.tenancy.backends.guard import GuardedWrapper
from reservo.tenancy.context import CONTROL_ALIAS, Route

BUSY_TIMEOUT_SECONDS = 10
# FULL: an acknowledged booking survives the loss of power.
INIT_COMMAND = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "reservo.tenancy.backends.compiler"


class DatabaseWrapper(GuardedWrapper, base.DatabaseWrapper):
    ops_class = DatabaseOperations


def settings_for(route: Route) -> dict[str, Any]:
    defaults = connections[CONTROL_ALIAS].settings_dict
    return {
        **defaults,
        "ENGINE": "reservo.tenancy.backends.sqlite",
        "NAME": str(path_of(route)),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_TIMEOUT_SECONDS,
            "init_command": INIT_COMMAND,
        },
    }


def path_of(route: Route) -> Path:
    return Path(route.address) / route.namespace
