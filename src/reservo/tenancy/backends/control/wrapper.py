"""What the control database's connection does on every engine: heal, wait with a bound, say when it is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error, InterfaceError, OperationalError

from reservo.tenancy.backends.control import answering
from reservo.tenancy.backends.control.answering import ControlAway

IDLE_SECONDS = 1.0
PING_MS = 1_000
LONGEST_IDLE_SECONDS = 30  # a node that stands still inside a transaction holds up the others for no longer


class ControlWrapper:
    """Mixin for a Django DatabaseWrapper."""

    hinted_due: Any = None  # what wake-up was hinted for in the open transaction, see `jobs.wakeups`
    needs_transaction = False
    errors_occurred: bool
    is_kept = False  # it holds a lock or sees one moment: another connection would not
    _patience: float | None = None
    _used_at = 0.0
    _is_connecting = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._watch)  # type: ignore[attr-defined]

    @property
    def patience(self) -> float:
        """Seconds that a statement is waited for."""
        return answering.patience() if self._patience is None else self._patience

    @property
    def lock_milliseconds(self) -> int:
        """Less than the patience: who waits for others is not to be taken for one who gets no answer."""
        return int(self.patience * 750)

    def make(self) -> None:
        """What migrations need to begin with; a server has it."""

    @contextmanager
    def waiting_at_most(self, milliseconds: int) -> Iterator[None]:
        """Statements of the block are not waited for any longer than this."""
        before, self._patience = self._patience, milliseconds / 1_000
        self._apply_patience()
        try:
            yield
        finally:
            self._patience = before
            self._apply_patience()

    def _apply_patience(self) -> None:
        """Tell a connection that is open."""

    @contextmanager
    def patiently(self, seconds: float) -> Iterator[None]:
        """For work that takes long: migrations, copies of everything."""
        raise NotImplementedError

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Of all nodes one at a time is in the block; the others wait, which takes `patiently`."""
        raise NotImplementedError

    def connect(self) -> None:
        self._is_connecting = True
        try:
            answering.through(self._open, is_full=self._is_full)
        finally:
            self._is_connecting = False
        self._used_at = time.monotonic()

    def _open(self) -> None:
        with self.wrap_database_errors:  # type: ignore[attr-defined]
            super().connect()  # type: ignore[misc]

    def ensure_connection(self) -> None:
        is_held = self._is_connecting or self.is_kept or not self.autocommit  # type: ignore[attr-defined]
        if not is_held and self.connection is not None:  # type: ignore[attr-defined]
            self._drop_if_doubtful()
        super().ensure_connection()  # type: ignore[misc]

    def close_if_unusable_or_obsolete(self) -> None:
        """Between requests, where nobody could be answered: whether it is usable is seen when it is used."""
        if self.connection is None or self.in_atomic_block:  # type: ignore[attr-defined]
            return
        is_odd = self.autocommit != self.settings_dict["AUTOCOMMIT"]  # type: ignore[attr-defined]
        until: float | None = self.close_at  # type: ignore[attr-defined]
        if is_odd or (until is not None and time.monotonic() >= until):
            self.close()  # type: ignore[attr-defined]

    def _drop_if_doubtful(self) -> None:
        """A connection that failed, that nobody used for a while, or whose server does not answer others."""
        at, idle = time.monotonic(), time.monotonic() - self._used_at
        self._used_at = at
        if answering.is_away():
            self.close()  # type: ignore[attr-defined]
        elif (self.errors_occurred or idle > IDLE_SECONDS) and not self._still_there():
            self.close()  # type: ignore[attr-defined]
            if time.monotonic() - at > PING_MS / 2_000:
                answering.note_away()

    def _still_there(self) -> bool:
        with self.waiting_at_most(PING_MS):
            usable: bool = self.is_usable()  # type: ignore[attr-defined]
        self.errors_occurred = self.errors_occurred and not usable
        return usable

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)  # type: ignore[misc]
        self.hinted_due = None
        if not autocommit:
            self._begin()

    def _begin(self) -> None:
        try:
            self._wait_turn()
        except Error:
            self.close()  # type: ignore[attr-defined]
            raise

    def _wait_turn(self) -> None:
        """One transaction at a time, as in a file: what an operation looked at stays true until it commits."""

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        except (OperationalError, InterfaceError) as error:
            self._raise_if_away(error, "COMMIT")
            raise

    def _watch(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        try:
            return execute(sql, params, many, context)
        except (OperationalError, InterfaceError) as error:
            self._raise_if_away(error, sql)
            raise

    def _raise_if_away(self, error: Exception, sql: str) -> None:
        if isinstance(error, ControlAway) or not self._is_lost(error, sql):
            return
        if self._patience is None:
            answering.note_away()
        self.close()  # type: ignore[attr-defined]
        raise ControlAway("the control database does not answer") from error

    def _is_lost(self, error: Exception, sql: str) -> bool:
        raise NotImplementedError

    def _is_full(self, error: Exception) -> bool:
        """Whether the server is there but has no connection to give."""
        return False
