from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import Answer
from actions.dialogue import Concern, Context
from actions.runner import ConcernAction
from actions.services.access import open_services
from service.clock import system_clock
from tests.actions.conftest import ActionServer, action_call

SOEST = {"stadt": "soest"}
HUMAN = {"title": "Mit einem Menschen sprechen", "payload": "/mensch_sprechen"}


def user(intent: str, text: str, entities: dict[str, str] | None = None) -> dict[str, Any]:
    found = [{"entity": k, "value": v} for k, v in (entities or {}).items()]
    parsed = {"intent": {"name": intent}, "entities": found, "text": text}
    return {"event": "user", "text": text, "parse_data": parsed}


def bot(text: str, **custom: Any) -> dict[str, Any]:
    buttons = [{"title": "Termin", "payload": "/termin_buchen"}]
    return {"event": "bot", "text": text, "data": {"buttons": buttons, "custom": custom}}


def ranking(*intents: str) -> list[dict[str, Any]]:
    return [{"name": name, "confidence": 0.4 - n / 10} for n, name in enumerate(intents)]


async def test_first_miss_offers_likely_choices_in_the_citizens_words(server: ActionServer):
    turn = await server.run(
        "action_nicht_verstanden",
        "perso dings",
        {},
        SOEST,
        intent_ranking=ranking("nlu_fallback", "personalausweis_beantragen", "gruss"),
    )
    assert turn.text.startswith("Das habe ich leider nicht verstanden.")
    assert turn.buttons == [
        {
            "title": "Einen Personalausweis beantragen",
            "payload": "/personalausweis_beantragen",
        },
        {"title": "Etwas anderes", "payload": "/nein"},
    ]
    assert turn.slots["fehlversuche"] == 1.0


async def test_second_miss_in_a_row_offers_a_human(server: ActionServer):
    turn = await server.run("action_nicht_verstanden", "bla", {}, {**SOEST, "fehlversuche": 1.0})
    assert turn.buttons == [{"title": "Mit einem Menschen sprechen", "payload": "/mensch_sprechen"}]
    assert turn.slots["fehlversuche"] == 2.0


async def test_an_understood_message_ends_the_row(server: ActionServer):
    turn = await server.run("action_oeffnungszeiten", "", {}, {**SOEST, "fehlversuche": 2.0})
    assert turn.slots["fehlversuche"] == 0.0


async def test_a_misspelt_town_is_taken_as_the_awaited_value(server: ActionServer):
    waiting = {"intent": "oeffnungszeiten", "text": "", "entities": [], "missing": "stadt"}
    for action in ("action_nicht_verstanden", "action_out_of_scope", "action_fortsetzen"):
        turn = await server.run(action, "Soesst", {}, {"anliegen": waiting})
        assert "Das Bürgerbüro Soest ist jetzt geschlossen" in turn.text
        assert turn.slots["stadt"] == "soest"
        assert turn.slots["anliegen"] is None


async def test_a_town_we_do_not_know_is_named_as_such(server: ActionServer):
    waiting = {"intent": "oeffnungszeiten", "text": "", "entities": [], "missing": "stadt"}
    turn = await server.run("action_fortsetzen", "Hamburg", {}, {"anliegen": waiting})
    assert "Ich kenne mich nur in Olpe und Soest aus." in turn.text
    assert turn.custom["expects"] == "town"


async def test_a_question_is_no_value(server: ActionServer):
    waiting = {"intent": "abfall_abholtermin", "text": "", "entities": [], "missing": "strasse"}
    turn = await server.run(
        "action_nicht_verstanden", "was soll das denn?", {}, {**SOEST, "anliegen": waiting}
    )
    assert turn.text.startswith("Das habe ich leider nicht verstanden.")
    assert "anliegen" not in turn.slots, "the open question stays open"


async def test_twice_the_wrong_street_offers_a_human(server: ActionServer):
    waiting = {"intent": "abfall_abholtermin", "text": "", "entities": [], "missing": "strasse"}
    slots = {**SOEST, "anliegen": waiting, "fehlversuche": 1.0}
    turn = await server.run("action_nicht_verstanden", "xyzzy", {}, slots)
    assert any(b["payload"] == "/mensch_sprechen" for b in turn.buttons)
    assert turn.slots["fehlversuche"] == 2.0


