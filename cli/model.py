"""The trained model of the present content: found, or trained when content or pipeline changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cli.environments import ENGINE, ROOT, SetupProblem, home, say


def model_path(content: Path, *, train: bool = True) -> Path:
    """Return the model that belongs to ``content``, training it when it is missing.

    Raises:
        SetupProblem: the content has an error (named above the message), or the
            model is missing and ``train`` is False.
    """
    name = _last_line(_train_command(content, "--fingerprint"))
    model = models_folder() / f"{name}.tar.gz"
    if model.exists():
        return model
    if not train:
        raise SetupProblem("Es gibt noch kein Modell. `./stadtdraht train` trainiert es.")
    say("Trainiere das Sprachmodell der Stadt (einmalig, bis sich Inhalte ändern) …")
    trained = Path(_last_line(_train_command(content, "--out", str(model.parent))))
    if not trained.exists():
        raise SetupProblem("Das Training hat kein Modell hinterlassen; siehe Meldungen oben.")
    return trained


def models_folder() -> Path:
    """Return the folder of the trained models; several homes may share one."""
    shared = os.environ.get("STADTDRAHT_TRAINED_MODELS")
    return Path(shared).resolve() if shared else home() / "models"


def engine_environment() -> dict[str, str]:
    """Return the environment variables for programs of the engine's environment."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _train_command(content: Path, *options: str) -> list[str]:
    return [str(ENGINE.python), "-m", "bot.train", "--content", str(content), *options]


def _last_line(command: list[str]) -> str:
    """Run a command, pass its lines on to the user and return the last one."""
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=engine_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            if last:
                say(last)
            last = line.rstrip()
    if process.returncode != 0:
        say(last)
        raise SetupProblem("Das Training ist fehlgeschlagen; die Meldungen darüber sagen, wo.")
    return last
