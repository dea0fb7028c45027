"""The seam between one program and many centres.

Application code reads as if there were one centre: `activate` says which, everything else follows it.
"""

from reservo.tenancy.context import (
    NoTenant,
    RebindInTransaction,
    Route,
    WrongTenant,
    activate,
    atomic,
    carry,
    control,
    current,
    in_control,
    in_transaction,
    is_active,
    on_commit,
    plane_key,
)
from reservo.tenancy.replicas import (
    StaleReadInTransaction,
    goes_on_without_primary,
    may_be_stale,
    stale_reads,
)

__all__ = [
    "NoTenant",
    "RebindInTransaction",
    "Route",
    "StaleReadInTransaction",
    "WrongTenant",
    "activate",
    "atomic",
    "carry",
    "control",
    "current",
    "goes_on_without_primary",
    "in_control",
    "in_transaction",
    "is_active",
    "may_be_stale",
    "on_commit",
    "plane_key",
    "stale_reads",
]
