"""Several concerns of one message through the action server."""

from __future__ import annotations

from typing import Any

import pytest

from actions.dialogue import concern_of_slot
from tests.actions.conftest import ActionServer
from tests.actions.test_gespraech import SOEST, bot, user

TEXT = "Wann hat das Bürgerbüro auf und was kostet ein Perso?"


def concern(intent: str, text: str, **entities: str) -> dict[str, Any]:
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    return {"intent": intent, "text": text, "entities": found, "confidence": 0.99}


HOURS = concern("oeffnungszeiten", "Wann hat das Bürgerbüro auf", amt="buergerbuero")
CARD = concern("personalausweis_beantragen", "was kostet ein Perso?")
BIN = concern("abfall_abholtermin", "wann kommt die Papiertonne", abfallart="papier")


async def test_both_are_answered_in_one_turn_each_with_its_source(server: ActionServer):
    turn = await server.run_several(
        "action_oeffnungszeiten", TEXT, {"amt": "buergerbuero"}, SOEST, concerns=[HOURS, CARD]
    )
    first, second = turn.texts
    assert "Das Bürgerbüro Soest ist jetzt geschlossen" in first
    assert second.startswith("Zu Ihrer zweiten Frage: Den Personalausweis beantragen Sie")
    assert "46,00 Euro" in second
    assert [each["custom"]["source"]["title"] for each in turn.answers] == [
        "Stadt Soest",
        turn.answers[1]["custom"]["source"]["title"],
    ]
    assert "BGBl. 2026" in turn.answers[1]["custom"]["source"]["title"]
    assert "anliegen" not in turn.slots or turn.slots["anliegen"] is None


async def test_a_missing_town_is_asked_once_for_both(server: ActionServer):
    asked = await server.run_several(
        "action_oeffnungszeiten", TEXT, {"amt": "buergerbuero"}, {}, concerns=[HOURS, BIN]
    )
    assert asked.texts == ["Gern beides, der Reihe nach. Für welche Stadt möchten Sie das wissen?"]
    assert asked.custom["expects"] == "town"
    waiting = asked.slots["anliegen"]
    assert [waiting["intent"], waiting["following"][0]["intent"]] == [
        "oeffnungszeiten",
        "abfall_abholtermin",
    ]
    turn = await server.run_several(
        "action_fortsetzen", "Soest", {"stadt": "soest"}, {"anliegen": waiting}
    )
    assert "Das Bürgerbüro Soest ist jetzt geschlossen" in turn.texts[0]
    assert turn.texts[1].startswith("Zu Ihrer zweiten Frage: ")
    assert "Straße" in turn.texts[1], "the second one asks for what it still needs"
    assert turn.slots["anliegen"]["intent"] == "abfall_abholtermin"
    assert turn.slots["anliegen"]["missing"] == "strasse"
    assert turn.slots["stadt"] == "soest"


async def test_the_second_waits_while_the_first_needs_a_value(server: ActionServer):
    asked = await server.run_several(
        "action_abfall_abholtermin", "", {}, SOEST, concerns=[BIN, CARD]
    )
    assert len(asked.texts) == 1
    slots = {**SOEST, "anliegen": asked.slots["anliegen"]}
    wrong = await server.run_several("action_nicht_verstanden", "xyzzy", {}, slots)
    assert len(wrong.texts) == 1, "still waiting for a street"
    assert wrong.slots["fehlversuche"] == 1.0
    turn = await server.run_several(
        "action_fortsetzen", "Jakobistraße", {"strasse": "Jakobistraße"}, slots
    )
    assert "26. November" in turn.texts[0]
    assert turn.texts[1].startswith("Zu Ihrer zweiten Frage: Den Personalausweis")
    assert turn.slots["anliegen"] is None