async def test_a_new_town_asks_the_last_concern_again(server: ActionServer):
    events = [
        user("oeffnungszeiten", "Wann habt ihr auf?", {"stadt": "soest"}),
        bot("Das Bürgerbüro Soest ..."),
        user("stadt_waehlen", "Und in Olpe?"),
    ]
    turn = await server.run(
        "action_fortsetzen", "Und in Olpe?", {"stadt": "olpe"}, SOEST, events=events
    )
    assert "Das Bürgerbüro Olpe ist jetzt geschlossen" in turn.text
    assert turn.slots["stadt"] == "olpe"


async def test_a_new_day_asks_the_last_concern_again(server: ActionServer):
    events = [
        user("oeffnungszeiten", "Hat die Bücherei auf?", {"amt": "stadtbuecherei"}),
        bot("..."),
        user("inform", "Und am Dienstag?"),
    ]
    turn = await server.run(
        "action_fortsetzen", "Und am Dienstag?", {"datum": "2026-11-24"}, SOEST, events=events
    )
    assert "Dienstag, 24. November, ist die Stadtbücherei Soest von 10 bis 18 Uhr" in turn.text


async def test_a_town_alone_is_remembered(server: ActionServer):
    turn = await server.run("action_fortsetzen", "Olpe", {"stadt": "olpe"})
    assert turn.text.startswith("Gut, ich antworte für Olpe.")
    assert turn.slots["stadt"] == "olpe"


async def test_another_clear_concern_drops_the_waiting_one(server: ActionServer):
    waiting = {"intent": "abfall_abholtermin", "text": "", "entities": [], "missing": "strasse"}
    turn = await server.run("action_oeffnungszeiten", "", {}, {**SOEST, "anliegen": waiting})
    assert "Bürgerbüro Soest" in turn.text
    assert turn.slots["anliegen"] is None


async def test_the_last_answer_is_repeated_whole(server: ActionServer):
    custom = {
        "source": {"title": "Stadt", "url": "https://www.soest.de"},
        "as_of": "2026-11-01",
        "demo": True,
        "links": [{"title": "Stadt", "url": "https://www.soest.de"}],
        "handoff": {"reason": "citizen"},
    }
    events = [
        user("oeffnungszeiten", "?"),
        bot("Um acht.", **custom),
        user("wiederholen", "bitte?"),
    ]
    turn = await server.run("action_wiederholen", "bitte?", {}, SOEST, events=events)
    assert turn.text == "Um acht."
    assert turn.custom == {**custom, "expects": None, "handoff": None}
    assert turn.buttons == [{"title": "Termin", "payload": "/termin_buchen"}]


async def test_nothing_to_repeat_and_nowhere_back(server: ActionServer):
    for action in ("action_wiederholen", "action_zurueck"):
        turn = await server.run(action, "bitte?", {}, SOEST)
        assert "Was kann ich für Sie tun?" in turn.text


async def test_back_gives_the_answer_before_the_last(server: ActionServer):
    events = [
        user("x", "1"),
        bot("Erstens."),
        user("x", "2"),
        bot("Zweitens."),
        user("zurueck", "z"),
    ]
    assert (await server.run("action_zurueck", "z", {}, SOEST, events=events)).text == "Erstens."


async def test_back_and_cancel_drop_the_open_question(server: ActionServer):
    waiting = {"intent": "abfall_abholtermin", "text": "", "entities": [], "missing": "strasse"}
    for action in ("action_zurueck", "action_abbrechen"):
        turn = await server.run(action, "", {}, {**SOEST, "anliegen": waiting})
        assert turn.slots["anliegen"] is None


async def test_yes_takes_the_only_choice(server: ActionServer):
    offer = {"event": "bot", "text": "Soll ein Mensch helfen?", "data": {"buttons": [HUMAN]}}
    turn = await server.run("action_ja", "ja", {}, SOEST, events=[offer, user("ja", "ja")])
    assert turn.custom["handoff"] == {"reason": "citizen"}


