"""Tests S3, S4 and S6: nobody reads or writes in another's name."""

import datetime as dt
import re
import uuid

import pytest
import structlog.testing
from starlette.requests import Request
from starlette.responses import Response

from channels.webchat.sessions import LIFETIME, Sessions
from tests.channels.webchat.conftest import ORIGIN, settings
from tests.channels.webchat.test_api import conversation, message, post, settled, submit

COOKIE = "stadtdraht-soest"


def cookie_of(response) -> str:
    return response.headers["Set-Cookie"]


def value_of(browser) -> str:
    return browser.cookies[COOKIE]


async def test_cookie_is_closed_to_scripts_and_other_sites(browser):
    text = cookie_of(await submit(browser))
    assert re.match(rf"{COOKIE}=[\w-]{{32}}\.\d+\.[0-9a-f]{{64}}; Max-Age=604800; ", text)
    assert text.endswith("Path=/; HttpOnly; SameSite=Lax")


@pytest.mark.parametrize(
    ("ancestors", "expected"),
    [
        ("'self'", "Path=/; HttpOnly; Secure; SameSite=Lax"),
        ("https://www.soest.de", "Path=/; HttpOnly; Secure; SameSite=None; Partitioned"),
    ],
)
async def test_cookie_over_https(houses, ancestors, expected):
    house = houses(cookie_secure=True, frame_ancestors=ancestors)
    async with house.browser() as browser:
        text = cookie_of(await submit(browser))
    assert text.startswith("__Host-stadtdraht-soest=")
    assert text.endswith(expected)


FOREIGN = [
    "x",
    "A" * 32,
    f"{'A' * 32}.1.{'0' * 64}",
    f"{'A' * 32}.1790000000.{'0' * 64}",
    f"{'A' * 32}.9999999999.{'f' * 64}",
    f"{'A' * 32}..",
    "../../etc/passwd",
    "%00",
]


@pytest.mark.parametrize("value", FOREIGN)
async def test_preset_cookie_is_replaced(browser, hub, value):
    browser.cookies.set(COOKIE, value, domain="chat.test")
    response = await submit(browser)
    assert hub.messages[0].address != value.split(".")[0]
    assert f"{COOKIE}={hub.messages[0].address}." in cookie_of(response)


async def test_preset_cookie_reads_nothing(browser):
    browser.cookies.set(COOKIE, FOREIGN[3], domain="chat.test")
    assert (await conversation(browser))["session"] is False
    assert (await browser.get("/api/export", params={"town": "soest"})).status_code == 401
    assert (await browser.get("/api/stream", params={"town": "soest"})).status_code == 401


async def test_changed_value_is_refused(browser, hub):
    await submit(browser)
    token, issued, signature = value_of(browser).split(".")
    changes = [
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}.{issued}.{signature}",
        f"{token}.{int(issued) + 1}.{signature}",
        f"{token}.{issued}.{signature[:-1]}{'0' if signature[-1] != '0' else '1'}",
    ]
    for value in changes:
        browser.cookies.clear()
        browser.cookies.set(COOKIE, value, domain="chat.test")
        assert (await conversation(browser))["session"] is False


async def test_cookie_of_one_town_is_worth_nothing_in_another(browser):
    await submit(browser)
    value = value_of(browser)
    browser.cookies.set("stadtdraht-olpe", value, domain="chat.test")
    other = (await browser.get("/api/conversation", params={"town": "olpe"})).json()
    assert other["session"] is False


async def test_cookie_of_another_installation_is_worth_nothing(hub, browser, houses):
    await submit(browser)
    async with houses(address_key="another key").browser() as other:
        other.cookies.set(COOKIE, value_of(browser), domain="chat.test")
        assert (await conversation(other))["session"] is False


def test_cookie_ends_after_a_week():
    now = dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)
    sessions = Sessions(settings(), clock=lambda: now)
    response = Response()
    sessions.hand_over(response, sessions.issue("soest"))
    pair = response.headers["set-cookie"].partition(";")[0]
    request = Request({"type": "http", "headers": [(b"cookie", pair.encode())]})
    now += LIFETIME
    assert sessions.recognise(request, "soest") is not None
    now += dt.timedelta(seconds=1)
    assert sessions.recognise(request, "soest") is None


