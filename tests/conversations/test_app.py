"""The hub's HTTP door, spoken to by the real client and by rude callers."""

import asyncio
import contextlib
import json
import sqlite3
import unicodedata

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts.hub import HubClient, HubForgot, HubRefused, HubUnavailable
from contracts.messages import ConversationOpening, Expectation, Sender, Status, UserMessage
from tests.conversations.house import hub_settings, open_hub


async def test_a_question_is_answered_with_all_that_the_engine_gave(hub):
    [answer] = await hub.ask("Wann hat das Bürgerbüro auf?", message_id="m-1")

    assert answer.text == "Antwort auf Wann hat das Bürgerbüro auf?"
    assert answer.sender is Sender.BOT
    assert (answer.number, answer.channel, answer.in_reply_to) == (1, "webchat", "m-1")
    assert answer.source.title == "Stadt Soest"
    assert answer.as_of.isoformat() == "2026-11-20"
    assert answer.demo is True
    assert [button.title for button in answer.buttons] == ["Mehr"]
    assert answer.links[0].url == "https://www.soest.de"
    assert answer.expects is Expectation.TOWN
    assert (answer.intent, answer.confidence) == ("oeffnungszeiten", 0.93)
    assert answer.entities[0]["value"] == "soest"


async def test_the_engine_knows_the_citizen_by_opaque_ids_only(hub):
    receipt = await hub.say("Hallo", address="geheim@example.org", message_id="geheim-7")
    await hub.settled(receipt.conversation)

    [call] = hub.stub.calls
    assert call["conversation"] == receipt.conversation
    assert receipt.conversation.startswith("c_")
    assert "geheim" not in str(call)
    assert call["municipality"] == "soest"
    assert call["channel"] == "webchat"


async def test_the_same_message_twice_has_no_second_effect(hub):
    first = await hub.say("Hallo", message_id="m-1")
    await hub.settled(first.conversation)
    again = await hub.say("Hallo", message_id="m-1")
    await hub.settled(first.conversation)

    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.inbox_id == first.inbox_id
    assert len(hub.stub.calls) == 1
    assert (await hub.client.state(first.conversation)).last_number == 1


async def test_a_message_id_of_another_conversation_is_refused(hub):
    await hub.say("Hallo", address="anna", message_id="m-1")
    with pytest.raises(HubRefused) as refused:
        await hub.say("Hallo", address="bert", message_id="m-1")
    assert refused.value.status_code == 422
    assert "message_id" in refused.value.problem
    assert await hub.rows("SELECT count(*) FROM conversations") == [(1,)]


async def test_opening_begins_a_conversation_once(hub):
    opening = ConversationOpening(channel="webchat", address="anna", municipality="olpe")
    first = await hub.client.open(opening)
    again = await hub.client.open(opening)

    assert first == again
    assert (first.status, first.municipality) == (Status.BOT, "olpe")
    assert (first.busy, first.last_number) == (False, 0)
    moved = await hub.client.open(opening.model_copy(update={"municipality": "soest"}))
    assert (moved.conversation, moved.municipality) == (first.conversation, "soest")
    unnamed = await hub.client.open(opening.model_copy(update={"municipality": None}))
    assert unnamed.municipality == "soest"


async def test_many_first_messages_at_once_begin_one_conversation(hub):
    receipts = await asyncio.gather(*(hub.say(f"Frage {n}") for n in range(20)))
    conversation = receipts[0].conversation
    assert {receipt.conversation for receipt in receipts} == {conversation}
    await hub.settled(conversation)
    numbers = [each.number for each in (await hub.client.deliveries(conversation, 0)).deliveries]
    assert numbers == list(range(1, 21))


async def test_long_poll_returns_with_the_answer_and_not_before(hub):
    state = await hub.client.open(ConversationOpening(channel="webchat", address="anna"))
    waiting = asyncio.create_task(hub.client.deliveries(state.conversation, 0, 20.0))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await hub.say("Hallo")
    fetched = await waiting
    while not fetched.deliveries:
        fetched = await hub.client.deliveries(state.conversation, 0, 20.0)
    assert fetched.deliveries[0].text == "Antwort auf Hallo"


async def test_long_poll_tells_of_a_change_of_state(hub):
    hub.stub.gate = asyncio.Event()
    state = await hub.client.open(ConversationOpening(channel="webchat", address="anna"))
    waiting = asyncio.create_task(hub.client.deliveries(state.conversation, 0, 20.0))
    await asyncio.sleep(0.1)
    await hub.say("Hallo")
    fetched = await waiting
    assert fetched.deliveries == ()
    assert fetched.state.busy is True
    hub.stub.gate.set()


