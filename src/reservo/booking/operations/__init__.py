from reservo.booking.operations.online import (
    BadBooking,
    OnlineBooking,
    PatientRefused,
    book_once,
    book_online,
    booking_of,
    held_by,
    hold_online,
)
from reservo.booking.operations.own import CutOff, cancel_own, confirm_own, move_own

__all__ = [
    "BadBooking",
    "CutOff",
    "OnlineBooking",
    "PatientRefused",
    "book_once",
    "book_online",
    "booking_of",
    "cancel_own",
    "confirm_own",
    "held_by",
    "hold_online",
    "move_own",
]
