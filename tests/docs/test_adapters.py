"""The written scale of the adapters names all of them and points to tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from actions.services import alerts, council, defects, events, sensors, transit, waste_feeds

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = {
    "abfall": waste_feeds.ADAPTERS,
    "warnungen": alerts.ADAPTERS,
    "oepnv": transit.ADAPTERS,
    "rat": council.ADAPTERS,
    "veranstaltungen": events.ADAPTERS,
    "datenplattform": sensors.ADAPTERS,
    "maengel": defects.ADAPTERS,
}
ROW = re.compile(r"^\| (\w+) \| `([\w.-]+)` \| (\w+) \| `([^`]+)` \|", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "adapters.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", ADAPTERS)
def test_every_adapter_has_a_rung(service: str):
    told = [adapter for named, adapter, _, _ in ROWS if named == service]
    assert sorted(told) == sorted(ADAPTERS[service])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_rung_names_the_tests_that_it_stands_on(row: tuple[str, str, str, str]):
    _, adapter, rung, file = row
    assert rung in {"Bronze", "Silber", "Gold"}
    text = (ROOT / file).read_text(encoding="utf-8")
    assert adapter in text or adapter in file
    if rung == "Gold":
        assert "STADTDRAHT_TEST_" in text or "radicale" in text.lower()


@pytest.mark.parametrize("service", ADAPTERS)
def test_every_adapter_is_explained_to_operators(service: str):
    text = (ROOT / "docs" / "services.md").read_text(encoding="utf-8")
    section = text.partition(f"### `{service}`")[2].partition("\n## ")[0]
    assert section, f"docs/services.md has no section for {service}"
    missing = [adapter for adapter in ADAPTERS[service] if f"`{adapter}`" not in section]
    assert missing == []
