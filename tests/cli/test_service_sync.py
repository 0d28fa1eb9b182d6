"""``stadtdraht service sync``: a review list per town, and nothing in the records."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from ruamel.yaml import YAML

from actions.services.records import load_records
from cli import service_sync
from cli.environments import SetupProblem
from tests.actions import conftest as small_records
from tests.actions.services.stubs import TROUBLES, StubProvider
from tests.actions.services.test_pvog import HITS, LOCATIONS, description, page

content = small_records.content
KEY = "99008001012000"
SOEST = "059580000000"


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: Path) -> Iterator[None]:
    monkeypatch.setenv("STADTDRAHT_CONTENT", str(content))
    monkeypatch.setenv("STADTDRAHT_HOME", str(tmp_path))
    monkeypatch.setenv("STADTDRAHT_CLOCK", "2026-11-23T10:00+01:00")
    monkeypatch.setattr(logging, "basicConfig", lambda **_given: None)
    leika = f'source: Probe\nkeys: {{personalausweis_beantragen: ["{KEY}"]}}\n'
    (content / "de" / "leika.yml").write_text(leika, encoding="utf-8")
    yield
    structlog.reset_defaults()


def service(*hits: Any) -> StubProvider:
    return StubProvider(
        {
            LOCATIONS: [{"ars": SOEST, "name": "Soest"}, {"ars": SOEST, "name": "Olpe"}],
            HITS: page(*hits),
        }
    )


def sync(provider: StubProvider, *towns: str) -> int:
    return service_sync.main(service_sync.Choice(towns), httpx.MockTransport(provider))


def review(content: Path, slug: str = "soest") -> dict[str, Any]:
    file = service_sync.review_file(content / "municipalities" / slug)
    return dict(YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")))


def ausweis(**more: Any) -> dict[str, Any]:
    links = [{"title": "Online", "uri": "https://www.soest.de/a"}, {"uri": "https://x.example/b"}]
    return description("Personalausweis", SOEST, key=KEY, onlineServiceLinks=links, **more)


def test_candidates_go_to_the_review_list_and_not_to_the_records(
    content: Path, capsys: pytest.CaptureFixture[str]
):
    before = load_records(content).facts
    assert sync(service(ausweis())) == 0
    list_ = review(content)
    found = list_["candidates"][f"personalausweis_beantragen/{KEY}"]
    assert list_["confirmed"] is False
    assert found["links"] == ["https://www.soest.de/a"]
    assert found["dropped"] == ["https://x.example/b (x.example ist nicht zugelassen)"]
    assert "12,50" not in str(list_), "no amount that nobody has reviewed"
    assert found["kosten"].startswith("Der PVOG nennt Kosten.")
    assert load_records(content).facts == before
    assert "zu prüfen: personalausweis_beantragen/99008001012000: neu" in capsys.readouterr().out
    assert review(content, "olpe")["candidates"]


def test_only_what_changed_is_to_be_reviewed(content: Path, capsys: pytest.CaptureFixture[str]):
    sync(service(ausweis()))
    sync(service(ausweis()))
    assert review(content)["changes"] == []
    sync(service(ausweis(lastUpdate="2026-11-01")))
    assert review(content)["changes"] == [f"personalausweis_beantragen/{KEY}: geändert: updated"]
    sync(service())
    assert review(content)["changes"] == [f"personalausweis_beantragen/{KEY}: nicht mehr im PVOG"]
    assert review(content)["candidates"] == {}


def test_what_cannot_be_asked_stays_as_it_was(content: Path, capsys: pytest.CaptureFixture[str]):
    sync(service(ausweis()), "soest")
    provider = service()
    provider.routes[HITS] = httpx.Response(400)
    assert sync(provider, "soest") == 1
    assert list(review(content)["candidates"]) == [f"personalausweis_beantragen/{KEY}"]
    assert review(content)["failed"] == [f"personalausweis_beantragen/{KEY}: status 400"]
    provider.trouble = TROUBLES["hang"]
    assert sync(provider, "soest") == 1
    assert list(review(content)["candidates"]) == [f"personalausweis_beantragen/{KEY}"]
    assert "nicht gefragt: Regionalschlüssel" in capsys.readouterr().out


def test_another_regional_key_is_a_change_to_look_at(content: Path):
    provider = service()
    provider.routes[LOCATIONS] = [{"ars": "059580004004", "name": "Soest"}]
    sync(provider, "soest")
    assert review(content)["changes"] == [
        "Regionalschlüssel: der PVOG nennt 059580004004, town.yml 059580000000"
    ]


def test_unknown_towns_and_concerns_are_told():
    with pytest.raises(SetupProblem, match="mond"):
        sync(service(), "mond")
    with pytest.raises(SetupProblem, match="wohngeld"):
        service_sync.main(service_sync.Choice(concerns=("wohngeld",)))


def test_every_key_belongs_to_a_concern_of_the_map():
    data = Path(__file__).resolve().parents[2] / "data"
    keys = service_sync.leika_keys(data)
    assert keys.keys() <= load_records(data).concerns.keys()
    assert all(len(key) == 14 and key.isdigit() for found in keys.values() for key in found)
