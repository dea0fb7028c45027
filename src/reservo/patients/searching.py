"""How a patient is found again: folded text without accents, case, points or dashes."""

from __future__ import annotations

from reservo.core import identity, text
from reservo.patients.models import Patient

MOST_WORDS = 6


def fill_folded(patient: Patient) -> None:
    """Derive the columns that searches compare."""
    patient.national_id_folded = identity.fold_id(patient.national_id)
    patient.email_folded = patient.email.strip().casefold()
    parts = (
        patient.full_name,
        patient.national_id_folded,
        patient.phone,
        patient.other_phone,
        patient.email_folded,
    )
    patient.search_text = " ".join(text.fold(part) for part in parts if part)[:400]


def words_of(typed: str) -> list[str]:
    """Words to look for in `search_text`; an id or phone typed with points or blanks is one word."""
    folded = text.fold(typed[:120])
    compact = "".join(character for character in folded if character not in " .-()+/")
    if (
        compact
        and sum(character.isdigit() for character in compact) >= len(compact) - 1
        and len(compact) >= 4
    ):
        return [compact]
    return folded.split()[:MOST_WORDS]
