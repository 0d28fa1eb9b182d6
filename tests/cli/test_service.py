"""``stadtdraht service``: every service is asked once, and the map is counted."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from actions.services.records import load_records
from cli import __main__ as command
from cli import service
from tests.actions import conftest as small_records

DATA = Path(__file__).resolve().parents[2] / "data"
TOWNS = 4
CONCERNS = 57
content = small_records.content


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The real content, at a fixed time, with services on the net replaced by none."""
    monkeypatch.setenv("STADTDRAHT_CONTENT", str(DATA))
    monkeypatch.setenv("STADTDRAHT_HOME", str(tmp_path))
    monkeypatch.setenv("STADTDRAHT_CLOCK", "2026-11-23T10:00+01:00")
    monkeypatch.setattr(logging, "basicConfig", lambda **_given: None)
    yield
    structlog.reset_defaults()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["stadtdraht", *arguments])
    return command.main()


def test_the_map_is_counted_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    code = run(monkeypatch, "service", "check", "--map", "--json")
    counted = json.loads(capsys.readouterr().out)
    assert set(counted) == {"cells", "empty", "unconfirmed"}
    assert counted["cells"] == TOWNS * CONCERNS
    unconfirmed = [
        concern
        for town in load_records(DATA).towns.values()
        for concern in town.responsibility.values()
        if not concern.confirmed
    ]
    assert counted["unconfirmed"] == len(unconfirmed)
    assert counted["empty"] == 0
    assert code == 0


def test_a_cell_without_reason_or_contact_is_empty(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: Path
):
    monkeypatch.setenv("STADTDRAHT_CONTENT", str(content))
    file = content / "municipalities" / "olpe" / "responsibility.yml"
    text = file.read_text(encoding="utf-8").replace("contact: Bürgerbüro", 'contact: ""')
    file.write_text(text, encoding="utf-8")
    assert run(monkeypatch, "service", "check", "--map") == 1
    out = capsys.readouterr().out
    assert "cells: 4, empty: 1, unconfirmed: 2" in out
    assert "leer: olpe/personalausweis_beantragen" in out


def test_each_service_says_what_it_can_and_cannot(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: Path
):
    monkeypatch.setenv("STADTDRAHT_CONTENT", str(content))
    monkeypatch.delenv("FEHLT", raising=False)
    folder = content / "municipalities" / "soest"
    (folder / "v.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", "utf-8")
    (folder / "services.toml").write_text(
        '[veranstaltungen]\nadapter = "ics"\nfile = "v.ics"\ndemo = true\n'
        '[oepnv]\nadapter = "gtfs"\nfile = "waste"\nplace = "Soest"\n'
        '[datenplattform]\nadapter = "ngsi-ld"\nurl = "https://b.soest.de/e"\nsecret_env = "FEHLT"\n',
        encoding="utf-8",
    )
    assert run(monkeypatch, "service", "check", "--json") == 1
    probes = {(e["town"], e["service"]): e for e in json.loads(capsys.readouterr().out)}
    assert len(probes) == 20
    assert probes["soest", "veranstaltungen"]["can"] == "0 Termine in 60 Tagen (Demo)"
    assert probes["soest", "oepnv"]["state"] == "fails"
    assert "stops.txt is missing" in probes["soest", "oepnv"]["cannot"]
    assert probes["soest", "datenplattform"]["cannot"] == "die Variable FEHLT ist nicht gesetzt"
    assert probes["olpe", "rat"]["state"] == "none"
    assert probes["soest", "abfall"]["adapter"] == "waste.yml"
    assert probes["soest", "abfall"]["can"].startswith("5 Straßen; ")
    assert run(monkeypatch, "service", "check") == 1
    shown = capsys.readouterr().out
    assert "geht  veranstaltungen über ics" in shown
    assert "FEHLT oepnv über gtfs" in shown


def test_a_wrong_file_is_one_plain_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: Path
):
    monkeypatch.setenv("STADTDRAHT_CONTENT", str(content))
    file = content / "municipalities" / "soest" / "services.toml"
    file.write_text('[rat]\nadapter = "xparl"\nurl = "https://ris.soest.de"\n', encoding="utf-8")
    assert run(monkeypatch, "service", "check") == 2
    assert "[rat] adapter: 'xparl' is none: use one of oparl" in capsys.readouterr().err


def test_settings_come_from_the_house():
    assert service.house_settings().content == DATA
