"""The comparison with stock Rasa: who runs what, and what is printed."""

import pytest
from ruamel.yaml import YAML

from cli.bench import nlu
from cli.bench.nlu import DIET, LINEAR, OURS, Course
from cli.environments import ROOT, SetupProblem


def figures(**more):
    return {
        "examples": 500, "intents": 45, "held_out": 1000, "accuracy": 0.7, "macro_f1": 0.68,
        "accuracy_interval": [0.67, 0.73], "train_seconds": 2.0, "p50_ms": 1.0, "p95_ms": 2.0,
        "p50_cpu_ms": 0.9, "train_cpu_seconds": 1.5,
        "model_mb": 5.0, "memory_mb": 300.0, "train_memory_mb": 400.0,
    } | more  # fmt: skip


def test_contenders_are_the_default_pipelines_of_rasa(tmp_path):
    configs = nlu._configs(tmp_path, Course(500, epochs=100))
    assert configs[OURS] == ROOT / "bot" / "config.yml"
    pipelines = {
        name: YAML(typ="safe").load(configs[name].read_text(encoding="utf-8"))["pipeline"]
        for name in (DIET, LINEAR)
    }
    for pipeline in pipelines.values():
        assert [part["name"] for part in pipeline[:3]] == [
            "WhitespaceTokenizer", "CountVectorsFeaturizer", "CountVectorsFeaturizer",
        ]  # fmt: skip
        assert (pipeline[2]["analyzer"], pipeline[2]["min_ngram"], pipeline[2]["max_ngram"]) == (
            "char_wb", 1, 4,
        )  # fmt: skip
    assert pipelines[DIET][3]["name"] == "DIETClassifier"
    assert pipelines[DIET][3]["epochs"] == 100
    assert pipelines[LINEAR][3]["name"] == "LogisticRegressionClassifier"


def test_only_diet_gets_tensorflow(tmp_path):
    assert nlu._environment(DIET, tmp_path)["STADTDRAHT_TENSORFLOW"] == "on"
    for name in (OURS, LINEAR):
        variables = nlu._environment(name, tmp_path)
        assert variables.get("STADTDRAHT_TENSORFLOW") != "on"
        assert variables["OMP_NUM_THREADS"] == "1"


def test_table_names_sizes_spans_and_the_ratio():
    table = nlu.to_table(
        {
            OURS: figures(),
            DIET: figures(accuracy=0.6, train_seconds=250.0, train_cpu_seconds=450.0),
            LINEAR: figures(),
        }
    )
    assert "500 Sätze trainiert, 45 Anliegen, 1000 andere gefragt" in table
    assert "67.0–73.0 %" in table
    assert "Training 125-mal so schnell (300-mal nach Rechenzeit), +10.0 Punkte" in table
    columns = [line for line in table.splitlines() if line.startswith("Training  ")]
    assert columns[0].split()[1::2] == ["2.0", "250.0", "2.0"]


def test_a_contender_that_fails_is_named(monkeypatch, tmp_path):
    class Broken:
        python = "false"

    monkeypatch.setattr(nlu, "ENGINE", Broken)
    with pytest.raises(SetupProblem, match="Rasa mit DIET"):
        nlu._step("train", DIET, tmp_path / "c.yml", tmp_path, Course(10, 1), tmp_path)


def test_all_contenders_get_the_same_sentences(monkeypatch):
    """The content may be edited while the long training of DIET runs."""
    seen = []

    def step(step, name, config, folder, course, sentences):
        files = sorted(sentences.rglob("*.yml"))
        seen.append((step, name, sentences, [file.name for file in files]))
        return figures()

    monkeypatch.setattr(nlu, "_step", step)
    assert list(nlu.measure(Course(10, 1))) == [OURS, DIET, LINEAR]
    assert [(each[0], each[1]) for each in seen[:2]] == [("train", OURS), ("serve", OURS)]
    assert len({each[2] for each in seen}) == 1
    assert ROOT not in seen[0][2].parents
    assert "abfall.yml" in seen[0][3]
