"""The whole way: stand-in homeserver, connector, real hub, stub engine, and back."""

import asyncio
import json

import pytest
import structlog

from channels.matrix import notices
from service.logs import configure_logs
from tests.channels.matrix.conftest import until
from tests.channels.matrix.stand_in import BOT, PASSWORD, SERVER, Refusal

ANNA, BERND = f"@anna:{SERVER}", f"@bernd:{SERVER}"


@pytest.fixture
async def joined(house):
    """A running connector."""
    async with house.connected():
        await house.started()
        yield house


async def a_chat(house) -> str:
    """A direct room in which the bot has said hello."""
    room = house.server.room(ANNA)
    await until(lambda: house.server.heard(room))
    return room


def questions(house) -> list[str]:
    return [text.split("\n")[0] for text in house.hub.stub.texts]


async def answered(house, room: str, times: int) -> list[str]:
    """Wait for so many answers; return what they answer, in order."""
    await until(lambda: len(house.server.answers(room)) >= times)
    return [
        each.partition("\n")[0].removeprefix("Antwort auf ") for each in house.server.answers(room)
    ]


# ---- direct rooms -----------------------------------------------------------------


async def test_somebody_who_writes_directly_is_welcomed_and_answered(joined):
    room = await a_chat(joined)
    joined.server.say(room, ANNA, "Wann hat das Bürgerbüro offen?")
    assert await answered(joined, room, 1) == ["Wann hat das Bürgerbüro offen?"]
    hello = joined.server.heard(room)[0]
    assert (hello["msgtype"], hello["body"]) == ("m.notice", notices.WELCOME)
    assert joined.hub.stub.calls[0]["municipality"] == "soest"
    await until(lambda: joined.server.called("read_markers"))


async def test_many_messages_are_answered_in_their_order(joined):
    room = await a_chat(joined)
    asked = [f"Frage {number}" for number in range(12)]
    for text in asked:
        joined.server.say(room, ANNA, text)
    assert await answered(joined, room, 12) == asked


async def test_a_number_the_words_or_a_keycap_choose_a_button(joined):
    room = await a_chat(joined)
    joined.server.say(room, ANNA, "Frage")
    await answered(joined, room, 1)
    joined.server.say(room, ANNA, "1")
    await answered(joined, room, 2)
    joined.server.say(room, ANNA, "mehr")
    await answered(joined, room, 3)
    own = [e for _, e in joined.server.rooms[room].events if e["sender"] == BOT][-1]["event_id"]
    relation = {"rel_type": "m.annotation", "event_id": own, "key": "1️⃣"}
    joined.server.post(room, ANNA, "m.reaction", {"m.relates_to": relation})
    await answered(joined, room, 4)
    pressed = '/mehr{"a": "b"}'
    assert joined.hub.stub.texts == ["Frage", pressed, pressed, pressed]


async def test_typed_commands_of_the_engine_stay_text(joined):
    room = await a_chat(joined)
    joined.server.say(room, ANNA, '/mehr{"a": "b"}')
    await answered(joined, room, 1)
    assert all("payload" not in call for call in joined.hub.stub.calls)


async def test_machines_edits_and_our_own_words_start_no_turn(joined):
    room = await a_chat(joined)
    joined.server.say(room, ANNA, "* neu", **{"m.relates_to": {"rel_type": "m.replace"}})
    joined.server.post(room, ANNA, "m.room.message", {"msgtype": "m.notice", "body": "Automat"})
    joined.server.say(room, BOT, "ich selbst, von einem anderen Gerät")
    joined.server.say(room, ANNA, "echte Frage")
    await until(lambda: joined.hub.stub.calls)
    assert questions(joined) == ["echte Frage"]


@pytest.mark.parametrize(
    ("msgtype", "no"),
    [("m.image", notices.NO_IMAGE), ("m.audio", notices.NO_VOICE), ("m.file", notices.NO_FILE)],
)
async def test_what_cannot_be_understood_gets_a_friendly_no_once(joined, msgtype, no):
    room = await a_chat(joined)
    content = {"msgtype": msgtype, "body": "x", "url": "mxc://stadt.test/x"}
    joined.server.post(room, ANNA, "m.room.message", content)
    joined.server.say(room, ANNA, "Frage")
    await answered(joined, room, 1)
    assert [each["body"] for each in joined.server.heard(room)].count(no) == 1
    assert not joined.server.called("download")


async def test_a_location_is_asked_as_coordinates(joined):
    room = await a_chat(joined)
    place = {"msgtype": "m.location", "body": "hier", "geo_uri": "geo:51.57,8.1"}
    joined.server.post(room, ANNA, "m.room.message", place)
    await until(lambda: joined.hub.stub.calls)
    assert questions(joined) == ["Mein Standort: 51.57000, 8.10000"]


