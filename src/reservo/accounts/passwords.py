"""What a password must be."""

from __future__ import annotations

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHORTEST = 10
LONGEST = 200


class WeakPassword(ValueError):
    """The password is refused; the message says why, in the user's language."""


def check(password: str, *, email: str = "") -> None:
    """Raises WeakPassword."""
    if len(password) < SHORTEST:
        raise WeakPassword(_("Usa al menos %(count)d caracteres.") % {"count": SHORTEST})
    if len(password) > LONGEST:
        raise WeakPassword(_("La contraseña es demasiado larga."))
    if email and password.casefold() in (email.casefold(), email.partition("@")[0].casefold()):
        raise WeakPassword(_("La contraseña no puede ser tu correo."))
    try:
        CommonPasswordValidator().validate(password)
    except ValidationError as common:
        raise WeakPassword(_("Esa contraseña es muy común: elige otra.")) from common
