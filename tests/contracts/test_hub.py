"""The hub's client: what each answer of the hub means for a connector."""

import httpx
import pytest

from contracts.hub import HubClient, HubForgot, HubRefused, HubUnavailable
from contracts.messages import ConversationOpening, Outcome, UserMessage

STATE = {
    "conversation": "c_1", "status": "bot", "municipality": None, "busy": False, "last_number": 0,
}  # fmt: skip
MESSAGE = UserMessage(channel="webchat", address="a", message_id="m", text="Hallo")


def client(answer, seen=None):
    def handle(request):
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return HubClient("http://hub/", "secret", http)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, HubRefused), (404, HubForgot), (413, HubRefused), (422, HubRefused),
        (429, HubUnavailable), (500, HubUnavailable), (503, HubUnavailable),
    ],
)  # fmt: skip
async def test_statuses_become_errors(status, error):
    hub = client(httpx.Response(status, json={"error": "x", "problem": "text: too long"}))
    with pytest.raises(error) as raised:
        await hub.submit(MESSAGE)
    if error is HubRefused:
        assert raised.value.status_code == status
        assert "text: too long" in raised.value.problem
    await hub.close()


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), httpx.ReadTimeout("x")])
async def test_a_hub_that_is_not_there_is_unavailable(failure):
    hub = client(failure)
    with pytest.raises(HubUnavailable):
        await hub.state("c_1")
    await hub.close()


async def test_an_answer_of_an_unknown_form_is_no_answer():
    hub = client(httpx.Response(200, json={"strange": True}))
    with pytest.raises(HubUnavailable):
        await hub.state("c_1")
    await hub.close()


async def test_calls_carry_the_secret_and_the_right_path():
    seen = []
    hub = client(httpx.Response(200, json=STATE), seen)
    await hub.open(ConversationOpening(channel="webchat", address="a"))
    await hub.state("c_1")
    await hub.erase("c_1")
    await hub.confirm("d_1", Outcome(result="sent"))
    assert {request.headers["authorization"] for request in seen} == {"Bearer secret"}
    assert [(request.method, request.url.path) for request in seen] == [
        ("POST", "/v1/conversations"),
        ("GET", "/v1/conversations/c_1"),
        ("DELETE", "/v1/conversations/c_1"),
        ("POST", "/v1/deliveries/d_1/outcome"),
    ]
    await hub.close()


async def test_a_long_poll_waits_longer_than_the_hub():
    seen = []
    hub = client(httpx.Response(200, json={"deliveries": [], "state": STATE}), seen)
    await hub.deliveries("c_1", 3, wait_seconds=25)
    [request] = seen
    assert dict(request.url.params) == {"after": "3", "wait": "25"}
    assert request.extensions["timeout"]["read"] > 25
    await hub.close()
