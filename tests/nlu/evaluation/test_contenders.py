"""Every contender gets the same fair split; training and asking are two steps."""

from collections import Counter

import pytest

from nlu.evaluation import contenders
from nlu.evaluation.contenders import split
from nlu.evaluation.examples import Sentence

SENTENCES = [
    Sentence(f"{intent} {number}", (intent,))
    for intent, count in (("a", 100), ("b", 50), ("c", 50))
    for number in range(count)
]


def test_split_keeps_the_shares_and_overlaps_nowhere():
    known, unseen = split(SENTENCES, 40, seed=1)
    assert Counter(each.intent for each in known) == {"a": 20, "b": 10, "c": 10}
    assert len(unseen) == 160
    assert not {each.text for each in known} & {each.text for each in unseen}
    assert (known, unseen) == split(SENTENCES, 40, seed=1)
    assert known != split(SENTENCES, 40, seed=2)[0]


def test_split_always_keeps_sentences_to_ask():
    known, unseen = split(SENTENCES, 10_000, seed=1)
    assert (len(known), len(unseen)) == (160, 40)


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "content" / "de" / "nlu"
    folder.mkdir(parents=True)
    topics = {
        "hund": "mein dackel bellt",
        "muell": "tonne leeren bitte",
        "pass": "reisen ins ausland",
    }
    lines = ['version: "3.1"', "nlu:"]
    for intent, words in topics.items():
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [
            f"    - {words} {added}"
            for added in ("heute", "jetzt", "morgen", "doch", "mal", "gern", "wieder", "schon")
        ]
    (folder / "x.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder.parents[1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Rasa's readers, at first import
def test_training_and_asking_are_two_steps(content, tmp_path):
    config = tmp_path / "config.yml"
    config.write_text(
        "recipe: default.v1\nlanguage: de\npipeline:\n- name: WhitespaceTokenizer\n"
        "- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier\n"
    )
    options = ["--content", str(content), "--config", str(config), "--folder",
               str(tmp_path / "parts"), "--examples", "15"]  # fmt: skip
    trained = contenders._train(contenders._options(["train", *options]))
    assert (trained["examples"], trained["intents"]) == (15, 3)
    assert trained["train_seconds"] > 0
    assert trained["train_cpu_seconds"] > 0
    assert trained["model_mb"] > 0
    served = contenders._serve(contenders._options(["serve", *options]))
    assert served["held_out"] == 9
    assert served["accuracy"] == 1.0
    assert served["p95_ms"] >= served["p50_ms"] > 0
    assert served["memory_mb"] > 50
