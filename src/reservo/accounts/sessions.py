"""Sessions as rows of the control database that name their user and centre."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from reservo.accounts import proofs
from reservo.tenancy.backends.control.answering import ControlAway


class SessionStore(DatabaseStore):
    """While the control database is away, sessions that it confirmed within the last minute go on."""

    @classmethod
    def get_model_class(cls) -> Any:
        from reservo.accounts.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.user_id = data.get("user_id")
        row.operator_id = data.get("operator_id") or data.get("support_operator")
        row.tenant_id = data.get("tenant_id")
        row.began_at = datetime.fromtimestamp(data["began"], UTC) if "began" in data else None
        row.agent = str(data.get("agent", ""))[:200]
        return row

    def load(self) -> dict[str, Any]:
        """Raises ControlAway for a session that this process has not seen lately."""
        key = self.session_key
        return proofs.sessions.ask(key, super().load) if key else super().load()

    def save(self, must_create: bool = False) -> None:
        """What a page notes in it while the control database is away (a message to show next) stays in this process."""
        try:
            super().save(must_create)
        except ControlAway:
            data = self._get_session(no_load=must_create)
            if must_create or not proofs.sessions.amend(str(self.session_key), data):
                raise
