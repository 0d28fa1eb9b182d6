"""The API through HTTP, with the real hub client and a hub behind it."""

import asyncio
import json
import uuid

import pytest

from contracts.hub import HubRefused, HubUnavailable
from tests.channels.webchat.fake_hub import WASTE


def message(text="Wann wird der Müll abgeholt?", **more):
    return {"message_id": str(uuid.uuid4()), "text": text, **more}


async def post(browser, path, body=None, **more):
    return await browser.post(path, params={"town": "soest"}, json=body or {}, **more)


async def submit(browser, text="Wann wird der Müll abgeholt?"):
    response = await post(browser, "/api/messages", message(text))
    assert response.status_code == 202, response.text
    return response


async def conversation(browser):
    return (await browser.get("/api/conversation", params={"town": "soest"})).json()


async def settled(browser, number):
    """Wait for a delivery and return the conversation."""
    async with asyncio.timeout(5):
        while True:
            shown = await conversation(browser)
            if shown["state"] and shown["state"]["last_number"] >= number:
                return shown
            await asyncio.sleep(0.01)


async def test_message_reaches_the_hub_with_town_and_secret_address(browser, hub):
    response = await submit(browser)
    (stored,) = hub.messages
    assert stored.text == "Wann wird der Müll abgeholt?"
    assert (stored.channel, stored.municipality) == ("webchat", "soest")
    assert len(stored.address) == 32
    assert response.json()["duplicate"] is False
    assert response.json()["state"]["status"] == "bot"
    assert "conversation" not in response.json()["state"]
    assert stored.address not in response.text


async def test_button_reaches_the_hub(browser, hub):
    await post(browser, "/api/messages", {"message_id": str(uuid.uuid4()), "button": "b_1"})
    assert hub.messages[0].button == "b_1"
    assert hub.messages[0].text is None


async def test_same_message_twice_has_no_second_effect(browser, hub):
    body = message()
    first = await post(browser, "/api/messages", body)
    second = await post(browser, "/api/messages", body)
    assert [first.json()["duplicate"], second.json()["duplicate"]] == [False, True]
    assert len(hub.messages) == 1


async def test_same_id_from_another_session_is_another_message(house, hub):
    body = message()
    async with house.browser() as one, house.browser() as two:
        await post(one, "/api/messages", body)
        response = await post(two, "/api/messages", body)
    assert response.json()["duplicate"] is False
    assert len(hub.messages) == 2


async def test_accepted_only_after_the_hub_has_it(browser, hub):
    hub.down = True
    body = message()
    response = await post(browser, "/api/messages", body)
    assert response.status_code == 503
    assert response.json()["error"] == "hub_unavailable"
    assert "115" in response.json()["text"]
    assert int(response.headers["Retry-After"]) >= 1
    hub.down = False
    assert (await post(browser, "/api/messages", body)).status_code == 202
    assert len(hub.messages) == 1


async def test_accepted_even_when_the_state_cannot_be_read(browser, house, monkeypatch):
    async def unavailable(_conversation):
        raise HubUnavailable("fell after the commit")

    monkeypatch.setattr(house.client, "state", unavailable)
    response = await post(browser, "/api/messages", message())
    assert response.status_code == 202
    assert response.json()["state"] is None


async def test_conversation_is_shown_in_order_with_marks(browser):
    await submit(browser)
    shown = await settled(browser, 1)
    assert [entry["sender"] for entry in shown["entries"]] == ["user", "bot"]
    answer = shown["entries"][1]
    assert answer["number"] == 1
    assert answer["demo"] is True
    assert answer["source"] == WASTE["source"]
    assert answer["as_of"] == "2026-11-20"


async def test_nothing_is_opened_at_the_hub_before_the_first_message(browser, hub):
    assert await conversation(browser) == {"session": False, "state": None, "entries": []}
    assert hub.calls == []
    assert not browser.cookies


async def test_conversation_of_one_town_is_not_shown_in_another(browser):
    await submit(browser)
    other = (await browser.get("/api/conversation", params={"town": "olpe"})).json()
    assert other["session"] is False


@pytest.mark.parametrize("method", ["get", "delete"])
async def test_unknown_town(browser, method):
    response = await getattr(browser, method)("/api/conversation", params={"town": "paderborn"})
    assert response.status_code == 404


async def test_export_as_json_and_text(browser):
    await submit(browser)
    await settled(browser, 1)
    exported = await browser.get("/api/export", params={"town": "soest"})
    assert exported.headers["Content-Disposition"] == 'attachment; filename="gespraech.json"'
    assert [entry["sender"] for entry in exported.json()["entries"]] == ["user", "bot"]
    text = (await browser.get("/api/export", params={"town": "soest", "format": "text"})).text
    assert "Gespräch mit der Stadt Soest" in text
    assert "Wann wird der Müll abgeholt?" in text
    assert "Quelle: Abfallkalender der Stadt Soest" in text
    assert "Stand: 20.11.2026" in text


async def test_export_holds_no_identifier(browser, hub):
    await submit(browser)
    exported = await browser.get("/api/export", params={"town": "soest"})
    assert hub.messages[0].address not in exported.text
    assert hub.conversation().id not in json.dumps(exported.json())


async def test_export_refuses_unknown_forms_and_needs_a_session(browser):
    assert (await browser.get("/api/export", params={"format": "pdf"})).status_code == 400
    assert (await browser.get("/api/export")).status_code == 401


async def test_reset_begins_a_new_conversation(browser, hub):
    await submit(browser)
    before = hub.messages[0].address
    assert (await post(browser, "/api/reset")).status_code == 200
    await submit(browser)
    assert hub.messages[1].address != before
    assert len((await settled(browser, 1))["entries"]) == 2


async def test_erase_reaches_the_hub_and_forgets_the_session(browser, hub):
    await submit(browser)
    response = await browser.delete("/api/conversation", params={"town": "soest"})
    assert response.status_code == 204
    assert hub.by_address == {}
    assert not browser.cookies
    assert (await conversation(browser))["session"] is False


async def test_erase_without_a_session_is_nothing(browser, hub):
    assert (await browser.delete("/api/conversation")).status_code == 204
    assert hub.calls == []


async def test_failed_erase_keeps_the_session(browser, hub):
    await submit(browser)
    hub.down = True
    response = await browser.delete("/api/conversation", params={"town": "soest"})
    assert response.status_code == 503
    assert browser.cookies


async def test_refusal_of_the_hub_is_a_documented_answer(browser, monkeypatch, house):
    async def refuse(_message):
        raise HubRefused(409, "no")

    monkeypatch.setattr(house.client, "submit", refuse)
    assert (await post(browser, "/api/messages", message())).status_code == 422


async def test_ready_when_the_hub_answers(browser, hub):
    assert (await browser.get("/health/ready")).status_code == 200
    hub.down = True
    assert (await browser.get("/health/ready")).status_code == 503
    assert (await browser.get("/health/live")).status_code == 200


async def test_metrics_need_the_bearer(browser):
    assert (await browser.get("/metrics")).status_code == 401
    allowed = await browser.get("/metrics", headers={"Authorization": "Bearer hub-token"})
    assert "stadtdraht_webchat_messages_total" in allowed.text
