"""Official warnings: what holds, for which area, and that silence is never an all-clear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.services.alerts import ADAPTERS, Alerts, plain
from actions.services.endpoints import FILE, Endpoints
from actions.services.results import Found, Unavailable
from actions.services.store import RecordsStore
from tests.actions.conftest import ActionServer
from tests.actions.services.stubs import TROUBLES, StubProvider

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
TABLE = '[warnungen]\nadapter = "nina"\nurl = "https://warnung.bund.de/api31"\n'
PATH = "/api31/dashboard/059580000000.json"


def entry(name: str, severity: str = "Minor", **more: Any) -> dict[str, Any]:
    data = {"headline": name, "severity": severity, "msgType": "Alert", "valid": True}
    data |= more.pop("data", {})
    return {
        "id": f"mow.DE-{name}",
        "payload": {"version": 1, "type": "ALERT", "id": f"mow.DE-{name}", "data": data},
        "i18nTitle": {"de": name},
        "sent": "2026-11-22T08:30:00+01:00",
    } | more


def details(name: str, **info: Any) -> dict[str, Any]:
    german = {"language": "de-DE", "area": [{"areaDesc": "Gemeinde Welver"}]} | info
    english = {"language": "en", "instruction": "Stay inside."}
    return {f"/api31/warnings/mow.DE-{name}.json": {"info": [english, german]}}


class Watch:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


def alerts_of(content: Path, provider: StubProvider, watch: Watch | None = None) -> Alerts:
    (content / "municipalities" / "soest" / FILE).write_text(TABLE, encoding="utf-8")
    store = RecordsStore(content)
    tables = Endpoints(content, store.current()).tables("warnungen", ADAPTERS)
    return Alerts(store, tables, provider.asker(), watch or Watch())


async def test_the_gravest_warning_comes_first_with_place_and_advice(content: Path):
    routes = {PATH: [entry("Glätte"), entry("Hochwasser", "Severe")]}
    routes |= details("Hochwasser", instruction="Meiden Sie<br/>&nbsp;Keller.")
    found = await alerts_of(content, StubProvider(routes)).current("soest")
    assert isinstance(found, Found)
    first, second = found.data.alerts
    assert (first.headline, first.area) == ("Hochwasser", "Gemeinde Welver")
    assert first.instruction == "Meiden Sie Keller."
    assert (second.headline, second.area) == ("Glätte", ""), "details are away: told without"
    assert found.data.district == "Kreis Soest"
    assert found.as_of == dt.date(2026, 11, 22)


async def test_what_no_longer_holds_is_not_told(content: Path):
    over = entry("vorbei", expires="2026-11-22T09:59:00+01:00")
    holds = entry("gilt", expires="2026-11-22T10:01:00+01:00")
    cancel = {"msgType": "Cancel"}
    routes = {
        PATH: [
            over,
            holds,
            entry("ungültig", data={"valid": False}),
            entry("entwarnt", "Extreme", data=cancel),
            entry("lange entwarnt", data=cancel, sent="2026-11-21T08:00:00+01:00"),
        ]
    }
    found = await alerts_of(content, StubProvider(routes)).current("soest")
    assert isinstance(found, Found)
    told = [(each.headline, each.cancelled) for each in found.data.alerts]
    assert told == [("gilt", False), ("entwarnt", True)]


async def test_many_warnings_are_counted(content: Path):
    routes = {PATH: [entry(f"w{number}") for number in range(9)]}
    found = await alerts_of(content, StubProvider(routes)).current("soest")
    assert isinstance(found, Found)
    assert (len(found.data.alerts), found.data.more) == (5, 4)


async def test_the_source_is_asked_once_a_minute(content: Path):
    provider, watch = StubProvider({PATH: []}), Watch()
    alerts = alerts_of(content, provider, watch)
    await alerts.current("soest")
    await alerts.current("soest")
    assert len(provider.asked) == 1
    watch.moment += dt.timedelta(seconds=61)
    provider.trouble = TROUBLES["500"]
    assert isinstance(await alerts.current("soest"), Unavailable), "old warnings are not given"


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_every_trouble_is_unavailable(content: Path, trouble: str):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    alerts = alerts_of(content, provider)
    for _ in range(7):
        assert isinstance(await alerts.current("soest"), Unavailable)


async def test_a_missing_dashboard_is_no_all_clear(content: Path):
    assert isinstance(await alerts_of(content, StubProvider({})).current("soest"), Unavailable)


async def test_a_town_without_a_source_is_not_served(content: Path):
    alerts = alerts_of(content, StubProvider({}))
    assert alerts.serves("soest")
    assert not alerts.serves("olpe")


def test_long_texts_are_cut_at_a_word():
    assert plain("Wort " * 200).endswith("Wort ...")
    assert len(plain("Wort " * 200)) <= 404


# --- the answer ---------------------------------------------------------------------------


async def ask(serve: Callable[..., ActionServer], content: Path, provider: StubProvider) -> Any:
    (content / "municipalities" / "soest" / FILE).write_text(TABLE, encoding="utf-8")
    server = serve(content, transport=httpx.MockTransport(provider))
    return await server.run("action_stoerung_warnung", "", {}, {"stadt": "soest"})


async def test_notices_and_warnings_stand_side_by_side(
    serve: Callable[..., ActionServer], content: Path
):
    turn = await ask(serve, content, StubProvider({PATH: [entry("Hochwasser", "Severe")]}))
    assert "Die Jakobistraße ist gesperrt." in turn.text
    assert "Amtliche Warnungen im Kreis Soest (Stand 10 Uhr):\n• Hochwasser (gemeldet" in turn.text
    assert "heute, Sonntag, 22. November, 8:30 Uhr)" in turn.text
    assert "nicht nur für Soest" in turn.text
    assert "NINA" in turn.custom["source"]["title"]


async def test_no_warning_says_for_which_district_and_when(
    serve: Callable[..., ActionServer], content: Path
):
    turn = await ask(serve, content, StubProvider({PATH: []}))
    assert "NINA meldet gerade keine amtliche Warnung im Kreis Soest (Stand 10 Uhr)" in turn.text


@pytest.mark.parametrize("trouble", ["hang", "500", "garbage", "redirect"])
async def test_trouble_says_that_nobody_knows(
    serve: Callable[..., ActionServer], content: Path, trouble: str
):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    turn = await ask(serve, content, provider)
    assert "Amtliche Warnungen: keine Auskunft möglich." in turn.text
    assert "keine amtliche Warnung" not in turn.text
    assert "Im Notfall: 112." in turn.text
    assert turn.custom["links"][0]["url"] == "https://warnung.bund.de"
