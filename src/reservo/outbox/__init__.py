"""A change announces an event; upper apps write what follows from it, all in one transaction."""

from reservo.outbox.announcing import OutsideTransaction, announce, receiver

__all__ = ["OutsideTransaction", "announce", "receiver"]
