"""Which topic answers which intent. One line per topic; nothing registers itself."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from actions import (
    abfall,
    aemter,
    ausweise,
    datenschutz,
    familie,
    freizeit,
    fundbuero,
    gewerbe,
    hinweise,
    hund,
    mangel,
    meldewesen,
    menschen,
    rat,
    soziales,
    standesamt,
    steuern,
    termine,
    verkehr,
    wahlen,
)
from actions.dialogue import Answerer
from actions.gespraech import Conversation

TOPICS: tuple[Mapping[str, Answerer], ...] = (
    abfall.ANSWERERS,
    aemter.ANSWERERS,
    ausweise.ANSWERERS,
    datenschutz.ANSWERERS,
    familie.ANSWERERS,
    freizeit.ANSWERERS,
    fundbuero.ANSWERERS,
    gewerbe.ANSWERERS,
    hinweise.ANSWERERS,
    hund.ANSWERERS,
    mangel.ANSWERERS,
    meldewesen.ANSWERERS,
    menschen.ANSWERERS,
    rat.ANSWERERS,
    soziales.ANSWERERS,
    standesamt.ANSWERERS,
    steuern.ANSWERERS,
    termine.ANSWERERS,
    verkehr.ANSWERERS,
    wahlen.ANSWERERS,
)


def answerers() -> dict[str, Answerer]:
    """Return name → answerer of all topics and of the conversation itself.

    Raises:
        ValueError: two topics claim the same intent.
    """
    table: dict[str, Answerer] = {}
    for intent, answerer in chain.from_iterable(topic.items() for topic in TOPICS):
        if intent in table:
            raise ValueError(f"{intent} is answered by two topics")
        table[intent] = answerer
    return Conversation(table).answerers()
