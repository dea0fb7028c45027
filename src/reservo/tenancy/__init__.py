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

__all__ = [
    "NoTenant",
    "RebindInTransaction",
    "Route",
    "WrongTenant",
    "activate",
    "atomic",
    "carry",
    "control",
    "current",
    "in_control",
    "in_transaction",
    "is_active",
    "on_commit",
    "plane_key",
]
