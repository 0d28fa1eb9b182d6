"""The course of a conversation: going on, repeating, stopping, not understanding."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.answers import HUMAN_BUTTON, Answer, Button, ask_town
from actions.dialogue import Answerer, Concern, Context
from actions.services.names import match
from actions.spoken import capital

CHOICES = 3
LIKELY = 0.03
"""Intents below this confidence are no choice worth offering."""
MAX_VALUE_WORDS = 6
MAX_VALUE_LETTERS = 80
REFINING = (
    "strasse", "hausnummer", "datum", "uhrzeit", "amt", "abfallart", "gegenstand", "leistung",
)  # fmt: skip
EXAMPLES = (
    Button("Öffnungszeiten", "/oeffnungszeiten"),
    Button("Abfalltermine", "/abfall_abholtermin"),
    Button("Ausweis beantragen", "/personalausweis_beantragen"),
)
WHAT_ELSE = "Was kann ich für Sie tun?"
NOT_UNDERSTOOD = "Das habe ich leider nicht verstanden."
AGAIN_NOT_UNDERSTOOD = (
    "Das verstehe ich leider wieder nicht. Soll Ihnen ein Mensch weiterhelfen? "
    "Oder rufen Sie die Behördennummer 115 an."
)
OUT_OF_SCOPE = (
    "Dabei kann ich Ihnen leider nicht helfen. Ich kenne mich mit Anliegen bei Ihrer Stadt aus, "
    "zum Beispiel:"
)

COMPLAINT = (
    "Das tut mir leid. Am besten spricht ein Mensch mit Ihnen darüber. "
    "Geht es um einen Schaden auf der Straße? Dann melden wir ihn gleich."
)
DEFECT_BUTTON = Button("Schaden melden", "/mangel_melden")
_PAYLOAD = re.compile(r"/([a-z_]+)(\{.*\})?")


class Conversation:
    """The answers that depend on what was said before.

    Args:
        topics: intent → answerer of all topics; waiting and earlier concerns are
            answered through it.
    """

    def __init__(self, topics: Mapping[str, Answerer]) -> None:
        self._topics = topics

    def answerers(self) -> dict[str, Answerer]:
        """Return name → answerer; actions are called ``action_<name>``."""
        return {
            "fortsetzen": self.fortsetzen,
            "nicht_verstanden": self.nicht_verstanden,
            "out_of_scope": self.out_of_scope,
            "wiederholen": self.wiederholen,
            "zurueck": self.zurueck,
            "abbrechen": self.abbrechen,
            "ja": self.ja,
            "nein": self.nein,
            "beschwerde": self.beschwerde,
        }

    async def fortsetzen(self, concern: Concern, context: Context) -> Answer:
        """Complete the waiting concern, or ask the last one again with a new value."""
        waiting = context.waiting
        if waiting is not None:
            return await self._complete(waiting, concern, context)
        earlier = self._earlier(context)
        if earlier is not None and _refines(concern):
            merged = earlier.with_entities(_refinements(concern))
            return await self._answer(merged, context)
        if concern.value("stadt") and context.town:
            return _town_chosen(context)
        if concern.value("stadt"):
            return ask_town(context.services.municipality.towns(), _only_these(context))
        return await self.nicht_verstanden(concern, context)

    async def nicht_verstanden(self, concern: Concern, context: Context) -> Answer:
        """Try the words as the awaited value; else offer choices, then a human."""
        tried = await self._tried_as_value(concern, context)
        if tried is not None:
            return tried
        if context.misses >= 1:
            return _missed(context, AGAIN_NOT_UNDERSTOOD, (HUMAN_BUTTON,))
        likely = self._likely(context)
        if likely:
            return _missed(context, f"{NOT_UNDERSTOOD} Meinen Sie eines davon?", likely)
        hint = "Sagen Sie es bitte mit anderen Worten, oder wählen Sie:"
        return _missed(context, f"{NOT_UNDERSTOOD} {hint}", EXAMPLES)

    async def out_of_scope(self, concern: Concern, context: Context) -> Answer:
        """Say honestly that this is no matter of the town."""
        tried = await self._tried_as_value(concern, context)
        return tried or Answer(OUT_OF_SCOPE, buttons=EXAMPLES)

    async def wiederholen(self, _concern: Concern, context: Context) -> Answer:
        """Give the last answer again, word by word."""
        return self._given_again(context, 0, "Ich habe noch nichts gesagt.")

    async def zurueck(self, _concern: Concern, context: Context) -> Answer:
        """Drop the open question, or give the answer before the last again."""
        if context.waiting is not None:
            return Answer(f"Gut, lassen wir diese Frage. {WHAT_ELSE}", buttons=EXAMPLES)
        return self._given_again(context, 1, "Weiter zurück geht es nicht.")

    async def abbrechen(self, _concern: Concern, _context: Context) -> Answer:
        """Drop what was begun; nothing was booked or sent."""
        return Answer(f"Gut, ich breche das ab. {WHAT_ELSE}", buttons=EXAMPLES)

    async def ja(self, _concern: Concern, context: Context) -> Answer:
        """Take the only choice of the last answer; ask which one where there were several."""
        buttons = context.history.answers[0].buttons if context.history.answers else ()
        chosen = _concern_of(buttons[0]) if len(buttons) == 1 else None
        if chosen is not None and chosen.intent in self._topics:
            return await self._answer(chosen, context)
        if buttons:
            kept = {"anliegen": context.slots.get("anliegen")}
            return Answer("Gern. Was davon meinen Sie?", buttons=buttons, values=kept)
        return Answer(f"Gut. {WHAT_ELSE}", buttons=EXAMPLES)

    async def nein(self, _concern: Concern, _context: Context) -> Answer:
        """Drop what was offered; nothing is begun against a citizen's will."""
        return Answer(f"In Ordnung. {WHAT_ELSE}", buttons=EXAMPLES)

    async def beschwerde(self, _concern: Concern, _context: Context) -> Answer:
        """Take a complaint seriously: a human is offered, not a way round."""
        return Answer(COMPLAINT, buttons=(HUMAN_BUTTON, DEFECT_BUTTON))

    def _given_again(self, context: Context, number: int, otherwise: str) -> Answer:
        answers = context.history.answers
        if number >= len(answers):
            return Answer(f"{otherwise} {WHAT_ELSE}", buttons=EXAMPLES)
        return replace(answers[number], values={"anliegen": context.slots.get("anliegen")})

    async def _complete(self, waiting: Concern, concern: Concern, context: Context) -> Answer:
        merged = waiting.with_entities(_refinements(concern))
        if waiting.missing == "stadt":
            return await self._with_town(merged, concern, context)
        given = waiting.missing is None or concern.value(waiting.missing) is not None
        if not given and not concern.value("stadt") and _may_be_value(concern.text):
            merged = merged.with_value(waiting.missing or "", concern.text.strip())
        return await self._answer(merged, context)

    async def _with_town(self, merged: Concern, concern: Concern, context: Context) -> Answer:
        town = concern.value("stadt") or _town_in(concern.text, context) or context.town
        if town not in context.services.municipality.towns():
            asked = ask_town(context.services.municipality.towns(), _only_these(context))
            return replace(asked, values={"anliegen": merged.to_slot() | {"missing": "stadt"}})
        return await self._answer(merged, replace(context, town=town))

    async def _answer(self, concern: Concern, context: Context) -> Answer:
        """Answer a concern that is not the latest message itself."""
        answerer = self._topics.get(concern.intent)
        if answerer is None:
            return Answer(WHAT_ELSE, buttons=EXAMPLES)
        answer = await answerer(concern, context)
        missing = answer.missing
        waiting = replace(concern, missing=missing).to_slot() if missing else None
        remembered: dict[str, Any] = {"anliegen": waiting}
        if context.town:
            remembered["stadt"] = context.town
        return replace(answer, missing=None, values={**remembered, **answer.values})

    async def _tried_as_value(self, concern: Concern, context: Context) -> Answer | None:
        """Answer the waiting concern when the words can be what it waits for."""
        waiting = context.waiting
        if waiting is None or waiting.missing is None or not _may_be_value(concern.text):
            return None
        if waiting.missing == "stadt" and not _town_in(concern.text, context):
            return None
        answer = await self._complete(waiting, concern, context)
        if not answer.values.get("anliegen"):
            return answer
        misses = float(context.misses + 1)
        buttons = answer.buttons
        if misses > 1 and HUMAN_BUTTON not in buttons:
            buttons = (*buttons[:CHOICES], HUMAN_BUTTON)
        return replace(answer, buttons=buttons, values={**answer.values, "fehlversuche": misses})

    def _earlier(self, context: Context) -> Concern | None:
        return next(
            (each for each in context.history.concerns if each.intent in self._topics), None
        )

    def _likely(self, context: Context) -> tuple[Button, ...]:
        """Return the likeliest concerns as choices in the citizen's words."""
        title_of = context.services.responsibility.title_of
        buttons = [
            Button(capital(title), f"/{intent}")
            for intent, confidence in context.history.ranking
            if intent in self._topics and confidence >= LIKELY and (title := title_of(intent))
        ]
        return tuple(buttons[:CHOICES])