async def test_fetching_after_a_number_gives_the_rest(hub):
    for text in ("eins", "zwei", "drei"):
        receipt = await hub.say(text)
    await hub.settled(receipt.conversation)
    fetched = await hub.client.deliveries(receipt.conversation, 1)
    assert [each.number for each in fetched.deliveries] == [2, 3]
    assert (await hub.client.deliveries(receipt.conversation, 3)).deliveries == ()


async def test_a_stopping_hub_answers_those_who_wait(settings):
    async with open_hub(settings) as hub:
        state = await hub.client.open(ConversationOpening(channel="webchat", address="anna"))
        waiting = asyncio.create_task(hub.http.get(
            f"/v1/conversations/{state.conversation}/deliveries?after=0&wait=60"))  # fmt: skip
        await asyncio.sleep(0.2)
    assert (await waiting).status_code in {200, 503}


async def test_transcript_shows_both_sides_in_order(hub):
    await hub.ask("Frage eins")
    receipt = await hub.say("Frage zwei")
    await hub.settled(receipt.conversation)
    transcript = await hub.client.transcript(receipt.conversation)
    assert [(entry.sender, entry.text) for entry in transcript.entries] == [
        ("user", "Frage eins"),
        ("bot", "Antwort auf Frage eins"),
        ("user", "Frage zwei"),
        ("bot", "Antwort auf Frage zwei"),
    ]
    assert transcript.entries[1].source.title == "Stadt Soest"
    assert (transcript.channel, transcript.municipality) == ("webchat", "soest")


async def test_a_pressed_button_reaches_the_engine_as_payload(hub):
    [answer] = await hub.ask("Hallo")
    [button] = answer.buttons
    assert len(button.id) >= 22  # at least 128 bits
    assert "mehr" not in button.id
    receipt = await hub.say(None, button=button.id)
    await hub.settled(receipt.conversation)
    assert hub.stub.calls[-1]["payload"] == '/mehr{"a": "b"}'
    assert "text" not in hub.stub.calls[-1]
    transcript = await hub.client.transcript(receipt.conversation)
    assert transcript.entries[2].text == "Mehr"


async def test_a_foreign_or_forged_button_never_reaches_the_engine(hub):
    [answer] = await hub.ask("Hallo", address="anna")
    foreign = await hub.ask(None, address="bert", button=answer.buttons[0].id)
    forged = await hub.ask(None, address="bert", button='/mehr{"a": "b"}')
    assert "gilt nicht mehr" in foreign[0].text
    assert "gilt nicht mehr" in forged[0].text
    assert len(hub.stub.calls) == 1


async def test_unknown_things_are_404(hub):
    with pytest.raises(HubForgot):
        await hub.client.state("c_nobody")
    for path in ("/v1/conversations/x/deliveries?after=0", "/v1/conversations/x/transcript"):
        assert (await hub.http.get(path)).status_code == 404
    assert (await hub.http.delete("/v1/conversations/x")).status_code == 404
    body = {"result": "sent"}
    assert (await hub.http.post("/v1/deliveries/x/outcome", json=body)).status_code == 404


async def test_without_the_secret_nothing_is_said(hub):
    for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}):
        response = await hub.http.get("/v1/conversations/c_nobody", headers=headers)
        assert response.status_code == 401
    stranger = HubClient("http://hub", "wrong", hub.http)
    with pytest.raises(HubRefused):
        await stranger.state("c_nobody")


async def test_health_and_metrics_need_no_secret(hub):
    ready = await hub.http.get("/health/ready", headers={"Authorization": ""})
    assert ready.json() == {"database": True, "dispatcher": True}
    await hub.ask("Hallo")
    metrics = (await hub.http.get("/metrics")).text
    assert 'stadtdraht_messages_accepted_total{channel="webchat"}' in metrics
    assert 'stadtdraht_turns_total{status="answered"}' in metrics


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b"null", 422),
        (b"[]", 422),
        (b"[" * 15_000, 422),
        (b'{"channel": NaN}', 422),
        (b'{"channel": ' + b"9" * 10_000 + b"}", 422),
        (b'{"channel":"webchat","address":"a","message_id":"m"}', 422),
        (b'{"channel":"webchat","address":"a","message_id":"m","text":"x","button":"y"}', 422),
        (b'{"channel":"webchat","address":"a","message_id":"m","text":["x"]}', 422),
        (b'{"channel":"webchat","address":{},"message_id":"m","text":"x"}', 422),
        (b'{"channel":"webchat","address":"a","message_id":"m","text":"x","more":1}', 422),
        (b'{"channel":"Web Chat","address":"a","message_id":"m","text":"x"}', 422),
        (b'{"channel":"webchat","address":"a","message_id":"\\u0000","text":"x"}', 422),
        (b"x" * 20_000, 413),
    ],
)  # fmt: skip
async def test_bodies_that_keep_no_contract_are_refused_with_the_problem(hub, body, status):
    response = await hub.http.post("/v1/messages", content=body)
    assert response.status_code == status
    assert response.json()["problem"]
    assert await hub.rows("SELECT count(*) FROM inbox") == [(0,)]