async def test_session_in_the_address_is_ignored(browser):
    await submit(browser)
    value = value_of(browser)
    browser.cookies.clear()
    shown = await browser.get("/api/conversation", params={"town": "soest", COOKIE: value})
    assert shown.json()["session"] is False


async def test_old_cookie_after_erasure_shows_nothing_old(browser):
    await submit(browser, "Mein Geheimnis")
    await settled(browser, 1)
    value = value_of(browser)
    await browser.delete("/api/conversation", params={"town": "soest"})
    browser.cookies.set(COOKIE, value, domain="chat.test")
    shown = await conversation(browser)
    assert shown["entries"] == []


async def test_strangers_see_only_their_own(house, hub):
    async with house.browser() as one, house.browser() as two:
        await submit(one, "Geheimnis von eins")
        await submit(two, "Frage von zwei")
        shown = await settled(two, 1)
        assert "Geheimnis" not in str(shown)
        exported = await two.get("/api/export", params={"town": "soest"})
        assert "Geheimnis" not in exported.text


def test_tokens_have_at_least_128_random_bits():
    sessions = Sessions(settings())
    tokens = {sessions.issue("soest").token for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(token) * 6 >= 128 for token in tokens)


def test_token_is_not_in_the_words_for_logs():
    session = Sessions(settings()).issue("soest")
    assert session.token not in repr(session)
    assert session.token not in f"{session}"


async def test_writing_renews_the_cookie_of_the_same_session(browser):
    await submit(browser)
    before = value_of(browser).split(".")[0]
    assert f"{COOKIE}={before}." in cookie_of(await submit(browser))


async def test_token_and_words_are_in_no_log(browser, hub):
    with structlog.testing.capture_logs() as logs:
        await submit(browser, "Geheime Frage")
        token = value_of(browser).split(".")[0]
        hub.down = True
        await post(browser, "/api/messages", message("Noch eine Frage"))
        hub.down = False
        await browser.delete("/api/conversation", params={"town": "soest"})
    assert [each["event"] for each in logs] == ["hub_unavailable", "conversation_erased"]
    assert token not in str(logs)
    assert "Frage" not in str(logs)


# --- requests forged by other sites ---

FORGED = [
    {"Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.test"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://chat.test.evil.test"},
    {"Origin": "http://chat.test:8081"},
    {"Origin": "http://[broken"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.test", "Sec-Fetch-Site": "same-origin"},
    {},
]
CHANGES = [
    ("POST", "/api/messages"),
    ("POST", "/api/session"),
    ("POST", "/api/reset"),
    ("DELETE", "/api/conversation"),
]


@pytest.mark.parametrize("headers", FORGED)
@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_forged_changes_are_refused(house, hub, method, path, headers):
    async with house.browser() as browser:
        del browser.headers["Origin"]
        del browser.headers["Sec-Fetch-Site"]
        response = await browser.request(
            method, path, json=message(), params={"town": "soest"}, headers=headers
        )
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers
    assert hub.calls == []


@pytest.mark.parametrize("path", ["/api/messages", "/api/session", "/api/reset"])
async def test_changes_by_get_are_refused(browser, hub, path):
    response = await browser.get(path, params={"town": "soest"})
    assert response.status_code == 405
    assert hub.calls == []


@pytest.mark.parametrize("path", ["/api/conversation", "/api/export", "/api/stream"])
async def test_reads_by_other_sites_are_refused(browser, path):
    await submit(browser)
    response = await browser.get(
        path, params={"town": "soest"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_own_host_is_accepted_without_a_public_url(houses):
    async with houses(public_url="").browser() as browser:
        del browser.headers["Sec-Fetch-Site"]
        assert (await post(browser, "/api/messages", message())).status_code == 202


async def test_message_ids_at_the_hub_cannot_be_guessed(house, hub):
    body = {"message_id": str(uuid.UUID(int=0)), "text": "a"}
    async with house.browser() as one, house.browser() as two:
        await post(one, "/api/messages", body)
        await post(two, "/api/messages", body)
    first, second = (each.message_id for each in hub.messages)
    assert first != second
    assert re.fullmatch(r"web_[0-9a-f]{64}", first)
