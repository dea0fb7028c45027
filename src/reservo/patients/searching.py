"""How a patient is found again: folded text without accents, case, points or dashes."""

from __future__ import annotations

from reservo.core import identity, text
from reservo.patients.models import Patient

MOST_WORDS = 6
MOST_TYPED = 120
_PUNCTUATION = " .-()+/"


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
    patient.sort_name = text.fold(
        f"{patient.paternal_surname} {patient.maternal_surname} {patient.given_name}"
    )[:250]
    patient.search_text = " ".join(text.fold(part) for part in parts if part)[:400]


def words_of(typed: str) -> list[str]:
    """Words to look for in `search_text`; an id or phone typed with points or blanks is one word."""
    folded = text.fold("".join(c if c.isprintable() else " " for c in typed[:MOST_TYPED]))
    whole = _compact(folded)
    if _is_number(whole):
        return [whole]
    words = (_compact(word) if _is_number(_compact(word)) else word for word in folded.split())
    return list(words)[:MOST_WORDS]


def _compact(typed: str) -> str:
    return "".join(character for character in typed if character not in _PUNCTUATION)


def _is_number(compact: str) -> bool:
    """An id or phone: digits, perhaps with one letter."""
    return len(compact) >= 4 and sum(character.isdigit() for character in compact) >= len(compact) - 1
