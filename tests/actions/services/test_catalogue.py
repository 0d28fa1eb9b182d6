from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from actions.services.catalogue import Catalogue, Withheld
from actions.services.records import Fact
from actions.services.results import Found, Nothing
from actions.services.store import RecordsStore
from tests.actions.conftest import write

DAY = dt.date(2026, 11, 22)
FACT = """
facts:
  - id: pa.gebuehr
    intent: personalausweis_beantragen
    kind: fee
    label: Gebühr
    text: {text}
    source: {{title: {scope}}}
    owner: {scope}
    as_of: 2026-11-20
    {extra}
"""


def overlay(content: Path, scope: str, text: str, extra: str = "") -> Catalogue:
    file = content / "municipalities" / scope / "facts" / "ausweise.yml"
    write(file, FACT.format(text=text, scope=scope, extra=extra))
    return Catalogue(RecordsStore(content))


async def fee(catalogue: Catalogue, town: str = "soest", day: dt.date = DAY) -> str:
    found = await catalogue.fact(town, "pa.gebuehr", day)
    return found.text if isinstance(found, Fact) else found.reason


async def test_an_entry_has_its_valid_facts_and_names_the_others(store: RecordsStore):
    found = await Catalogue(store).entry("soest", "personalausweis_beantragen", DAY)
    assert isinstance(found, Found)
    assert [fact.id for fact in found.data.facts] == ["pa.gebuehr", "pa.foto"]
    assert found.data.withheld == (Withheld("pa.dauer", "Dauer", "unconfirmed"),)
    assert found.as_of == dt.date(2026, 11, 10), "the oldest date of the facts that are used"
    assert found.source.title == "BGBl. 2026 I Nr. 31; PAuswV"


async def test_only_the_wanted_facts_are_looked_up_and_named(store: RecordsStore):
    wanted = ("pa.foto",)
    found = await Catalogue(store).entry("soest", "personalausweis_beantragen", DAY, wanted)
    assert isinstance(found, Found)
    assert [fact.id for fact in found.data.facts] == ["pa.foto"]
    assert found.data.withheld == (), "nobody asked for what is not known"
    assert "BGBl" not in found.source.title


@pytest.mark.parametrize(
    ("day", "price"), [("2026-02-06", "37,00"), ("2026-02-07", "46,00"), ("2026-11-22", "46,00")]
)
async def test_a_fee_changes_on_its_day(store: RecordsStore, day: str, price: str):
    assert price in await fee(Catalogue(store), day=dt.date.fromisoformat(day))


async def test_a_change_that_comes_soon_is_announced(store: RecordsStore):
    catalogue = Catalogue(store)
    found = await catalogue.entry("soest", "personalausweis_beantragen", dt.date(2026, 1, 15))
    assert isinstance(found, Found)
    assert [fact.value for fact in found.data.coming] == [46.0]
    long_before = await catalogue.entry("soest", "personalausweis_beantragen", dt.date(2025, 6, 1))
    assert isinstance(long_before, Found)
    assert long_before.data.coming == ()


async def test_the_town_wins_over_kreis_state_and_federation(content: Path):
    assert await fee(overlay(content, "_nrw", "vom Land")) == "vom Land"
    assert await fee(overlay(content, "_kreis-soest", "vom Kreis")) == "vom Kreis"
    catalogue = overlay(content, "soest", "von der Stadt")
    assert await fee(catalogue) == "von der Stadt"
    assert await fee(catalogue, "olpe") == "vom Kreis", "the fixture puts both towns in one Kreis"


async def test_an_expired_special_fact_hides_the_general_one(content: Path):
    catalogue = overlay(content, "soest", "alt", "valid_until: 2026-11-21")
    assert await fee(catalogue) == "expired"
    assert "46,00" in await fee(catalogue, "olpe")


async def test_an_unconfirmed_special_fact_hides_the_general_one(content: Path):
    assert await fee(overlay(content, "soest", "vielleicht", "confirmed: false")) == "unconfirmed"


async def test_a_special_fact_of_tomorrow_leaves_the_general_one(content: Path):
    catalogue = overlay(content, "soest", "neu", "valid_from: 2026-11-23")
    assert "46,00" in await fee(catalogue)
    assert await fee(catalogue, day=dt.date(2026, 11, 23)) == "neu"


async def test_an_unknown_fact_is_missing(store: RecordsStore):
    found = await Catalogue(store).fact("soest", "gibt.es.nicht", DAY)
    assert found == Withheld("gibt.es.nicht", "", "missing")


async def test_unknown_intents_and_towns_are_nothing(store: RecordsStore):
    catalogue = Catalogue(store)
    assert await catalogue.entry("soest", "wohngeld", DAY) == Nothing()
    assert await catalogue.entry("atlantis", "personalausweis_beantragen", DAY) == Nothing()


async def test_without_a_town_the_general_facts_hold(content: Path):
    catalogue = overlay(content, "soest", "von der Stadt")
    found = await catalogue.entry(None, "personalausweis_beantragen", DAY)
    assert isinstance(found, Found)
    assert "46,00" in found.data.facts[0].text
