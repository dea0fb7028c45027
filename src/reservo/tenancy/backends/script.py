"""The statements that make an empty namespace: those that the migrations run, written down once and replayed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections

from reservo.tenancy.context import TENANT_ALIAS

_MAKES = ("CREATE", "ALTER", "INSERT", "UPDATE", "DELETE", "DROP")
SEPARATOR = "\n;;\n"


def write_down(wrapper: Any, file: Path) -> None:
    """Migrate the (empty) namespace behind this wrapper and keep what was run."""
    kept: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if str(sql).lstrip()[:6].upper().startswith(_MAKES):
            kept.append(_put_in(context["cursor"], str(sql), params))
        return execute(sql, params, many, context)

    wrapper.execute_wrappers.append(note)
    connections[TENANT_ALIAS] = wrapper
    try:
        call_command("migrate", database=TENANT_ALIAS, verbosity=0, interactive=False)
    finally:
        wrapper.close()
        del connections[TENANT_ALIAS]
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(SEPARATOR.join(kept))
    draft.replace(file)


def _put_in(cursor: Any, sql: str, params: Any) -> str:
    if not params:
        return sql
    put_in = cursor.mogrify(sql, params)
    return put_in.decode() if isinstance(put_in, bytes) else str(put_in)


def statements(file: Path) -> list[str]:
    return file.read_text().split(SEPARATOR)
