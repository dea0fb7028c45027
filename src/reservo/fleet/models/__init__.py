"""What the operator does with centres as a whole."""

from reservo.fleet.models.backups import Backup, Installation, Restore
from reservo.fleet.models.migrations import MigrationRun, Schema, TenantMigration
from reservo.fleet.models.moves import Move
from reservo.fleet.models.orders import Order
from reservo.fleet.models.promotions import Promotion

__all__ = [
    "Backup",
    "Installation",
    "MigrationRun",
    "Move",
    "Order",
    "Promotion",
    "Restore",
    "Schema",
    "TenantMigration",
]
