"""Somebody else's connection to the control database of the run, with which it can be held against writers."""

from __future__ import annotations

from django.conf import settings
from django.db import connections
from django.db.utils import load_backend

_HOLD = {
    "sqlite": ["BEGIN IMMEDIATE"],
    "postgresql": ["BEGIN", "LOCK TABLE jobs_wakeup IN EXCLUSIVE MODE"],
    "mysql": ["LOCK TABLES jobs_wakeup READ"],
}
_LET_GO = {"sqlite": "ROLLBACK", "postgresql": "ROLLBACK", "mysql": "UNLOCK TABLES"}


class Holder:
    """Hints can be read and not written while it holds."""

    def __init__(self) -> None:
        database = connections.configure_settings({"default": dict(settings.DATABASES["default"])})["default"]
        self._wrapper = load_backend(database["ENGINE"]).DatabaseWrapper(database, alias="holder")
        self._wrapper.is_kept = True  # the connection stays, whatever happens to others
        self._holds = False
        self.hold()

    def hold(self) -> None:
        for statement in _HOLD[self._wrapper.vendor]:
            self._run(statement)
        self._holds = True

    def let_go(self) -> None:
        if self._holds:
            self._run(_LET_GO[self._wrapper.vendor])
        self._holds = False

    def end(self) -> None:
        self.let_go()
        self._wrapper.close()

    def _run(self, sql: str) -> None:
        with self._wrapper.cursor() as cursor:
            cursor.execute(sql)
