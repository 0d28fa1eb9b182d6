from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from actions.services.reports.photos import LONGEST_SIDE, SENT_BYTES, UPLOAD_BYTES, cleaned
from actions.services.reports.report import Photo
from actions.services.results import Rejected

GPS = 0x8825


def picture(size: tuple[int, int] = (60, 40), kind: str = "JPEG", mode: str = "RGB") -> bytes:
    """A picture with everything that must not be handed on."""
    written = io.BytesIO()
    image = Image.new(mode, size)
    image.putpixel((0, 0), 200 if mode in {"L", "P"} else (200, 30, 30) + (255,) * (len(mode) - 3))
    exif = Image.Exif()
    exif[0x010F] = "Kamera von Erika Muster"
    exif[GPS] = {1: "N", 2: (51.0, 34.0, 15.0), 3: "E", 4: (8.0, 6.0, 20.0)}
    if kind == "JPEG":
        image.save(written, kind, exif=exif, comment=b"Erika war hier")
    else:
        image.save(written, kind)
    return written.getvalue()


def opened(photo: Photo | Rejected) -> Image.Image:
    assert isinstance(photo, Photo), photo
    assert photo.content_type == "image/jpeg"
    return Image.open(io.BytesIO(photo.content), formats=["JPEG"])


def test_place_and_owner_are_left_behind():
    source = picture()
    assert Image.open(io.BytesIO(source)).getexif().get_ifd(GPS)
    assert b"Erika" in source
    photo = cleaned(source + b"Erika hidden behind the picture")
    image = opened(photo)
    assert not image.getexif()
    assert not image.getexif().get_ifd(GPS)
    assert isinstance(photo, Photo)
    for word in (b"Erika", b"Exif", b"hidden"):
        assert word not in photo.content


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "L"), ("PNG", "P"), ("WEBP", "RGB"), ("GIF", "P"), ("JPEG", "CMYK")],
)
def test_other_types_become_jpeg(kind: str, mode: str):
    assert opened(cleaned(picture(kind=kind, mode=mode))).size == (60, 40)


def test_large_pictures_become_small_and_stay_in_shape():
    noise = Image.effect_noise((3000, 1500), 90).convert("RGB")
    written = io.BytesIO()
    noise.save(written, "JPEG", quality=95)
    photo = cleaned(written.getvalue())
    assert max(opened(photo).size) <= LONGEST_SIDE
    assert opened(photo).width == 2 * opened(photo).height
    assert isinstance(photo, Photo)
    assert len(photo.content) <= SENT_BYTES


def test_a_picture_is_turned_upright_before_the_note_about_it_is_dropped():
    exif = Image.Exif()
    exif[0x0112] = 6
    written = io.BytesIO()
    Image.new("RGB", (60, 40)).save(written, "JPEG", exif=exif)
    assert opened(cleaned(written.getvalue())).size == (40, 60)


def bomb() -> bytes:
    """A PNG of a few bytes that claims 60,000 x 60,000 points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        b"\xff\xd8\xff\xe0" + b"\0" * 50,
        picture()[: len(picture()) // 2],
        bomb(),
        b"II*\0" + b"\0" * 100,
        b"x" * (UPLOAD_BYTES + 1),
    ],
    ids=["empty", "text", "pdf", "svg", "cut gif", "cut jpeg", "half", "bomb", "tiff", "large"],
)
def test_what_is_no_fit_picture_is_rejected_in_plain_words(content: bytes):
    photo = cleaned(content)
    assert isinstance(photo, Rejected)
    assert set(photo.fields) == {"photo"}
