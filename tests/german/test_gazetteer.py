from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from german.gazetteer import (
    Entry,
    Gazetteer,
    GazetteerError,
    from_document,
    load_gazetteer,
    to_document,
)

CONTENT = Path(__file__).resolve().parents[2] / "data" / "gazetteers" / "de"


@pytest.fixture(scope="module")
def offices():
    return load_gazetteer(CONTENT / "amt.yml")


@pytest.fixture(scope="module")
def towns():
    return load_gazetteer(CONTENT / "stadt.yml")


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("wann hat das bürgerbüro auf", "buergerbuero", "bürgerbüro"),
        ("Buergerbuero?", "buergerbuero", "Buergerbuero"),
        ("BURGERBURO", "buergerbuero", "BURGERBURO"),
        ("die Öffnungszeiten des Bürgerbüros", "buergerbuero", "Bürgerbüros"),
        ("bürger büro", "buergerbuero", "bürger büro"),
        ("zum Bügerbüro", "buergerbuero", "Bügerbüro"),
        ("Bürgerbüro-Termin", "buergerbuero", "Bürgerbüro"),
        ("beim einwohnermeldeamt", "buergerbuero", "einwohnermeldeamt"),
        ("die kfz zulassungsstelle", "kfz_zulassung", "kfz zulassungsstelle"),
        ("Straßenverkehrsamt", "kfz_zulassung", "Straßenverkehrsamt"),
        ("Standesamtes", "standesamt", "Standesamtes"),
        ("in der Bücherei", "stadtbuecherei", "Bücherei"),
        ("hat die vhs auf", "volkshochschule", "vhs"),
    ],
)
def test_offices_are_found_in_any_form(offices, text, value, words):
    (mention,) = offices.find(text)
    assert mention.value == value
    assert text[mention.start : mention.end] == words


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Ich bin nach Olpe gezogen", "olpe"),
        ("soest", "soest"),
        ("im Soester Rathaus", "soest"),
        ("berleburg", "bad-berleburg"),
        ("Bad-Berleburg", "bad-berleburg"),
        ("ich wohne in Neheim", "arnsberg"),
        ("HÜSTEN", "arnsberg"),
        ("huesten", "arnsberg"),
        ("Arnsbeg", "arnsberg"),
        ("oeventrop", "arnsberg"),
        ("59494", "soest"),
        ("ich wohne in Sondern", "olpe"),
        ("Wingeshausen", "bad-berleburg"),
    ],
)
def test_towns_are_found_by_name_district_and_postcode(towns, text, value):
    assert [mention.value for mention in towns.find(text)] == [value]


@pytest.mark.parametrize(
    "text",
    ["das ist geheim", "nicht heute sondern morgen", "ich fahre nach Bochum", "aus der Aue", ""],
)
def test_other_words_are_no_town(towns, text):
    assert towns.find(text) == []


@pytest.mark.parametrize(
    ("file", "text", "value"),
    [
        ("leistung", "perso weg was nun", "personalausweis_verloren"),
        ("leistung", "wer macht KFZ", "kfz_anmelden"),
        ("leistung", "auto abmelden", "kfz_abmelden_ummelden"),
        ("leistung", "wo melde ich mein auto an", "kfz_anmelden"),
        ("leistung", "wo melde ich mein Auto ab", "kfz_abmelden_ummelden"),
        ("leistung", "hundesteuer", "hundesteuer_info"),
        ("leistung", "Sperrmüllabholung", "sperrmuell_anmelden"),
        ("leistung", "wann tagt der Rat", "ratssitzung"),
        ("leistung", "briefwahlunterlagen", "wahl_briefwahl"),
        ("abfallart", "der gelbe sack", "gelbe_tonne"),
        ("abfallart", "die gelben säcke", "gelbe_tonne"),
        ("abfallart", "graue tonne", "restmuell"),
        ("abfallart", "Papiertonne", "papier"),
        ("abfallart", "blaue Tonne", "papier"),
        ("abfallart", "braune tonne", "biomuell"),
        ("abfallart", "Spermüll", "sperrmuell"),
        ("dokument", "mein vorläufiger Personalausweis", "vorlaeufiger_personalausweis"),
        ("dokument", "der Perso", "personalausweis"),
        ("dokument", "Geburtsurkunden", "geburtsurkunde"),
    ],
)
def test_everyday_names(file, text, value):
    assert [mention.value for mention in load_gazetteer(CONTENT / f"{file}.yml").find(text)] == [
        value
    ]


@pytest.mark.parametrize("text", ["vier Personen", "persönlich", "die Abfahrt", "Lampen"])
def test_words_that_only_look_like_a_name(text):
    for file in CONTENT.glob("*.yml"):
        if file.stem in {"amt", "leistung", "dokument", "stadt", "abfallart"}:
            assert load_gazetteer(file).find(text) == []


def test_every_concern_of_the_towns_has_names():
    values = {entry.value for entry in load_gazetteer(CONTENT / "leistung.yml").entries}
    assert len(values) == 57


def test_every_name_finds_its_own_value():
    """Two values must not claim the same name; the first would win silently."""
    wrong = []
    for file in sorted(CONTENT.glob("*.yml")):
        gazetteer = load_gazetteer(file)
        for entry in gazetteer.entries:
            wrong += [
                (file.stem, name, entry.value, gazetteer.value_of(name))
                for name in entry.names
                if gazetteer.value_of(name) != entry.value
            ]
    assert wrong == []


def test_confidence_tells_names_from_guesses(offices):
    exact, compound, misspelt = (
        offices.find(text)[0].confidence for text in ("Rathaus", "Rathausturm", "Rathhaus")
    )
    assert exact == 1.0 > compound > misspelt


def test_a_gazetteer_survives_its_document(offices):
    copy = from_document(to_document(offices))
    assert copy.entries == offices.entries
    assert copy.find("zum Bürgerbüro") == offices.find("zum Bürgerbüro")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("- a", "entries"),
        ("source: x\nlicence: y\nentries: []", "as_of"),
        ("source: x\nlicence: y\nas_of: z\nentries: [{names: [a]}]", "value"),
        ("source: x\nlicence: y\nas_of: z\nentries: [{value: a, names: b}]", "list of texts"),
    ],
)
def test_wrong_files_are_named(tmp_path, content, complaint):
    file = tmp_path / "amt.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(GazetteerError, match=complaint) as problem:
        load_gazetteer(file)
    assert "amt.yml" in str(problem.value)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_it(text):
    gazetteer = Gazetteer("amt", (Entry("rathaus", ("Rathaus", "Haus der Stadt")),))
    for mention in gazetteer.find(text + " Rathaus"):
        assert 0 <= mention.start < mention.end <= len(text) + 8
