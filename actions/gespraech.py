"""The course of a conversation: going on, repeating, stopping, not understanding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions import choices
from actions.answers import HUMAN_BUTTON, Answer, Button, ask_town
from actions.choices import CHOICE, CHOICES, OTHER_BUTTON, REFINING, concern_of
from actions.dialogue import CONFIRMATION, FREE_WORDS, Answerer, Concern, Context, concern_of_slot
from actions.sequence import answered_next, one_after_the_other
from actions.services.names import match
from german.choices import NONE_OF_THEM
from german.negation import declined

MAX_VALUE_WORDS = 6
MAX_VALUE_LETTERS = 80
EXAMPLES = (
    Button("Öffnungszeiten", "/oeffnungszeiten"),
    Button("Abfalltermine", "/abfall_abholtermin"),
    Button("Ausweis beantragen", "/personalausweis_beantragen"),
)
WHAT_ELSE = "Was kann ich für Sie tun?"
WHAT_INSTEAD = "Worum geht es stattdessen?"
WHICH = "Was davon meinen Sie?"
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


class Conversation:
    """The answers that depend on what was said before.

    Args:
        topics: intent → answerer of all topics; waiting, earlier and further concerns
            are answered through it.
    """

    def __init__(self, topics: Mapping[str, Answerer]) -> None:
        self._topics = one_after_the_other(topics)

    def answerers(self) -> dict[str, Answerer]:
        """Return name → answerer of topics and course; actions are called ``action_<name>``."""
        course = self._topics | self._course()
        return {name: self._or_chosen(answerer) for name, answerer in course.items()}

    def _or_chosen(self, answerer: Answerer) -> Answerer:
        """Let an open question with choices hear its answer first."""

        async def answer(concern: Concern, context: Context) -> Answer:
            found = choices.chosen(concern, context)
            if isinstance(found, Concern) and found.intent in self._topics:
                return await self._answer(found, context)
            if found == NONE_OF_THEM:
                return choices.something_else(context)
            return await answerer(concern, context)

        return answer

    def _course(self) -> dict[str, Answerer]:
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
        likely = choices.likely_choices(concern, context, self._topics)
        if likely:
            which = "Meinen Sie das hier?" if len(likely) == 1 else "Meinen Sie eines davon?"
            asked = choices.question(f"{NOT_UNDERSTOOD} {which}", likely)
            return replace(asked, values=_missed_once_more(context))
        hint = "Sagen Sie es bitte mit anderen Worten, oder wählen Sie:"
        return _missed(context, f"{NOT_UNDERSTOOD} {hint}", EXAMPLES)

    async def out_of_scope(self, concern: Concern, context: Context) -> Answer:
        """Say honestly that this is no matter of the town; the second time offer a human."""
        tried = await self._tried_as_value(concern, context)
        if tried is not None:
            return tried
        buttons = (HUMAN_BUTTON, *EXAMPLES[:2]) if context.misses >= 1 else EXAMPLES
        misses = {"fehlversuche": float(context.misses + 1)}
        return Answer(OUT_OF_SCOPE, buttons=buttons, values=misses)

    async def wiederholen(self, _concern: Concern, context: Context) -> Answer:
        """Give the answers to the last message again, word by word."""
        if len(context.history.last_turn) > 1:
            first, *more = context.history.last_turn
            kept = {"anliegen": context.slots.get("anliegen")}
            return replace(first, more=tuple(more), values=kept)
        return self._given_again(context, 0, "Ich habe noch nichts gesagt.")

    async def zurueck(self, _concern: Concern, context: Context) -> Answer:
        """Drop the open question, or give the answer before the last again."""
        if context.waiting is not None and context.waiting.following:
            dropped = Answer("Gut, lassen wir diese Frage.")
            return await answered_next(self._topics, context.waiting.following, dropped, context)
        if context.waiting is not None:
            return Answer(f"Gut, lassen wir diese Frage. {WHAT_ELSE}", buttons=EXAMPLES)
        return self._given_again(context, 1, "Weiter zurück geht es nicht.")

    async def abbrechen(self, concern: Concern, context: Context) -> Answer:
        """Drop what was begun or is refused; nothing was booked or sent."""
        if context.history.refused:
            return self._without_refused(concern, context)
        return Answer(f"Gut, ich breche das ab. {WHAT_ELSE}", buttons=EXAMPLES)

    async def ja(self, concern: Concern, context: Context) -> Answer:
        """Take the only choice of the last answer; ask which one where there were several."""
        if context.waiting is not None and context.waiting.missing == CONFIRMATION:
            return await self._confirm(context.waiting, "ja", concern, context)
        last = context.history.answers[0] if context.history.answers else Answer("")
        offered = [each for each in last.buttons if each != OTHER_BUTTON]
        chosen = concern_of(offered[0]) if len(offered) == 1 else None
        if chosen is not None and chosen.intent in self._topics:
            return await self._answer(chosen, context)
        if last.buttons:
            kept = {"anliegen": context.slots.get("anliegen")}
            expects = CHOICE if last.expects == CHOICE else None
            text = f"Gern. {WHICH}"
            return Answer(text, buttons=last.buttons, expects=expects, values=kept)
        return Answer(f"Gut. {WHAT_ELSE}", buttons=EXAMPLES)

    async def nein(self, concern: Concern, context: Context) -> Answer:
        """Drop what was offered; nothing is begun against a citizen's will."""
        if context.waiting is not None and context.waiting.missing == CONFIRMATION:
            return await self._confirm(context.waiting, "nein", concern, context)
        if context.history.refused:
            return self._without_refused(concern, context)
        if choices.open_choices(context):
            return choices.something_else(context)
        return Answer(f"In Ordnung. {WHAT_ELSE}", buttons=EXAMPLES)

    async def beschwerde(self, _concern: Concern, _context: Context) -> Answer:
        """Take a complaint seriously: a human is offered, not a way round."""
        return Answer(COMPLAINT, buttons=(HUMAN_BUTTON, DEFECT_BUTTON))

    async def _confirm(
        self, waiting: Concern, word: str, concern: Concern, context: Context
    ) -> Answer:
        """Take a yes or no to what was read back; "nein, Nummer 14" corrects it."""
        answered = waiting.with_value(CONFIRMATION, word).with_entities(_refinements(concern))
        return await self._answer(answered, context)

    def _without_refused(self, concern: Concern, context: Context) -> Answer:
        """Say what is not started and ask what is wanted instead."""
        titles = map(context.services.responsibility.title_of, context.history.refused)
        wishes = [declined(title) for title in titles if title]
        said = f"Gut, Sie möchten {' und '.join(wishes)}." if wishes else "Gut, das lassen wir."
        text = f"{said} {WHAT_INSTEAD}"
        likely = choices.likely_choices(concern, context, self._topics)
        if likely:
            return choices.question(text, likely)
        refused = {f"/{intent}" for intent in context.history.refused}
        return Answer(text, buttons=tuple(b for b in EXAMPLES if b.payload not in refused))

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
        if (
            not given
            and not concern.value("stadt")
            and _may_be_value(concern.text, waiting.missing)
        ):
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
        if waiting is None or not waiting.missing:
            return None
        if not _may_be_value(concern.text, waiting.missing):
            return None
        if waiting.missing == "stadt" and not _town_in(concern.text, context):
            return None
        answer = await self._complete(waiting, concern, context)
        asked_again = concern_of_slot(answer.values.get("anliegen"))
        if asked_again is None or asked_again.intent != waiting.intent:
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


def _missed(context: Context, text: str, buttons: tuple[Button, ...]) -> Answer:
    """Return an answer that counts a misunderstanding and leaves the open question open."""
    return Answer(text, buttons=buttons, values=_missed_once_more(context))


def _missed_once_more(context: Context) -> dict[str, Any]:
    return {"fehlversuche": float(context.misses + 1), "anliegen": context.slots.get("anliegen")}


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


def _may_be_value(text: str, missing: str | None) -> bool:
    if text.startswith("/") or not text.strip():
        return False
    if missing in FREE_WORDS:
        return True
    return (
        len(text) <= MAX_VALUE_LETTERS and len(text.split()) <= MAX_VALUE_WORDS and "?" not in text
    )


def _town_in(text: str, context: Context) -> str | None:
    """Return the town that the words name, forgiving misspellings."""
    towns = context.services.municipality.towns()
    found = match(text, towns.values()).name
    return next((slug for slug, name in towns.items() if name == found), None)
