"""The whole way: stand-in for Telegram, connector, real hub, stub engine, and back."""

import asyncio

import structlog

from channels.telegram import notices
from service.logs import configure_logs
from tests.channels.telegram.conftest import open_house, until
from tests.channels.telegram.stand_in import ME, TOKEN, Refusal

WEBCHAT = "https://chat.soest.example"
PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]


async def answered(house, times: int, chat: int = 1) -> list[str]:
    """Wait for so many answers; return what they answer, in order."""
    await until(lambda: len(house.server.answers(chat)) >= times)
    return house.server.answers(chat)


# ---- what a person sees -----------------------------------------------------------


async def test_who_is_new_reads_once_that_telegram_is_for_public_information(joined):
    joined.server.say("Wann hat das Bürgerbüro offen?")
    assert await answered(joined, 1) == ["Wann hat das Bürgerbüro offen?"]
    joined.server.say("Und morgen?")
    await answered(joined, 2)
    assert joined.server.heard()[0] == notices.welcome(WEBCHAT)
    assert "keine persönlichen Daten" in joined.server.heard()[0]
    assert joined.server.heard().count(notices.welcome(WEBCHAT)) == 1
    assert joined.hub.stub.calls[0]["municipality"] == "soest"
    await until(lambda: joined.server.called("sendChatAction"))


