"""A text as a picture that a telephone reads (ISO/IEC 18004), drawn into the page: it has no address of its own."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET_ZONE = 4  # modules; what the standard asks for


def picture_of(text: str) -> SafeString:
    """An SVG element, dark on white in either theme, without names of its own: the page says what it shows."""
    code = segno.make_qr(text, error="m")
    drawn = code.svg_inline(border=QUIET_ZONE, dark="#000", light="#fff", svgclass="qr", omitsize=True)
    return mark_safe(drawn)  # noqa: S308  # nosec B308 B703: segno's own numbers; the text is in no character of it
