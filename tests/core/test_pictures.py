"""Uploaded pictures are decoded and written anew; what is none, or would burst, is refused."""

import io
import struct
import zlib

import pytest
from PIL import Image

from reservo.core import pictures
from reservo.core.pictures import InvalidPicture


def encoded(kind="PNG", size=(40, 30), colour="teal", **options):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def shown(png):
    return Image.open(io.BytesIO(png))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_a_png_of_its_own(kind):
    made = shown(pictures.rewritten(encoded(kind)))
    assert (made.format, made.size) == ("PNG", (40, 30))


def test_nothing_of_what_was_sent_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "GPS and all"
    sent = encoded("JPEG", exif=exif) + b"<script>alert(1)</script>"
    made = pictures.rewritten(sent)
    assert b"GPS and all" not in made
    assert b"<script>" not in made
    assert not shown(made).getexif()


def test_a_picture_lies_as_it_was_taken():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert shown(pictures.rewritten(encoded("JPEG", exif=exif))).size == (30, 40)


def test_a_large_one_is_scaled_down():
    assert shown(pictures.rewritten(encoded(size=(2000, 500)))).size == (512, 128)


def bomb(width, height):
    """A PNG of few bytes that says it is this large."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


REFUSED = {
    "nothing": b"",
    "text": b"not a picture",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "cut short": encoded(size=(400, 300))[:200],
    "of other kinds": encoded("BMP"),
    "tiff": encoded("TIFF"),
    "icon": encoded("ICO"),
    "too many pixels": bomb(6_000, 6_000),
    "a bomb": bomb(60_000, 60_000),
    "too many bytes": encoded() + b"\0" * pictures.MOST_BYTES,
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED)
def test_what_is_no_picture_or_too_much_is_refused(sent):
    with pytest.raises(InvalidPicture):
        pictures.rewritten(sent)


def test_the_bound_is_five_megabytes():
    assert pictures.MOST_BYTES == 5_000_000
