"""Our pipeline beside Rasa's own ones, on the same sentences in one run.

Each contender is trained in one process and asked in another, so that memory and time are its
own. Training and questions go one after the other with one thread for ours and Rasa's linear
classifier; DIET takes the threads it wants.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.environments import ENGINE, ROOT, SetupProblem, say
from cli.evaluate import single_thread
from cli.house import house_settings
from cli.model import engine_environment

OURS = "Stadtdraht"
DIET = "Rasa mit DIET"
LINEAR = "Rasa, linear"
FEATURES = """
recipe: default.v1
language: de
pipeline:
  - name: WhitespaceTokenizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
"""
CLASSIFIERS = {
    DIET: "  - name: DIETClassifier\n    epochs: {epochs}\n    constrain_similarities: true\n",
    LINEAR: "  - name: LogisticRegressionClassifier\n",
}
_ROWS = (
    ("accuracy", "richtig", "%"), ("macro_f1", "Macro-F1", "%"), ("train_seconds", "Training", "s"),
    ("train_cpu_seconds", "Training, Rechenzeit", "s"),
    ("p50_ms", "je Satz, Mitte", "ms"), ("p95_ms", "je Satz, 95 %", "ms"),
    ("p50_cpu_ms", "je Satz, Rechenzeit", "ms"),
    ("model_mb", "Modell", "MB"), ("memory_mb", "Speicher beim Antworten", "MB"),
    ("train_memory_mb", "Speicher beim Training", "MB"),
)  # fmt: skip


@dataclass(frozen=True)
class Course:
    """What all contenders run.

    Attributes:
        examples: Sentences to train with; the others of the content are held out.
        epochs: How often DIET sees them.
        seed: Seed of the draw.
    """

    examples: int
    epochs: int
    seed: int = 1


def main(course: Course) -> int:
    """Measure all contenders and print; returns 0."""
    result = measure(course)
    print(to_table(result))
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0


def measure(course: Course) -> dict[str, dict[str, Any]]:
    """Train and ask every contender; returns the figures by name.

    Raises:
        SetupProblem: a contender failed.
    """
    with tempfile.TemporaryDirectory(prefix="stadtdraht-bench-") as work:
        folder = Path(work)
        sentences = _kept_sentences(folder)
        return {
            name: _run(name, config, folder / str(number), course, sentences)
            for number, (name, config) in enumerate(_configs(folder, course).items())
        }


def _kept_sentences(folder: Path) -> Path:
    """Copy the examples, so that an edit in between is not given to some contenders only."""
    kept = folder / "content"
    shutil.copytree(house_settings().content / "de" / "nlu", kept / "de" / "nlu")
    return kept


def _configs(folder: Path, course: Course) -> dict[str, Path]:
    configs = {OURS: ROOT / "bot" / "config.yml"}
    for number, (name, classifier) in enumerate(CLASSIFIERS.items()):
        configs[name] = folder / f"stock{number}.yml"
        text = FEATURES + classifier.format(epochs=course.epochs)
        configs[name].write_text(text, encoding="utf-8")
    return configs


def _run(name: str, config: Path, folder: Path, course: Course, sentences: Path) -> dict[str, Any]:
    say(f"{name}: Training …")
    trained = _step("train", name, config, folder, course, sentences)
    say(f"{name}: {trained['train_seconds']:.1f} s; jetzt die Fragen …")
    return trained | _step("serve", name, config, folder, course, sentences)


def _step(
    step: str, name: str, config: Path, folder: Path, course: Course, sentences: Path
) -> dict[str, Any]:
    finished = subprocess.run(
        [
            str(ENGINE.python), "-W", "ignore", "-m", "nlu.evaluation.contenders", step,
            "--content", str(sentences), "--config", str(config), "--folder", str(folder),
            "--examples", str(course.examples), "--seed", str(course.seed),
        ],
        cwd=ROOT,
        env=_environment(name, house_settings().content.resolve()),
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    if finished.returncode != 0:
        raise SetupProblem(f"{name} ließ sich nicht messen; die Meldungen darüber sagen, warum.")
    figures: dict[str, Any] = json.loads(finished.stdout)
    return figures


def _environment(name: str, content: Path) -> dict[str, str]:
    variables = engine_environment() | {"STADTDRAHT_GAZETTEERS": str(content / "gazetteers")}
    if name == DIET:
        return variables | {"STADTDRAHT_TENSORFLOW": "on"}
    return variables | single_thread()


def to_table(result: dict[str, dict[str, Any]]) -> str:
    """Return the figures as a table, and what they say about DIET."""
    ours = result[OURS]
    lines = [
        "{examples} Sätze trainiert, {intents} Anliegen, {held_out} andere gefragt".format(**ours),
        f"{'':26}" + "".join(f"{name:>18}" for name in result),
    ]
    lines += [
        f"{label:26}" + "".join(f"{_figure(each[key], unit):>18}" for each in result.values())
        for key, label, unit in _ROWS
    ]
    low_high = (each["accuracy_interval"] for each in result.values())
    spans = (f"{100 * low:.1f}–{100 * high:.1f} %" for low, high in low_high)
    lines.insert(3, f"{'richtig, 95-%-Spanne':26}" + "".join(f"{span:>18}" for span in spans))
    if DIET in result:
        ratio = result[DIET]["train_seconds"] / ours["train_seconds"]
        gain = 100 * (ours["accuracy"] - result[DIET]["accuracy"])
        spent = result[DIET]["train_cpu_seconds"] / ours["train_cpu_seconds"]
        lines.append(
            f"\nGegen DIET: Training {ratio:.0f}-mal so schnell ({spent:.0f}-mal nach Rechenzeit), "
            f"{gain:+.1f} Punkte"
        )
    return "\n".join(lines)


def _figure(value: float, unit: str) -> str:
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:.1f} {unit}"
