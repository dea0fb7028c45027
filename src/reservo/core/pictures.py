"""Uploaded pictures are decoded and written anew: nothing of the sent bytes is kept."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class InvalidPicture(ValueError):
    """Too large, or not a PNG, JPEG, WebP or GIF that can be read to its end."""


def rewritten(sent: bytes, *, longest_side: int = 512) -> bytes:
    """The picture as PNG without metadata, scaled down to fit. Raises InvalidPicture."""
    if len(sent) > MOST_BYTES:
        raise InvalidPicture("bytes")
    try:
        with Image.open(io.BytesIO(sent), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise InvalidPicture("pixels")
            picture.load()
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as unreadable:
        raise InvalidPicture("unreadable") from unreadable
    upright.thumbnail((longest_side, longest_side))
    out = io.BytesIO()
    upright.save(out, "PNG", optimize=True)
    return out.getvalue()
