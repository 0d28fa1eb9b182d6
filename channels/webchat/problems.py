"""What the web chat's API answers when it cannot do what was asked.

Every problem has a stable ``error`` for programs and a German sentence for people.
"""

from __future__ import annotations

import math

from starlette.responses import JSONResponse

TEXTS = {
    "not_json": (400, "Die Anfrage ist kein gültiges JSON."),
    "bad_position": (400, "Die Nummer der letzten Nachricht ist keine Zahl."),
    "bad_format": (400, "Diese Form gibt es nicht. Möglich sind json und text."),
    "no_session": (401, "Es gibt noch kein Gespräch."),
    "foreign_origin": (403, "Diese Anfrage kommt nicht von einer Seite des Chats."),
    "not_found": (404, "Das gibt es hier nicht."),
    "too_large": (413, "Ihre Nachricht ist zu lang. Bitte kürzen Sie sie."),
    "not_json_type": (415, "Bitte als application/json senden."),
    "wrong_shape": (422, "Die Anfrage hat nicht die erwartete Form."),
    "empty_text": (422, "Ihre Nachricht ist leer."),
    "refused": (422, "Diese Nachricht konnte nicht angenommen werden."),
    "too_many": (429, "Das ging sehr schnell. Bitte warten Sie einen Moment."),
    "too_many_streams": (429, "Der Chat ist schon in vielen Fenstern offen."),
    "hub_unavailable": (
        503,
        (
            "Der Assistent ist gerade nicht erreichbar. Ihre Nachricht bleibt hier stehen und "
            "wird gesendet, sobald es wieder geht. Eilig? Rufen Sie die 115 an."
        ),
    ),
}  # fmt: skip


class Problem(Exception):
    """A request that cannot be answered as asked. ``code`` is a key of ``TEXTS``."""

    def __init__(self, code: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_seconds = retry_after_seconds


def to_response(problem: Problem) -> JSONResponse:
    """Return the answer to a request with a problem."""
    status, text = TEXTS[problem.code]
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after_seconds)))
    return JSONResponse({"error": problem.code, "text": text}, status, headers)
