"""A small content folder of its own, so that these tests do not move with the real records."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.app import create_app
from actions.services.store import RecordsStore
from service.clock import Clock, clock_of
from service.settings import Settings

TOKEN = "s" * 32
SUNDAY = "2026-11-22T10:00+01:00"

TOWN = """
name: {name}
slug: {slug}
ars: "059580000000"
kreis: {{name: Kreis Soest, slug: kreis-soest}}
website: https://www.{slug}.de
allowed_hosts: [{slug}.de]
links:
  termin: {{title: Termin buchen, url: "https://www.{slug}.de/termin"}}
  fremd: {{title: Fremd, url: "https://example.org/termin"}}
contacts:
  - kind: phone
    value: "02921 103-0"
    source: {{title: Stadt {name}, url: "https://www.{slug}.de"}}
    as_of: 2026-11-20
    confirmed: {phone_confirmed}
"""

OFFICES = """
offices:
  - id: buergerbuero
    kind: buergerbuero
    name: Bürgerbüro {name}
    short_name: Bürgerbüro
    gender: das
    hours: 'Mo,Tu 08:00-12:30,14:00-16:00; We,Fr 08:00-12:30; Th 08:00-12:30,14:00-17:30'
    concerns: [personalausweis_beantragen]
    exceptions:
      - {{date: 2026-12-24, hours: 'off', reason: Heiligabend}}
      - {{first: 2026-12-28, last: 2026-12-30, hours: '09:00-12:00', reason: zwischen den Jahren}}
    source: {{title: Stadt {name}, url: "https://www.{slug}.de"}}
    as_of: 2026-11-22
  - id: stadtbuecherei
    kind: stadtbuecherei
    name: Stadtbücherei {name}
    short_name: Stadtbücherei
    gender: die
    hours: 'Tu-Fr 10:00-18:00'
    source: {{title: Stadt {name}, url: "https://www.{slug}.de"}}
    as_of: 2026-11-21
    demo: true
  - id: bauamt
    kind: bauamt
    name: Bauamt {name}
    gender: das
    source: {{title: Stadt {name}, url: "https://www.{slug}.de"}}
    as_of: 2026-11-21
"""

RESPONSIBILITY = """
concerns:
  personalausweis_beantragen:
    level: Stadt
    body: Bürgerbüro {name}
    reason: Ausweise stellt die Stadt aus.
    contact: Bürgerbüro
    source: {{title: Personalausweisgesetz, url: "https://www.gesetze-im-internet.de/pauswg/"}}
    as_of: 2026-11-01
  kfz_anmelden:
    level: Kreis
    body: Kreis Soest, Zulassungsstelle
    reason: Fahrzeuge lässt der Kreis zu.
    contact: "02921 30-0"
    url: https://www.kreis-soest.de/kfz
    source: {{title: Kreis Soest, url: "https://www.kreis-soest.de"}}
    as_of: 2026-11-02
    confirmed: false
"""

CONCERNS = """
concerns:
  personalausweis_beantragen: {title: einen Personalausweis beantragen}
  kfz_anmelden: {title: ein Auto anmelden}
"""

HOSTS = "allowed_hosts: [bund.de, gesetze-im-internet.de, kreis-soest.de]\n"

NOTICES = """
notices:
  - id: n1
    kind: verkehr
    text: Die Jakobistraße ist gesperrt.
    valid_from: 2026-11-20
    valid_until: 2026-11-25
    source: {title: Stadt Soest, url: "https://www.soest.de"}
    as_of: 2026-11-20
    demo: true
  - id: n2
    kind: wasser
    text: Längst vorbei.
    valid_from: 2026-10-01
    valid_until: 2026-10-02
    source: {title: Stadt Soest}
    as_of: 2026-10-01
