"""``stadtdraht evaluate``: how well German is understood, as a page and as JSON.

The measuring itself runs in the engine's environment (`nlu.evaluation`).
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from cli.environments import ENGINE, ROOT, SetupProblem, home, say
from cli.evaluation_page import to_page
from cli.house import house_settings
from cli.model import engine_environment, model_path

PUBLIC_DATA = ROOT.parent / "shared" / "data" / "nlu"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Choice:
    """What to measure.

    Attributes:
        file: Sentences of one's own; None for the content.
        massive: Training and test file in MASSIVE's format.
        few_shot: Measure learning from few examples, with these or the public files.
        public_data: Folder of public sentences that belong to no town.
        quick: A small sample.
        seed: Seed of everything that is drawn.
    """

    file: Path | None = None
    massive: tuple[Path, Path] | None = None
    few_shot: bool = False
    public_data: Path = PUBLIC_DATA
    quick: bool = False
    seed: int = 1


def main(choice: Choice, *, out: Path | None, as_json: bool) -> None:
    """Measure, write the page, and print the result.

    Raises:
        SetupProblem: a file is missing, or the measuring failed.
    """
    result = measure(choice)
    folder = out or home() / "evaluation"
    written = write(result, folder)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(summary(result))
    say(f"Geschrieben: {written}")


def measure(choice: Choice) -> dict[str, Any]:
    """Run the measuring process and return its object."""
    finished = subprocess.run(
        command(choice),
        cwd=ROOT,
        env=_environment(house_settings().content),
        stdout=subprocess.PIPE,
        text=True,
    )
    if finished.returncode != 0:
        raise SetupProblem("Die Messung ist gescheitert; die Meldungen darüber sagen, woran.")
    result: dict[str, Any] = json.loads(finished.stdout)
    return result


def command(choice: Choice) -> list[str]:
    """Return the command line of the measuring process.

    Raises:
        SetupProblem: a named file does not exist.
    """
    content = house_settings().content.resolve()
    options: list[object] = ["--content", content, "--seed", choice.seed]
    options += ["--public-data", choice.public_data.resolve()]
    options += ["--quick"] if choice.quick else []
    options += ["--few-shot"] if choice.few_shot else []
    if choice.massive:
        options += ["--massive", *(_existing(file) for file in choice.massive)]
    if choice.file:
        options += ["--file", _existing(choice.file), "--model", model_path(content)]
    return [str(ENGINE.python), "-W", "ignore", "-m", "nlu.evaluation", *map(str, options)]


def write(result: dict[str, Any], folder: Path) -> Path:
    """Write the page and the JSON object behind it to a folder; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    name = result["kind"].replace("_", "-")
    (folder / f"{name}.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    page = folder / f"{name}.html"
    titles = intent_titles(house_settings().content)
    page.write_text(to_page(result, dt.datetime.now().astimezone(), titles), encoding="utf-8")
    return page


def intent_titles(content: Path) -> dict[str, str]:
    """Return what citizens would call the concerns, by intent."""
    file = content / "de" / "concerns.yml"
    if not file.exists():
        return {}
    concerns = YAML(typ="safe").load(file.read_text(encoding="utf-8"))["concerns"]
    return {name: str(concern["title"]) for name, concern in concerns.items()}


def single_thread() -> dict[str, str]:
    """Return the variables that keep numeric libraries to one thread."""
    return dict.fromkeys(THREADS, "1")


def summary(result: dict[str, Any]) -> str:
    """Return the main figures as a person reads them in a terminal."""
    foreign = result.get("out_of_scope") or {}
    rows = [
        ("Sätze", result.get("n"), ""),
        ("Anliegen richtig", result.get("intent_accuracy"), "%"),
        ("Macro-F1 der Anliegen", result.get("intent_macro_f1"), "%"),
        ("Angaben (Entities), F1", result.get("entity_f1"), "%"),
        ("Slots, F1", result.get("slot_f1"), "%"),
        ("Satz ganz richtig", result.get("exact_match"), "%"),
        ("Fremdes erkannt (AUROC)", foreign.get("auroc"), "%"),
        ("Fremdes durchgelassen", foreign.get("false_accept_at_95"), "%"),
        ("Training", result.get("train_seconds"), "s"),
        ("Je Nachricht, Mitte", result.get("p50_ms"), "ms"),
        ("Je Nachricht, 95 %", result.get("p95_ms"), "ms"),
    ]
    for shots, found in (result.get("few_shot") or {}).items():
        rows.append((f"{shots} Beispiele je Anliegen", found["median"], "%"))
    return "\n".join(
        f"{label:26}{_figure(value, unit):>12}" for label, value, unit in rows if value is not None
    )


def _figure(value: float, unit: str) -> str:
    if unit == "%":
        return f"{100 * value:.1f} %".replace(".", ",")
    return f"{value:.1f} {unit}".replace(".", ",") if unit else f"{value:,}".replace(",", ".")


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise SetupProblem(f"{file} gibt es nicht.")
    return file.resolve()


def _environment(content: Path) -> dict[str, str]:
    gazetteers = str(content.resolve() / "gazetteers")
    return engine_environment() | single_thread() | {"STADTDRAHT_GAZETTEERS": gazetteers}
