"""Reads earlier messages and answers out of a tracker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Tracker  # type: ignore[import-untyped]

from actions.answers import Answer, Button, Link
from actions.dialogue import Concern, History
from actions.services.results import Provenance

DEPTH = 20
"""How many earlier messages and answers are looked at."""


def history_of(tracker: Tracker) -> History:
    """Return what was said before the latest message."""
    events = [each for each in tracker.events if isinstance(each, Mapping)]
    users = [number for number, event in enumerate(events) if event.get("event") == "user"]
    before = events[: users[-1]] if users else events
    newest_first = before[::-1]
    concerns = [_concern(each) for each in newest_first if each.get("event") == "user"]
    answers = [_answer(each) for each in newest_first if each.get("event") == "bot"]
    return History(
        concerns=tuple(concerns[:DEPTH]),
        answers=tuple(each for each in answers[:DEPTH] if each.text),
        ranking=_ranking(tracker.latest_message.get("intent_ranking") or ()),
        refused=_names(tracker.latest_message.get("refused")),
        last_turn=_last_turn(before),
    )


def _last_turn(before: list[Mapping[str, Any]]) -> tuple[Answer, ...]:
    users = [number for number, event in enumerate(before) if event.get("event") == "user"]
    since = before[users[-1] :] if users else before
    answers = [_answer(each) for each in since if each.get("event") == "bot"]
    return tuple(each for each in answers if each.text)


def _names(raw: Any) -> tuple[str, ...]:
    return tuple(each for each in raw if isinstance(each, str)) if isinstance(raw, list) else ()


def _concern(event: Mapping[str, Any]) -> Concern:
    parsed = event.get("parse_data") or {}
    entities = tuple(each for each in parsed.get("entities") or () if isinstance(each, Mapping))
    intent = (parsed.get("intent") or {}).get("name") or ""
    return Concern(str(intent), str(event.get("text") or ""), entities)


def _answer(event: Mapping[str, Any]) -> Answer:
    """Return an answer as it was given; a handoff is not repeated."""
    data = event.get("data") or {}
    custom = data.get("custom") or {}
    source = custom.get("source") or {}
    return Answer(
        text=str(event.get("text") or ""),
        source=Provenance(source["title"], source.get("url")) if source.get("title") else None,
        as_of=_date(custom.get("as_of")),
        demo=bool(custom.get("demo")),
        buttons=tuple(Button(t, p) for t, p in _pairs(data.get("buttons"), "payload")),
        links=tuple(Link(t, u) for t, u in _pairs(custom.get("links"), "url")),
        expects=custom.get("expects"),
    )


def _pairs(items: Any, key: str) -> list[tuple[str, str]]:
    return [
        (str(each["title"]), str(each[key]))
        for each in items or ()
        if isinstance(each, Mapping) and each.get("title") and each.get(key)
    ]


def _date(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _ranking(items: Iterable[Any]) -> tuple[tuple[str, float], ...]:
    pairs = [
        (str(each.get("name")), float(each.get("confidence") or 0.0))
        for each in items
        if isinstance(each, Mapping) and each.get("name")
    ]
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))
