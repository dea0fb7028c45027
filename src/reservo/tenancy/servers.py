"""Database servers that stores stand on: address, log-ins, and whether they answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.db import OperationalError

from reservo.core import sealing

SECONDS_KEPT = 30.0
LONGEST_WAIT_SECONDS = 2.0
RETRY_SECONDS = 0.05

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
    """One thing looked at; `mend` says what to do when it is not well."""

    what: str
    well: bool
    mend: str = ""


_lock = threading.Lock()
_kept: dict[tuple[str, str], tuple[float, Login]] = {}


def application(store: str) -> Login:
    """The log-in that takes a centre's role; it has no rights of its own."""
    return _login(store, "login")


def provisioner(store: str) -> Login:
    """The log-in that makes and removes namespaces and roles; no page uses it."""
    return _login(store, "provisioner")


def forget() -> None:
    with _lock:
        _kept.clear()


def sealed(password: str, store: str) -> str:
    return sealing.seal(password, secret=settings.SECRET_KEY, purpose=f"store {store}") if password else ""


def _login(store: str, which: str) -> Login:
    kept = _kept.get((store, which))
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    from reservo.tenancy.models import Store

    row = Store.objects.get(name=store)
    host, port, database = split(row.address)
    user, sealed_password = (
        (row.login, row.sealed_password)
        if which == "login"
        else (row.provisioner, row.sealed_provisioner_password)
    )
    login = Login(host, port, database, user, _unsealed(sealed_password, store))
    with _lock:
        _kept[store, which] = (time.monotonic() + SECONDS_KEPT, login)
    return login


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
    """One store as this process knows it. While it is sick one thread tries it, the others are refused at once."""

    def __init__(self) -> None:
        self._trying = threading.Lock()
        self._sick = False

    def through(self, connect: Callable[[], _T], *, is_full: Callable[[Exception], bool]) -> _T:
        """What `connect` gives. Raises StoreBusy after waiting for a full server, StoreUnavailable for a dead one."""
        if self._sick and not self._trying.acquire(blocking=False):
            raise StoreUnavailable("the store does not answer")
        alone = self._trying.locked() and self._sick
        try:
            return self._patiently(connect, is_full)
        finally:
            if alone:
                self._trying.release()

    def _patiently(self, connect: Callable[[], _T], is_full: Callable[[Exception], bool]) -> _T:
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            try:
                made = connect()
            except OperationalError as error:
                full = is_full(error)
                self._sick = not full
                if not full:
                    raise StoreUnavailable("the store does not answer") from error
                if time.monotonic() >= end:
                    raise StoreBusy("the store has no connection to give") from error
                time.sleep(RETRY_SECONDS)
            else:
                self._sick = False
                return made


_gates: dict[str, Gate] = {}


def gate(store: str) -> Gate:
    with _lock:
        return _gates.setdefault(store, Gate())


_DEADLOCKS = ("40P01", "40001")
_MARIADB_DEADLOCK = 1213
_LOCK_TIMEOUT = "55P03"
_MARIADB_LOCK_TIMEOUT = 1205


def is_deadlock(error: BaseException) -> bool:
    """The server took this transaction back whole so that another could go on: it can be done again."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", None) in _DEADLOCKS or error.args[:1] == (_MARIADB_DEADLOCK,)


def has_waited_too_long(error: BaseException) -> bool:
    """Others wrote to this centre for so long that this transaction could not begin."""
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "sqlstate", None)
    return code == _LOCK_TIMEOUT or error.args[:1] == (_MARIADB_LOCK_TIMEOUT,) or "locked" in str(error)
