"""The question in doubt, and what is refused, through the action server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.conftest import ActionServer
from tests.actions.test_gespraech import SOEST, ranking, user

OTHER = {"title": "Etwas anderes", "payload": "/nein"}
HUMAN = {"title": "Mit einem Menschen sprechen", "payload": "/mensch_sprechen"}
CARD = {"title": "Einen Personalausweis beantragen", "payload": "/personalausweis_beantragen"}
HOURS = {"title": "Öffnungszeiten erfragen", "payload": '/oeffnungszeiten{"amt": "bauamt"}'}


@pytest.fixture
def content(content):
    """Two concerns more that can be offered."""
    file = content / "de" / "concerns.yml"
    more = (
        "  oeffnungszeiten: {title: Öffnungszeiten erfragen}\n"
        "  termin_buchen: {title: einen Termin buchen}\n"
        "  mensch_sprechen: {title: mit einem Menschen sprechen}\n"
    )
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    for folder in (content / "municipalities").iterdir():
        duties = folder / "responsibility.yml"
        if duties.exists():
            extra = "".join(
                f"  {intent}:\n    level: Stadt\n    body: Bürgerbüro\n    reason: Eben.\n"
                "    contact: Bürgerbüro\n    source: {title: Stadt}\n    as_of: 2026-11-01\n"
                for intent in ("oeffnungszeiten", "termin_buchen", "mensch_sprechen")
            )
            duties.write_text(duties.read_text("utf-8") + extra, "utf-8")
    return content


def asked(*choices: dict[str, str]) -> list[dict[str, Any]]:
    """The question with its choices, as the tracker keeps it."""
    data = {"buttons": [*choices, OTHER], "custom": {"expects": "choice"}}
    return [
        user("nlu_fallback", "perso dings"),
        {"event": "bot", "text": "Meinen Sie eines davon?", "data": data},
        user("inform", "..."),
    ]


async def answer(server: ActionServer, action: str, text: str, *choices: dict[str, str]) -> Any:
    slots = {**SOEST, "fehlversuche": 1.0}
    return await server.run(action, text, {}, slots, events=asked(*choices))


async def test_a_doubt_is_one_short_question_with_fitting_choices(server: ActionServer):
    turn = await server.run(
        "action_nicht_verstanden", "bauamt dings", {"amt": "bauamt"}, SOEST,
        intent_ranking=ranking("nlu_fallback", "oeffnungszeiten", "personalausweis_beantragen"),
    )  # fmt: skip
    assert turn.text == "Das habe ich leider nicht verstanden. Meinen Sie eines davon?"
    assert turn.custom["expects"] == "choice"
    assert turn.buttons[0] == HOURS, "what was named travels with the choice"
    assert turn.buttons[-1] == OTHER
    assert len(turn.buttons) <= 4


async def test_what_is_far_behind_is_no_choice(server: ActionServer):
    likely = [
        {"name": "nlu_fallback", "confidence": 0.8},
        {"name": "oeffnungszeiten", "confidence": 0.7},
        {"name": "termin_buchen", "confidence": 0.06},
        {"name": "personalausweis_beantragen", "confidence": 0.01},
    ]
    turn = await server.run("action_nicht_verstanden", "x", {}, SOEST, intent_ranking=likely)
    assert [each["title"] for each in turn.buttons] == ["Öffnungszeiten erfragen", "Etwas anderes"]


async def test_what_is_refused_is_no_choice(server: ActionServer):
    turn = await server.run(
        "action_nicht_verstanden", "keinen Termin, blorf", {}, SOEST,
        intent_ranking=ranking("nlu_fallback", "termin_buchen", "oeffnungszeiten"),
        refused=["termin_buchen"],
    )  # fmt: skip
    assert [each["title"] for each in turn.buttons] == ["Öffnungszeiten erfragen", "Etwas anderes"]


@pytest.mark.parametrize(
    ("action", "text", "answered"),
    [
        ("action_fortsetzen", "das erste", "Den Personalausweis beantragen Sie"),
        ("action_nicht_verstanden", "den Personalausweis", "Den Personalausweis beantragen Sie"),
        ("action_fortsetzen", "2", "Bauamt"),
        ("action_out_of_scope", "das letzte bitte", "Bauamt"),
        ("action_ja", "ja, die Öffnungszeiten", "Bauamt"),
        ("action_mangel_melden", "Nummer zwei", "Bauamt"),
    ],
)
async def test_words_choose_like_buttons(
    server: ActionServer, action: str, text: str, answered: str
):
    turn = await answer(server, action, text, CARD, HOURS)
    assert answered in turn.text
    assert turn.slots["fehlversuche"] == 0.0


async def test_a_clear_concern_is_answered_although_choices_are_open(server: ActionServer):
    turn = await answer(server, "action_mensch_sprechen", "ich will einen Menschen", CARD, HOURS)
    assert turn.custom["handoff"] == {"reason": "citizen"}


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("action_nein", "/nein"),
        ("action_nein", "nein"),
        ("action_nein", "keins davon"),
        ("action_abbrechen", "etwas anderes"),
        ("action_mangel_melden", "nichts davon"),
    ],
)
async def test_something_else_leads_on_and_then_to_a_human(
    server: ActionServer, action: str, text: str
):
    turn = await answer(server, action, text, CARD, HOURS)
    assert "Worum geht es?" in turn.text
    assert turn.buttons == [HUMAN]
    misses = turn.slots.get("fehlversuche", 1.0)
    again = await server.run(
        "action_nicht_verstanden", "blorf", {}, {**SOEST, "fehlversuche": misses}
    )
    assert "Soll Ihnen ein Mensch weiterhelfen?" in again.text
    assert again.buttons == [HUMAN]


async def test_yes_takes_the_only_choice_and_asks_among_several(server: ActionServer):
    assert "Den Personalausweis" in (await answer(server, "action_ja", "ja", CARD)).text
    several = await answer(server, "action_ja", "ja", CARD, HOURS)
    assert several.text == "Gern. Was davon meinen Sie?"
    assert several.custom["expects"] == "choice"


async def test_without_a_question_a_number_is_no_choice(server: ActionServer):
    turn = await server.run("action_fortsetzen", "das erste", {}, SOEST)
    assert turn.text.startswith("Das habe ich leider nicht verstanden.")


@pytest.mark.parametrize("action", ["action_abbrechen", "action_nein"])
async def test_what_is_refused_is_not_started(server: ActionServer, action: str):
    waiting = {"intent": "termin_buchen", "text": "", "entities": [], "missing": "stadt"}
    turn = await server.run(
        action, "ich will keinen Termin", {}, {**SOEST, "anliegen": waiting},
        refused=["termin_buchen"],
        intent_ranking=ranking("abbrechen", "oeffnungszeiten", "termin_buchen"),
    )  # fmt: skip
    assert turn.text == "Gut, Sie möchten keinen Termin buchen. Worum geht es stattdessen?"
    assert [each["title"] for each in turn.buttons] == ["Öffnungszeiten erfragen", "Etwas anderes"]
    assert turn.slots["anliegen"] is None


async def test_two_refused_concerns_are_both_named(server: ActionServer):
    turn = await server.run(
        "action_abbrechen", "", {}, SOEST, refused=["termin_buchen", "mensch_sprechen"]
    )
    assert turn.text.startswith(
        "Gut, Sie möchten keinen Termin buchen und nicht mit einem Menschen sprechen."
    )
    assert {"title": "Öffnungszeiten", "payload": "/oeffnungszeiten"} in turn.buttons


@pytest.mark.parametrize("refused", [None, "x", [1, None], {"a": 1}, ["gibt_es_nicht"]])
async def test_broken_refusals_do_no_harm(server: ActionServer, refused: Any):
    turn = await server.run("action_abbrechen", "", {}, SOEST, refused=refused)
    assert turn.text.startswith("Gut, ")
