"""What `evaluate` starts, prints and refuses."""

import json

import pytest
from typer.testing import CliRunner

from cli import __main__ as commands
from cli import evaluate
from cli.environments import SetupProblem
from cli.evaluate import Choice

RESULT = {
    "kind": "file", "n": 1234, "intent_accuracy": 0.9012, "intent_macro_f1": 0.8, "slot_f1": None,
    "out_of_scope": {"auroc": 0.95, "false_accept_at_95": None}, "p50_ms": 1.24, "p95_ms": 2.5,
    "errors": [],
}  # fmt: skip


@pytest.fixture
def sentences(tmp_path):
    file = tmp_path / "sentences.jsonl"
    file.write_text('{"text": "x", "intents": ["a"]}\n')
    return file


def test_the_command_names_model_and_file(monkeypatch, sentences, tmp_path):
    monkeypatch.setattr(evaluate, "model_path", lambda content: tmp_path / "m.tar.gz")
    command = evaluate.command(Choice(file=sentences, quick=True, seed=7))
    assert command[command.index("--file") + 1] == str(sentences)
    assert command[command.index("--model") + 1] == str(tmp_path / "m.tar.gz")
    assert command[command.index("--seed") + 1] == "7"
    assert "--quick" in command


def test_the_command_names_both_files_of_massive(sentences):
    command = evaluate.command(Choice(massive=(sentences, sentences), few_shot=True))
    place = command.index("--massive")
    assert command[place + 1 : place + 3] == [str(sentences)] * 2
    assert "--few-shot" in command


def test_the_content_needs_no_trained_model(monkeypatch):
    monkeypatch.setattr(evaluate, "model_path", lambda content: pytest.fail("trained a model"))
    assert "--model" not in evaluate.command(Choice())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SetupProblem, match=r"none\.jsonl gibt es nicht"):
        evaluate.command(Choice(file=tmp_path / "none.jsonl"))


def test_summary_leaves_out_what_was_not_measured():
    text = evaluate.summary(RESULT)
    assert "90,1 %" in text
    assert "1.234" in text
    assert "1,2 ms" in text
    assert "Slots" not in text
    assert "durchgelassen" not in text


def test_json_prints_one_object_and_nothing_else(monkeypatch, tmp_path, sentences):
    monkeypatch.setattr(evaluate, "measure", lambda choice: RESULT)
    options = ["evaluate", "--json", "--file", str(sentences), "--out", str(tmp_path / "out")]
    finished = CliRunner().invoke(commands.app, options)
    assert json.loads(finished.stdout) == RESULT
    assert json.loads((tmp_path / "out" / "file.json").read_text(encoding="utf-8")) == RESULT


def test_a_failed_measurement_is_no_result(monkeypatch):
    monkeypatch.setattr(evaluate, "command", lambda choice: ["false"])
    with pytest.raises(SetupProblem, match="gescheitert"):
        evaluate.measure(Choice())
