"""Property tax and payments: from the catalogue; who asks for time to pay meets a human first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.answers import Answer
from actions.catalogued import catalogue_answer, catalogued
from actions.dialogue import Answerer, Concern, Context, with_town

TIME_TO_PAY = (
    "Über Raten oder einen Aufschub sprechen Sie am besten gleich mit einem Menschen. "
    "Tippen Sie dafür unten auf den Knopf."
)
_TIME_TO_PAY = re.compile(
    r"\bin (?:\w+ )?raten\b|\braten ?(?:zahl|plan)|\bmit raten?\b|teilbetr|kleinen beträgen|"
    r"\bstundung|(?:forderung|betrag|rechnung|steuer) (?:\w+ ){0,2}stunden\b|"
    r"aufschub|abstotter|nach und nach|zahlungsfrist verlänger|"
    r"nicht (?:\w+ ){0,4}auf (?:einmal|einen (?:schlag|rutsch))|"
    r"auf (?:einmal|einen (?:schlag|rutsch)) (?:\w+ ){0,4}nicht|"
    r"(?:nicht|nix|kein\w*) (?:\w+ ){0,4}(?:be)?zahlen",
    re.IGNORECASE,
)


def asks_for_time(text: str) -> bool:
    """Return whether somebody wants to pay later or little by little."""
    return bool(_TIME_TO_PAY.search(text))


async def zahlung_mahnung(concern: Concern, context: Context, _town: str) -> Answer:
    """Say how payments are cleared up; details belong to the treasury, never into the chat."""
    before = TIME_TO_PAY if asks_for_time(concern.text) else ""
    return await catalogue_answer(concern.intent, context, before)


ANSWERERS: Mapping[str, Answerer] = {
    "grundsteuer_gebuehren": catalogued("grundsteuer_gebuehren"),
    "zahlung_mahnung": with_town(zahlung_mahnung),
}
