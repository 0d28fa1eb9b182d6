"""Several concerns of one message, answered one after the other in one turn.

When the first one needs a value, it waits in the slot ``anliegen`` and the others wait
with it; the value is asked for once, and once it is there all are answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.answers import Answer
from actions.dialogue import Answerer, Concern, Context, concern_of_slot

BOTH = "Gern beides, der Reihe nach."
ALL = "Gern alles, der Reihe nach."
OPENINGS = {2: "Zu Ihrer zweiten Frage: ", 3: "Zu Ihrer dritten Frage: "}


def one_after_the_other(topics: Mapping[str, Answerer]) -> dict[str, Answerer]:
    """Return the answerers so that each also answers the concerns that follow its own.

    Args:
        topics: intent → answerer that knows only its own concern.
    """

    def sequenced(answerer: Answerer) -> Answerer:
        async def answer(concern: Concern, context: Context) -> Answer:
            own = await answerer(replace(concern, following=()), context)
            if not concern.following:
                return own
            if own.missing:
                own = _with_following(own, concern)
                return own if concern.missing else _announced(own, len(concern.following))
            return await answered_next(topics, concern.following, own, context)

        return answer

    return {intent: sequenced(answerer) for intent, answerer in topics.items()}


async def answered_next(
    topics: Mapping[str, Answerer],
    following: tuple[Concern, ...],
    before: Answer,
    context: Context,
) -> Answer:
    """Return ``before`` with the answers to the concerns that follow.

    The first of them that needs a value asks for it and waits; those behind it wait with it.
    """
    answers: list[Answer] = []
    values: dict[str, Any] = dict(before.values)
    for place, concern in enumerate(following):
        answerer = topics.get(concern.intent)
        if answerer is None:
            continue
        answer = await answerer(concern, _in_its_town(concern, context))
        opening = OPENINGS.get(concern.number, "")
        answers.append(replace(answer, text=f"{opening}{answer.text}", missing=None))
        values |= answer.values
        if answer.missing:
            values["anliegen"] = _waiting(answer, concern, following[place + 1 :])
            break
    return replace(before, values=values, more=(*before.more, *answers))


def _with_following(own: Answer, concern: Concern) -> Answer:
    """Let the further concerns wait behind an answer that says itself what waits."""
    if "anliegen" not in own.values:
        return own
    waiting = _waiting(own, concern, concern.following)
    return replace(own, values={**own.values, "anliegen": waiting})


def _waiting(answer: Answer, concern: Concern, following: tuple[Concern, ...]) -> dict[str, Any]:
    own = concern_of_slot(answer.values.get("anliegen"), concern.number) or concern
    return replace(own, missing=answer.missing, following=following).to_slot()


def _in_its_town(concern: Concern, context: Context) -> Context:
    named = concern.value("stadt")
    return (
        replace(context, town=named) if named in context.services.municipality.towns() else context
    )


def _announced(question: Answer, count: int) -> Answer:
    """Say that nothing is forgotten while a value for the first concern is asked for."""
    opening = BOTH if count == 1 else ALL
    return replace(question, text=f"{opening} {question.text}")