async def test_the_second_asks_for_its_own_value_and_then_waits(server: ActionServer):
    turn = await server.run_several("action_oeffnungszeiten", "", {}, SOEST, concerns=[HOURS, BIN])
    assert len(turn.texts) == 2
    assert turn.slots["anliegen"]["intent"] == "abfall_abholtermin"
    later = await server.run(
        "action_fortsetzen",
        "Jakobistraße",
        {"strasse": "Jakobistraße"},
        {**SOEST, "anliegen": turn.slots["anliegen"]},
    )
    assert "26. November" in later.text
    assert later.slots["anliegen"] is None


async def test_each_is_answered_for_the_town_it_names(server: ActionServer):
    here = concern("oeffnungszeiten", "", stadt="soest")
    there = concern("adresse_anfahrt", "", stadt="olpe", amt="buergerbuero")
    turn = await server.run_several(
        "action_oeffnungszeiten", "", {}, {"stadt": "olpe"}, concerns=[here, there]
    )
    assert "Soest" in turn.texts[0]
    assert "Olpe" in turn.texts[1]


async def test_it_means_the_office_that_was_named_before(server: ActionServer):
    where = concern("adresse_anfahrt", "Wo ist die Bücherei", amt="stadtbuecherei")
    hours = concern("oeffnungszeiten", "wann hat sie auf")
    turn = await server.run_several(
        "action_adresse_anfahrt", "", {}, SOEST, concerns=[where, hours]
    )
    assert "Stadtbücherei Soest" in turn.texts[1]


async def test_three_are_counted(server: ActionServer):
    turn = await server.run_several(
        "action_oeffnungszeiten", "", {}, SOEST,
        concerns=[HOURS, CARD, concern("mensch_sprechen", "und einen Menschen")],
    )  # fmt: skip
    assert [text[:24] for text in turn.texts[1:]] == [
        "Zu Ihrer zweiten Frage: ",
        "Zu Ihrer dritten Frage: ",
    ]
    assert turn.answers[2]["custom"]["handoff"] == {"reason": "citizen"}


async def test_back_drops_only_the_open_question(server: ActionServer):
    waiting = {**BIN, "missing": "strasse", "following": [{**CARD, "missing": None}]}
    turn = await server.run_several("action_zurueck", "", {}, {**SOEST, "anliegen": waiting})
    assert turn.texts[0] == "Gut, lassen wir diese Frage."
    assert turn.texts[1].startswith("Zu Ihrer zweiten Frage: Den Personalausweis")
    assert turn.slots["anliegen"] is None


async def test_all_answers_of_a_turn_are_repeated(server: ActionServer):
    events = [user("x", "?"), bot("Erstens."), bot("Zweitens."), user("wiederholen", "bitte?")]
    turn = await server.run_several("action_wiederholen", "bitte?", {}, SOEST, events=events)
    assert turn.texts == ["Erstens.", "Zweitens."]


async def test_an_intent_nobody_answers_is_left_out(server: ActionServer):
    turn = await server.run_several(
        "action_oeffnungszeiten", "", {}, SOEST, concerns=[HOURS, concern("gruss", "hallo")]
    )
    assert len(turn.texts) == 1


@pytest.mark.parametrize("broken", [None, 3, "x", [], [HOURS], [HOURS, None], {"a": 1}])
async def test_broken_concerns_are_no_concerns(server: ActionServer, broken: Any):
    turn = await server.run_several("action_oeffnungszeiten", "", {}, SOEST, concerns=broken)
    assert len(turn.texts) == 1


@pytest.mark.parametrize("following", [None, 7, [None], [{"intent": 1}], "x"])
def test_a_slot_is_not_trusted(following: Any):
    slot = {"intent": "hund_anmelden", "following": following}
    found = concern_of_slot(slot)
    assert found is not None
    assert found.following == ()


def test_a_slot_nested_deeply_ends() -> None:
    slot: dict[str, Any] = {"intent": "a"}
    for _ in range(50):
        slot = {"intent": "a", "following": [slot]}
    found, depth = concern_of_slot(slot), 0
    while found:
        found, depth = (found.following[0] if found.following else None), depth + 1
    assert depth <= 3
