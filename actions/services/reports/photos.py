"""Photos from citizens: small enough, really a picture, without the place it was taken at.

The type is read from the content, never from a name or header. The picture is decoded
and written anew as JPEG, which leaves all metadata (EXIF with GPS and owner, comments,
hidden files behind the picture) behind.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from actions.services.reports.report import Photo
from actions.services.results import Rejected

UPLOAD_BYTES = 10_000_000
PIXELS = 50_000_000
"""Larger ones are refused before they are decoded: a few bytes can claim gigabytes."""
LONGEST_SIDE = 2000
SENT_BYTES = 600_000
"""What a re-encoded photo may have: in base64 it still fits into the bodies of services."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITIES = (85, 75, 60, 45)


def cleaned(content: bytes) -> Photo | Rejected:
    """Return a photo that may be handed on, or what is wrong with it.

    Args:
        content: the file as the citizen sent it.
    """
    if len(content) > UPLOAD_BYTES:
        return Rejected({"photo": "ist größer als 10 MB"})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _encoded(_decoded(content))
    except _TooManyPixels:
        return Rejected({"photo": "hat zu viele Bildpunkte"})
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        Warning,
    ):
        return Rejected({"photo": "lässt sich nicht als Bild lesen (JPEG, PNG, WebP oder GIF)"})


class _TooManyPixels(Exception):
    """The picture would need too much memory."""


def _decoded(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > PIXELS:
            raise _TooManyPixels
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture)
        return upright.convert("RGB")


def _encoded(picture: Image.Image) -> Photo:
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    bare.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    for quality in _QUALITIES:
        written = io.BytesIO()
        bare.save(written, "JPEG", quality=quality, optimize=True)
        if written.tell() <= SENT_BYTES:
            return Photo(written.getvalue())
    bare.thumbnail((LONGEST_SIDE // 2, LONGEST_SIDE // 2))
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=_QUALITIES[-1])
    return Photo(written.getvalue())
