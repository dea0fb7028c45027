"""The epoch of a namespace on a server, whatever the caller believes it to be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from django.db import DatabaseError, connections

from reservo.tenancy import context
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.context import TENANT_ALIAS, Route
from reservo.tenancy.servers import StoreUnavailable


def epoch_of(route: Route) -> int | None:
    try:
        with context.activate(route), connections[TENANT_ALIAS].cursor() as cursor:
            cursor.execute("SELECT epoch FROM tenancy_namespaceepoch WHERE tenant_id = %s", [route.tenant_id])
            found = cursor.fetchone()
    except (DatabaseError, StoreUnavailable, context.WrongTenant):
        return None
    return int(found[0]) if found else None


def raise_epoch(route: Route, epoch: int, wait_alone: Callable[[Route], None]) -> None:
    while (present := epoch_of(route)) is None or present < epoch:
        try:
            _raise_from(dataclasses.replace(route, epoch=present or route.epoch), epoch, wait_alone)
        except StaleEpoch:
            if present is None:
                raise
            continue  # somebody else raised it since it was read


def _raise_from(here: Route, epoch: int, wait_alone: Callable[[Route], None]) -> None:
    with context.activate(here), context.atomic():
        wait_alone(here)
        with connections[TENANT_ALIAS].cursor() as cursor:
            cursor.execute(
                "UPDATE tenancy_namespaceepoch SET epoch = %s WHERE tenant_id = %s AND epoch < %s",
                [epoch, here.tenant_id, epoch],
            )
