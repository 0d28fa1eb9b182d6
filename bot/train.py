"""Trains the model: ``python -m bot.train --content data --out <folder>``.

Prints what it does line by line and the model's path as the last line. A model
whose content, pipeline code and pins did not change is not trained again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot import content as content_check
from bot import fingerprint
from bot.content import ContentError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code: 0, or 1 when the content has an error.
    """
    chosen = _options(arguments)
    name = fingerprint.model_name(chosen.content, chosen.config)
    if chosen.fingerprint:
        _tell(name)
        return 0
    model = chosen.out.resolve() / f"{name}.tar.gz"
    if not model.exists():
        try:
            train(chosen.content, chosen.config, model)
        except ContentError as problem:
            _tell(f"Fehler im Inhalt: {problem}")
            return 1
    _tell(model)
    return 0


def train(content: Path, config: Path, model: Path) -> None:
    """Train a model from ``content`` and put it at ``model`` in one step.

    Raises:
        ContentError: the content has an error.
    """
    started = time.monotonic()
    os.environ["STADTDRAHT_GAZETTEERS"] = str(content.resolve() / "gazetteers")
    os.environ["LOG_LEVEL"] = "ERROR"  # no progress bars
    parts = fingerprint.training_files(content.resolve())
    content_check.check(parts)
    _tell("Lade die Dialogmaschine …")
    _prepare_process()
    _tell("Trainiere …")
    model.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".training-", dir=model.parent))
    try:
        os.environ["RASA_CACHE_DIRECTORY"] = str(work / "cache")
        made = _trained(parts, config.resolve(), work, model.name)
        made.replace(model)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _tell(f"Fertig nach {time.monotonic() - started:.0f} s.")


def _prepare_process() -> None:
    from bot.engine import prepare_process

    prepare_process("WARNING")


def _trained(parts: dict[str, Path], config: Path, work: Path, file_name: str) -> Path:
    from rasa import model_training
    from rasa.shared.exceptions import RasaException

    from bot import logs

    logs.quieten_foreign_loggers()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            result = model_training.train(
                domain=str(parts["domain"]),
                config=str(config),
                training_files=[str(parts["nlu"]), str(parts["rules"])],
                output=str(work),
                fixed_model_name=file_name.replace(".tar.gz", ""),
                force_training=True,
            )
    except (RasaException, ValueError) as error:
        raise ContentError(_plain_words(error)) from error
    except SystemExit:
        raise ContentError("Das Training hat abgebrochen.") from None
    if result.model is None:
        raise ContentError("Das Training hat kein Modell hinterlassen.")
    return Path(result.model)


def _plain_words(error: BaseException) -> str:
    reasons = [str(error)]
    cause = error.__cause__
    while cause is not None:
        reasons.append(str(cause))
        cause = cause.__cause__
    return "\n".join(dict.fromkeys(reason.strip() for reason in reasons if reason.strip()))


def _tell(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.train", description=__doc__)
    parser.add_argument("--content", type=Path, required=True, help="folder with de/nlu, ...")
    parser.add_argument("--out", type=Path, default=Path("models"), help="folder of the model")
    parser.add_argument("--config", type=Path, default=fingerprint.CONFIG, help="pipeline")
    parser.add_argument(
        "--fingerprint", action="store_true", help="print only the model's name, train nothing"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
