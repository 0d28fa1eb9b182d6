"""Kinds of defects on sentences that were written without a look at the words."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.services.records import load_records
from actions.services.reports.kinds import DefectKinds

ROOT = Path(__file__).parents[4] / "data"
UNSEEN = [
    ("Im Asphalt vor der Apotheke klafft ein Loch", "schlagloch"),
    ("Mein Auto ist in ein Schlagloch gekracht", "schlagloch"),
    ("die fahrbahndecke bröckelt überall", "schlagloch"),
    ("Vor Nummer 7 ist die Laterne seit Montag tot", "strassenlaterne"),
    ("strassenlampe blinkt wie in der disko", "strassenlaterne"),
    ("Unsere ganze Straße liegt im Dunkeln, keine Beleuchtung", "strassenlaterne"),
    ("Jemand hat seinen alten Kühlschrank in den Graben geworfen", "wilder_muell"),
    ("überall Müllsäcke am Waldrand", "wilder_muell"),
    ("Der Altglascontainer läuft über", "wilder_muell"),
    ("Eine große Eiche ist auf den Weg gestürzt", "baum"),
    ("abgebrochener Ast hängt über der Bank im Park", "baum"),
    ("Die Hecke ragt weit in den Fußweg", "gruen"),
    ("am kreisel steht das gras meterhoch, bitte mähen", "gruen"),
    ("Auf dem Spielplatz fehlt an der Schaukel ein Sitz", "spielplatz"),
    ("klettergerüst wackelt", "spielplatz"),
    ("Ampel an der Kreuzung bleibt dunkel", "ampel"),
    ("die fußgängerampel wird nie grün", "ampel"),
    ("Das Vorfahrtsschild ist verdreht", "verkehrszeichen"),
    ("zebrastreifen total verblasst", "verkehrszeichen"),
    ("Der Gully vor dem Haus läuft nicht mehr ab", "kanal"),
    ("kanaldeckel scheppert bei jedem auto", "kanal"),
    ("Die Turnhalle wurde mit Graffiti besprüht", "graffiti"),
    ("schmierereien in der unterführung", "graffiti"),
    ("Am Bahnhof rostet ein Schrottfahrrad vor sich hin", "schrottfahrzeug"),
    ("Ein Wagen ohne Kennzeichen blockiert seit Monaten den Parkplatz", "schrottfahrzeug"),
    ("Auf der Brücke ist Glatteis und niemand streut", "winterdienst"),
    ("gehweg nicht vom schnee geräumt", "winterdienst"),
    ("Die Gehwegplatten vor der Post sind lose", "gehweg"),
    ("bordstein ist abgeplatzt", "gehweg"),
    ("Bei der Parkbank am Fluss fehlt ein Brett", "stadtmoebel"),
    ("der brunnen auf dem marktplatz sprudelt nicht", "stadtmoebel"),
    ("Hinter der Schule laufen Ratten herum", "ratten"),
    ("rattenplage am kanalufer", "ratten"),
    ("Auf der Landstraße liegt ein toter Dachs", "tote_tiere"),
    ("überfahrene katze am straßenrand", "tote_tiere"),
]


@pytest.fixture(scope="module")
def kinds() -> DefectKinds:
    return DefectKinds(load_records(ROOT).defects)


def test_there_are_at_least_twelve_kinds(kinds: DefectKinds):
    assert len(kinds.kinds) >= 12
    assert kinds.kind("schlagloch") is not None
    assert kinds.kind("gibt_es_nicht") is None


def test_unseen_sentences_find_their_kind_or_are_asked_about(kinds: DefectKinds):
    """At least nine of ten are found at once; of the rest most are among the choices."""
    wrong, asked = [], 0
    for text, key in UNSEEN:
        guess = kinds.guess(text)
        if guess.kind is not None and guess.kind.key == key:
            continue
        if guess.kind is None and key in {each.key for each in guess.choices}:
            asked += 1
            continue
        wrong.append((text, guess))
    assert len(wrong) <= 1, wrong
    assert len(wrong) + asked <= len(UNSEEN) // 10, wrong


@pytest.mark.parametrize("text", ["Mangel melden", "hier ist etwas kaputt", "", "asdf", "?!"])
def test_what_says_nothing_gets_no_kind(kinds: DefectKinds, text: str):
    assert kinds.guess(text).kind is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("der gullydeckel fehlt, da fällt noch ein kind rein", "110"),
        ("am lichtmast hängen die kabel raus", "112"),
        ("Ölspur auf der Hauptstraße", "112"),
        ("Ein Baum droht auf die Straße zu fallen", "112"),
        ("auf dem spielplatz liegen spritzen", "110"),
    ],
)
def test_danger_is_seen(kinds: DefectKinds, text: str, word: str):
    danger = kinds.danger(text)
    assert danger is not None
    assert word in danger.text


@pytest.mark.parametrize(
    "text",
    [
        "Schlagloch in der Lindenstraße",
        "die laterne ist aus",
        "Der Gullydeckel klappert",
        "Am Spritzenhaus liegt Müll",
        "Der Baum ist tot",
        "kabeltrommel im wald abgeladen",
    ],
)
def test_ordinary_defects_are_no_danger(kinds: DefectKinds, text: str):
    assert kinds.danger(text) is None


def test_every_example_finds_its_own_kind(kinds: DefectKinds):
    for key, category in load_records(ROOT).defects.categories.items():
        for example in category.examples:
            guess = kinds.guess(example)
            keys = {guess.kind.key} if guess.kind else {each.key for each in guess.choices}
            assert key in keys, (example, guess)
