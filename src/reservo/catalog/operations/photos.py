"""Photographs of practitioners."""

from __future__ import annotations

from datetime import datetime

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog.models import Practitioner
from reservo.catalog.operations import pictures
from reservo.core.actor import Actor

PHOTO_SIDE = 256


def set_photo(person: Practitioner, sent: bytes, *, by: Actor, at: datetime) -> None:
    """Raises InvalidPicture."""
    _put(person, pictures.keep(sent, "photo", longest_side=PHOTO_SIDE), by=by, at=at)


def remove_photo(person: Practitioner, *, by: Actor, at: datetime) -> None:
    _put(person, "", by=by, at=at)


def _put(person: Practitioner, name: str, *, by: Actor, at: datetime) -> None:
    with tenancy.atomic():
        pictures.drop(person.photo)
        person.photo = name
        person.save(update_fields=["photo"])
        record("practitioner.photo", "practitioner", person.pk, by=by, at=at)
