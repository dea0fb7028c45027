"""Telephone numbers in international form."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


class InvalidPhone(ValueError):
    """Not a possible number, alone or in the given country."""


def normalise(typed: str, country: str) -> str:
    """E.164 (`+56912345678`); a number without prefix is one of `country`.

    Only its length is judged: lists of ranges in use are always behind. Letters are no digits here, as they would be on
    the keys of a telephone (0800-FLOWERS). Raises InvalidPhone.
    """
    if len(typed) > 40 or any(character.isalpha() for character in typed):
        raise InvalidPhone
    try:
        number = phonenumbers.parse(typed, country or None)
    except NumberParseException as wrong:
        raise InvalidPhone from wrong
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise InvalidPhone
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def display(kept: str) -> str:
    """`+56 9 1234 5678`; what cannot be read is shown as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(kept, None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return kept
