"""The connection behind `tenant` while no centre is active: it refuses."""

from typing import Any, NoReturn

from django.db.backends.dummy import base

from reservo.tenancy.context import NoTenant


def _refuse(*args: Any, **kwargs: Any) -> NoReturn:
    raise NoTenant("no centre is active")


class DatabaseWrapper(base.DatabaseWrapper):
    vendor = "sqlite"
    connect = _refuse
    ensure_connection = _refuse
    cursor = _refuse
    _cursor = _refuse
    _start_transaction_under_autocommit = _refuse
    get_autocommit = _refuse

    def close(self) -> None:
        pass

    def close_if_unusable_or_obsolete(self) -> None:
        pass