async def test_a_person_sees_and_erases_what_is_stored(joined):
    room = await a_chat(joined)
    joined.server.say(room, ANNA, "meine Frage")
    await answered(joined, room, 1)
    joined.server.say(room, ANNA, "!daten")
    await until(lambda: "Sie: meine Frage" in joined.server.heard(room)[-1]["body"])
    joined.server.say(room, ANNA, "!loeschen")
    await until(lambda: joined.server.heard(room)[-1]["body"] == notices.ERASED)
    [[messages]] = await joined.hub.rows("SELECT count(*) FROM inbox")
    assert messages == 0


# ---- rooms of many ------------------------------------------------------------------


async def a_meeting(house) -> str:
    room = house.server.room(ANNA, BERND, direct=False)
    await until(lambda: house.server.heard(room))
    return room


async def test_among_many_only_what_is_said_to_us_is_answered(joined):
    room = await a_meeting(joined)
    assert joined.server.heard(room)[0]["body"] == notices.WELCOME_ROOM
    joined.server.say(room, ANNA, "Was kochen wir heute?")
    joined.server.post(room, ANNA, "m.room.message", {"msgtype": "m.image", "body": "Katze"})
    asked = joined.server.say(room, BERND, "@assistent: Wann ist auf?")
    assert await answered(joined, room, 1) == ["Wann ist auf?"]
    answer = joined.server.heard(room)[-1]
    assert answer["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
    own = joined.server.rooms[room].events[-1][1]["event_id"]
    joined.server.say(
        room, BERND, "Und morgen?", **{"m.relates_to": {"m.in_reply_to": {"event_id": own}}}
    )
    assert await answered(joined, room, 2) == ["Wann ist auf?", "Und morgen?"]
    assert len(joined.server.heard(room)) == 3


async def test_in_a_room_each_person_has_a_conversation_of_their_own(joined):
    room = await a_meeting(joined)
    for person in (ANNA, BERND, ANNA):
        joined.server.say(room, person, "@assistent Frage")
    await answered(joined, room, 3)
    conversations = [call["conversation"] for call in joined.hub.stub.calls]
    assert len(set(conversations)) == 2
    joined.server.say(room, ANNA, "@assistent !daten")
    await until(lambda: joined.server.heard(room)[-1]["body"] == notices.ONLY_DIRECT)


async def test_an_answer_stays_in_the_thread_of_its_question(joined):
    room = await a_meeting(joined)
    relation = {"rel_type": "m.thread", "event_id": "$anfang", "is_falling_back": True}
    joined.server.say(room, ANNA, "@assistent Frage", **{"m.relates_to": relation})
    await answered(joined, room, 1)
    told = joined.server.heard(room)[-1]["m.relates_to"]
    assert (told["rel_type"], told["event_id"]) == ("m.thread", "$anfang")


# ---- coming and going ------------------------------------------------------------------


async def test_nothing_from_before_we_came_is_answered(house):
    old = house.server.room(ANNA, join=True)
    house.server.say(old, ANNA, "alte Frage")
    async with house.connected():
        await house.started()
        room = house.server.room(ANNA, direct=True)
        for number in range(70):
            house.server.say(room, ANNA, f"vor dem Beitritt {number}")
        await until(lambda: house.server.heard(room))
        house.server.say(room, ANNA, "neue Frage")
        house.server.say(old, ANNA, "noch eine")
        await until(lambda: len(house.hub.stub.calls) >= 2)
    assert sorted(questions(house)) == ["neue Frage", "noch eine"]


@pytest.mark.parametrize(
    ("person", "direct", "values"),
    [
        ("@fremd:anderswo.example", True, {}),
        (ANNA, False, {"rooms": "direct"}),
        (ANNA, True, {"servers": ("anderswo.example",)}),
    ],
)
async def test_invitations_against_the_rules_are_declined(house, person, direct, values):
    async with house.connected(**values):
        await house.started()
        room = house.server.room(person, direct=direct)
        await until(lambda: room in house.server.left)
    assert house.server.heard(room) == []


async def test_strangers_in_a_room_are_not_answered(joined):
    room = joined.server.room(ANNA, "@fremd:anderswo.example", direct=False)
    await until(lambda: joined.server.heard(room))
    joined.server.say(room, "@fremd:anderswo.example", "@assistent fremde Frage")
    joined.server.say(room, ANNA, "@assistent eigene Frage")
    await answered(joined, room, 1)
    assert questions(joined) == ["eigene Frage"]


async def test_a_room_that_everybody_left_is_left(joined):
    room = await a_chat(joined)
    joined.server.part(room, ANNA)
    await until(lambda: room in joined.server.left)


async def test_an_answer_for_a_room_that_threw_us_out_becomes_a_dead_letter(joined):
    room = await a_chat(joined)
    joined.server.faults["/send/"] = [Refusal(403, "M_FORBIDDEN")]
    joined.server.say(room, ANNA, "Frage")
    async with asyncio.timeout(20):
        while await joined.hub.rows("SELECT status FROM outbox") != [("dead",)]:
            await asyncio.sleep(0.05)
    assert await joined.hub.rows("SELECT error FROM outbox") == [("M_FORBIDDEN",)]


# ---- faults -------------------------------------------------------------------------------


async def test_a_limited_timeline_is_filled_oldest_first(house):
    async with house.connected():
        await house.started()
        room = await a_chat(house)
    asked = [f"Frage {number}" for number in range(40)]
    house.server.timeline_limit = 3
    for text in asked:
        house.server.say(room, ANNA, text)
    async with house.connected():
        assert await answered(house, room, 40) == asked


async def test_an_answer_whose_receipt_was_lost_is_not_seen_twice(joined):
    room = await a_chat(joined)
    joined.server.faults["/send/"] = ["lost", "lost"]
    joined.server.say(room, ANNA, "Frage")
    await until(lambda: joined.server.repeated >= 2)
    joined.server.say(room, ANNA, "noch eine")
    assert await answered(joined, room, 2) == ["Frage", "noch eine"]


async def test_a_rate_limit_is_obeyed_and_loses_nothing(joined):
    room = await a_chat(joined)
    joined.server.faults["/send/"] = [Refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=700)]
    loop = asyncio.get_running_loop()
    before = len(joined.server.called("/send/"))
    joined.server.say(room, ANNA, "Frage")
    await until(lambda: len(joined.server.called("/send/")) > before)
    limited_at = loop.time()
    assert await answered(joined, room, 1) == ["Frage"]
    assert loop.time() - limited_at >= 0.6
    assert len(joined.server.called("/send/")) == before + 2


