"""Long work with centres, ordered by somebody who does not wait for it."""

from reservo.fleet.orders.asking import (
    DESTROY_BACKUP,
    DESTROY_CENTRE,
    DESTROY_STORE,
    MOVE,
    MOVE_ABORT,
    RESTORE,
    RESTORE_AS_NEW,
    RESTORE_UNDO,
    AlreadyOrdered,
    NotOpen,
    SamePerson,
    about_centre,
    approve,
    ask,
    cancel,
    open_for,
    stop,
)
from reservo.fleet.orders.carrying import Porter, carries

__all__ = [
    "DESTROY_BACKUP",
    "DESTROY_CENTRE",
    "DESTROY_STORE",
    "MOVE",
    "MOVE_ABORT",
    "RESTORE",
    "RESTORE_AS_NEW",
    "RESTORE_UNDO",
    "AlreadyOrdered",
    "NotOpen",
    "Porter",
    "SamePerson",
    "about_centre",
    "approve",
    "ask",
    "cancel",
    "carries",
    "open_for",
    "stop",
]
