"""Nothing unchecked comes in, and the reason names what was wrong."""

from __future__ import annotations

import httpx
import pytest

from actions.services.border import Asker, Foreign, Unreadable, checked, decoded, shape_of
from actions.services.breaker import FAILURES, PAUSE_SECONDS
from actions.services.results import Nothing, Unavailable
from actions.services.transport import Body
from tests.actions.services.stubs import TROUBLES, StubProvider

HOSTS = ("dienst.example",)
URL = "https://dienst.example/orte"


class Place(Foreign):
    id: int
    name: str


PLACES = shape_of(list[Place])


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_checked_data_comes_in_and_unknown_fields_are_ignored():
    provider = StubProvider({"/orte": [{"id": "7", "name": "Olpe", "neu": [1]}]})
    found = await provider.asker().json_of(URL, HOSTS, PLACES)
    assert found == [Place(id=7, name="Olpe")]


async def test_a_missing_field_is_named():
    provider = StubProvider({"/orte": [{"id": 1, "name": "Olpe"}, {"id": 2}]})
    found = await provider.asker().json_of(URL, HOSTS, PLACES)
    assert isinstance(found, Unavailable)
    assert found.reason == "1.name: Field required"


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_every_trouble_is_unavailable(trouble: str):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    assert isinstance(await provider.asker().json_of(URL, HOSTS, PLACES), Unavailable)


async def test_not_there_is_nothing():
    assert await StubProvider({}).asker().json_of(URL, HOSTS, PLACES) == Nothing()


def test_bytes_are_decoded_as_named_and_never_by_guess():
    assert decoded(Body("\ufeffStraße".encode())) == "Straße"
    assert decoded(Body("Straße".encode("latin-1"), "text/plain; charset=ISO-8859-1")) == "Straße"
    assert decoded(Body("€".encode("cp1252"), 'text/plain; charset="windows-1252"')) == "€"
    with pytest.raises(Unreadable, match="not utf-8-sig at byte 4"):
        decoded(Body("Straße".encode("latin-1"), "application/json"))
    with pytest.raises(Unreadable, match="no JSON"):
        checked(Body(b"{"), PLACES)


async def test_answers_that_cannot_be_read_open_the_breaker():
    provider, time = StubProvider({"/orte": {"wrong": 1}}), Time()
    asker = Asker(provider.transport(), time)
    for _ in range(FAILURES):
        await asker.json_of(URL, HOSTS, PLACES)
    assert await asker.json_of(URL, HOSTS, PLACES) == Unavailable(
        PAUSE_SECONDS, "answers could not be read"
    )
    assert len(provider.asked) == FAILURES
    time.seconds += PAUSE_SECONDS
    provider.routes["/orte"] = [{"id": 1, "name": "Olpe"}]
    assert await asker.json_of(URL, HOSTS, PLACES) == [Place(id=1, name="Olpe")]
    assert await asker.json_of(URL, HOSTS, PLACES) == [Place(id=1, name="Olpe")]


async def test_several_calls_share_one_deadline():
    time = Time()

    def slow(_query: object) -> httpx.Response:
        time.seconds += 4
        return httpx.Response(200, json=[])

    provider = StubProvider({"/orte": slow})
    asker = Asker(provider.transport(), time)
    until = asker.deadline(6)
    assert await asker.json_of(URL, HOSTS, PLACES, until) == []
    assert await asker.json_of(URL, HOSTS, PLACES, until) == []
    assert await asker.json_of(URL, HOSTS, PLACES, until) == Unavailable(reason="no time left")
