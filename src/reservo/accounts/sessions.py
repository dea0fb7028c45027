"""Sessions as rows of the control database that name their user and centre."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
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
