"""PVOG: only exact keys and the deepest region; wrong hosts and all amounts stay outside."""

from __future__ import annotations

from typing import Any

import pytest

from actions.services.pvog import Pvog, checked_links, depth_of, level_of, plain, without_amounts
from actions.services.results import Nothing, Unavailable
from tests.actions.services.stubs import TROUBLES, StubProvider

ROOT = "/suchdienst/api"
URL = f"https://pvog.soest.example{ROOT}"
HITS = f"{ROOT}/v2/servicedescriptions/leikahierarchy"
LOCATIONS = f"{ROOT}/v3/locations"
ARNSBERG = "059580004004"
LEIKA = "99107023037000"
HOSTS = ("arnsberg.de", "serviceportal.hochsauerlandkreis.de")


def description(name: str, *ars: str, key: str = LEIKA, **more: Any) -> dict[str, Any]:
    return {
        "id": f"L100002.LB.{name}",
        "name": name,
        "ars": list(ars),
        "leikakeys": [key],
        "details": [
            {
                "code": "24",
                "title": "Kurzinfo",
                "text": "<p>Zuschuss zur <b>Miete</b></p>",
                "links": [],
            },
            {
                "code": None,
                "title": "Gruppe",
                "details": [
                    {"code": "08", "text": "<ul><li>Ausweis</li><li>Mietvertrag</li></ul>"},
                    {"code": "98", "text": "<p>12,50 €</p>"},
                    {"code": "97", "text": "Mahnung kostet EUR 5, danach 1.000 Euro"},
                    {"code": "93", "date": "2025-06-26"},
                ],
            },
        ],
        "onlineServiceLinks": [],
        "organisationIds": [],
        "lastUpdate": "2025-09-24",
    } | more


def page(*content: Any) -> dict[str, Any]:
    return {"content": list(content), "totalElements": len(content)}


async def hit(*content: Any) -> Any:
    provider = StubProvider({HITS: page(*content)})
    return await Pvog(provider.asker(), URL).candidate(ARNSBERG, LEIKA, HOSTS)


async def test_only_the_exact_key_counts():
    other = description("Falsch", ARNSBERG, key="99107023037001")
    assert await hit(other) == Nothing()
    assert (await hit(other, description("Richtig", "050000000000"))).name == "Richtig"


async def test_the_deepest_region_that_holds_the_town_wins():
    found = await hit(
        description("Bund", "000000000000"),
        description("Nachbar", "059580012012"),
        description("Kreis", "050000000000", "059580000000"),
        description("Land", "050000000000"),
    )
    assert (found.name, found.level) == ("Kreis", "Kreis")
    assert await hit(description("Nachbar", "059580012012")) == Nothing()


async def test_texts_are_plain_and_without_any_amount():
    found = await hit(description("Wohngeld", ARNSBERG))
    assert found.texts == {
        "kurz": "Zuschuss zur Miete",
        "unterlagen": "- Ausweis\n- Mietvertrag",
        "fristen": "Mahnung kostet [Betrag prüfen], danach [Betrag prüfen]",
    }
    assert found.has_costs
    assert "12,50" not in str(found)
    assert (found.level, found.released, found.doubts) == ("Stadt", "2025-06-26", ())


async def test_what_a_reviewer_should_look_at_first_is_named():
    abroad = description("Personalausweis mit Wohnsitz im Ausland", "000000000000", details=[])
    old = description("Melden", "050000000000")
    old["details"][1]["details"][3]["date"] = "2015-11-04"
    assert [each.split(":")[0] for each in (await hit(abroad)).doubts] == [
        "gilt dem Namen nach für das Ausland",
        "nicht von der Stadt",
        "ohne Datum der Freigabe",
    ]
    assert (await hit(old)).doubts[-1] == "zuletzt 2015 freigegeben"


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("https://portal.arnsberg.de/externe-services/call/23", None),
        ("https://serviceportal.hochsauerlandkreis.de/call/169", None),
        ("https://portal.schmallenberg.de/externe-services/call/48", "nicht zugelassen"),
        ("https://url.nrw/elterngeld", "nicht zugelassen"),
        ("http://portal.arnsberg.de/", "nicht zugelassen"),
        ("https://portal.arnsberg.de/x?location=010020000000", "gehört zu 010020000000"),
        ("https://portal.arnsberg.de/x?location=059580004004", None),
        ("https://portal.arnsberg.de/x?ars=050000000000", None),
        ("kein link", "kein Rechner"),
    ],
)
def test_links_lead_to_this_town_or_are_dropped_with_the_reason(link: str, told: str | None):
    kept, dropped = checked_links([link, link], ARNSBERG, HOSTS)
    assert kept == (() if told else (link,))
    assert (told in dropped[0]) if told else dropped == ()


@pytest.mark.parametrize(
    ("regions", "depth", "level"),
    [
        (["000000000000"], 0, "bundesweit"),
        (["050000000000"], 2, "landesweit"),
        (["05"], 2, "landesweit"),
        (["05958"], 5, "Kreis"),
        (["050000000000", ARNSBERG], 12, "Stadt"),
        (["059580004000"], 9, "Stadt"),
        (["06"], None, ""),
        (["x", ""], None, ""),
    ],
)
def test_regions_are_keys_with_zeros_behind(regions: list[str], depth: int | None, level: str):
    assert depth_of(regions, ARNSBERG) == depth
    if depth is not None:
        assert level_of(depth) == level


async def test_the_key_of_a_town_is_checked_against_the_service():
    places = [
        {"ars": "059580004004", "ags": "05958004", "name": "Arnsberg", "zip": "59821"},
        {"ars": "031510001001", "name": "Arnsberg", "zip": "1"},
    ]
    pvog = Pvog(StubProvider({LOCATIONS: places}).asker(), URL)
    assert await pvog.key_of("Arnsberg", "059580004004") == "059580004004"
    assert await pvog.key_of("Arnsberg", "059580099099") == "059580004004", "same district"
    assert await pvog.key_of("Soest", "059740040040") == Nothing()


async def test_the_identifier_for_regular_use_is_sent():
    seen: list[str] = []
    provider = StubProvider({})

    def answer(request: Any) -> Any:
        seen.append(request.headers.get("pvog-sud-api-client-id", ""))
        return TROUBLES["wrong shape"](request)

    provider.trouble = answer
    await Pvog(provider.asker(), URL, "kennung").candidate(ARNSBERG, LEIKA, HOSTS)
    assert seen == ["kennung"]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_every_trouble_is_unavailable(trouble: str):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    pvog = Pvog(provider.asker(), URL)
    for _ in range(7):
        assert isinstance(await pvog.candidate(ARNSBERG, LEIKA, HOSTS), Unavailable)
        assert isinstance(await pvog.key_of("Arnsberg", None), Unavailable)


@pytest.mark.parametrize("text", ["46,00 €", "46 Euro", "1.234,56 EUR", "EUR 12", "€ 7,50", "13€"])
def test_amounts_are_taken_out_however_they_are_written(text: str):
    assert without_amounts(f"Das kostet {text}.") == "Das kostet [Betrag prüfen]."


def test_markup_becomes_lines():
    assert plain("<h3>A</h3><p>B &amp; C<br/>D</p>") == "A\nB & C\nD"
    assert plain(None) == ""
