"""Kinds of mail. Upper apps register how each is made from rows at the moment of sending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reservo.notifications.models import Delivery


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content: bytes
    subtype: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom the rows name at the moment of sending, where that may differ from the moment of planning."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent; it goes to the delivery's address unless `to` names a newer one."""

    subject: str
    text: str
    html: str
    from_name: str
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    to: Recipient | None = None


Compose = Callable[["Delivery"], Mail | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """`compose` returns None when the mail is not due any more. After an unknown end only some repeat."""

    name: str
    compose: Compose
    label: object
    repeats_unknown: bool
    bulk: bool


class UnknownKind(LookupError):
    """Nobody registered this kind of mail."""


_kinds: dict[str, Kind] = {}


def register(
    name: str, compose: Compose, *, label: object = "", repeats_unknown: bool = True, bulk: bool = False
) -> None:
    """`label` is what the log calls it, a lazy translation."""
    _kinds[name] = Kind(name, compose, label or name, repeats_unknown, bulk)


def kind_named(name: str) -> Kind:
    """Raises UnknownKind."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(name) from None


def label_of(name: str) -> str:
    return str(_kinds[name].label) if name in _kinds else name


def names() -> list[str]:
    return list(_kinds)
