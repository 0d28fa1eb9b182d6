from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from actions.services.breaker import FAILURES, PAUSE_SECONDS, Breaker
from actions.services.results import Nothing, Unavailable
from actions.services.transport import BODY_BYTES, Answer, Body, Transport

HOSTS = ("abfall.example",)
URL = "https://abfall.example/kalender.ics"
Handler = Callable[[httpx.Request], httpx.Response]


class Provider:
    """A provider behind httpx's own seam that counts its calls."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def transport(provider: object, time: Time | None = None) -> Transport:
    http = httpx.AsyncClient(transport=httpx.MockTransport(provider))  # type: ignore[arg-type]
    return Transport(http, "test", time or Time())


async def test_a_body_comes_as_bytes():
    provider = Provider(httpx.Response(200, content=b"\xe4", headers={"content-type": "text/x"}))
    assert await transport(provider).get(URL, HOSTS) == Body(b"\xe4", "text/x")


async def test_not_there_is_nothing_and_is_not_asked_again():
    for status in (404, 410):
        provider = Provider(httpx.Response(status))
        assert await transport(provider).get(URL, HOSTS) == Nothing()
        assert len(provider.asked) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500),
        httpx.Response(503),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
async def test_trouble_is_repeated_once(trouble: httpx.Response | Exception):
    provider = Provider(trouble, httpx.Response(200, content=b"ok"))
    assert await transport(provider).get(URL, HOSTS) == Body(b"ok")
    assert len(provider.asked) == 2
    stubborn = Provider(trouble)
    assert isinstance(await transport(stubborn).get(URL, HOSTS), Unavailable)
    assert len(stubborn.asked) == 2


async def test_a_refusal_is_not_repeated_and_gives_its_waiting_time():
    provider = Provider(httpx.Response(429, headers={"retry-after": "120"}))
    assert await transport(provider).get(URL, HOSTS) == Unavailable(120.0, "status 429")
    assert len(provider.asked) == 1


async def test_no_repetition_when_the_time_is_over():
    time = Time()

    async def slow(_request: httpx.Request) -> httpx.Response:
        time.seconds += 5.5
        return httpx.Response(500)

    assert isinstance(await transport(slow, time).get(URL, HOSTS, 6.0), Unavailable)
    assert time.seconds == 5.5


async def test_a_hanging_service_ends_in_time():
    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    result = await transport(hang).get(URL, HOSTS, 0.02)
    assert result == Unavailable(None, "no answer in time")


async def test_a_body_that_drips_for_ever_ends_in_time():
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await asyncio.sleep(0.001)

    async def dripping(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=drip())

    assert isinstance(await transport(dripping).get(URL, HOSTS, 0.05), Unavailable)


async def test_ten_megabytes_are_refused_after_one():
    sent = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 100_000
            yield b"x" * 100_000

    async def flooding(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=flood())

    result = await transport(flooding).get(URL, HOSTS)
    assert isinstance(result, Unavailable)
    assert "longer" in result.reason
    assert sent <= BODY_BYTES + 200_000


async def test_a_redirect_on_the_same_host_is_followed():
    provider = Provider(
        httpx.Response(302, headers={"location": "/neu.ics"}), httpx.Response(200, content=b"ok")
    )
    assert await transport(provider).get(URL, HOSTS) == Body(b"ok")
    assert provider.asked[-1] == "https://abfall.example/neu.ics"


@pytest.mark.parametrize(
    "location",
    [
        "https://boese.example/x",
        "https://abfall.example.boese.example/x",
        "http://abfall.example/x",
        "//boese.example/x",
        "https://169.254.169.254/",
        "file:///etc/passwd",
        "https://abfall.example@boese.example/",
        "https://[",
    ],
)
async def test_a_redirect_to_another_host_is_refused(location: str):
    provider = Provider(httpx.Response(302, headers={"location": location}))
    assert isinstance(await transport(provider).get(URL, HOSTS), Unavailable)
    assert len(provider.asked) == 1


async def test_redirects_without_end_are_refused():
    provider = Provider(httpx.Response(302, headers={"location": "/weiter"}))
    result = await transport(provider).get(URL, HOSTS)
    assert isinstance(result, Unavailable)
    assert "too many" in result.reason


async def test_a_foreign_address_is_never_asked():
    provider = Provider(httpx.Response(200))
    for url in ("https://boese.example", "http://abfall.example", "https://[", "abfall.example"):
        assert isinstance(await transport(provider).get(url, HOSTS), Unavailable)
    assert provider.asked == []


async def test_the_breaker_opens_after_five_failures_and_tries_once_after_thirty_seconds():
    time = Time()
    provider = Provider(httpx.Response(404))
    asking = transport(provider, time)
    provider.answers = [httpx.Response(500)]
    for _ in range(FAILURES):
        await asking.get(URL, HOSTS)
    count = len(provider.asked)
    blocked = await asking.get(URL, HOSTS)
    assert blocked == Unavailable(PAUSE_SECONDS, "breaker is open")
    assert len(provider.asked) == count
    time.seconds += PAUSE_SECONDS
    provider.answers = [httpx.Response(200, content=b"ok")]
    assert await asking.get(URL, HOSTS) == Body(b"ok")
    assert await asking.get(URL, HOSTS) == Body(b"ok"), "closed again"


def test_a_half_open_breaker_lets_one_call_through():
    time = Time()
    breaker = Breaker(time)
    for _ in range(FAILURES):
        breaker.failed()
    assert not breaker.allows()
    time.seconds += PAUSE_SECONDS
    assert breaker.allows()
    assert not breaker.allows(), "one at a time"
    breaker.failed()
    assert not breaker.allows(), "open for another pause"
    time.seconds += PAUSE_SECONDS
    assert breaker.allows()
    breaker.gave_up()
    assert breaker.allows(), "a cancelled trial does not block"


def test_a_success_forgets_earlier_failures():
    breaker = Breaker(Time())
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.allows()


LOCAL = "http://127.0.0.1:5232/dav/slot.ics"


async def test_an_answer_comes_with_its_status_and_headers():
    for status in (200, 201, 304, 400, 404, 406, 409, 412):
        provider = Provider(httpx.Response(status, content=b"x", headers={"ETag": '"1"'}))
        answer = await transport(provider).request("PUT", URL, HOSTS, content=b"y")
        assert isinstance(answer, Answer)
        assert (answer.status, answer.content, answer.headers["etag"]) == (status, b"x", '"1"')
        assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("trouble", "sent"),
    [
        (httpx.Response(500), True),
        (httpx.Response(503), True),
        (httpx.Response(303, headers={"location": URL}), True),
        (httpx.Response(429), False),
        (httpx.Response(200, content=b"x" * (BODY_BYTES + 1)), True),
        (httpx.ReadTimeout("slow"), True),
        (httpx.WriteError("cut"), True),
        (httpx.RemoteProtocolError("cut"), True),
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
    ],
)
async def test_a_write_is_never_repeated_and_tells_whether_it_may_have_arrived(
    trouble: httpx.Response | Exception, sent: bool
):
    provider = Provider(trouble)
    answer = await transport(provider).request("POST", URL, HOSTS, content=b"y")
    assert isinstance(answer, Unavailable)
    assert answer.sent is sent
    assert len(provider.asked) == 1


async def test_a_get_by_request_is_repeated_once_and_was_never_a_write():
    provider = Provider(httpx.ReadTimeout("slow"), httpx.Response(404))
    answer = await transport(provider).request("GET", URL, HOSTS)
    assert isinstance(answer, Answer)
    assert answer.status == 404
    lost = await transport(Provider(httpx.ReadTimeout("slow"))).request("GET", URL, HOSTS)
    assert isinstance(lost, Unavailable)
    assert not lost.sent


async def test_only_a_get_follows_redirects_and_only_to_its_hosts():
    there = httpx.Response(302, headers={"location": "/dort"})
    answer = await transport(Provider(there, httpx.Response(200))).request("GET", URL, HOSTS)
    assert isinstance(answer, Answer)
    away = Provider(httpx.Response(302, headers={"location": "https://boese.example/"}))
    assert isinstance(await transport(away).request("GET", URL, HOSTS), Unavailable)
    assert len(away.asked) == 1


async def test_headers_are_not_carried_to_another_host_even_if_it_is_allowed():
    away = Provider(httpx.Response(302, headers={"location": "https://andere.example/"}))
    hosts = (*HOSTS, "andere.example")
    answer = await transport(away).request("GET", URL, hosts, headers={"authorization": "secret"})
    assert isinstance(answer, Unavailable)
    assert len(away.asked) == 1


async def test_plain_http_is_for_named_ports_of_this_machine():
    provider = Provider(httpx.Response(200))
    asked = transport(provider)
    assert isinstance(await asked.request("GET", LOCAL, ("127.0.0.1:5232",)), Answer)
    for url, hosts in [
        (LOCAL, ("127.0.0.1",)),
        (LOCAL, ("127.0.0.1:80",)),
        ("http://abfall.example/", HOSTS),
        ("http://abfall.example:80/", ("abfall.example:80",)),
        ("http://ich@127.0.0.1:5232/", ("127.0.0.1:5232",)),
    ]:
        refused = await transport(provider).request("POST", url, hosts)
        assert isinstance(refused, Unavailable)
        assert not refused.sent
    assert len(provider.asked) == 1


async def test_failed_writes_open_the_breaker():
    provider = Provider(httpx.Response(500))
    asked = transport(provider)
    for _ in range(FAILURES):
        await asked.request("POST", URL, HOSTS)
    closed = await asked.request("POST", URL, HOSTS)
    assert isinstance(closed, Unavailable)
    assert not closed.sent
    assert len(provider.asked) == FAILURES