"""

FACTS_BUND = """
facts:
  - id: pa.gebuehr
    intent: personalausweis_beantragen
    kind: fee
    label: Gebühr
    text: 37,00 Euro ab 24 Jahren
    value: 37.0
    unit: EUR
    source: {title: PAuswGebV, url: "https://www.gesetze-im-internet.de/pauswgebv/"}
    owner: Bund
    as_of: 2025-01-01
    valid_until: 2026-02-06
  - id: pa.gebuehr
    intent: personalausweis_beantragen
    kind: fee
    label: Gebühr
    text: 46,00 Euro ab 24 Jahren
    value: 46.0
    unit: EUR
    source: {title: "BGBl. 2026 I Nr. 31", url: "https://www.recht.bund.de/bgbl/1/2026/31"}
    owner: Bund
    as_of: 2026-11-10
    valid_from: 2026-02-07
  - id: pa.foto
    intent: personalausweis_beantragen
    kind: document
    label: Foto
    text: Digitales Foto vom Fotostudio oder aus dem Amt
    source: {title: PAuswV, url: "https://www.gesetze-im-internet.de/pauswv/"}
    owner: Bund
    as_of: 2026-11-11
  - id: pa.dauer
    intent: personalausweis_beantragen
    kind: duration
    label: Dauer
    text: etwa drei Wochen
    source: {title: Bund}
    owner: Bund
    as_of: 2026-01-01
    confirmed: false
"""

ANSWERS = """
personalausweis_beantragen:
  opening: Den Personalausweis beantragen Sie persönlich im Bürgerbüro.
  facts: [pa.gebuehr, pa.foto, pa.dauer]
  office: buergerbuero
  closing: Bringen Sie bitte alles mit.
  links: [termin, fremd]
  buttons: [{title: Termin buchen, payload: /termin_buchen}]
"""

ITEMS = """
source: Sortierliste (Demo)
as_of: 2026-11-01
demo: true
entries:
  - {value: pizzakarton, names: [Pizzakarton, Pizzaschachtel], bin: papier, hint: ohne Essensreste}
  - {value: batterie, names: [Batterie, Batterien], bin: schadstoffe}
  - {value: joghurtbecher, names: [Joghurtbecher], bin: gelbe_tonne}
"""

STREETS = """
source: Demo
as_of: 2026-11-22
demo: true
entries:
  - {value: Jakobistraße, names: [Jakobistraße]}
  - {value: Hellweg, names: [Hellweg]}
  - {value: Lindenstraße, names: [Lindenstraße]}
  - {value: Lindenplatz, names: [Lindenplatz]}
  - {value: Bahnhofstraße, names: [Bahnhofstraße]}
"""

WASTE = """
provider: Abfallkalender Soest (Demo)
calendar_url: https://www.soest.de/abfallkalender
allowed_hosts: [abfall.example]
source: {title: Abfallkalender Soest (Demo), url: "https://www.soest.de"}
as_of: 2026-11-22
demo: true
districts:
  - {id: mitte, name: Mitte, feed: waste/mitte.ics, streets: [Jakobistraße, Hellweg]}
  - id: nord
    name: Nord
    feed: waste/nord.ics
    streets: [Bahnhofstraße]
    parts: [{street: Lindenstraße, first: 1, last: 49}]
  - id: fern
    name: Fern
    feed: https://abfall.example/fern.ics
    streets: [Lindenplatz]
    parts: [{street: Lindenstraße, first: 50, last: 199}]
"""

ICS_MITTE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Stadtdraht//Test//DE
BEGIN:VEVENT
UID:rest@test
DTSTAMP:20261101T000000Z
DTSTART;VALUE=DATE:20261110
RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20271231
EXDATE;VALUE=DATE:20261222
SUMMARY:Abfuhr: Restmüll
END:VEVENT
BEGIN:VEVENT
UID:papier@test
DTSTAMP:20261101T000000Z
DTSTART;VALUE=DATE:20261126
SUMMARY:Papiertonne
END:VEVENT
BEGIN:VEVENT
UID:bio@test
DTSTAMP:20261101T000000Z
DTSTART;VALUE=DATE:20261118
RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20271231
SUMMARY:Biotonne
END:VEVENT
END:VCALENDAR
"""


