from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot import fingerprint, train

from .conftest import CONFIG, CONTENT, HERE


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def test_the_name_follows_content_and_pipeline(content: Path, tmp_path: Path) -> None:
    first = fingerprint.model_name(content, CONFIG)
    assert first == fingerprint.model_name(CONTENT, CONFIG)
    (content / "de" / "tests.yml").write_text("x")  # is not trained
    assert fingerprint.model_name(content, CONFIG) == first
    names = {first}
    for file in ("de/nlu/probe.yml", "de/domain/probe.yml", "de/rules/probe.yml"):
        with (content / file).open("a") as opened:
            opened.write("\n# more\n")
        names.add(fingerprint.model_name(content, CONFIG))
    for folder in ("gazetteers", "de/background"):
        (content / folder).mkdir()
        (content / folder / "amt.yml").write_text("entries: []")
        names.add(fingerprint.model_name(content, CONFIG))
    config = tmp_path / "config.yml"
    config.write_text(CONFIG.read_text() + "\n# more\n")
    names.add(fingerprint.model_name(content, config))
    assert len(names) == 7


def test_the_fingerprint_needs_no_rasa() -> None:
    code = (
        "import sys; from bot.train import main;"
        f"main(['--content', {str(CONTENT)!r}, '--config', {str(CONFIG)!r}, '--fingerprint']);"
        "assert 'rasa' not in sys.modules and 'tensorflow' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parent.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == fingerprint.model_name(CONTENT, CONFIG)


def test_an_unchanged_model_is_not_trained_again(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = model.name.replace(".tar.gz", "")
    monkeypatch.setattr(fingerprint, "model_name", lambda *_: name)
    monkeypatch.setattr(train, "train", lambda *_: pytest.fail("trained again"))
    options = ["--content", str(CONTENT), "--config", str(CONFIG), "--out", str(model.parent)]
    assert train.main(options) == 0
    assert capsys.readouterr().out.splitlines() == [str(model)]


RULE = 'version: "3.1"\nrules:\n- rule: x\n  steps:\n  - intent: {}\n  - action: {}\n'
WRONG = {
    "YAML is broken": ("nlu", 'version: "3.1"\nnlu:\n  - intent: [a\n', ("nlu/wrong.yml",)),
    "rule with an unknown intent": (
        "rules",
        RULE.format("erfunden", "utter_mensch"),
        ("rules/wrong.yml:5", "erfunden"),
    ),
    "rule with an unknown action": (
        "rules",
        RULE.format("stumm", "utter_weg"),
        ("rules/wrong.yml:6", "utter_weg"),
    ),
    "examples of an unknown intent": (
        "nlu",
        'version: "3.1"\nnlu:\n- intent: erfunden\n  examples: |\n    - eins\n    - zwei\n',
        ("nlu/wrong.yml:3", "erfunden"),
    ),
    "two rules that contradict each other": (
        "rules",
        RULE.format("stumm", "utter_mensch"),
        ("stumm",),
    ),
    "an alias": ("nlu", 'version: "3.1"\nnlu: &a\n- intent: stumm\n', ("nlu/wrong.yml:2",)),
}


@pytest.mark.timeout(200)
@pytest.mark.parametrize("kind", WRONG)
def test_an_error_in_the_content_is_said_in_plain_words(content: Path, kind: str) -> None:
    folder, text, expected = WRONG[kind]
    (content / "de" / folder / "wrong.yml").write_text(text)
    command = [sys.executable, "-m", "bot.train", "--content", str(content)]
    command += ["--config", str(CONFIG), "--out", str(content / "out")]
    done = subprocess.run(command, cwd=HERE.parent.parent, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    for words in expected:
        assert words in done.stdout
    assert not list((content / "out").glob("*")) if (content / "out").exists() else True


def test_a_folder_without_content_is_named(tmp_path: Path) -> None:
    with pytest.raises(train.ContentError, match="Hier liegt keine"):
        train.train(tmp_path, CONFIG, tmp_path / "out" / "m.tar.gz")
