from reservo.booking.operations.online import (
    BadBooking,
    OnlineBooking,
    PatientRefused,
    book_online,
    booking_of,
    hold_online,
)
from reservo.booking.operations.own import CutOff, cancel_own, confirm_own, move_own

__all__ = [
    "BadBooking",
    "CutOff",
    "OnlineBooking",
    "PatientRefused",
    "book_online",
    "booking_of",
    "cancel_own",
    "confirm_own",
    "hold_online",
    "move_own",
]
