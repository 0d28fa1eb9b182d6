"""Reading what browsers send: strictly, within bounds, without surprises."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import ClientDisconnect, Request

from channels.webchat.problems import Problem

BODY_LIMIT_BYTES = 16_384
TEXT_LIMIT = 16_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NO_LINES = {ord("\n"): None, ord("\t"): None}
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Cn", "Co"}

MessageId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]


class MessageBody(BaseModel):
    """The body of ``POST /api/messages``: either typed text or the id of a button."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    message_id: MessageId
    text: str | None = None
    button: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body of a request.

    Raises:
        Problem: wrong content type, too large, not JSON, or not an object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem("not_json_type")
    value = _parsed(await _read(request))
    if not isinstance(value, dict):
        raise Problem("wrong_shape")
    return value


def to_message(value: dict[str, Any]) -> MessageBody:
    """Return the message that an object describes, its text cleaned.

    Raises:
        Problem: keys or types are wrong, or there is nothing to read in the text.
    """
    try:
        body = MessageBody.model_validate(value)
    except (ValidationError, UnicodeError) as error:
        raise Problem("wrong_shape") from error
    if (body.text is None) == (body.button is None):
        raise Problem("wrong_shape")
    if body.text is None:
        return _to_choice(body)
    text = to_clean(body.text).strip()
    if not is_visible(text):
        raise Problem("empty_text")
    if len(text) > TEXT_LIMIT:
        raise Problem("too_large")
    return body.model_copy(update={"text": text})


def _to_choice(body: MessageBody) -> MessageBody:
    button = to_clean(body.button or "").translate(_NO_LINES)
    if not button:
        raise Problem("wrong_shape")
    return body.model_copy(update={"button": button})


def to_clean(text: str) -> str:
    """Return the text in NFC, without control characters and broken surrogates."""
    text = _SURROGATE.sub("\ufffd", text.replace("\r\n", "\n"))
    return unicodedata.normalize("NFC", _CONTROL.sub("", text))


def is_visible(text: str) -> bool:
    """Tell whether a person would see anything of the text."""
    return any(unicodedata.category(character) not in _INVISIBLE for character in text)


async def _read(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT_BYTES:
                raise Problem("too_large")
    except ClientDisconnect as error:
        raise Problem("not_json") from error
    return bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise Problem("not_json") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key appears twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
