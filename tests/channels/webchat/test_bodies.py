"""Tests B2 and B3: whatever arrives, the answer is documented and nothing breaks."""

import json
import string
import unicodedata
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from channels.webchat.bodies import is_visible, read_object, to_clean, to_message
from channels.webchat.problems import Problem

ID = "9b2f7a34-6a3c-4a55-9d0e-2f1b7c8d9e0f"
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=200) | st.text(
    st.sampled_from("\ud800\udfff\x00\ufeff\u200b\u202e\u0301／😀\u200da \n\t"), max_size=60
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "message_id": st.just(ID) | JSON,
        "text": ANY_TEXT | JSON,
        "button": ANY_TEXT | JSON,
        "extra": JSON,
    },
)


@settings(deadline=None, max_examples=1500)
@given(FIELDS)
def test_every_object_becomes_a_message_or_a_problem(value):
    try:
        message = to_message(value)
    except Problem as problem:
        assert problem.code in {"wrong_shape", "empty_text", "too_large"}  # noqa: PT017
        return
    assert message.message_id == ID
    assert (message.text is None) != (message.button is None)
    content = message.text or message.button
    content.encode("utf-8")
    assert "\x00" not in content
    assert unicodedata.is_normalized("NFC", content)


@settings(deadline=None, max_examples=1500)
@given(ANY_TEXT)
def test_cleaning_is_idempotent_and_safe(text):
    clean = to_clean(text)
    clean.encode("utf-8")
    assert to_clean(clean) == clean


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "\x00", "\u200b\u200b", "\ufeff", "\u202e", "\u0301", "\u00a0\u3000"]
)
def test_what_nobody_sees_is_empty(text):
    assert not is_visible(to_clean(text))
    with pytest.raises(Problem, match="empty_text"):
        to_message({"message_id": ID, "text": text})


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("u\u0308ber", "über"),
        ("a\x00b", "ab"),
        ("eins\r\nzwei", "eins\nzwei"),
        ("\ud83dkaputt", "\ufffdkaputt"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_text_is_kept_as_people_mean_it(raw, clean):
    assert to_message({"message_id": ID, "text": raw}).text == clean


REFUSED = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"null", 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b"{}", 422),
    (b"NaN", 400),
    (b'{"message_id": NaN}', 400),
    (b'{"message_id": Infinity}', 400),
    (b'{"text": 1' + b"0" * 5000 + b"}", 400),
    (b"[" * 8000, 400),
    (b'{"a":' * 2500 + b"1" + b"}" * 2500, 400),
    (b'{"message_id": "' + ID.encode() + b'", "text": "a", "text": "b"}', 400),
    (b'{"message_id": "' + ID.encode() + b'", "text": "a", "button": "b"}', 422),
    (b'{"message_id": "' + ID.encode() + b'", "text": 5}', 422),
    (b'{"message_id": "' + ID.encode() + b'", "text": ["a"]}', 422),
    (b'{"message_id": "' + ID.encode() + b'", "text": "a", "address": "x"}', 422),
    (b'{"message_id": "' + ID.upper().encode() + b'", "text": "a"}', 422),
    (b'{"message_id": "../1", "text": "a"}', 422),
    (b'{"message_id": 1, "text": "a"}', 422),
    (b'{"message_id": "' + ID.encode() + b'", "text": "   "}', 422),
    (b'{"message_id": "' + ID.encode() + b'", "button": ""}', 422),
    (b'{"message_id": "' + ID.encode() + b'", "button": "\\u0000"}', 422),
    (b'{"message_id": "' + ID.encode() + b'", "text": "' + b"a" * 17_000 + b'"}', 413),
    (b"a" * 100_000, 413),
]


@pytest.mark.parametrize(("body", "status"), REFUSED)
async def test_refused_bodies(browser, hub, body, status):
    response = await browser.post(
        "/api/messages", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == status, response.text
    assert response.json()["text"]
    assert hub.messages == []


async def test_ten_megabytes_are_refused_without_being_read(browser):
    sent = 0

    async def chunks():
        nonlocal sent
        for _ in range(160):
            sent += 65_536
            yield b"a" * 65_536

    response = await browser.post(
        "/api/messages", content=chunks(), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413
    assert sent <= 131_072


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "", "application/jsonp"]
)  # fmt: skip
async def test_other_content_types(browser, kind):
    body = json.dumps({"message_id": ID, "text": "a"})
    for path in ("/api/messages", "/api/session", "/api/reset"):
        response = await browser.post(path, content=body, headers={"Content-Type": kind})
        assert response.status_code == 415


DOCUMENTED = {200, 202, 204, 304, 308, 400, 401, 403, 404, 405, 413, 415, 422, 429}
METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"]
PATHS = st.sampled_from(
    ["/", "/soest", "/soest/embed", "/datenschutz", "/widget.js", "/api/session", "/api/reset",
     "/api/messages", "/api/conversation", "/api/export", "/api/", "/api/nichts"]
) | st.text(string.ascii_letters + string.digits + "/._%-~äß", max_size=40).map(
    "/".__add__
)  # fmt: skip
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80).map(
    lambda text: text.encode("latin-1")
)


@settings(
    deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(METHODS),
    path=PATHS,
    query=st.dictionaries(
        st.sampled_from(["town", "after", "format", "x"]),
        st.sampled_from(["soest", "", "text", "json", "-1"]) | st.text(max_size=20),
        max_size=3,
    ),
    headers=st.dictionaries(
        st.sampled_from(
            ["Origin", "Sec-Fetch-Site", "Content-Type", "Cookie", "Last-Event-ID", "Host",
             "Content-Length-X", "If-None-Match", "Accept"]
        ),
        HEADER | st.sampled_from([b"application/json", b"http://chat.test", b"same-origin"]),
        max_size=5,
    ),
    body=st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()),
)  # fmt: skip
async def test_only_documented_answers(house, method, path, query, headers, body):
    try:
        query = {key: value.encode("utf-8", "ignore").decode() for key, value in query.items()}
    except UnicodeError:
        return
    async with house.browser() as browser:
        response = await browser.request(
            method, path, params=query, headers=headers, content=body if method != "GET" else b""
        )
    assert response.status_code in DOCUMENTED
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=ANY_TEXT)
async def test_any_text_gets_through_or_is_refused_politely(house, hub, text):
    body = json.dumps({"message_id": str(uuid.uuid4()), "text": text})
    async with house.browser() as browser:
        response = await browser.post(
            "/api/messages", content=body, headers={"Content-Type": "application/json"}
        )
    assert response.status_code in {202, 413, 422}
    if response.status_code == 202:
        assert hub.messages[-1].text == to_clean(json.loads(body)["text"]).strip()


async def test_reading_stops_when_the_browser_goes():
    async def receive():
        return {"type": "http.disconnect"}

    scope = {"type": "http", "headers": [(b"content-type", b"application/json")]}
    with pytest.raises(Problem, match="not_json"):
        await read_object(Request(scope, receive))
