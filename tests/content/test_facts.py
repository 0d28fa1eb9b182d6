"""The editors' promises: sourced, complete, plain, honest about demo values, nothing dangling."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.services.catalogue import Withheld, look_up
from actions.services.records import Fact, Records, host_allowed, load_records

DATA = Path(__file__).resolve().parents[2] / "data"
TOWNS = ("arnsberg", "bad-berleburg", "olpe", "soest")
CONCERNS = 57
MAX_WORDS = 25
TODAY = dt.date(2026, 11, 22)
LINK_KEYS = {
    "website", "termin", "fundbuero", "mangel", "ratsinfo", "abfall", "kontakt", "datenschutz",
    "online_services",
}  # fmt: skip
ANSWERED_BY_FACTS = {
    "personalausweis_beantragen", "personalausweis_verloren", "personalausweis_status",
    "reisepass_beantragen", "kinderausweis_reisepass", "wohnsitz_anmelden", "wohnsitz_ummelden",
    "meldebescheinigung", "fuehrungszeugnis", "termin_buchen", "sperrmuell_anmelden",
    "mangel_melden", "hund_anmelden", "fundsache_suchen_melden", "ratssitzung",
    "datenschutz_meine_daten", "wohnsitz_abmelden", "beglaubigung", "eid_pin_aktivierung",
    "wohngeld", "sozialleistungen_lotse", "schwerbehinderung_ausweis", "kita_platz",
    "schulanmeldung", "termin_aendern_absagen", "wartezeit_jetzt",
    "kfz_anmelden", "kfz_abmelden_ummelden", "wunschkennzeichen",
    "fuehrerschein_umtausch", "fuehrerschein_antrag",
    "bewohnerparkausweis", "parken", "knoellchen_bussgeld", "oepnv_abfahrt", "veranstaltungen",
    "wahl_briefwahl",
    "grundsteuer_gebuehren", "zahlung_mahnung", "gewerbe_anmelden_ummelden",
    "geburt_anmelden_urkunde", "heirat", "sterbefall",
}  # fmt: skip
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ„])|;\s")
AMOUNT = re.compile(r"(\d+(?:,\d{2})?) €")
INVENTED = re.compile(r"demo|erfunden|beispieldat|musterdat", re.IGNORECASE)


@pytest.fixture(scope="module")
def records() -> Records:
    return load_records(DATA)


def all_facts(records: Records) -> Iterator[tuple[str, Fact]]:
    for scope, named in records.facts.items():
        for versions in named.values():
            for fact in versions:
                yield f"{scope}/{fact.id}", fact


def spoken(records: Records) -> Iterator[tuple[str, str]]:
    """Yield every text that a citizen may read, with the place it comes from."""
    for place, fact in all_facts(records):
        yield place, fact.text
    for intent, recipe in records.recipes.items():
        yield f"{intent}.opening", recipe.opening
        yield f"{intent}.closing", recipe.closing or ""
    for slug, town in records.towns.items():
        for notice in town.notices:
            yield f"{slug}/{notice.id}", notice.text
        for name, duty in town.responsibility.items():
            yield f"{slug}/{name}", duty.reason


def links(records: Records) -> Iterator[tuple[str, str, str]]:
    """Yield scope, place and address of everything a citizen may be sent to."""
    for slug, town in records.towns.items():
        for key, link in town.town.links.items():
            yield slug, f"{slug}.links.{key}", link.url
        for name, duty in town.responsibility.items():
            for url in filter(None, (duty.url, duty.source.url)):
                yield slug, f"{slug}.responsibility.{name}", url
        for notice in town.notices:
            yield slug, f"{slug}.notices.{notice.id}", notice.url or town.town.website
    for place, fact in all_facts(records):
        scope = place.partition("/")[0]
        for url in filter(None, (fact.source.url, fact.value if fact.kind == "link" else None)):
            yield scope, place, str(url)


def test_the_four_towns_are_there(records):
    assert tuple(sorted(records.towns)) == TOWNS


def test_an_id_means_one_intent_and_one_kind_per_scope(records):
    """Ids are unique but for the versions of one fact before and after a change."""
    for scope, named in records.facts.items():
        for name, versions in named.items():
            assert len({(fact.intent, fact.kind) for fact in versions}) == 1, f"{scope}/{name}"
            begins = [fact.valid_from for fact in versions]
            assert len(set(begins)) == len(begins), f"{scope}/{name}"


def test_an_overlay_answers_the_same_intent(records):
    intents: dict[str, str] = {}
    for place, fact in all_facts(records):
        assert intents.setdefault(fact.id, fact.intent) == fact.intent, place


def test_every_fact_has_source_date_owner_and_label(records):
    for place, fact in all_facts(records):
        assert fact.source.title, place
        assert fact.owner, place
        assert fact.label, place
        assert dt.date(2020, 1, 1) <= fact.as_of <= TODAY, place


def test_no_fact_is_forgotten_and_none_dangles(records):
    used = {name for recipe in records.recipes.values() for name in recipe.facts}
    known = {fact.id for _, fact in all_facts(records)}
    assert used == known


def test_every_intent_that_facts_answer_has_an_answer(records):
    assert set(records.recipes) >= ANSWERED_BY_FACTS


@pytest.mark.parametrize("town", TOWNS)
def test_every_cell_of_the_responsibility_map_is_filled(records, town):
    cells = records.towns[town].responsibility
    assert len(cells) == len(records.concerns) == CONCERNS
    for name, duty in cells.items():
        assert all((duty.body, duty.reason, duty.contact, duty.source.title)), name


@pytest.mark.parametrize(
    ("town", "district"),
    [
        ("arnsberg", "Hochsauerlandkreis"),
        ("bad-berleburg", "Kreis Siegen-Wittgenstein"),
        ("olpe", "Kreis Olpe"),
        ("soest", "Kreis Soest"),
    ],
)
def test_cars_belong_to_the_district(records, town, district):
    for concern in ("kfz_anmelden", "kfz_abmelden_ummelden", "wunschkennzeichen"):
        duty = records.towns[town].responsibility[concern]
        assert duty.level == "Kreis"
        assert duty.body.startswith(district)


@pytest.mark.parametrize(
    ("town", "level"),
    [("arnsberg", "Stadt"), ("bad-berleburg", "Kreis"), ("olpe", "Kreis"), ("soest", "Stadt")],
)
def test_day_care_belongs_to_whoever_has_the_youth_office(records, town, level):
    assert records.towns[town].responsibility["kita_platz"].level == level


@pytest.mark.parametrize("town", TOWNS)
def test_a_town_has_the_links_that_answers_use(records, town):
    keys = set(records.towns[town].town.links)
    assert keys >= LINK_KEYS
    for intent, recipe in records.recipes.items():
        assert set(recipe.links) <= keys, intent


def test_links_and_sources_lead_to_allowed_hosts_only(records):
    foreign = []
    for scope, place, url in links(records):
        hosts = records.hosts_of(scope if scope in records.towns else None)
        if not url.startswith("https://") or not host_allowed(url, hosts):
            foreign.append(f"{place}: {url}")
    assert foreign == []


def test_numbers_stand_in_facts_not_around_them(records):
    for intent, recipe in records.recipes.items():
        assert not re.search(r"\d", f"{recipe.opening} {recipe.closing or ''}"), intent


def test_an_amount_of_money_is_the_value_of_its_fact(records):
    for place, fact in all_facts(records):
        amounts = [float(each.replace(",", ".")) for each in AMOUNT.findall(fact.text)]
        if fact.kind == "fee" and amounts:
            assert fact.unit == "EUR", place
            assert float(fact.value or 0) in amounts, place


def test_sentences_are_short(records):
    long = [
        f"{place}: {sentence}"
        for place, text in spoken(records)
        for sentence in SENTENCE_END.split(text)
        if len(sentence.split()) > MAX_WORDS
    ]
    assert long == []


def test_a_fact_is_said_in_25_words(records):
    long = [place for place, fact in all_facts(records) if len(fact.text.split()) > MAX_WORDS]
    assert long == []


def test_texts_are_whole_sentences_without_officialese(records):
    stiff = re.compile(
        r"\b(gemäß|bzw\.|ggf\.|i\. ?d\. ?R\.|zwecks|hinsichtlich|Antragsteller\w*|"
        r"Inanspruchnahme|unverzüglich|obliegt|mittels)\b"
    )
    for place, text in spoken(records):
        assert not stiff.search(text), place
        assert not text or text[-1] in ".!?:", place


def test_nothing_invented_without_the_mark(records):
    for slug, town in records.towns.items():
        for thing in (*town.notices, *town.offices, *town.town.contacts):
            told = f"{thing.source.title} {thing.source.url or ''}"
            assert thing.demo or not INVENTED.search(told), f"{slug}: {told}"
            assert thing.demo or thing.source.url, f"{slug}: {told}"
    for place, fact in all_facts(records):
        assert fact.demo or not INVENTED.search(fact.source.title), place


def test_notices_hold_for_a_limited_time(records):
    for slug, town in records.towns.items():
        assert town.notices, slug
        for notice in town.notices:
            assert notice.valid_until is not None, notice.id
            assert str(notice.valid_from) <= str(notice.valid_until), notice.id


def test_old_telephone_numbers_are_not_confirmed(records):
    """Numbers from before 2025 wait for the town; 115 is the way until then."""
    for slug, town in records.towns.items():
        for contact in town.town.contacts:
            old = contact.as_of < dt.date(2025, 1, 1)
            assert not (old and contact.confirmed), f"{slug}: {contact.value}"
        assert any(each.value == "115" and each.confirmed for each in town.town.contacts)


@pytest.mark.parametrize(
    ("name", "day", "amount"),
    [
        ("personalausweis.gebuehr_ab_24", dt.date(2026, 2, 6), 37.00),
        ("personalausweis.gebuehr_ab_24", dt.date(2026, 2, 7), 46.00),
        ("personalausweis.gebuehr_unter_24", dt.date(2026, 2, 6), 22.80),
        ("personalausweis.gebuehr_unter_24", dt.date(2026, 2, 7), 27.60),
        ("kind.gebuehr_personalausweis", dt.date(2026, 2, 7), 27.60),
        ("reisepass.gebuehr_ab_24", dt.date(2023, 12, 31), 60.00),
        ("reisepass.gebuehr_ab_24", dt.date(2024, 1, 1), 70.00),
    ],
)
def test_a_fee_changes_on_its_day(records, name, day, amount):
    fact = look_up(records, "soest", name, day)
    assert isinstance(fact, Fact)
    assert fact.value == amount
    assert f"{amount:.2f} €".replace(".", ",") in fact.text


@pytest.mark.parametrize("name", ["meldebescheinigung.gebuehr", "hund.gross_gebuehr"])
def test_fees_without_a_sure_source_are_not_given(records, name):
    found = look_up(records, "olpe", name, TODAY)
    assert isinstance(found, Withheld)
    assert found.reason == "unconfirmed"
    assert found.label


@pytest.mark.parametrize("town", TOWNS)
def test_every_fact_of_every_answer_is_known_in_every_town(records, town):
    for intent, recipe in records.recipes.items():
        for name in recipe.facts:
            found = look_up(records, town, name, TODAY)
            known = isinstance(found, Fact) or found.reason == "unconfirmed"
            assert known, f"{intent} in {town}: {name}"


def test_a_town_overlays_what_is_different_there(records):
    deadline = look_up(records, "arnsberg", "hund.frist", TODAY)
    elsewhere = look_up(records, "olpe", "hund.frist", TODAY)
    assert isinstance(deadline, Fact)
    assert isinstance(elsewhere, Fact)
    assert deadline.value == 14
    assert elsewhere.value is None
