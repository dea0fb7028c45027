"""Database servers that stores stand on: address, log-ins, and whether they answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, OperationalError

from reservo.core import sealing

SECONDS_KEPT = 30.0
LONGEST_WAIT_SECONDS = 2.0
RETRY_SECONDS = 0.05
LONGEST_TURN_SECONDS = 1.0  # for those before this one to have opened theirs

_T = TypeVar("_T")


class StoreUnavailable(RuntimeError):
    """The store's server does not answer; its centres are away until it does, the others are not."""


class StoreBusy(StoreUnavailable):
    """The server had no connection to give within the time that a request may wait."""


@dataclass(frozen=True, slots=True)
class Login:
    """A log-in at a server; `database` is empty where a centre's namespace is one itself (MariaDB)."""

    host: str
    port: int
    database: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `mend` says what to do when it is not well.

    The words are for a terminal; a screen says in its language what `key` and `facts` name.
    """

    what: str
    well: bool
    mend: str = ""
    key: str = ""
    facts: dict[str, object] = field(default_factory=dict)


def version_of(engine: str, version: object, is_new_enough: bool, least: object) -> Finding:
    facts = {"engine": engine, "version": version, "least": least}
    return Finding(f"{engine} {version}", is_new_enough, f"{least} or newer", "version", facts)


_lock = threading.Lock()
_kept: dict[tuple[str, str], tuple[float, Login]] = {}


def application(store: str, address: str = "") -> Login:
    """The log-in that takes a centre's role; it has no rights of its own.

    `address`: where a route says that the store, or its standby, is. It is known sooner than what is kept here.
    """
    kept = _kept.get((store, address))
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    try:
        row = _row(store)
    except OperationalError:
        if kept is None:
            raise
        return kept[1]  # the control database is away; the store need not be
    login = _login(row, address, row.login, row.sealed_password)
    if address:
        with _lock:
            _kept[store, address] = (time.monotonic() + SECONDS_KEPT, login)
    return login


def provisioner(store: str) -> Login:
    """The log-in that makes and removes namespaces and roles; no page uses it."""
    row = _row(store)
    return _login(row, row.address, row.provisioner, row.sealed_provisioner_password)


def steward(store: str, address: str) -> Login:
    """The log-in that may promote the standby: the provisioning one, unless another is given."""
    row = _row(store)
    if row.steward:
        return _login(row, address, row.steward, row.sealed_steward_password)
    return _login(row, address, row.provisioner, row.sealed_provisioner_password)


def forget() -> None:
    with _lock:
        _kept.clear()


def sealed(password: str, store: str) -> str:
    return sealing.seal(password, secret=settings.SECRET_KEY, purpose=f"store {store}") if password else ""


def _row(store: str) -> Any:
    from reservo.tenancy.models import Store

    return Store.objects.get(name=store)


def _login(row: Any, address: str, user: str, sealed_password: str) -> Login:
    host, port, database = split(address or row.address)
    return Login(host, port, database, user, _unsealed(sealed_password, row.name))


def _unsealed(sealed: str, store: str) -> str:
    return sealing.unseal(sealed, secret=settings.SECRET_KEY, purpose=f"store {store}") if sealed else ""


class BadAddress(ValueError):
    """Not `host:port/database` (PostgreSQL) or `host:port` (MariaDB)."""


def split(address: str) -> tuple[str, int, str]:
    place, _, database = address.partition("/")
    host, colon, port = place.rpartition(":")
    if not colon or not host or not port.isdigit():
        raise BadAddress(address)
    return host, int(port), database


class Gate:
    """One server as this process knows it: one thread at a time opens a connection to it.

    While it is sick, or slow to answer, the others are refused instead of waiting beside that one. After a try that
    failed nobody tries for `hold_off_seconds`.
    """

    def __init__(self, *, hold_off_seconds: float = 0.0) -> None:
        self._opening = threading.Lock()
        self._sick = False
        self._hold_off = hold_off_seconds
        self._try_again_at = 0.0

    @property
    def is_sick(self) -> bool:
        return self._sick

    def note_sick(self) -> None:
        """It broke off, or took a statement and said nothing."""
        self._sick = True
        self._try_again_at = time.monotonic() + self._hold_off

    def note_well(self) -> None:
        self._sick = False

    def through(self, connect: Callable[[], _T], *, is_full: Callable[[Exception], bool]) -> _T:
        """What `connect` gives. Raises StoreBusy after waiting for a full server, StoreUnavailable for a dead one."""
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            try:
                return self._alone(connect, is_full)
            except _Full as full:
                if time.monotonic() >= end:
                    raise StoreBusy("the store has no connection to give") from full
            time.sleep(RETRY_SECONDS)

    def _alone(self, connect: Callable[[], _T], is_full: Callable[[Exception], bool]) -> _T:
        self._wait_turn()
        try:
            made = connect()
        except OperationalError as error:
            if is_full(error):
                self.note_well()
                raise _Full from error
            self.note_sick()
            raise StoreUnavailable("the store does not answer") from error
        else:
            self.note_well()
            return made
        finally:
            self._opening.release()

    def _wait_turn(self) -> None:
        if self._sick and time.monotonic() < self._try_again_at:
            raise StoreUnavailable("the store does not answer")
        if not self._opening.acquire(timeout=0 if self._sick else LONGEST_TURN_SECONDS):
            self._sick = True  # until the one who is opening comes back with a connection
            raise StoreUnavailable("the store does not answer")


class _Full(Exception):
    """The server takes no more connections now."""


_gates: dict[str, Gate] = {}


def gate(store: str, address: str) -> Gate:
    with _lock:
        return _gates.setdefault(f"{store} {address}", Gate())


_DEADLOCKS = ("40P01", "40001")
_MARIADB_DEADLOCK = 1213
_LOCK_TIMEOUT = "55P03"
_MARIADB_LOCK_TIMEOUT = 1205


def is_deadlock(error: BaseException) -> bool:
    """The server took this transaction back whole so that another could go on: it can be done again."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", None) in _DEADLOCKS or error.args[:1] == (_MARIADB_DEADLOCK,)


_READ_ONLY = "25006"
_MARIADB_READ_ONLY = (1290, 1792, 1836)


def is_read_only(error: BaseException) -> bool:
    """The server takes no writes: it is a standby now, or not yet promoted."""
    if not isinstance(error, DatabaseError):
        return False
    return getattr(error.__cause__, "sqlstate", None) == _READ_ONLY or error.args[:1] in [
        (code,) for code in _MARIADB_READ_ONLY
    ]


def has_waited_too_long(error: BaseException) -> bool:
    """Others wrote to this centre for so long that this transaction could not begin."""
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "sqlstate", None)
    return code == _LOCK_TIMEOUT or error.args[:1] == (_MARIADB_LOCK_TIMEOUT,) or "locked" in str(error)
