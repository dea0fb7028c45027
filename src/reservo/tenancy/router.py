"""Sends every query to its plane's database."""

from __future__ import annotations

from typing import Any

from django.db import models

from reservo.tenancy import context
from reservo.tenancy.models import check_stamp
from reservo.tenancy.planes import plane_named, plane_of


class PlaneRouter:
    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return _alias(model, hints)

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return _alias(model, hints)

    def allow_relation(self, first: models.Model, second: models.Model, **hints: Any) -> bool:
        for row in (first, second):
            if plane_of(type(row)) != "control":
                check_stamp(row)
        return plane_of(type(first)) == plane_of(type(second))

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        plane = plane_named(app_label, model_name)
        if plane is None or plane == "both":
            return True
        return (plane == "control") == (db == context.CONTROL_ALIAS)


def _alias(model: type[models.Model], hints: dict[str, Any]) -> str:
    plane = plane_of(model)
    if plane == "control":
        return context.CONTROL_ALIAS
    if (row := hints.get("instance")) is not None:
        check_stamp(row)
    if plane == "both" and context.in_control():
        return context.CONTROL_ALIAS
    context.current()
    return context.TENANT_ALIAS
