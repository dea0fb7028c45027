from reservo.booking.operations.online import (
    AlreadyBooked,
    BadBooking,
    OnlineBooking,
    PatientRefused,
    book_once,
    book_online,
    booking_of,
    check_fields,
    held_by,
    hold_online,
)
from reservo.booking.operations.own import (
    CorrectedTooOften,
    CutOff,
    cancel_own,
    confirm_own,
    correct_address,
    move_own,
)

__all__ = [
    "AlreadyBooked",
    "BadBooking",
    "CorrectedTooOften",
    "CutOff",
    "OnlineBooking",
    "PatientRefused",
    "book_once",
    "book_online",
    "booking_of",
    "cancel_own",
    "check_fields",
    "confirm_own",
    "correct_address",
    "held_by",
    "hold_online",
    "move_own",
]