async def test_yes_to_several_choices_asks_which(server: ActionServer):
    choices = [HUMAN, {"title": "Zeiten", "payload": "/oeffnungszeiten"}]
    offer = {"event": "bot", "text": "Was davon?", "data": {"buttons": choices}}
    turn = await server.run("action_ja", "ja", {}, SOEST, events=[offer, user("ja", "ja")])
    assert turn.buttons == choices
    assert turn.custom["handoff"] is None


async def test_yes_to_nothing_and_no_begin_nothing(server: ActionServer):
    waiting = {"intent": "abfall_abholtermin", "text": "", "entities": [], "missing": "strasse"}
    for action in ("action_ja", "action_nein"):
        turn = await server.run(action, "", {}, {**SOEST, "anliegen": waiting})
        assert "Was kann ich für Sie tun?" in turn.text
        assert turn.slots["anliegen"] is None


async def test_a_complaint_is_offered_a_human(server: ActionServer):
    turn = await server.run("action_beschwerde", "", {}, SOEST)
    assert turn.buttons[0] == HUMAN
    assert turn.custom["handoff"] is None


async def test_out_of_scope_says_what_this_is_for(server: ActionServer):
    turn = await server.run("action_out_of_scope", "Wie wird das Wetter?", {}, SOEST)
    assert "nicht helfen" in turn.text
    assert len(turn.buttons) == 3
    assert turn.slots["fehlversuche"] == 1.0


async def test_twice_out_of_scope_offers_a_human(server: ActionServer):
    slots = {**SOEST, "fehlversuche": 1.0}
    turn = await server.run("action_out_of_scope", "blorf wixel", {}, slots)
    assert turn.buttons[0] == HUMAN


@pytest.mark.parametrize(
    ("action", "reason"),
    [("action_mensch_sprechen", "citizen"), ("action_kontakt_rueckruf", "callback")],
)
async def test_a_human_is_called_with_or_without_a_town(
    server: ActionServer, action: str, reason: str
):
    for slots in ({}, SOEST):
        turn = await server.run(action, "", {}, slots)
        assert turn.custom["handoff"] == {"reason": reason}
        assert "115" in turn.text
    assert "ist jetzt geschlossen" in turn.text


async def test_an_action_that_hangs_ends_with_an_honest_answer(content: Path):
    async def hang(_concern: Concern, _context: Context) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    services = open_services(content, httpx.AsyncClient(), system_clock, None)
    action = ConcernAction("x", hang, services, system_clock, limit_seconds=0.02)
    dispatcher = CollectingDispatcher()
    await action.run(dispatcher, Tracker.from_dict(action_call("action_x")["tracker"]), {})
    (message,) = dispatcher.messages
    assert "nicht erreichbar" in message["text"]
    assert message["buttons"][0]["payload"] == "/mensch_sprechen"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
ACTIONS = (
    "action_fortsetzen", "action_nicht_verstanden", "action_wiederholen", "action_zurueck",
    "action_abfall_abholtermin", "action_abfall_sortierung", "action_oeffnungszeiten",
    "action_zustaendigkeit",
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None
)
@given(
    action=st.sampled_from(ACTIONS),
    text=st.text(max_size=80),
    value=st.text(max_size=40),
    entity=st.sampled_from(
        ["stadt", "strasse", "datum", "uhrzeit", "amt", "gegenstand", "hausnummer"]
    ),
    waiting=json_values,
    missing=st.sampled_from([None, "stadt", "strasse", "hausnummer", "gegenstand", "leistung"]),
)
async def test_any_words_get_exactly_one_answer(
    server: ActionServer,
    action: str,
    text: str,
    value: str,
    entity: str,
    waiting: Any,
    missing: str | None,
):
    concern = {
        "intent": "abfall_abholtermin",
        "text": text,
        "entities": waiting,
        "missing": missing,
    }
    for slot in (waiting, concern):
        turn = await server.run(action, text, {entity: value}, {**SOEST, "anliegen": slot})
        assert turn.text.strip()
