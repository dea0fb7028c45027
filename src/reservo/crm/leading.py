"""Where a mail leads: a button for the likeliest answer, links for the others."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reservo.crm import kinds


@dataclass(frozen=True, slots=True)
class Urls:
    """The pages of one patient, in the language of the mail."""

    manage: str
    move: str
    cancel: str
    book: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the page would still take: the reminder often leaves after both cut-offs, or to who confirmed already."""

    confirm: bool = True
    move: bool = True
    cancel: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Ways:
    button: Link
    others: tuple[Link, ...] = ()


def of_patient(kind: str, urls: Urls, answers: Answers) -> Ways:
    if kind == kinds.CANCELLED:
        return Ways(Link(_("Pedir otra hora"), urls.book))
    move = (Link(_("Cambiar la hora"), urls.move),) if answers.move else ()
    cancel = (Link(_("Cancelar la cita"), urls.cancel),) if answers.cancel else ()
    return Ways(_likeliest(kind, urls, answers), move + cancel)


def _likeliest(kind: str, urls: Urls, answers: Answers) -> Link:
    if kind == kinds.REMINDER and answers.confirm:
        return Link(_("Confirmar que voy"), f"{urls.manage}#confirmar")
    return Link(_("Ver mi cita"), urls.manage)


def of_centre(agenda_url: str) -> Ways:
    return Ways(Link(_("Ver en la agenda"), agenda_url))
