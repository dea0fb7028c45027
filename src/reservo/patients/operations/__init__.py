from reservo.patients.operations.differences import (
    DifferenceDecided,
    accept_difference,
    note_differences,
    reject_difference,
)
from reservo.patients.operations.files import PatientChangedMeanwhile, change, register

__all__ = [
    "DifferenceDecided",
    "PatientChangedMeanwhile",
    "accept_difference",
    "change",
    "note_differences",
    "register",
    "reject_difference",
]
