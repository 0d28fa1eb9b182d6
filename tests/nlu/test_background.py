"""Sentences of the background: reading them, and what the classifier makes of them."""

from pathlib import Path

import pytest

from nlu.background import WrongBackground, read_background
from nlu.linear_model import Background, LinearModel

ROOT = Path(__file__).parents[2]
LOST = ["perso weg", "ausweis weg", "pass weg", "perso verloren", "ausweis verloren", "pass futsch"]
ELSE = ["schreib mein referat", "mach meine hausaufgaben", "wer wird meister", "erzahl was anderes"]
MUSIC = ["spiel ein lied", "spiel musik von queen", "mach die musik lauter", "ein lied von abba"]
LIGHT = ["mach das licht an", "licht im flur aus", "dimme die lampe", "mach die lampe aus"]


@pytest.fixture(scope="module")
def model() -> LinearModel:
    background = Background("out_of_scope", MUSIC + LIGHT, [()] * 8, ["musik"] * 4 + ["licht"] * 4)
    return LinearModel.train(
        LOST + ELSE,
        [()] * 10,
        ["verloren"] * 6 + ["out_of_scope"] * 4,
        background=background,
    )


def test_what_is_like_the_background_is_out_of_scope(model):
    for text in ("spiel ein lied von queen", "mach die lampe im flur an"):
        ranking = model.predict(text, ()).ranking
        assert ranking[0][0] == "out_of_scope"
        assert {name for name, _ in ranking} == {"verloren", "out_of_scope"}
        assert sum(share for _, share in ranking) == pytest.approx(1, abs=1e-4)
    assert model.predict("mein perso ist weg", ()).ranking[0][0] == "verloren"


def test_words_of_the_background_are_not_known_words(model):
    assert model.predict("spiel musik", ()).known_share < model.predict("perso weg", ()).known_share
    assert model.predict("perso weg", ()).known_share == 1


def test_a_model_with_background_is_stored(model, tmp_path):
    model.save(tmp_path)
    loaded = LinearModel.load(tmp_path)
    for text in ("spiel musik", "perso weg", "licht aus", "hausaufgaben"):
        assert loaded.predict(text, ()) == model.predict(text, ())


def test_the_background_of_the_content_names_its_source():
    strangers = read_background(ROOT / "data" / "de" / "background")
    assert len({stranger.topic for stranger in strangers}) >= 10
    assert len({stranger.text for stranger in strangers}) == len(strangers)


def test_without_a_folder_there_is_no_background(tmp_path):
    assert read_background(tmp_path / "none") == []


@pytest.mark.parametrize(
    "written",
    [
        "topics: {musik: [spiel ein lied]}",
        "source: x\nlicence: CC BY 4.0\n",
        "source: x\nlicence: CC BY 4.0\ntopics: {musik: spiel ein lied}",
        "- spiel ein lied",
    ],
)
def test_a_file_of_the_wrong_shape_is_named(tmp_path, written):
    (tmp_path / "wrong.yml").write_text(written, encoding="utf-8")
    with pytest.raises(WrongBackground, match=r"wrong\.yml"):
        read_background(tmp_path)
