"""The engine's client: each way of failing has its own name."""

import asyncio
import json

import httpx
import pytest

from conversations.engine import (
    Engine,
    EngineFailed,
    EngineGone,
    EngineRefused,
    EngineSlow,
    TurnRequest,
)
from tests.conversations.stub_engine import echo

REQUEST = TurnRequest(
    message_id="m_1", conversation="c_1", text="Hallo", channel="webchat", municipality=None
)


async def turn(answer, timeout_seconds=5.0):
    """Take a turn with an engine that answers so."""
    seen = []

    async def handle(request):
        seen.append(request)
        result = answer(request) if callable(answer) else answer
        return await result if asyncio.iscoroutine(result) else result

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
        result = await Engine("http://engine/", "secret", http).take_turn(REQUEST, timeout_seconds)
    return result, seen


def body(**more):
    return httpx.Response(200, json=echo({"message_id": "m_1", "text": "Hallo"}) | more)


async def test_a_turn_is_asked_as_the_contract_says():
    result, [request] = await turn(body())
    assert request.url == "http://engine/webhooks/stadtdraht/turn"
    assert request.headers["authorization"] == "Bearer secret"
    assert json.loads(request.content) == {
        "message_id": "m_1", "conversation": "c_1", "text": "Hallo", "channel": "webchat",
    }  # fmt: skip
    assert result.intent.name == "oeffnungszeiten"


async def test_a_wish_for_a_human_is_an_answer():
    result, _ = await turn(body(answers=[], handoff={"reason": "citizen"}))
    assert result.handoff.reason == "citizen"


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (httpx.Response(503, json={"error": "action_failed"}), EngineFailed, "action_failed"),
        (httpx.Response(503, json={"error": "model_missing"}), EngineGone, "model_missing"),
        (httpx.Response(503, json={"error": "storage"}), EngineGone, "storage"),
        (httpx.Response(409, json={"error": "version_conflict"}), EngineFailed, "version_conflict"),
        (httpx.Response(500, text="x"), EngineFailed, "status_500"),
        (httpx.Response(503, json=["x"]), EngineFailed, "status_503"),
        (httpx.Response(503, json={"error": "Herr Müller <b>"}), EngineFailed, "status_503"),
        (httpx.Response(401, json={"error": "unauthorized"}), EngineGone, "unauthorized"),
        (httpx.Response(400, json={"error": "bad_request"}), EngineRefused, "bad_request"),
        (httpx.Response(413, json={"error": "too_long"}), EngineRefused, "too_long"),
        (httpx.Response(302, headers={"location": "http://evil"}), EngineFailed, "status_302"),
        (httpx.Response(200, json=[]), EngineFailed, "unreadable"),
        (httpx.Response(200, text="<html>"), EngineFailed, "unreadable"),
        (httpx.Response(200, content=b"[" * 100_000), EngineFailed, "unreadable"),
        (httpx.Response(200, content=b"\xff\xfe"), EngineFailed, "unreadable"),
        (httpx.Response(200, content=b" " * 1_000_001), EngineFailed, "too_large"),
        (body(answers=[]), EngineFailed, "empty_answer"),
        (body(answers=[{"text": "  "}]), EngineFailed, "unreadable"),
        (body(answers=[{"text": 7}]), EngineFailed, "unreadable"),
    ],
)
async def test_failures_have_names(answer, error, code):
    with pytest.raises(error) as raised:
        await turn(answer)
    assert raised.value.code == code


async def test_nobody_listens():
    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(EngineGone):
        await turn(refuse)


async def test_a_connection_that_breaks_off_is_a_failure_of_the_turn():
    def die(request):
        raise httpx.RemoteProtocolError("gone", request=request)

    with pytest.raises(EngineFailed) as raised:
        await turn(die)
    assert raised.value.code == "broken_off"


async def test_an_engine_that_drips_is_too_slow():
    async def drip(_request):
        await asyncio.sleep(30)

    with pytest.raises(EngineSlow):
        await turn(drip, timeout_seconds=0.05)


@pytest.mark.parametrize(("status", "fine"), [(204, True), (404, True), (503, False), (401, False)])
async def test_erasing(status, fine):
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, json={}))
    async with httpx.AsyncClient(transport=transport) as http:
        engine = Engine("http://engine", "secret", http)
        if fine:
            await engine.erase("c_1")
        else:
            with pytest.raises((EngineFailed, EngineGone)):
                await engine.erase("c_1")
        assert await engine.is_ready() is False