async def test_an_answer_shows_source_link_and_buttons(joined):
    joined.server.say("Frage")
    await answered(joined, 1)
    sent = joined.server.sent[-1]
    assert sent["text"].endswith("→ Soest\nQuelle: Stadt Soest, Stand 20.11.2026\nDemo-Angabe")
    shown = sent["text"].encode("utf-16-le")
    linked = [
        shown[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le")
        for e in sent["entities"]
    ]
    assert linked == ["Soest", "Stadt Soest"]
    [[button]] = sent["reply_markup"]["inline_keyboard"]
    assert button["text"] == "Mehr"
    joined.server.press(button["callback_data"])
    await answered(joined, 2)
    assert joined.hub.stub.texts == ["Frage", '/mehr{"a": "b"}']
    assert joined.server.called("answerCallbackQuery")


async def test_a_forged_button_and_typed_intents_set_nothing(joined):
    joined.server.press('/mehr{"a": "b"}')
    joined.server.say('/mehr{"a": "b"}')
    joined.server.say("Frage")
    await until(lambda: "Frage" in joined.hub.stub.texts)
    assert not [each for each in joined.hub.stub.calls if "payload" in each]


async def test_start_welcomes_and_the_menu_is_registered(joined):
    joined.server.say("/start")
    await until(lambda: joined.server.heard() == [notices.welcome(WEBCHAT)])
    joined.server.say("Frage")
    await answered(joined, 1)
    assert joined.server.heard().count(notices.welcome(WEBCHAT)) == 1
    [menu] = joined.server.called("setMyCommands")
    names = {each["command"] for each in menu["commands"]}
    assert names == {"hilfe", "stadt", "mensch", "neu", "daten", "loeschen"}


async def test_a_deep_link_chooses_a_town_of_ours_and_no_other(house):
    async with house.connected(municipality=None, towns=("olpe",)):
        house.server.say("/start olpe", 1)
        house.server.say("/start berlin", 2)
        house.server.say("Frage", 1)
        house.server.say("Frage", 2)
        await answered(house, 1, 1)
        await answered(house, 1, 2)
    assert sorted(str(each.get("municipality")) for each in house.hub.stub.calls) == [
        "None",
        "olpe",
    ]


async def test_what_is_stored_can_be_seen_and_deleted(joined):
    joined.server.say("Meine Frage")
    await answered(joined, 1)
    joined.server.say("/daten")
    await until(lambda: any("Sie: Meine Frage" in each for each in joined.server.heard()))
    joined.server.say("/loeschen")
    await until(lambda: notices.ERASED in joined.server.heard())
    joined.server.say("/daten")
    await until(lambda: joined.server.heard()[-1] == notices.NOTHING_STORED)


async def test_who_asks_for_a_human_is_reminded_first(joined):
    joined.server.say("Frage")
    await answered(joined, 1)
    joined.server.say("/mensch")
    await until(lambda: notices.warning(WEBCHAT) in joined.server.heard())


async def test_what_we_cannot_read_is_answered_honestly(joined):
    joined.server.say(None, voice={"file_id": "f", "file_unique_id": "u", "duration": 3})
    joined.server.say(None, location={"latitude": 51.5, "longitude": 8.1})
    joined.server.say(None, photo=PHOTO)
    joined.server.say(None, photo=PHOTO, caption="Die Lampe ist kaputt")
    assert await answered(joined, 1) == ["Die Lampe ist kaputt"]
    heard = joined.server.heard()
    assert heard[:5] == [
        notices.welcome(WEBCHAT),
        notices.NO_VOICE,
        notices.NO_LOCATION,
        notices.NO_PHOTO,
        notices.PHOTO_UNSEEN,
    ]


async def test_an_edit_starts_no_turn(joined):
    joined.server.put({"edited_message": joined.server.message("Anders") | {"edit_date": 1}})
    await until(lambda: notices.EDITED in joined.server.heard())
    assert joined.hub.stub.texts == []


async def test_in_a_group_only_what_is_said_to_us_is_heard(joined):
    group = -100
    joined.server.say("Wer kommt heute?", group, person=7)
    joined.server.say("/hilfe@other_bot", group, person=7)
    joined.server.say("@soest_bot Wann ist offen?", group, person=7)
    reply = {"message_id": 5, "date": 1, "chat": {"id": group, "type": "supergroup"}, "from": ME}
    joined.server.say("Und samstags?", group, person=8, reply_to_message=reply)
    assert sorted(await answered(joined, 2, group)) == ["Und samstags?", "Wann ist offen?"]
    asked = [each for each in joined.server.sent if each["text"].startswith("Antwort")]
    assert all("reply_parameters" in each for each in asked)
    joined.server.say("/daten@soest_bot", group, person=7)
    await until(lambda: notices.ONLY_DIRECT in joined.server.heard(group))


async def test_a_long_answer_comes_in_parts_without_broken_words(tmp_path):
    words = "Straßenreinigungsgebührenbescheid 😀 <b>&amp;*_[x](y) " * 200

    def script(body):
        told = {"text": words, "buttons": []}
        return {**_turn(body), "answers": [told]}

    async with open_house(tmp_path, script) as house, house.connected():
        house.server.say("Frage")
        await until(lambda: len(house.server.heard()) >= 4)
        shown = " ".join(house.server.heard()[1:])
        await asyncio.sleep(0)
    assert shown.split() == words.split()


def _turn(body):
    return {
        "message_id": body["message_id"],
        "duplicate": False,
        "intent": {"name": "oeffnungszeiten", "confidence": 0.9},
        "entities": [],
        "handoff": None,
    }


# ---- what goes wrong --------------------------------------------------------------


async def test_many_messages_of_many_chats_keep_their_order(joined):
    asked = [f"Frage {number}" for number in range(10)]
    for text in asked:
        for chat in (1, 2, 3):
            joined.server.say(text, chat)
    for chat in (1, 2, 3):
        assert await answered(joined, 10, chat) == asked


async def test_an_update_is_confirmed_only_when_the_hub_has_it(house):
    real = house.hub.client.submit
    gate = asyncio.Event()

    async def slow(message):
        await gate.wait()
        return await real(message)

    house.hub.client.submit = slow
    async with house.connected():
        house.server.say("Frage")
        await until(house.server.heard)
    assert len(house.server.updates) == 1  # killed before the commit: Telegram still has it
    gate.set()
    async with house.connected():
        assert await answered(house, 1) == ["Frage"]
        await until(lambda: not house.server.updates)


async def test_updates_that_come_again_have_no_second_effect(house):
    kept = [house.server.say(f"Frage {number}") for number in range(5)]
    async with house.connected():
        await answered(house, 5)
    house.server.updates = [*kept]
    async with house.connected():
        house.server.say("Letzte")
        await answered(house, 6)
    assert house.server.answers() == [f"Frage {number}" for number in range(5)] + ["Letzte"]


async def test_kills_between_receiving_and_storing_lose_and_double_nothing(house):
    asked = [f"Frage {number}" for number in range(5)]
    for text in asked:
        house.server.say(text)
        async with house.connected():
            before = len(house.server.called("getUpdates"))
            await until(lambda before=before: len(house.server.called("getUpdates")) > before)
    async with house.connected():
        await until(lambda: len(house.hub.stub.texts) >= 5)
        await until(lambda: len(set(house.server.answers())) >= 5)
    assert house.hub.stub.texts == asked
    assert list(dict.fromkeys(house.server.answers())) == asked


async def test_the_connector_goes_on_after_telegram_was_down(joined):
    joined.server.say("Eins")
    await answered(joined, 1)
    joined.server.down = True
    joined.server.say("Zwei")
    before = len(joined.server.calls)
    await until(lambda: len(joined.server.calls) > before)
    joined.server.down = False
    await until(lambda: len(joined.server.answers()) >= 2, 60)  # the hub tries again in its time
    assert joined.server.answers() == ["Eins", "Zwei"]


async def test_being_put_off_delays_an_answer_and_loses_none(joined):
    joined.server.say("/start")
    await until(joined.server.heard)
    joined.server.faults = [Refusal(429, "Too Many Requests", retry_after=1)]
    joined.server.say("Eins")
    joined.server.say("Zwei")
    assert await answered(joined, 2) == ["Eins", "Zwei"]


async def test_who_blocked_us_gets_nothing_and_holds_nobody_up(joined):
    joined.server.say("Frage", 1)
    await answered(joined, 1, 1)
    joined.server.blocked.add(1)
    joined.server.say("Noch eine", 1)
    joined.server.say("Frage", 2)
    assert await answered(joined, 1, 2) == ["Frage"]
    await until(lambda: len(joined.hub.stub.texts) == 3)
    while not await joined.hub.rows("SELECT id FROM outbox WHERE error = '403'"):
        await asyncio.sleep(0.05)
    assert joined.server.answers(1) == ["Frage"]


async def test_a_group_that_moved_is_answered_at_its_new_number(joined):
    joined.server.moved[-5] = -1005
    joined.server.say("@soest_bot Frage", -5, person=7)
    assert await answered(joined, 1, -1005) == ["Frage"]


async def test_a_broken_update_holds_nothing_up(joined):
    joined.server.put({"message": {"chat": "nobody"}})
    joined.server.put({"unheard_of": {}})
    joined.server.say("Frage")
    assert await answered(joined, 1) == ["Frage"]


async def test_a_refused_token_stops_the_bot_and_is_not_logged(house, capfd):
    configure_logs("DEBUG")
    try:
        house.server.token = "another"
        async with house.connected():
            await until(lambda: house.server.called("getMe"))
            await asyncio.sleep(0.1)
        house.server.token = TOKEN
        async with house.connected():
            house.server.say("Mein Geheimnis ist Rosenkohl")
            await answered(house, 1)
            house.server.down = True
            await until(lambda: len(house.server.called("getUpdates")) > 2)
    finally:
        structlog.reset_defaults()
    told = capfd.readouterr().err
    assert "telegram_token_refused" in told
    assert TOKEN not in told
    assert "Rosenkohl" not in told