async def test_a_homeserver_that_is_away_is_waited_for(joined):
    room = await a_chat(joined)
    joined.server.down = True
    joined.server.say(room, ANNA, "erste")
    await asyncio.sleep(1.0)
    joined.server.say(room, ANNA, "zweite")
    joined.server.down = False
    assert await answered(joined, room, 2) == ["erste", "zweite"]
    assert joined.server.logins == 1


async def test_while_the_hub_is_away_the_place_in_the_stream_stays(house, monkeypatch):
    async with house.connected():
        await house.started()
        room = await a_chat(house)
        monkeypatch.setattr(house.hub.client, "_base_url", "http://hub/nowhere/503")
        monkeypatch.setattr(house.hub.client, "submit", _unavailable)
        house.server.say(room, ANNA, "Frage")
        await asyncio.sleep(1.0)
    monkeypatch.undo()
    async with house.connected():
        assert await answered(house, room, 1) == ["Frage"]


async def _unavailable(_message):
    from contracts.hub import HubUnavailable

    raise HubUnavailable("down")


@pytest.mark.parametrize("soft", [True, False])
async def test_a_session_that_ended_is_renewed(joined, soft):
    room = await a_chat(joined)
    if soft:
        joined.server.faults["/sync"] = [Refusal(401, "M_UNKNOWN_TOKEN", soft_logout=True)]
    else:
        joined.server.tokens.clear()
    joined.server.say(room, ANNA, "Frage")
    assert await answered(joined, room, 1) == ["Frage"]
    assert joined.server.logins == 2
    assert set(joined.server.tokens.values()) == ({"GERAET1"} if soft else {"GERAET2"})


async def test_a_login_is_kept_over_restarts(house):
    for _ in range(3):
        async with house.connected():
            await house.started()
            house.server.calls.clear()
    assert house.server.logins == 1


async def test_a_wrong_password_is_not_tried_again(house):
    async with house.connected(password="falsch"):
        await until(lambda: house.server.logins)
        await asyncio.sleep(0.5)
    assert house.server.logins == 1


# ---- identity and secrecy ------------------------------------------------------------------


@pytest.mark.parametrize("wants_password", [True, False])
async def test_our_device_is_signed_by_its_owner(house, wants_password):
    house.server.wants_password = wants_password
    async with house.connected():
        await until(lambda: len(house.server.called("/keys/signatures")) == 1)
    own = house.server.cross_signing["self_signing_key"]["keys"]
    assert own.keys() <= house.server.device_keys["GERAET1"]["signatures"][BOT].keys()


async def test_a_foreign_identity_is_not_replaced(house):
    foreign = {"master_key": {"user_id": BOT, "usage": ["master"], "keys": {"ed25519:x": "x"}}}
    house.server.cross_signing = foreign
    async with house.connected():
        await house.started()
        await until(lambda: house.server.called("/keys/query"))
        await a_chat(house)
    assert house.server.cross_signing is foreign


async def test_logs_hold_neither_words_nor_names_nor_secrets(house, capfd, request):
    configure_logs("DEBUG")
    request.addfinalizer(structlog.reset_defaults)
    house.server.faults["/send/"] = ["lost", Refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=50)]
    async with house.connected():
        await house.started()
        room = await a_chat(house)
        house.server.say(room, ANNA, "Mein Geheimnis: Kanarienvogel")
        house.server.post(room, ANNA, "m.room.encrypted", {"ciphertext": "Kanarienvogel"})
        await answered(house, room, 1)
        house.server.tokens.clear()
        await until(lambda: house.server.logins == 2)
    logged = capfd.readouterr()
    assert "matrix_logged_in" in logged.err
    for word in ("Kanarienvogel", "anna", room, PASSWORD, "zugang1"):
        assert word not in logged.err + logged.out, word
    assert all(json.loads(line) for line in logged.err.splitlines())
