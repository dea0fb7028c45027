"""One server connection per thread and store, aimed at the active centre's namespace under that centre's role."""

from __future__ import annotations

import time
from typing import Any

from django.db import DatabaseError, OperationalError

from reservo.tenancy import servers
from reservo.tenancy.backends.guard import GuardedWrapper
from reservo.tenancy.context import Route, WrongTenant

Aim = tuple[str, int]  # a namespace and the centre that it holds

# A server process remembers the catalog of every namespace it has touched: about 2 MB each.
MOST_NAMESPACES_PER_CONNECTION = 150
LONGEST_AGE_SECONDS = 900.0
IDLE_SECONDS = 1.0


class AimedWrapper(GuardedWrapper):
    """Mixin for a Django DatabaseWrapper that serves all the centres of one store, one at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._aimed_at: Aim | None = None
        self._touched: set[Aim] = set()
        self._opened_at = 0.0
        self._is_connecting = False
        self._aimed_on = 0.0
        self.writes = 0
        self._position = (0, "")

    def address(self) -> str:
        """Where this connection leads."""
        return self.route.address

    def position_written(self) -> str:
        """Where the newest write of this connection stands in the server's journal; nothing if it made none."""
        if self._position[0] != self.writes:
            self._position = (self.writes, self.position())
        return self._position[1]

    def position(self) -> str:
        """Where the server's journal stands now, everything acknowledged so far included."""
        raise NotImplementedError

    def _hold_epoch(self) -> None:
        super()._hold_epoch()
        self.writes += 1

    def aim(self, route: Route) -> None:
        """From now on this connection speaks for `route`; takes effect before the next statement."""
        self.route = route
        if self.connection is not None and self._is_worn():  # type: ignore[attr-defined]
            self.close()  # type: ignore[attr-defined]

    def _is_worn(self) -> bool:
        at = time.monotonic()
        idle, self._aimed_on = at - self._aimed_on, at
        if at - self._opened_at > LONGEST_AGE_SECONDS or len(self._touched) > MOST_NAMESPACES_PER_CONNECTION:
            return True
        doubtful = bool(self.errors_occurred) or idle > IDLE_SECONDS  # type: ignore[attr-defined]
        return doubtful and not self.is_usable()  # type: ignore[attr-defined]

    def connect(self) -> None:
        self._is_connecting = True
        try:
            servers.gate(self.route.store, self.address()).through(self._open, is_full=self._is_full)
        finally:
            self._is_connecting = False
        self._aimed_at = None
        self._touched = set()
        self._opened_at = time.monotonic()

    def _open(self) -> None:
        with self.wrap_database_errors:  # type: ignore[attr-defined]
            super().connect()  # type: ignore[misc]

    def ensure_connection(self) -> None:
        super().ensure_connection()  # type: ignore[misc]
        wanted = (self.route.namespace, self.route.tenant_id)
        if not self._is_connecting and self._aimed_at != wanted:
            self._aimed_at = None
            try:
                self._take(wanted)
            except DatabaseError as lost:
                self.close()  # type: ignore[attr-defined]
                raise OperationalError(f"{self.route.namespace} cannot be used") from lost
            self._aimed_at = wanted
            self._touched.add(wanted)

    def _take(self, wanted: Aim) -> None:
        """Refuses a namespace that holds another centre, whatever the directory says."""
        namespace, tenant_id = wanted
        with self.wrap_database_errors:  # type: ignore[attr-defined]
            self._take_role(namespace)
            if wanted in self._touched:
                return
            with self.connection.cursor() as cursor:  # type: ignore[attr-defined]
                cursor.execute("SELECT tenant_id FROM tenancy_namespaceepoch")
                held = [tuple(row) for row in cursor.fetchall()]
        if held != [(tenant_id,)]:
            raise WrongTenant(f"{namespace} holds {held}, not centre {tenant_id}")

    def _take_role(self, namespace: str) -> None:
        raise NotImplementedError

    def _is_full(self, error: Exception) -> bool:
        raise NotImplementedError
