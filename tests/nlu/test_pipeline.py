"""The whole pipeline on sentences that are not among the small set's examples."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UNSEEN = [
    ("wann hat das bürgerbüro in soest morgen auf", "oeffnungszeiten"),
    ("hat das Rathaus am 24.12. offen", "oeffnungszeiten"),
    ("perso weg was nun", "personalausweis_verloren"),
    ("Man hat mir im Urlaub den Ausweis gestohlen", "personalausweis_verloren"),
    ("ich brauch nen führungszeugnis fürn verein", "fuehrungszeugnis"),
    ("couch loswerden arnsberg", "sperrmuell_anmelden"),
    ("wann kommt die blaue tonne in der lindenstr 14a", "abfall_abholtermin"),
    ("Ich bin nach Olpe gezogen", "wohnsitz_anmelden"),
    ("ICH WILL EINEN MENSCHEN", "mensch_sprechen"),
    ("wann tagt denn der stadtrat mal wieder", "ratssitzung"),
    ("was wisst ihr eigentlich alles über mich", "datenschutz_meine_daten"),
    ("halloooo", "gruss"),
    ("Berleburg", "stadt_waehlen"),
    ("59494", "stadt_waehlen"),
    ("wie wird das wetter am wochenende", "out_of_scope"),
]


def _without_umlauts(text):
    return text.translate(str.maketrans("äöüß", "aous"))


def _written_out(text):
    for letter, pair in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(letter, pair)
    return text


def _with_typo(text):
    """Swap two letters inside the longest word."""
    longest = max(text.split(), key=len)
    middle = len(longest) // 2
    swapped = longest[: middle - 1] + longest[middle] + longest[middle - 1] + longest[middle + 1 :]
    return text.replace(longest, swapped)


def _share(workbench, change, pairs=UNSEEN):
    right = [workbench.parse(change(text))["intent"]["name"] == intent for text, intent in pairs]
    return sum(right) / len(right)


@pytest.mark.parametrize(("text", "intent"), UNSEEN)
def test_unseen_sentences_are_understood(workbench, text, intent):
    parsed = workbench.parse(text)
    ranked = [each["name"] for each in parsed["ranking"] if each["name"] != "nlu_fallback"]
    assert ranked[0] == intent


@pytest.mark.parametrize(
    "change", [str.lower, str.upper, _without_umlauts, _written_out, lambda text: text + "???"]
)
def test_spelling_habits_do_not_matter(workbench, change):
    assert _share(workbench, change) >= _share(workbench, str) - 0.001


def test_a_typo_costs_little(workbench):
    long_ones = [pair for pair in UNSEEN if len(pair[0]) > 12]
    assert _share(workbench, _with_typo, long_ones) >= 0.8


def test_the_town_does_not_change_the_intent(workbench):
    for town in ("Soest", "Olpe", "Arnsberg", "Bad Berleburg"):
        parsed = workbench.parse(f"wann tagt der rat in {town}")
        assert parsed["intent"]["name"] == "ratssitzung"
        assert parsed["entities"]["stadt"] == town.lower().replace(" ", "-")


@pytest.mark.parametrize("text", ["???", "🙃", "", "   ", "xqzv wrblfx", "ωψ ξζ"])
def test_nonsense_is_not_understood(workbench, text):
    assert workbench.parse(text)["intent"]["name"] == "nlu_fallback"


def test_candidates_stay_behind_the_fallback(workbench):
    ranking = workbench.parse("blubb rathaus")["ranking"]
    if ranking[0]["name"] == "nlu_fallback":
        assert len(ranking) > 1
    assert all(0 <= each["confidence"] <= 1 for each in ranking)


def test_confidences_are_a_distribution(workbench):
    from nlu.intent_classifier import GermanIntentClassifier

    (classifier,) = (c for c in workbench.components if isinstance(c, GermanIntentClassifier))
    ranked = classifier._model.predict("wann hat das rathaus auf", ()).ranking
    assert sum(confidence for _, confidence in ranked) == pytest.approx(1, abs=1e-4)
    assert ranked == sorted(ranked, key=lambda pair: -pair[1])


def test_certainty_falls_with_unknown_words(workbench):
    known = workbench.parse("ich brauche ein Führungszeugnis")["certainty"]
    strange = workbench.parse("Quantenchromodynamik im Gitter")["certainty"]
    assert strange < known


@given(st.text(max_size=120))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_text_breaks_the_pipeline(workbench, text):
    parsed = workbench.parse(text)
    for entity in parsed["message"].get("entities", []):
        assert 0 <= entity["start"] < entity["end"] <= len(text)
        assert text[entity["start"] : entity["end"]].strip()


@pytest.mark.parametrize("piece", ["a", "ja ", "1", "am 1. ", "Müll", "\u0301", "bürgerbüro "])
def test_long_messages_are_parsed(workbench, piece):
    parsed = workbench.parse(piece * (10_000 // len(piece)))
    assert parsed["intent"]["name"]