def write(path: Path, text: str) -> None:
    """Write a file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Two towns, few facts: Soest with a confirmed phone number, Olpe without."""
    root = tmp_path / "data"
    for slug, name, confirmed in (("soest", "Soest", "true"), ("olpe", "Olpe", "false")):
        folder = root / "municipalities" / slug
        write(folder / "town.yml", TOWN.format(slug=slug, name=name, phone_confirmed=confirmed))
        write(folder / "offices.yml", OFFICES.format(slug=slug, name=name))
        write(folder / "responsibility.yml", RESPONSIBILITY.format(name=name))
    write(root / "municipalities" / "soest" / "notices.yml", NOTICES)
    write(root / "municipalities" / "soest" / "waste.yml", WASTE)
    write(root / "municipalities" / "soest" / "waste" / "mitte.ics", ICS_MITTE)
    write(root / "municipalities" / "soest" / "waste" / "nord.ics", ICS_MITTE)
    write(root / "municipalities" / "_bund" / "facts" / "ausweise.yml", FACTS_BUND)
    write(root / "de" / "answers" / "ausweise.yml", ANSWERS)
    write(root / "de" / "concerns.yml", CONCERNS)
    write(root / "de" / "hosts.yml", HOSTS)
    write(root / "gazetteers" / "de" / "gegenstand.yml", ITEMS)
    write(root / "gazetteers" / "soest" / "strassen.yml", STREETS)
    return root


@pytest.fixture
def store(content: Path) -> RecordsStore:
    """The records of ``content``."""
    return RecordsStore(content)


@pytest.fixture
def clock() -> Clock:
    """Sunday, 22 November 2026, 10 o'clock in Berlin."""
    return clock_of(SUNDAY)


class ActionServer:
    """Calls the action server as the engine does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def post(self, path: str, body: Any, token: str = TOKEN) -> httpx.Response:
        """Send a JSON body with the bearer secret."""
        return await self.http.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    async def run(self, action: str, *words: Any, **call: Any) -> Turn:
        """Run one action and return its only answer and the slots it sets."""
        turn = await self.run_several(action, *words, **call)
        assert len(turn.texts) == 1, turn.texts
        return turn

    async def run_several(self, action: str, *words: Any, **call: Any) -> Turn:
        """Run one action and return its answers and the slots it sets."""
        response = await self.post("/webhook", action_call(action, *words, **call))
        assert response.status_code == 200, response.text
        return Turn(response.json())


class Turn:
    """The first answer of a turn, the texts of all, and the slots after it."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.answers = body["responses"]
        self.texts = [each["text"] for each in self.answers]
        self.answer = self.answers[0]
        self.text: str = self.answer["text"]
        self.custom: dict[str, Any] = self.answer["custom"]
        self.buttons: list[dict[str, str]] = self.answer["buttons"]
        self.slots = {e["name"]: e["value"] for e in body["events"] if e["event"] == "slot"}


def action_call(
    action: str,
    text: str = "",
    entities: dict[str, str] | None = None,
    slots: dict[str, Any] | None = None,
    **message: Any,
) -> dict[str, Any]:
    """Return what the engine sends: no domain, the tracker's state."""
    latest = {
        "text": text,
        "intent": {"name": action.removeprefix("action_"), "confidence": 0.99},
        "entities": [{"entity": k, "value": v} for k, v in (entities or {}).items()],
        **message,
    }
    tracker = {
        "sender_id": "c_01",
        "slots": slots or {},
        "latest_message": latest,
        "events": message.get("events", []),
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }
    return {"next_action": action, "sender_id": "c_01", "tracker": tracker, "version": "3.6.21"}


def no_network(_request: httpx.Request) -> httpx.Response:
    """What a service on the net is for tests that bring none."""
    raise httpx.ConnectError("no network in tests")


@pytest.fixture
async def serve(
    tmp_path: Path,
) -> AsyncIterator[Callable[..., ActionServer]]:
    """Start an action server over a content folder."""
    opened: list[httpx.AsyncClient] = []

    def start(content: Path, now: str = SUNDAY, transport: Any = None) -> ActionServer:
        settings = Settings(content=content, home=tmp_path / "home", actions_token=TOKEN)
        reached = transport or httpx.MockTransport(no_network)
        app = create_app(settings, clock=clock_of(now), transport=reached)
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:5507"
        )
        opened.append(http)
        return ActionServer(http)

    yield start
    for http in opened:
        await http.aclose()


@pytest.fixture
def server(serve: Callable[..., ActionServer], content: Path) -> ActionServer:
    """The action server over ``content`` on the Sunday."""
    return serve(content)


def berlin(text: str) -> dt.datetime:
    """Return an aware moment from ISO text with its offset."""
    return dt.datetime.fromisoformat(text)
