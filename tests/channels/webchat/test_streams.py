"""Server-sent events: order, resuming, faults, the end."""

import asyncio
import contextlib
import json

import httpx
import pytest
import uvicorn

from channels.webchat.app import create_app
from channels.webchat.streams import Streams
from contracts.hub import HubClient
from tests.channels.webchat.conftest import TOWNS, settings, until
from tests.channels.webchat.fake_hub import TOKEN, FakeHub
from tests.channels.webchat.test_api import submit


def parsed(chunk: bytes) -> dict:
    lines = dict(line.split(": ", 1) for line in chunk.decode().strip().split("\n"))
    return {"kind": lines.get("event"), "id": lines.get("id"),
            "data": json.loads(lines.get("data", "null")), "comment": lines.get("")}  # fmt: skip


class Listener:
    """Reads a stream of ``Streams`` without HTTP, which ASGITransport cannot stream."""

    def __init__(self, streams, conversation, after=0):
        self.events = streams.events(conversation, after)

    async def next(self, kind):
        async with asyncio.timeout(5):
            async for chunk in self.events:
                event = parsed(chunk)
                if event["kind"] == kind:
                    return event
        return None


@pytest.fixture
async def streams(house):
    return house.app.state.streams


async def conversation_with(hub, browser, texts):
    for text in texts:
        await submit(browser, text)
    await until(lambda: len(hub.conversation().deliveries) >= len(texts))
    return hub.conversation()


async def test_begins_with_retry_and_numbers_deliveries(streams, hub, browser):
    conversation = await conversation_with(hub, browser, ["eins", "zwei"])
    listener = Listener(streams, conversation.id)
    assert await anext(listener.events) == b"retry: 1500\n\n"
    first = await listener.next("delivery")
    second = await listener.next("delivery")
    assert [first["id"], second["id"]] == ["1", "2"]
    assert first["data"]["text"] == "Sie haben geschrieben: eins"
    state = await listener.next("state")
    assert state["data"] == {
        "status": "bot", "municipality": "soest", "busy": False, "last_number": 2,
    }  # fmt: skip


async def test_resumes_after_a_number(streams, hub, browser):
    conversation = await conversation_with(hub, browser, ["eins", "zwei", "drei"])
    assert (await Listener(streams, conversation.id, 2).next("delivery"))["id"] == "3"


async def test_delivers_what_comes_later_and_a_change_of_state(streams, hub, browser):
    conversation = await conversation_with(hub, browser, ["eins"])
    listener = Listener(streams, conversation.id, 1)
    await listener.next("state")
    await hub.deliver(conversation, {"text": "Guten Tag"}, sender="agent", status="agent")
    assert (await listener.next("delivery"))["data"]["sender"] == "agent"
    assert (await listener.next("state"))["data"]["status"] == "agent"


async def test_heartbeat_while_nothing_happens(house, hub, browser):
    conversation = await conversation_with(hub, browser, ["eins"])
    listener = Listener(Streams(house.client, poll_seconds=0.05), conversation.id, 1)
    await listener.next("state")
    assert await anext(listener.events) == b": still here\n\n"


async def test_hub_falls_and_rises_within_one_stream(house, hub, browser):
    conversation = await conversation_with(hub, browser, ["eins"])
    listener = Listener(Streams(house.client, poll_seconds=0.05), conversation.id, 1)
    await listener.next("state")
    hub.down = True
    assert (await listener.next("hub"))["data"] == {"available": False}
    hub.down = False
    await hub.deliver(conversation, {"text": "Da bin ich wieder"})
    assert (await listener.next("hub"))["data"] == {"available": True}
    assert (await listener.next("delivery"))["id"] == "2"


async def test_erased_conversation_ends_the_stream(streams, hub, browser):
    conversation = await conversation_with(hub, browser, ["eins"])
    listener = Listener(streams, conversation.id)
    await listener.next("state")
    await browser.delete("/api/conversation", params={"town": "soest"})
    assert await listener.next("gone") is not None
    with pytest.raises(StopAsyncIteration):
        await anext(listener.events)


async def test_close_ends_waiting_streams_at_once(streams, hub, browser):
    conversation = await conversation_with(hub, browser, ["eins"])
    listener = Listener(streams, conversation.id, 1)
    await listener.next("state")
    asyncio.get_running_loop().call_later(0.02, streams.close)
    async with asyncio.timeout(2):
        assert [chunk async for chunk in listener.events] == []


async def test_stream_needs_a_session(browser):
    response = await browser.get("/api/stream", params={"town": "soest"})
    assert response.status_code == 401


@pytest.mark.parametrize("words", ["-1", "x", "1.0", "²", "9" * 40, "null"])
async def test_position_is_a_number(browser, words):
    await submit(browser)
    given = {"Last-Event-ID": words.encode()}
    response = await browser.get("/api/stream", params={"town": "soest"}, headers=given)
    assert response.status_code == 400


async def test_hub_down_at_the_start_of_a_stream(browser, hub):
    await submit(browser)
    hub.down = True
    response = await browser.get("/api/stream", params={"town": "soest"})
    assert response.status_code == 503


async def test_streams_of_a_session_are_limited(browser, streams, hub):
    await submit(browser)
    taken = [streams.open(hub.messages[0].address, "c_1", 0) for _ in range(6)]
    assert all(taken)
    response = await browser.get("/api/stream", params={"town": "soest"})
    assert response.status_code == 429
    assert "Retry-After" in response.headers


@contextlib.asynccontextmanager
async def served(app):
    """Serve an application on a socket, for what only a real server shows."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        app.state.streams.close()
        server.should_exit = True
        await task


async def test_stream_over_a_socket_with_last_event_id():
    hub = FakeHub()
    transport = httpx.ASGITransport(hub.app)
    client = HubClient("http://hub", TOKEN, httpx.AsyncClient(transport=transport))
    app = create_app(settings(), client, towns=TOWNS)
    async with served(app) as url, httpx.AsyncClient(base_url=url, headers={"Origin": url}) as web:
        for text in ("eins", "zwei"):
            await submit(web, text)
        await asyncio.sleep(0.05)
        ask = {"params": {"town": "soest"}, "headers": {"Last-Event-ID": "1"}}
        async with web.stream("GET", "/api/stream", **ask) as response:
            assert response.headers["X-Accel-Buffering"] == "no"
            assert response.headers["Content-Type"].startswith("text/event-stream")
            chunks = response.aiter_lines()
            lines = [await anext(chunks) for _ in range(6)]
        assert lines[0] == "retry: 1500"
        assert "id: 2" in lines
        assert "id: 1" not in lines
        await until(lambda: app.state.streams._slots.total == 0)
    await client.close()
