"""The slot tagger, on a small made-up world of songs and alarms."""

import json
from itertools import product

import pytest

from nlu.slot_model import ModelUnreadable, SlotModel, SlotSettings

_DAYS = ("montag", "dienstag", "freitag", "sonntag")
_SONGS = (("gute", "nacht"), ("griechischer", "wein"), ("über", "den", "wolken"))
_VERBS = ("spiele", "starte", "wiederhole")


def _alarm(day, hour):
    return [("weck", "O"), ("mich", "O"), ("am", "O"), (day, "datum"), ("um", "O"),
            (hour, "uhrzeit"), ("uhr", "uhrzeit")]  # fmt: skip


def _song(verb, song):
    return [(verb, "O"), ("bitte", "O"), *((word, "titel") for word in song)]


ALARMS = [_alarm(*each) for each in product(_DAYS, ("acht", "neun", "7"))]
SONGS = [_song(*each) for each in product(_VERBS, _SONGS)]
SENTENCES = ALARMS + SONGS
INTENTS = ["wecker"] * len(ALARMS) + ["musik"] * len(SONGS)


@pytest.fixture(scope="module")
def model():
    return SlotModel.train(SENTENCES, INTENTS)


def test_labels_unseen_combinations_of_what_it_learned(model):
    assert model.predict(["weck", "mich", "am", "samstag", "um", "zehn", "uhr"], "wecker") == [
        "O", "O", "O", "datum", "O", "uhrzeit", "uhrzeit",
    ]  # fmt: skip


def test_reads_folded_words(model):
    assert (
        model.predict(["spiele", "bitte", "ueber", "den", "Wolken"], "musik")[2:] == ["titel"] * 3
    )


def test_the_intent_changes_what_a_word_is():
    sentences = [[("nimm", "O"), (word, slot)] for slot, word in product("ab", "uvwxyz")]
    model = SlotModel.train(sentences, ["erstes"] * 6 + ["zweites"] * 6, SlotSettings(folds=0))
    assert model.predict(["nimm", "u"], "erstes") == ["O", "a"]
    assert model.predict(["nimm", "u"], [("zweites", 0.8), ("erstes", 0.2)]) == ["O", "b"]


def test_works_without_intents():
    model = SlotModel.train(SENTENCES)
    assert model.predict(["weck", "mich", "am", "montag", "um", "7", "uhr"])[3] == "datum"


def test_confidence_is_a_share_and_lower_where_nothing_is_known(model):
    known = model.predict_with_confidence(
        ["weck", "mich", "am", "montag", "um", "7", "uhr"], "wecker"
    )
    strange = model.predict_with_confidence(["xylophon", "montag", "titel"])
    assert [label for label, _ in known][3] == "datum"
    assert all(0.0 <= sure <= 1.0 for _, sure in known + strange)
    assert min(sure for _, sure in strange) < min(sure for _, sure in known)


def test_one_label_a_word_whatever_the_length(model):
    assert model.predict([]) == []
    assert model.predict_with_confidence([]) == []
    long = ["wort"] * 5000
    assert len(model.predict(long)) == len(model.predict_with_confidence(long)) == 5000
    assert len(model.predict(["", "=|:", "a" * 10_000, "\0", "🎉"])) == 5


def test_is_the_same_after_saving_and_holds_no_code(model, tmp_path):
    model.save(tmp_path)
    again = SlotModel.load(tmp_path)
    tokens = ["starte", "bitte", "griechischer", "wein", "am", "montag"]
    assert again.predict_with_confidence(tokens, "musik") == model.predict_with_confidence(
        tokens, "musik"
    )
    assert json.loads((tmp_path / "slots.json").read_text())["labels"] == [
        "O", "datum", "titel", "uhrzeit",
    ]  # fmt: skip
    assert (tmp_path / "slots.crfsuite").read_bytes().startswith(b"lCRF")


def test_names_the_folder_that_holds_no_model(tmp_path):
    with pytest.raises(ModelUnreadable, match=tmp_path.name):
        SlotModel.load(tmp_path)
    (tmp_path / "slots.json").write_text('{"labels": [], "settings": {}}')
    (tmp_path / "slots.crfsuite").write_bytes(b"nothing")
    with pytest.raises(ModelUnreadable, match=tmp_path.name):
        SlotModel.load(tmp_path)


def test_wants_at_least_one_sentence():
    with pytest.raises(ValueError, match="at least one"):
        SlotModel.train([[]])
