"""Files of sentences in all their forms."""

import json

import pytest

from nlu.evaluation import examples
from nlu.evaluation.examples import WrongExamples


def written(tmp_path, *documents):
    file = tmp_path / "sentences.jsonl"
    lines = [each if isinstance(each, str) else json.dumps(each) for each in documents]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_line_in_full(tmp_path):
    (sentence,) = examples.read_lines(
        written(tmp_path, {"text": "Wo?", "intents": ["a", "b"], "style": "spoken",
                           "entities": {"stadt": "soest", "anzahl": 3, "leer": None}})
    )  # fmt: skip
    assert (sentence.text, sentence.intents, sentence.style) == ("Wo?", ("a", "b"), "spoken")
    assert sentence.entities == {"stadt": ("soest",), "anzahl": ("3",)}


def test_values_may_be_objects_and_texts_may_hold_strange_line_ends(tmp_path):
    file = tmp_path / "strange.jsonl"
    file.write_text(
        '\ufeff{"text": "a\u2028b c", "intents": ["a"], "entities": {"datum": {"value": "2026-11-24"}}}\r\n',
        encoding="utf-8",
    )
    (sentence,) = examples.read_lines(file)
    assert sentence.text == "a\u2028b c"
    assert sentence.entities == {"datum": ("2026-11-24",)}


def test_short_forms(tmp_path):
    one, two = examples.read_lines(
        written(
            tmp_path,
            {"text": "Wo?", "intent": "a"},
            "",
            {"text": "Da", "intents": ["b"], "entities": [{"entity": "amt", "value": "x"},
                                                          {"entity": "amt", "value": "y"}]},
        )
    )  # fmt: skip
    assert (one.intents, one.entities, one.style) == (("a",), None, "typed")
    assert two.entities == {"amt": ("x", "y")}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kein json", "kein JSON"),
        ("[1]", "Form"),
        ({"intents": ["a"]}, "text"),
        ({"text": "x", "intents": []}, "intents"),
        ({"text": "x"}, "intents"),
        ({"text": "x", "intents": ["a"], "entities": "stadt"}, "entities"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, said):
    file = written(tmp_path, {"text": "gut", "intents": ["a"]}, line)
    with pytest.raises(WrongExamples, match=rf"{file.name}:2: .*{said}"):
        examples.read_lines(file)


def test_missing_and_empty_files_are_named(tmp_path):
    with pytest.raises(WrongExamples, match="nicht lesbar"):
        examples.read_lines(tmp_path / "none.jsonl")
    with pytest.raises(WrongExamples, match="leer"):
        examples.read_lines(written(tmp_path))


def test_massive_with_tokens_and_without(tmp_path):
    annotated = {"utt": "wecke mich um fünf uhr", "intent": "alarm_set", "scenario": "alarm",
                 "annot_utt": "wecke mich um [time : fünf uhr]"}  # fmt: skip
    tokens = {**annotated, "tokens": ["wecke", "mich", "um", "fünf", "uhr"],
              "slots": ["Other", "Other", "Other", "time", "time"]}  # fmt: skip
    first, second = examples.read_massive(written(tmp_path, annotated, tokens))
    assert first.tokens == second.tokens
    assert first.tokens[-2:] == (("fünf", "time"), ("uhr", "time"))
    assert first.tokens[0] == ("wecke", "O")
    assert (first.text, first.intent, first.scenario) == (annotated["utt"], "alarm_set", "alarm")


def test_content_tests_name_only_what_matters(tmp_path):
    folder = tmp_path / "de" / "tests"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text("tests:\n  - {text: Wo, intent: a, entities: {amt: x}}\n")
    (sentence,) = examples.read_content_tests(tmp_path)
    assert not sentence.all_entities
    assert sentence.entities == {"amt": ("x",)}