async def test_a_problem_never_repeats_what_was_written(hub):
    body = {"channel": "webchat", "address": "a", "message_id": "m", "text": ["mein Geheimnis"]}
    response = await hub.http.post("/v1/messages", json=body)
    assert "Geheimnis" not in response.text


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=nan", "wait=-1", "wait=inf"])
async def test_strange_numbers_are_refused(hub, query):
    receipt = await hub.say("Hallo")
    response = await hub.http.get(f"/v1/conversations/{receipt.conversation}/deliveries?{query}")
    assert response.status_code == 422


async def test_too_long_text_is_answered_without_the_engine(hub):
    [answer] = await hub.ask("ä" * 2001)
    assert "2.000 Zeichen" in answer.text
    assert hub.stub.calls == []
    [answer] = await hub.ask("ä" * 2000)
    assert answer.text.startswith("Antwort auf ää")


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200b", "\ufeff", "\u3164", "\x00"])
async def test_a_message_without_anything_to_see_is_answered_politely(hub, text):
    [answer] = await hub.ask(text)
    assert answer.text == "Ihre Nachricht ist leer angekommen. Was möchten Sie wissen?"
    assert hub.stub.calls == []


async def test_text_is_stored_in_nfc_without_nul_and_lone_surrogates(hub):
    text = "Bu\u0308rger\x00\ud800 ok"
    body = {"channel": "webchat", "address": "a", "message_id": "m", "text": text}
    response = await hub.http.post("/v1/messages", content=json.dumps(body))
    assert response.status_code == 200
    assert await hub.rows("SELECT text FROM inbox") == [("Bürger ok",)]


NASTY = (
    "\x00", "\ud800", "\udfff", "\ufeff", "\u200b", "\u200d", "\u202e", "\u0301" * 200, "／restart",
    "\U0001f468\u200d\U0001f469", "ẞ", "a", " ", "/intent{}", "\u0308u",
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(NASTY)).map("".join))


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXTS)
async def test_whatever_is_typed_is_stored_clean_and_answered(hub, text):
    """B2: no exception, no empty answer, text in NFC without NUL."""
    body = {"channel": "webchat", "address": "anna", "message_id": f"h{next(hub.numbers)}"}
    written = json.dumps(body | {"text": text})  # surrogates as \\ud800, as JSON allows
    response = await hub.http.post("/v1/messages", content=written)
    assert response.status_code == 200, response.text
    receipt = response.json()
    await hub.settled(receipt["conversation"])
    [(stored,)] = await hub.rows("SELECT text FROM inbox WHERE id = :id", id=receipt["inbox_id"])
    assert "\x00" not in stored
    assert unicodedata.is_normalized("NFC", stored)
    fetched = await hub.client.deliveries(receipt["conversation"], 0)
    answers = [each for each in fetched.deliveries if each.in_reply_to == body["message_id"]]
    assert answers
    assert all(answer.text.strip() for answer in answers)


@pytest.fixture
async def locked_hub(tmp_path, monkeypatch):
    """A hub whose database somebody else holds, with a way to free it."""
    monkeypatch.setattr("conversations.database.BUSY_SECONDS", 0.1)
    async with open_hub(hub_settings(tmp_path), dispatch=False) as hub:
        with contextlib.closing(sqlite3.connect(tmp_path / "hub.sqlite")) as holder:
            holder.isolation_level = None
            holder.execute("BEGIN IMMEDIATE")
            yield hub, lambda: holder.execute("ROLLBACK")


async def test_a_hub_that_cannot_store_promises_nothing(locked_hub):
    """Q1: no acknowledgement without a commit; the sender tries again."""
    hub, free = locked_hub
    message = UserMessage(channel="webchat", address="a", message_id="m", text="Hallo")
    with pytest.raises(HubUnavailable):
        await hub.client.submit(message)
    free()
    assert (await hub.client.submit(message)).duplicate is False


@pytest.mark.parametrize("size", [1, 100, 2_001, 4_097, 16_000])
async def test_every_length_that_fits_is_answered(hub, size):
    """B1: above the engine's limit without the engine."""
    [answer] = await hub.ask("x" * size)
    assert answer.text
    assert len(hub.stub.calls) == (size <= 2_000)


async def test_a_huge_body_is_refused_before_it_is_read(hub):
    """B1: 10 MB."""

    async def parts():
        for number in range(10_000):
            assert number < 100, "the whole body was read"
            yield b"x" * 1_000

    response = await hub.http.post("/v1/messages", content=parts())
    assert response.status_code == 413
