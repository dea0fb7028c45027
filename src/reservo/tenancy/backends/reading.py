"""A connection to a store's standby: it reads, and refuses to write before the server does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reservo.tenancy.backends.aimed import AimedWrapper
from reservo.tenancy.backends.guard import only_reads


class WriteOnReplica(RuntimeError):
    """Something was to be written, or a transaction begun, where only reads go."""


class ReadingWrapper(AimedWrapper):
    """Mixin for an engine's DatabaseWrapper that leads to the standby."""

    def address(self) -> str:
        return self.route.replica

    def has_reached(self, position: str, *, within: float) -> bool:
        """Whether the standby shows everything up to there, waited for `within` seconds at most."""
        raise NotImplementedError

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        if not autocommit:
            raise WriteOnReplica("no transaction begins inside tenancy.stale_reads()")
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)

    def _refuse_bare_writes(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not self._is_connecting and not only_reads(sql):
            raise WriteOnReplica("nothing is written inside tenancy.stale_reads()")
        return execute(sql, params, many, context)
