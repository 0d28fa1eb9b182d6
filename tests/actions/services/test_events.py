"""Events: calendars and destination.one with the traps of real answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.services.endpoints import FILE, Endpoints
from actions.services.events import ADAPTERS, Events, read_events, step_free
from actions.services.records import load_records
from actions.services.results import Found, Unavailable
from tests.actions.conftest import ActionServer, write
from tests.actions.services.stubs import TROUBLES, StubProvider

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 22)
LAST = dt.date(2027, 1, 21)
ICS = '[veranstaltungen]\nadapter = "ics"\nurl = "https://www.soest.de/kalender.ics"\n'
ONE = (
    '[veranstaltungen]\nadapter = "destination.one"\nurl = "https://meta.soest.de/rest.ashx/search/"\n'
    'experience = "open-nrw"\nplace = "Soest"\nsecret_env = "STADTDRAHT_TEST_LICENCE"\n'
)
VILLAGE = (
    '[veranstaltungen]\nadapter = "smart-village"\nurl = "https://app.soest.de"\n'
    'client_id = "bot"\nsecret_env = "STADTDRAHT_TEST_VILLAGE"\n'
)


def vevent(start: str, title: str, *more: str) -> str:
    return "\n".join(["BEGIN:VEVENT", f"DTSTART{start}", f"SUMMARY:{title}", *more, "END:VEVENT"])


def calendar(*events: str) -> bytes:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR"]).encode()


def item(title: str = "Konzert", *intervals: Any, **more: Any) -> dict[str, Any]:
    return {
        "global_id": "e_1",
        "title": title,
        "texts": [
            {"rel": "details", "type": "text/html", "value": "<p>Ein <b>Abend</b></p>"},
            {"rel": "details", "type": "text/plain", "value": "Ein Abend, barrierefrei"},
            {"rel": "teaser", "type": "text/plain", "value": "kurz"},
        ],
        "city": "Soest",
        "name": "Stadthalle",
        "street": "Dasselwall 1",
        "timeIntervals": list(intervals),
        "media_objects": [],
        "attributes": [{"key": "interval_start", "value": "2026-11-25T19:30:00+01"}],
    } | more


def hits(*items: Any) -> dict[str, Any]:
    return {
        "/rest.ashx/search/": {
            "status": "OK",
            "count": len(items),
            "overallcount": len(items),
            "items": list(items),
        }
    }


class Watch:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


def events_of(
    content: Path, provider: StubProvider, table: str = ICS, watch: Watch | None = None
) -> Events:
    (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
    tables = Endpoints(content, load_records(content)).tables("veranstaltungen", ADAPTERS)
    return Events(tables, provider.asker(), watch or Watch())


async def days(content: Path, *intervals: Any) -> list[str]:
    found = await events_of(content, StubProvider(hits(item("K", *intervals))), ONE).ahead("soest")
    assert isinstance(found, Found), found
    return [f"{each.day:%d.%m.} {each.time or ''}".strip() for each in found.data]


# --- ICS ----------------------------------------------------------------------------------


def test_a_calendar_gives_day_time_and_place_in_berlin():
    text = calendar(
        vevent(":20261125T183000Z", "Abend", "LOCATION:Stadthalle\\, Saal 1", "STATUS:CANCELLED"),
        vevent(";VALUE=DATE:20261128", "Fest", "DTEND;VALUE=DATE:20261130"),
        vevent(":20261205T200000", "Lange Nacht", "DTEND:20261206T020000", "URL:http://x.example"),
    ).decode()
    abend, fest, nacht = sorted(read_events(text, TODAY, LAST), key=lambda each: each.day)
    assert (abend.day, abend.time) == (dt.date(2026, 11, 25), dt.time(19, 30))
    assert abend.place == "Stadthalle, Saal 1"
    assert abend.cancelled
    assert (fest.time, fest.last_day) == (None, dt.date(2026, 11, 29))
    assert (nacht.last_day, nacht.url) == (None, None)


def test_repetitions_are_unfolded_and_one_bad_event_spoils_nothing():
    text = calendar(
        vevent(":20261107T080000", "Markt", "RRULE:FREQ=WEEKLY;BYDAY=SA;COUNT=4"),
        vevent(":20261107T080000", "Kaputt", "RRULE:FREQ=WEEKLY;BYDAY=QQ"),
    ).decode()
    assert [each.day.day for each in read_events(text, TODAY, LAST)] == [28]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Der Saal ist barrierefrei.", True),
        ("Leider nicht barrierefrei", False),
        ("kein stufenloser Zugang", False),
        ("Ein schöner Abend", None),
    ],
)
def test_what_is_said_of_steps(text: str, told: bool | None):
    assert step_free(text) is told


# --- destination.one ----------------------------------------------------------------------


async def test_an_item_takes_the_plain_details_and_its_address(content: Path):
    provider = StubProvider(hits(item("Konzert", {"start": "2026-11-25T19:30:00+01:00"})))
    found = await events_of(content, provider, ONE).ahead("soest")
    assert isinstance(found, Found)
    (event,) = found.data
    assert event.text == "Ein Abend, barrierefrei"
    assert event.step_free
    assert event.place == "Stadthalle, Dasselwall 1, Soest"
    asked = httpx.URL(provider.asked[0]).params
    assert asked["q"].startswith("attribute_license:(CC0 OR CC-BY OR CC-BY-SA) AND city:")
    assert "licensekey" not in asked, "its variable is not set"


async def test_the_licence_key_comes_from_the_environment(
    content: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STADTDRAHT_TEST_LICENCE", "geheim")
    provider = StubProvider(hits())
    await events_of(content, provider, ONE).ahead("soest")
    assert httpx.URL(provider.asked[0]).params["licensekey"] == "geheim"


async def test_a_repetition_may_end_without_seconds(content: Path):
    weekly = {
        "start": "2022-03-06T14:00:00+01:00",
        "end": "2022-03-06T15:00:00+01:00",
        "tz": "Europe/Berlin",
        "freq": "Weekly",
        "interval": 2,
        "weekdays": ["Sunday"],
        "repeatUntil": "2026-12-14T00:00+01:00",
    }
    assert await days(content, weekly) == ["22.11. 14:00:00", "06.12. 14:00:00"]


async def test_long_past_intervals_are_left_out_and_daily_ones_counted(content: Path):
    past = {"start": "2019-01-01T10:00:00+01", "freq": "Weekly", "weekdays": ["Tuesday"],
            "repeatUntil": "2019-12-31T00:00+01:00"}  # fmt: skip
    daily = {"start": "2026-11-20T10:00:00+01", "freq": "Daily", "interval": 2,
             "repeatUntil": "2026-11-25T00:00+01:00"}  # fmt: skip
    broken = {"start": "demnächst"}
    once = {"start": "2026-12-24T16:00:00+01:00", "end": None, "interval": None, "weekdays": None}
    assert await days(content, past, daily, broken, once) == [
        "22.11. 10:00:00",
        "24.11. 10:00:00",
        "24.12. 16:00:00",
    ]


async def test_other_towns_are_left_out(content: Path):
    once = {"start": "2026-11-25T19:30:00+01:00"}
    provider = StubProvider(hits(item("A", once), item("B", once, city="Werl", street=None)))
    found = await events_of(content, provider, ONE).ahead("soest")
    assert isinstance(found, Found)
    assert [each.title for each in found.data] == ["A"]


async def test_a_status_other_than_ok_is_unavailable(content: Path):
    provider = StubProvider({"/rest.ashx/search/": {"status": "ERROR", "items": []}})
    assert isinstance(await events_of(content, provider, ONE).ahead("soest"), Unavailable)


# --- Smart Village ------------------------------------------------------------------------


def record(title: str, *dates: Any, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "description": "<p>Bei jedem Wetter</p>",
        "dates": list(dates),
        "addresses": [{"addition": "Bürgerhaus", "street": None, "city": "Bad Berleburg"}],
        "urls": [{"url": "http://alt.example"}, {"url": "https://neu.example"}],
        "accessibilityInformation": {"description": "rollstuhlgerecht, stufenlos"},
    } | more


def village(*records: Any) -> dict[str, Any]:
    return {
        "/oauth/token": {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 7200},
        "/graphql": {"data": {"eventRecords": list(records)}},
    }


async def test_records_are_read_date_by_date(content: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STADTDRAHT_TEST_VILLAGE", "geheim")
    dates = (
        {"dateStart": "2026-11-28", "dateEnd": None, "timeStart": "19:30"},
        {"dateStart": "2026-12-01 00:00:00 +0100", "dateEnd": "2026-12-03", "timeStart": None},
        {"dateStart": "demnächst"},
        {"dateStart": "2019-01-01"},
    )
    provider = StubProvider(village(record("Chor", *dates), record("Leer", dates=None, urls=None)))
    found = await events_of(content, provider, VILLAGE).ahead("soest")
    assert isinstance(found, Found)
    first, second = found.data
    assert (first.day, first.time) == (dt.date(2026, 11, 28), dt.time(19, 30))
    assert (second.last_day, second.time) == (dt.date(2026, 12, 3), None)
    assert (first.place, first.url) == ("Bürgerhaus, Bad Berleburg", "https://neu.example")
    assert first.step_free
    assert first.text == "Bei jedem Wetter rollstuhlgerecht, stufenlos"


async def test_the_token_is_kept_and_asked_for_again_after_a_refusal(
    content: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STADTDRAHT_TEST_VILLAGE", "geheim")
    provider, watch = StubProvider(village()), Watch()
    events = events_of(content, provider, VILLAGE, watch)
    await events.ahead("soest")
    watch.moment += dt.timedelta(minutes=90)
    await events.ahead("soest")
    assert [httpx.URL(each).path for each in provider.asked] == [
        "/oauth/token",
        "/graphql",
        "/graphql",
    ]
    provider.routes["/graphql"] = httpx.Response(401, json={})
    watch.moment += dt.timedelta(minutes=61)
    await events.ahead("soest")
    provider.routes |= village()
    assert not (await events.ahead("soest")).stale  # type: ignore[union-attr]
    assert provider.asked[-2].endswith("/oauth/token")


async def test_all_pages_are_read(content: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STADTDRAHT_TEST_VILLAGE", "geheim")
    many = [record(f"E{n}", {"dateStart": "2026-11-28"}) for n in range(100)]
    pages = iter([many, [record("Letzte", {"dateStart": "2026-11-29"})]])
    provider = StubProvider(
        village() | {"/graphql": lambda _q: {"data": {"eventRecords": next(pages)}}}
    )
    found = await events_of(content, provider, VILLAGE).ahead("soest")
    assert isinstance(found, Found)
    assert len(found.data) == 101


async def test_a_failed_query_or_a_missing_secret_is_unavailable(
    content: Path, monkeypatch: pytest.MonkeyPatch
):
    provider = StubProvider(village() | {"/graphql": {"errors": [{"message": "Field"}]}})
    missing = await events_of(content, provider, VILLAGE).ahead("soest")
    assert missing == Unavailable(reason="STADTDRAHT_TEST_VILLAGE is not set")
    assert provider.asked == []
    monkeypatch.setenv("STADTDRAHT_TEST_VILLAGE", "geheim")
    failed = await events_of(content, provider, VILLAGE).ahead("soest")
    assert failed == Unavailable(reason="query failed")


# --- all sources --------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("table", [ICS, ONE, VILLAGE])
async def test_every_trouble_is_unavailable(
    content: Path, table: str, trouble: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STADTDRAHT_TEST_VILLAGE", "geheim")
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    events = events_of(content, provider, table)
    for _ in range(7):
        assert isinstance(await events.ahead("soest"), Unavailable)


async def test_a_copy_is_given_for_seven_days_and_loses_what_is_over(content: Path):
    feed = calendar(vevent(":20261123T190000", "Bald"), vevent(":20261127T190000", "Später"))
    provider, watch = StubProvider({"/kalender.ics": feed}), Watch()
    events = events_of(content, provider, ICS, watch)
    await events.ahead("soest")
    provider.trouble = TROUBLES["500"]
    watch.moment += dt.timedelta(days=3)
    stale = await events.ahead("soest")
    assert isinstance(stale, Found)
    assert (stale.stale, stale.as_of) == (True, TODAY)
    assert [each.title for each in stale.data] == ["Später"]
    watch.moment += dt.timedelta(days=5)
    assert isinstance(await events.ahead("soest"), Unavailable)


# --- the answer ---------------------------------------------------------------------------


FEED = calendar(
    vevent(":20261122T150000", "Lesung", "LOCATION:Bücherei"),
    vevent(":20261128T193000", "Adventskonzert", "DESCRIPTION:stufenlos"),
    vevent(";VALUE=DATE:20261120", "Ausstellung", "DTEND;VALUE=DATE:20261201"),
    vevent(":20261220T193000", "Orgelkonzert", "DESCRIPTION:nicht barrierefrei"),
)


async def ask(
    serve: Callable[..., ActionServer],
    content: Path,
    text: str,
    day: str = "",
    trouble: str | None = None,
) -> str:
    (content / "municipalities" / "soest" / FILE).write_text(ICS, encoding="utf-8")
    write(content / "de" / "answers" / "freizeit.yml", "veranstaltungen: {opening: Schauen Sie}")
    provider = StubProvider({"/kalender.ics": FEED})
    provider.trouble = TROUBLES[trouble] if trouble else None
    server = serve(content, transport=httpx.MockTransport(provider))
    entities = {"datum": day} if day else {}
    turn = await server.run("action_veranstaltungen", text, entities, {"stadt": "soest"})
    return str(turn.text)


async def test_the_next_two_weeks_are_told_by_day(
    serve: Callable[..., ActionServer], content: Path
):
    text = await ask(serve, content, "was ist los")
    assert text.startswith("Das steht im Veranstaltungskalender für Soest:\n\nHeute, Sonntag")
    assert "• Ausstellung, bis Montag, 30. November\n• Lesung, 15 Uhr, Bücherei" in text
    assert "Adventskonzert, 19:30 Uhr (stufenlos)" in text
    assert "Orgelkonzert" not in text
    assert text.count("Heute") == 1


async def test_days_kinds_and_steps_choose(serve: Callable[..., ActionServer], content: Path):
    saturday = await ask(serve, content, "was ist samstag los", "2026-11-28")
    assert "Adventskonzert" in saturday
    assert "Ausstellung" in saturday
    assert "Lesung" not in saturday
    concerts = await ask(serve, content, "wann ist ein konzert")
    assert "Orgelkonzert" in concerts
    assert "Lesung" not in concerts
    easy = await ask(serve, content, "konzert ohne treppen")
    assert "Adventskonzert" in easy
    assert "Orgelkonzert" not in easy


async def test_nothing_in_the_calendar_is_no_proof(
    serve: Callable[..., ActionServer], content: Path
):
    text = await ask(serve, content, "wann ist die kirmes")
    assert text.startswith("Im Kalender finde ich dazu für Soest gerade keine Termine.")
    assert "Es kann trotzdem etwas geben" in text


async def test_a_calendar_that_is_away_is_said(serve: Callable[..., ActionServer], content: Path):
    text = await ask(serve, content, "was ist los", trouble="500")
    assert text.startswith("Den Veranstaltungskalender erreiche ich gerade nicht.")


async def test_own_events_are_another_question(serve: Callable[..., ActionServer], content: Path):
    text = await ask(serve, content, "Wir möchten unser Sommerfest im Kalender ankündigen")
    assert text.startswith("Schauen Sie")
