"""The data platform: every dialect of a broker, and that values carry their age."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from actions.services.border import Asker
from actions.services.endpoints import FILE, Endpoints
from actions.services.records import load_records
from actions.services.results import Found, Nothing, Unavailable
from actions.services.sensors import ADAPTERS, Ngsi, NgsiEndpoint, Sensors, read_entity
from actions.services.transport import Transport
from tests.actions.conftest import ActionServer, write
from tests.actions.services.stubs import TROUBLES, StubProvider

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
LD = '[datenplattform]\nadapter = "ngsi-ld"\nurl = "https://broker.soest.de/ngsi-ld/v1/entities/"\n'
V2 = LD.replace("ngsi-ld", "ngsi-v2", 1).replace("/ngsi-ld/v1/entities/", "/v2/entities")
FROST = '[datenplattform]\nadapter = "sensorthings"\nurl = "https://frost.soest.de/v1.1"\n'
PATHS = {LD: "/ngsi-ld/v1/entities/", V2: "/v2/entities", FROST: "/v1.1/Things"}
BROKER = os.environ.get("STADTDRAHT_TEST_NGSILD_URL", "")


def at(minutes: int) -> str:
    return (NOW - dt.timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def property_(value: Any, minutes: int | None = 5) -> dict[str, Any]:
    return {"type": "Property", "value": value} | ({"observedAt": at(minutes)} if minutes else {})


def car_park(name: str = "Tiefgarage Markt", **more: Any) -> dict[str, Any]:
    return {
        "id": f"urn:ngsi-ld:OffStreetParking:{name}",
        "type": "OffStreetParking",
        "name": {"type": "Property", "value": name},
        "availableSpotNumber": property_(12),
        "totalSpotNumber": property_(80, None),
        "@context": ["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"],
    } | more


def sensors_of(content: Path, provider: StubProvider, table: str = LD) -> Sensors:
    (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
    tables = Endpoints(content, load_records(content)).tables("datenplattform", ADAPTERS)
    return Sensors(tables, provider.asker(), lambda: NOW)


# --- the tolerant reader ------------------------------------------------------------------

DIALECTS: dict[str, dict[str, Any]] = {
    "objects": car_park(),
    "arrays without type": {
        "id": "urn:ngsi-ld:OffStreetParking:1",
        "type": "OffStreetParking",
        "name": [{"value": "Tiefgarage Markt"}],
        "availableSpotNumber": [{"value": 12, "observedAt": at(5)}],
        "totalSpotNumber": [{"value": 80}],
    },
    "key values": {
        "id": "x",
        "name": "Tiefgarage Markt",
        "availableSpotNumber": 12,
        "totalSpotNumber": 80,
        "dateObserved": at(5),
    },
    "v2": {
        "id": "x",
        "name": {"type": "Text", "value": "Tiefgarage Markt", "metadata": {}},
        "availableSpotNumber": {
            "type": "Number",
            "value": "12",
            "metadata": {"TimeInstant": {"type": "DateTime", "value": at(5)}},
        },
        "totalSpotNumber": {"type": "Number", "value": 80},
    },
    "long names": {
        "@id": "x",
        "https://uri.etsi.org/ngsi-ld/name": [{"@value": "Tiefgarage Markt"}],
        "https://uri.fiware.org/ns/data-models#availableSpotNumber": property_({"@value": 12}),
        "https://uri.fiware.org/ns/data-models#totalSpotNumber": property_(80, None),
    },
    "occupied": car_park(availableSpotNumber=None, occupiedSpotNumber=property_(68)),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_says_the_same(dialect: str):
    reading = read_entity(DIALECTS[dialect], "parking")
    assert reading is not None
    assert (reading.name, reading.free, reading.total) == ("Tiefgarage Markt", 12, 80)
    assert reading.observed_at == NOW - dt.timedelta(minutes=5)


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "x"},
        {"id": "x", "availableSpotNumber": {"value": "viele"}},
        {"id": "x", "availableSpotNumber": {"value": True}},
        {"id": "x", "availableSpotNumber": {"value": -1}},
        {"id": "x", "availableSpotNumber": {"value": 1e300}},
        {"id": "x", "availableSpotNumber": []},
        {"id": "x", "availableSpotNumber": [3]},
        {"id": "x", "availableSpotNumber": {"value": float("nan")}},
    ],
)
def test_what_is_no_number_of_spaces_is_left_out(broken: dict[str, Any]):
    assert read_entity(broken, "parking") is None


def test_air_and_weather_are_said_with_units():
    air = read_entity({"id": "a:b:Station", "NO2": property_(17.25), "pm2.5": property_(8)}, "air")
    assert air is not None
    assert [(v.label, v.value, v.unit) for v in air.values] == [
        ("Stickstoffdioxid", 17.25, "µg/m³"),
        ("Feinstaub PM2,5", 8, "µg/m³"),
    ]
    assert air.name == "Station"
    weather = read_entity(
        {"id": "w", "temperature": property_(3.4, 50), "relativeHumidity": property_(0.81)},
        "weather",
    )
    assert weather is not None
    assert weather.values[1].value == pytest.approx(81)
    assert weather.observed_at == NOW - dt.timedelta(minutes=50), "the oldest counts"
    assert read_entity({"id": "w", "name": "leer"}, "weather") is None


def test_an_interval_counts_by_its_end_and_a_time_without_zone_is_utc():
    interval = {"id": "x", "NO2": 1, "dateObserved": f"{at(90)}/{at(30)}"}
    reading = read_entity(interval, "air")
    assert reading is not None
    assert reading.observed_at == NOW - dt.timedelta(minutes=30)
    bare = read_entity({"id": "x", "NO2": 1, "dateObserved": "2026-11-22T08:00:00"}, "air")
    assert bare is not None
    assert bare.observed_at == NOW - dt.timedelta(minutes=60)


# --- the calls ----------------------------------------------------------------------------


async def test_the_question_carries_headers_and_place(
    content: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STADTDRAHT_TEST_TOKEN", "t0ken")
    table = LD + (
        'tenant = "soest"\nservice_path = "/parken"\nnear = [51.57, 8.1]\nkm = 2\n'
        'context = "https://broker.soest.de/context.jsonld"\nfilter = "availableSpotNumber>10"\n'
        'secret_env = "STADTDRAHT_TEST_TOKEN"\n[datenplattform.types]\nparking = "ParkingGarage"\n'
    )
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[car_park()])

    provider = StubProvider({})
    provider.trouble = answer
    assert isinstance(
        await sensors_of(content, provider, table).readings("soest", "parking"), Found
    )
    query, headers = seen[0].url.params, seen[0].headers
    assert (query["type"], query["q"]) == ("ParkingGarage", "availableSpotNumber>10")
    assert query["georel"] == "near;maxDistance==2000"
    assert query["coordinates"] == "[8.1,51.57]"
    assert seen[0].url.path == "/ngsi-ld/v1/entities/", "the slash stays"
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["ngsild-tenant"] == "soest"
    assert headers["fiware-servicepath"] == "/parken"
    assert headers["link"].startswith("<https://broker.soest.de/context.jsonld>; rel=")


async def test_v2_has_its_own_words(content: Path):
    provider = StubProvider({PATHS[V2]: [DIALECTS["v2"]]})
    table = V2 + "near = [51.57, 8.1]\n"
    assert isinstance(
        await sensors_of(content, provider, table).readings("soest", "parking"), Found
    )
    query = httpx.URL(provider.asked[0]).params
    assert (query["georel"], query["coords"]) == ("near;maxDistance:5000", "51.57,8.1")


async def test_things_are_read_by_the_names_of_their_streams(content: Path):
    def stream(name: str, result: Any, minutes: int = 5) -> dict[str, Any]:
        observation = {"result": result, "phenomenonTime": at(minutes)}
        return {"name": name, "Observations": [observation]}

    station = {
        "name": "Messstation Markt",
        "Datastreams": [
            stream("Lufttemperatur 2m", 3.4),
            stream("Freie Stellplätze", 12),
            {"name": "PM10", "Observations": []},
            stream("Akku", 99),
        ],
    }
    sensors = sensors_of(content, StubProvider({PATHS[FROST]: {"value": [station]}}), FROST)
    weather = await sensors.readings("soest", "weather")
    assert isinstance(weather, Found)
    assert weather.data[0].values[0].value == 3.4
    parking = await sensors.readings("soest", "parking")
    assert isinstance(parking, Found)
    assert parking.data[0].free == 12
    assert await sensors.readings("soest", "air") == Nothing()


async def test_values_of_yesterday_are_not_given(content: Path):
    old = car_park("Alt", availableSpotNumber=property_(3, 25 * 60))
    unsaid = car_park("Ungesagt", availableSpotNumber=property_(5, None))
    provider = StubProvider({PATHS[LD]: [old, unsaid, car_park()]})
    found = await sensors_of(content, provider).readings("soest", "parking")
    assert isinstance(found, Found)
    assert [each.name for each in found.data] == ["Tiefgarage Markt", "Ungesagt"]


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_is_unavailable(content: Path, status: int):
    provider = StubProvider({PATHS[LD]: httpx.Response(status, json={"title": "no"})})
    found = await sensors_of(content, provider).readings("soest", "parking")
    assert found == Unavailable(reason=f"status {status}")


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("table", [LD, V2, FROST], ids=["ngsi-ld", "ngsi-v2", "sensorthings"])
async def test_every_trouble_is_unavailable(content: Path, table: str, trouble: str):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    sensors = sensors_of(content, provider, table)
    for _ in range(7):
        assert isinstance(await sensors.readings("soest", "parking"), Unavailable)


# --- the answer ---------------------------------------------------------------------------


async def ask(
    serve: Callable[..., ActionServer], content: Path, action: str, text: str, *entities: Any
) -> str:
    (content / "municipalities" / "soest" / FILE).write_text(LD, encoding="utf-8")
    write(content / "de" / "answers" / "verkehr.yml", "parken: {opening: Das weiß ich}")
    provider = StubProvider({PATHS[LD]: list(entities)} if entities else {})
    provider.trouble = None if entities else TROUBLES["500"]
    server = serve(content, transport=httpx.MockTransport(provider))
    return str((await server.run(action, text, {}, {"stadt": "soest"})).text)


async def test_old_values_are_named_as_old(serve: Callable[..., ActionServer], content: Path):
    text = await ask(
        serve, content, "action_parken", "ist in der tiefgarage noch was frei",
        car_park(), car_park("Parkhaus Nord", availableSpotNumber=property_(0, 45)),
        car_park("Platz", availableSpotNumber=property_(1, None)),
    )  # fmt: skip
    assert "• Tiefgarage Markt: 12 Plätze frei von 80 (gemessen um 9:55 Uhr)" in text
    assert "• Parkhaus Nord: voll (alter Wert: gemessen um 9:15 Uhr)" in text
    assert "• Platz: 1 Platz frei von 80 (ohne Angabe, von wann)" in text


async def test_a_platform_that_is_away_is_said(serve: Callable[..., ActionServer], content: Path):
    text = await ask(serve, content, "action_parken", "sind noch plätze frei")
    assert text.startswith("Die Messwerte kann ich gerade nicht abrufen.")
    assert " frei von " not in text


async def test_other_questions_about_parking_are_not_measured(
    serve: Callable[..., ActionServer], content: Path
):
    text = await ask(serve, content, "action_parken", "was kostet das parkhaus", car_park())
    assert text.startswith("Das weiß ich")


async def test_air_is_told_beside_the_notices(serve: Callable[..., ActionServer], content: Path):
    station = {"id": "a", "name": "Station Markt", "NO2": property_(17.25)}
    text = await ask(serve, content, "action_stoerung_warnung", "wie ist die luftqualität", station)
    assert text.startswith(
        "Luft in Soest:\n• Station Markt: Stickstoffdioxid 17,2 µg/m³ (gemessen um 9:55 Uhr)"
    )
    assert "Die Jakobistraße ist gesperrt." in text


# --- against a real broker (opt-in) -------------------------------------------------------


@pytest.mark.skipif(not BROKER, reason="STADTDRAHT_TEST_NGSILD_URL is not set")
class TestRealBroker:
    """Writes one car park, so that only a broker on this machine is accepted."""

    @pytest.fixture
    async def http(self) -> Any:
        host = urlsplit(BROKER).hostname
        assert host in {"127.0.0.1", "localhost", "::1"}, "only a broker on this machine"
        async with httpx.AsyncClient() as http:
            yield http

    @pytest.fixture
    async def name(self, http: httpx.AsyncClient) -> str:
        """Write a car park of an own type, so that nothing else is found."""
        name = f"Test {uuid.uuid4().hex[:8]}"
        observed = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        spots = {"type": "Property", "value": 12, "observedAt": observed}
        where = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [8.1, 51.57]}}
        entity = car_park(name, availableSpotNumber=spots, location=where) | {
            "id": f"urn:ngsi-ld:OffStreetParking:{uuid.uuid4()}"
        }
        token = os.environ.get("STADTDRAHT_TEST_NGSILD_TOKEN", "")
        headers = {"Content-Type": "application/ld+json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        address = f"{BROKER.rstrip('/')}/ngsi-ld/v1/entities/"
        answer = await http.post(address, content=json.dumps(entity), headers=headers)
        if answer.status_code not in {200, 201, 204}:
            pytest.skip(f"the broker takes no entity without a login: {answer.status_code}")
        return name

    def broker(self, http: httpx.AsyncClient, **more: Any) -> Ngsi:
        address = f"{BROKER.rstrip('/')}/ngsi-ld/v1/entities/"
        endpoint = NgsiEndpoint(adapter="ngsi-ld", url=address, **more)
        return Ngsi(endpoint, Asker(Transport(http, "test")))

    async def test_by_type(self, http: httpx.AsyncClient, name: str):
        readings = await self.broker(http).readings("parking")
        assert not isinstance(readings, Unavailable), readings
        found = {each.name: each for each in readings}
        assert found[name].free == 12
        assert found[name].total == 80

    async def test_by_query(self, http: httpx.AsyncClient, name: str):
        readings = await self.broker(http, filter="availableSpotNumber>10").readings("parking")
        assert not isinstance(readings, Unavailable), readings
        assert name in {each.name for each in readings}

    async def test_near(self, http: httpx.AsyncClient, name: str):
        readings = await self.broker(http, near=(51.57, 8.1), km=1).readings("parking")
        assert not isinstance(readings, Unavailable), readings
        assert name in {each.name for each in readings}

    async def test_key_values_never_break_the_reader(self, http: httpx.AsyncClient, name: str):
        """Some brokers give id and type only: then nothing is read, and nothing is wrong."""
        readings = await self.broker(http, key_values=True).readings("parking")
        assert not isinstance(readings, Unavailable), readings
        assert all(each.free == 12 for each in readings if each.name == name)
