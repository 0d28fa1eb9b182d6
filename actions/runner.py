"""The border to Rasa: reads a tracker, lets a concern be answered, writes slots and one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from rasa_sdk import Action, Tracker  # type: ignore[import-untyped]
from rasa_sdk.events import SlotSet  # type: ignore[import-untyped]
from rasa_sdk.executor import CollectingDispatcher  # type: ignore[import-untyped]

from actions.answers import HUMAN_BUTTON, UNREACHABLE, Answer
from actions.dialogue import MAX_CONCERNS, Answerer, Concern, Context
from actions.history import history_of
from actions.services.access import Services
from service.clock import Clock

CARRIED = frozenset({"amt", "abfallart"})
"""Entities of a first concern that a second one may mean without naming them."""
ACTION_SECONDS = 8.0
"""Hard limit of one action (engine R2); everything a service does ends before."""

_log = structlog.get_logger(__name__)


class ConcernAction(Action):  # type: ignore[misc]  # rasa-sdk is not typed
    """Answers one intent. Rasa calls it ``action_<intent>``."""

    def __init__(
        self,
        intent: str,
        answerer: Answerer,
        services: Services,
        clock: Clock,
        limit_seconds: float = ACTION_SECONDS,
    ) -> None:
        self._intent = intent
        self._answerer = answerer
        self._services = services
        self._clock = clock
        self._limit_seconds = limit_seconds

    def name(self) -> str:
        """Return the name that rules use."""
        return f"action_{self._intent}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Give an answer to each concern of the message and the slots that follow from them."""
        del domain  # the answer never depends on it
        concern = self._concern(tracker)
        context = context_of(tracker, concern, self._services, self._clock)
        answer = await self._answer(concern, context)
        for each in (answer, *answer.more):
            utter(dispatcher, each)
        return slots_after(concern, context, answer)

    def _concern(self, tracker: Tracker) -> Concern:
        return latest_concern(tracker, self._intent)

    async def _answer(self, concern: Concern, context: Context) -> Answer:
        try:
            async with asyncio.timeout(self._limit_seconds):
                return await self._answerer(concern, context)
        except TimeoutError:
            _log.warning("action_timed_out", action=self.name())
            return Answer(UNREACHABLE, buttons=(HUMAN_BUTTON,))


def latest_concern(tracker: Tracker, intent: str) -> Concern:
    """Return the latest message as a concern of ``intent``, with those that follow it."""
    message = tracker.latest_message
    several = concerns_of(message)
    if not several or several[0].intent != intent:
        return Concern(intent, str(message.get("text") or ""), _entities(message))
    return replace(several[0], following=tuple(several[1:]))


def concerns_of(message: Mapping[str, Any]) -> list[Concern]:
    """Return the concerns of a message that has several, else nothing."""
    raw = message.get("concerns")
    named = [each for each in raw if isinstance(each, Mapping)] if isinstance(raw, list) else []
    concerns: list[Concern] = []
    for number, each in enumerate(named[:MAX_CONCERNS], start=1):
        carried = concerns[0].entities if concerns else ()
        entities = (*_carried(carried, _entities(each)), *_entities(each))
        concerns.append(
            Concern(
                str(each.get("intent") or ""), str(each.get("text") or ""), entities, number=number
            )
        )
    return concerns if len(concerns) > 1 else []


def _carried(
    earlier: Iterable[Mapping[str, Any]], own: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return what "und wann hat es auf" means by "es": the office or bin named before."""
    named = {each.get("entity") for each in own}
    return [
        each for each in earlier if each.get("entity") in CARRIED and each["entity"] not in named
    ]


def _entities(message: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    raw = message.get("entities") or ()
    return tuple(each for each in raw if isinstance(each, Mapping))


def context_of(tracker: Tracker, concern: Concern, services: Services, clock: Clock) -> Context:
    """Return what surrounds a concern; the town is looked for in message, slot, metadata."""
    metadata = tracker.latest_message.get("metadata") or {}
    candidates = [concern.value("stadt"), tracker.slots.get("stadt"), metadata.get("municipality")]
    towns = services.municipality.towns()
    town = next((each for each in candidates if each in towns), None)
    return Context(
        services,
        clock(),
        town,
        dict(tracker.slots),
        history_of(tracker),
        conversation=str(tracker.sender_id or ""),
        message_id=str(metadata.get("message_id") or _turn_number(tracker)),
    )


def _turn_number(tracker: Tracker) -> str:
    """Return a stand-in for the message id: the same when a turn is repeated."""
    users = [each for each in tracker.events if each.get("event") == "user"]
    return f"turn {len(users)}"


def utter(dispatcher: CollectingDispatcher, answer: Answer) -> None:
    """Hand an answer to Rasa."""
    dispatcher.utter_message(
        text=answer.text, buttons=answer.shown_buttons(), json_message=answer.custom()
    )


def slots_after(concern: Concern, context: Context, answer: Answer) -> list[dict[str, Any]]:
    """Return the events that remember the town, the waiting concern and what was learnt."""
    waiting = replace(concern, missing=answer.missing).to_slot() if answer.missing else None
    wanted: dict[str, Any] = {"anliegen": waiting, "fehlversuche": 0.0, **answer.values}
    if context.town is not None:
        wanted.setdefault("stadt", context.town)
    return [SlotSet(name, value) for name, value in _changed(wanted, context.slots)]


def _changed(wanted: Mapping[str, Any], slots: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return [(name, value) for name, value in wanted.items() if slots.get(name) != value]
