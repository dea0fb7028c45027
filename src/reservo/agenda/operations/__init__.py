from reservo.agenda.claims import OverbookingFull, TimeTaken
from reservo.agenda.limits import TooMany
from reservo.agenda.operations.blocks import (
    Blocking,
    BlockTooLong,
    block,
    block_repeated,
    in_the_way,
    put_back,
    unblock,
)
from reservo.agenda.operations.booking import Booking, book, glance
from reservo.agenda.operations.changes import (
    AppointmentClosed,
    EditedMeanwhile,
    Place,
    change_state,
    correct_address,
    edit,
    move,
    move_online,
    place_of,
    try_move,
)
from reservo.agenda.operations.holding import HoldOver, TooManyHolds, hold, hold_of, release
from reservo.agenda.operations.online import NotOffered
from reservo.agenda.operations.placing import BadTime, Leave, OutsideRules, UnknownObject
from reservo.agenda.operations.undoing import CannotUndo, undo
from reservo.agenda.transitions import ReasonNeeded, TransitionRefused

__all__ = [
    "AppointmentClosed",
    "BadTime",
    "BlockTooLong",
    "Blocking",
    "Booking",
    "CannotUndo",
    "EditedMeanwhile",
    "HoldOver",
    "Leave",
    "NotOffered",
    "OutsideRules",
    "OverbookingFull",
    "Place",
    "ReasonNeeded",
    "TimeTaken",
    "TooMany",
    "TooManyHolds",
    "TransitionRefused",
    "UnknownObject",
    "block",
    "block_repeated",
    "book",
    "change_state",
    "correct_address",
    "edit",
    "glance",
    "hold",
    "hold_of",
    "in_the_way",
    "move",
    "move_online",
    "place_of",
    "put_back",
    "release",
    "try_move",
    "unblock",
    "undo",
]
