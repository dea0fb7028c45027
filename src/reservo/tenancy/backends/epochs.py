"""The epoch of a namespace on a server, whatever the caller believes it to be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from django.db import DatabaseError, connections

from reservo.tenancy import context
from reservo.tenancy.context import TENANT_ALIAS, Route
from reservo.tenancy.servers import StoreUnavailable


def epoch_of(route: Route) -> int | None:
    try:
        with context.activate(route), connections[TENANT_ALIAS].cursor() as cursor:
            cursor.execute("SELECT epoch FROM tenancy_namespaceepoch WHERE tenant_id = %s", [route.tenant_id])
            found = cursor.fetchone()
    except (DatabaseError, StoreUnavailable):
        return None
    return int(found[0]) if found else None


def raise_epoch(route: Route, epoch: int, wait_alone: Callable[[Route], None]) -> None:
    here = dataclasses.replace(route, epoch=epoch_of(route) or route.epoch)
    with context.activate(here), context.atomic():
        wait_alone(here)
        with connections[TENANT_ALIAS].cursor() as cursor:
            cursor.execute(
                "UPDATE tenancy_namespaceepoch SET epoch = %s WHERE tenant_id = %s AND epoch < %s",
                [epoch, route.tenant_id, epoch],
            )
