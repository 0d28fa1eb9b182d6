"""The door of the engine: statuses, limits, idempotency, typed text without commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.connector import to_turn
from bot.failures import WrongTurn
from tests.slash_commands import VARIANTS

from .conftest import CONVERSATION, TOKEN, Door, FakeActions, said

GOOD = {"message_id": "m1", "conversation": CONVERSATION, "text": "Hallo"}
NUMBERS = count()

WRONG_BODIES = {
    "null": b"null",
    "list": b"[]",
    "number": b"5",
    "empty object": b"{}",
    "nothing": b"",
    "broken JSON": b'{"text":',
    "no UTF-8": b'{"text": "\xff\xfe"}',
    "NaN": b'{"text": NaN}',
    "deep nesting": b"[" * 8000 + b"]" * 8000,
    "huge number": b'{"message_id": ' + b"9" * 5000 + b"}",
    "field twice": b'{"text": "a", "text": "b"}',
    "text is a number": json.dumps({**GOOD, "text": 5}).encode(),
    "text is a list": json.dumps({**GOOD, "text": ["a"]}).encode(),
    "text is null": json.dumps({**GOOD, "text": None}).encode(),
    "text and payload": json.dumps({**GOOD, "payload": "/begruessung"}).encode(),
    "message id is a number": json.dumps({**GOOD, "message_id": 5}).encode(),
    "message id is empty": json.dumps({**GOOD, "message_id": ""}).encode(),
    "message id is long": json.dumps({**GOOD, "message_id": "m" * 201}).encode(),
    "message id has a newline": json.dumps({**GOOD, "message_id": "m1\n"}).encode(),
    "conversation is missing": json.dumps({"message_id": "m1", "text": "Hallo"}).encode(),
    "conversation is default": json.dumps({**GOOD, "conversation": "default"}).encode(),
    "conversation is a dict": json.dumps({**GOOD, "conversation": {"a": 1}}).encode(),
    "conversation is lower case": json.dumps({**GOOD, "conversation": "c_" + "a" * 26}).encode(),
    "conversation has an end": json.dumps({**GOOD, "conversation": CONVERSATION + "\n"}).encode(),
    "metadata is unknown": json.dumps({**GOOD, "metadata": {"role": "admin"}}).encode(),
    "channel is a dict": json.dumps({**GOOD, "channel": {}}).encode(),
    "channel has blanks": json.dumps({**GOOD, "channel": "web chat"}).encode(),
    "municipality is a path": json.dumps({**GOOD, "municipality": "../soest"}).encode(),
    "time is a word": json.dumps({**GOOD, "sent_at": "gestern"}).encode(),
}


async def test_an_answer_keeps_text_buttons_and_custom_together(
    door: Door, actions: FakeActions
) -> None:
    source = {"title": "Öffnungszeiten", "url": "https://www.soest.de/zeiten"}
    actions.reacts(
        "action_oeffnungszeiten",
        said(
            "Heute bis 12 Uhr.",
            buttons=[{"title": "Soest", "payload": '/stadt_waehlen{"stadt": "soest"}'}],
            custom={
                "source": source,
                "as_of": "2026-11-22",
                "demo": True,
                "links": [source],
                "expects": "town",
                "handoff": {"reason": "citizen"},
            },
        ),
    )
    status, body = await door.say("Wann hat das Rathaus in Soest offen?")
    assert status == 200
    assert body["answers"] == [
        {
            "text": "Heute bis 12 Uhr.",
            "source": source,
            "as_of": "2026-11-22",
            "demo": True,
            "buttons": [{"title": "Soest", "payload": '/stadt_waehlen{"stadt": "soest"}'}],
            "links": [source],
            "expects": "town",
        }
    ]
    assert body["handoff"] == {"reason": "citizen"}
    assert body["intent"]["name"] == "oeffnungszeiten"
    assert 0 < body["intent"]["confidence"] <= 1
    assert [(e["entity"], e["value"]) for e in body["entities"]] == [("stadt", "Soest")]
    assert body["duplicate"] is False


async def test_two_bot_messages_are_two_answers(door: Door, actions: FakeActions) -> None:
    result = said("Erstens.\n\nMit Absatz.")
    result["responses"].append({"text": "Zweitens."})
    actions.reacts("action_oeffnungszeiten", result)
    _, body = await door.say("Wann haben Sie geöffnet?")
    assert [answer["text"] for answer in body["answers"]] == [
        "Erstens.\n\nMit Absatz.",
        "Zweitens.",
    ]


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        ("terminal", "Hallo!"),
        ("webchat", "Guten Tag! Womit kann ich helfen?"),
        (None, "Guten Tag! Womit kann ich helfen?"),
    ],
)
async def test_the_channel_chooses_the_variation(
    door: Door, channel: str | None, text: str
) -> None:
    _, body = await door.say("Guten Tag", channel=channel)
    assert [answer["text"] for answer in body["answers"]] == [text]


async def test_actions_get_channel_and_metadata_and_our_bearer(
    door: Door, actions: FakeActions
) -> None:
    await door.say(
        "Wann haben Sie geöffnet?",
        channel="telegram",
        municipality="soest",
        sent_at="2026-11-22T10:00:00+01:00",
    )
    tracker = actions.calls[-1]["tracker"]
    assert tracker["sender_id"] == CONVERSATION
    assert tracker["latest_input_channel"] == "telegram"
    user = next(e for e in reversed(tracker["events"]) if e["event"] == "user")
    told = {"message_id": "m1", "municipality": "soest", "sent_at": "2026-11-22T10:00:00+01:00"}
    assert user["metadata"].items() >= told.items()
    assert user["message_id"] == "m1"
    assert actions.headers[-1]["Authorization"] == "Bearer actions-token-of-the-tests"


# ---- refusals ---------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN[:-1], "ümlaut"])
async def test_without_the_bearer_nobody_enters(
    door: Door, actions: FakeActions, token: str | None
) -> None:
    status, body = await door.post(GOOD, token=token)
    assert (status, body) == (401, {"error": "unauthorized"})
    async with door.client.delete(f"{door.url}/conversations/{CONVERSATION}") as response:
        assert response.status == 401
    assert await door.events() == []


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
async def test_what_breaks_the_contract_is_named(door: Door, body: bytes) -> None:
    status, answer = await door.post(body)
    assert status == 400
    assert answer["error"] == "bad_request"
    assert answer["problem"].split(":")[0] in {
        "body", "text", "payload", "message_id", "conversation",
        "channel", "municipality", "sent_at",
    }  # fmt: skip
    assert await door.events() == []


async def test_long_bodies_and_texts_are_refused(door: Door) -> None:
    status, _ = await door.say("ä" * 2_000)
    assert status == 200
    status, body = await door.say("ä" * 2_001, "m2")
    assert (status, body["error"]) == (413, "too_long")
    for size in (17_000, 100_000):
        status, body = await door.post(b"x" * size)
        assert (status, body["error"]) == (413, "too_long")


async def test_a_body_without_an_end_is_cut_off(door: Door) -> None:
    async def endless():
        for _ in range(100):
            yield b"x" * 1_000

    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as caller:
        # the door may close while the caller still sends
        with contextlib.suppress(aiohttp.ClientError):
            async with caller.post(f"{door.url}/turn", data=endless()) as response:
                assert response.status == 413
    assert (await door.say("Hallo"))[0] == 200


# ---- failures are said, and leave no trace -----------------------------------


async def raises_connection(_call: dict) -> web.StreamResponse:
    raise ConnectionResetError


async def hangs(_call: dict) -> web.StreamResponse:
    await asyncio.sleep(3)
    return web.json_response(said("zu spät"))


BROKEN_ACTIONS = {
    "status 500": (500, {"error": "boom", "action_name": "action_oeffnungszeiten"}),
    "rejection": (400, {"error": "no", "action_name": "action_oeffnungszeiten"}),
    "unknown action": (404, {"error": "?", "action_name": "action_oeffnungszeiten"}),
    "redirect": (302, {}),
    "garbage": (200, b"<html>"),
    "cut JSON": (200, b'{"events": ['),
    "list": (200, []),
    "null": (200, None),
    "responses of a wrong type": (200, {"events": [], "responses": ["Hallo"]}),
    "events of a wrong type": (200, {"events": {}, "responses": "x"}),
    "unknown event": (200, {"events": [{"event": "erfunden"}], "responses": []}),
    "rejection as event": (
        200,
        {"events": [{"event": "action_execution_rejected", "name": "a"}], "responses": []},
    ),
    "2 MB": (200, b" " * 2_000_000),
}


@pytest.mark.parametrize("kind", BROKEN_ACTIONS)
async def test_a_failed_action_is_503_and_the_retry_runs_cleanly(
    door: Door, actions: FakeActions, kind: str
) -> None:
    status, result = BROKEN_ACTIONS[kind]
    await door.say("Hallo", "m0")
    before = await door.events()
    actions.reacts("action_oeffnungszeiten", result, status=status)
    code, body = await door.say("Wann haben Sie geöffnet?")
    assert (code, body["error"]) == (503, "action_failed")
    assert await door.events() == before
    actions.reacts("action_oeffnungszeiten", said("Jetzt geht es."))
    code, body = await door.say("Wann haben Sie geöffnet?")
    assert code == 200
    assert (body["duplicate"], body["answers"][0]["text"]) == (False, "Jetzt geht es.")
    assert [e["event"] for e in await door.events()].count("user") == 2


@pytest.mark.parametrize("reaction", [raises_connection, hangs])
async def test_an_unreachable_or_slow_action_is_503(
    door: Door, actions: FakeActions, reaction: object
) -> None:
    actions.reactions["action_oeffnungszeiten"] = reaction  # type: ignore[assignment]
    status, body = await door.say("Wann haben Sie geöffnet?")
    assert (status, body["error"]) == (503, "action_failed")
    assert await door.events() == []


async def test_silence_is_an_error(door: Door, actions: FakeActions) -> None:
    actions.reacts("action_stumm", said())
    status, body = await door.say("bleib stumm")
    assert (status, body["error"]) == (503, "empty_answer")
    assert await door.events() == []


async def test_a_wish_for_a_human_without_words_is_an_answer(
    door: Door, actions: FakeActions
) -> None:
    actions.reacts("action_stumm", said(custom={"handoff": {"reason": "citizen"}}))
    status, body = await door.say("bleib stumm")
    assert (status, body["answers"], body["handoff"]) == (200, [], {"reason": "citizen"})


async def test_without_a_model_it_says_so(door: Door) -> None:
    door.agent.processor = None
    assert await door.say("Hallo") == (503, {"error": "model_missing", "problem": ""})
    async with door.client.get(f"{door.url}/health/ready") as response:
        assert response.status == 503
    async with door.client.get(f"{door.url}/health/live") as response:
        assert response.status == 200


async def test_without_the_database_it_says_so_and_forgets_nothing(
    door: Door, tmp_path: Path
) -> None:
    await door.say("Hallo", "m0")

    def rename(old: str, new: str) -> None:
        with contextlib.closing(sqlite3.connect(tmp_path / "engine.sqlite")) as database:
            for table in ("conversations", "record", "turns", "schema"):
                database.execute(f"ALTER TABLE {old}_{table} RENAME TO {new}_{table}")

    rename("engine", "away")
    assert await door.say("Hallo", "m1") == (503, {"error": "storage", "problem": ""})
    async with door.client.get(f"{door.url}/health/ready") as response:
        assert response.status == 503
    rename("away", "engine")
    assert (await door.say("Hallo", "m0"))[1]["duplicate"] is True
    assert (await door.say("Hallo", "m1"))[1]["duplicate"] is False
    assert [e["message_id"] for e in await door.events() if e["event"] == "user"] == ["m0", "m1"]


# ---- exactly once ------------------------------------------------------------


async def test_a_repeated_message_gets_the_recorded_answer(
    door: Door, actions: FakeActions
) -> None:
    first = await door.say("Wann haben Sie geöffnet?")
    actions.reacts("action_oeffnungszeiten", said("Etwas anderes."))
    events = await door.events()
    again = await door.say("ganz anderer Text")
    assert first[1].pop("duplicate") is False
    assert again[1].pop("duplicate") is True
    assert again == first
    assert len(actions.calls) == 1
    assert await door.events() == events


async def test_a_repeat_is_known_after_hundreds_of_turns(door: Door) -> None:
    first = await door.say("Hallo", "first")
    for number in range(60):
        assert (await door.say("Hallo", f"m{number}"))[0] == 200
    again = await door.say("Hallo", "first")
    assert again[1]["duplicate"] is True
    assert again[1]["answers"] == first[1]["answers"]


async def test_repeats_at_the_same_time_wait_for_the_first(
    door: Door, actions: FakeActions
) -> None:
    results = await asyncio.gather(*(door.say("Wann haben Sie geöffnet?") for _ in range(8)))
    assert [status for status, _ in results] == [200] * 8
    assert sorted(body["duplicate"] for _, body in results) == [False] + [True] * 7
    assert [e["event"] for e in await door.events()].count("user") == 1


async def test_messages_at_the_same_time_all_count(door: Door, actions: FakeActions) -> None:
    results = await asyncio.gather(*(door.say("Hallo", f"m{n}") for n in range(20)))
    assert {status for status, _ in results} == {200}
    ids = [e["message_id"] for e in await door.events() if e["event"] == "user"]
    assert sorted(ids) == sorted(f"m{n}" for n in range(20))


async def test_a_vanished_caller_does_not_end_the_turn(door: Door, actions: FakeActions) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_call: dict) -> web.StreamResponse:
        reached.set()
        await go_on.wait()
        return web.json_response(said("Fertig."))

    actions.reactions["action_oeffnungszeiten"] = slow
    call = asyncio.create_task(door.say("Wann haben Sie geöffnet?"))
    await asyncio.wait_for(reached.wait(), 5)
    call.cancel()
    await asyncio.sleep(0.05)
    go_on.set()
    status, body = await door.say("Wann haben Sie geöffnet?")
    assert (status, body["duplicate"], body["answers"][0]["text"]) == (200, True, "Fertig.")
    assert actions.names() == ["action_oeffnungszeiten"]


async def test_connections_to_the_actions_stay_open(door: Door, actions: FakeActions) -> None:
    for number in range(10):
        await door.say("Wann haben Sie geöffnet?", f"m{number}")
    assert len(actions.connections) == 1
    assert ["domain" in call for call in actions.calls] == [True] + [False] * 9


# ---- erasing -----------------------------------------------------------------


async def test_delete_erases_tracker_answers_and_record(door: Door) -> None:
    await door.say("Wann hat das Rathaus in Soest offen?")
    url = f"{door.url}/conversations/{CONVERSATION}"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for _ in range(2):  # erasing what is not there is no error
        async with door.client.delete(url, headers=headers) as response:
            assert response.status == 204
    assert await door.events() == []
    assert await door.slots() == {}
    _, body = await door.say("Hallo")
    assert body["duplicate"] is False
    async with door.client.delete(f"{door.url}/conversations/x", headers=headers) as response:
        assert response.status == 400


# ---- typed text is never a command (test S1) -----------------------------------


async def test_no_typed_command_reaches_an_intent_or_a_slot(
    door: Door, actions: FakeActions
) -> None:
    assert len(VARIANTS) >= 500
    for number, text in enumerate(VARIANTS):
        status, body = await door.say(text, f"s{number}", channel="terminal")
        assert status in {200, 503}, text  # 503: the words were understood as a broken topic
        if status == 200:
            assert body["intent"]["name"] != "stadt_waehlen", text
            assert body["intent"]["confidence"] < 1 or body["intent"]["name"] == "nlu_fallback"
            assert body["entities"] == [], text
    slots = await door.slots()
    assert (slots["geheim"], slots["freigeschaltet"], slots["stadt"]) == (None, None, None)
    told = [e for e in await door.events() if e["event"] == "bot"]
    assert not any("gesperrt" in e["text"] for e in told)
    assert not any(e["event"] in {"restart", "rewind"} for e in await door.events())


async def test_the_handler_of_commands_is_out_of_the_graph(door: Door) -> None:
    processor = door.agent.processor
    assert processor._typed_target != processor.model_metadata.nlu_target
    order = processor.graph_runner._order(processor._typed_target)
    assert not any("RegexMessageHandler" in name for name in order)


async def test_a_button_of_ours_is_understood(door: Door, actions: FakeActions) -> None:
    status, body = await door.press('/stadt_waehlen{"stadt": "olpe"}')
    assert status == 200
    assert body["intent"] == {"name": "stadt_waehlen", "confidence": 1.0}
    assert (await door.slots())["stadt"] == "olpe"


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "stadt_waehlen",
        " /stadt_waehlen",
        "/unbekannt",
        '/stadt_waehlen{"unbekannt": "x"}',
        '/stadt_waehlen{"stadt": ["x"]}',
        '/stadt_waehlen{"stadt": NaN}',
        '/stadt_waehlen{"stadt": "\\ud800"}',
        "/stadt_waehlen{",
        '/stadt_waehlen{"stadt": "x"} mehr',
        '/stadt_waehlen@1.0{"stadt": "x"}',
        '/EXTERNAL_staff{"text": "x"}',
        "/stadt_waehlen" + "{" * 900,
        '/stadt_waehlen{"stadt": "' + "x" * 301 + '"}',
        "/restart",
    ],
)
async def test_a_payload_of_another_form_is_refused(door: Door, payload: str) -> None:
    status, body = await door.press(payload)
    assert status == 400
    assert body["problem"].startswith(("payload", "body"))
    assert await door.events() == []


# ---- any input (tests B1, B2, B3) ---------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(whitelist_categories=("Cf", "Mn", "Zs", "Cc", "Cs")), max_size=50),
    st.text('/{}"\\ \u200b\u202e\uff0f:@,ae', max_size=60),
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXTS)
def test_any_text_gets_an_answer_or_a_named_failure(
    text: str, loop_door: tuple[asyncio.AbstractEventLoop, Door]
) -> None:
    loop, door = loop_door
    number = f"h{next(NUMBERS)}"
    status, body = loop.run_until_complete(door.say(text, number))
    assert status == 200 or body["error"] in {"action_failed", "empty_answer"}
    if status == 200:
        assert body["answers"]
        assert all(answer["text"] for answer in body["answers"])


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from([*GOOD, "payload", "channel", "municipality", "sent_at", "x"]), JSON_VALUES
)


@settings(max_examples=500, deadline=None)
@given(body=FIELDS | JSON_VALUES | st.binary(max_size=50))
def test_any_body_is_a_turn_or_a_named_problem(body: object) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        turn = to_turn(raw)
    except WrongTurn as refusal:
        problem = refusal.problem
    else:
        problem = turn.conversation
    assert problem