def _concern_of(button: Button) -> Concern | None:
    """Return the concern that a button stands for, or None when it cannot be read."""
    read = _PAYLOAD.fullmatch(button.payload)
    if read is None:
        return None
    try:
        values = json.loads(read.group(2) or "{}")
    except ValueError:
        return None
    entities = tuple({"entity": name, "value": value} for name, value in values.items())
    return Concern(read.group(1), entities=entities)


def _missed(context: Context, text: str, buttons: tuple[Button, ...]) -> Answer:
    """Return an answer that counts a misunderstanding and leaves the open question open."""
    kept = {"fehlversuche": float(context.misses + 1), "anliegen": context.slots.get("anliegen")}
    return Answer(text, buttons=buttons, values=kept)


def _town_chosen(context: Context) -> Answer:
    return Answer(f"Gut, ich antworte für {context.town_name}. {WHAT_ELSE}", buttons=EXAMPLES)


def _only_these(context: Context) -> str:
    *names, last = context.services.municipality.towns().values()
    front = f"{', '.join(names)} und " if names else ""
    return f"Ich kenne mich nur in {front}{last} aus."


def _refines(concern: Concern) -> bool:
    return any(concern.value(name) for name in (*REFINING, "stadt"))


def _refinements(concern: Concern) -> list[Mapping[str, Any]]:
    return [each for each in concern.entities if each.get("entity") != "stadt"]


def _may_be_value(text: str) -> bool:
    words = text.split()
    short = len(text) <= MAX_VALUE_LETTERS and 0 < len(words) <= MAX_VALUE_WORDS
    return short and not text.startswith("/") and "?" not in text


def _town_in(text: str, context: Context) -> str | None:
    """Return the town that the words name, forgiving misspellings."""
    towns = context.services.municipality.towns()
    found = match(text, towns.values()).name
    return next((slug for slug, name in towns.items() if name == found), None)
