"""``python -m nlu.evaluation``: progress on stderr, one JSON object on stdout."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for.

    Returns:
        The exit code: 0, or 1 when sentences cannot be read.
    """
    options = _options(arguments)
    with _stdout_for_the_result() as out:
        from bot.engine import prepare_process

        prepare_process("WARNING")
        sys.excepthook = sys.__excepthook__  # no citizen's words here: show the whole failure
        from nlu.evaluation.examples import WrongExamples

        started = time.monotonic()
        try:
            result = _measured(options)
        except WrongExamples as problem:
            _tell(str(problem))
            return 1
        from nlu.evaluation.report import rounded

        result["seconds"] = time.monotonic() - started
        json.dump(rounded(result), out, ensure_ascii=False)
        out.write("\n")
    return 0


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    from nlu.evaluation import massive, measurements
    from nlu.evaluation.massive import Size
    from nlu.evaluation.measurements import Scale, Workshop

    scale = Scale.quick(options.seed) if options.quick else Scale(seed=options.seed)
    size = Size.quick(options.seed) if options.quick else Size(seed=options.seed)
    with tempfile.TemporaryDirectory(prefix="stadtdraht-evaluation-") as folder:
        workshop = Workshop(options.config, Path(folder), _tell)
        if options.few_shot:
            return massive.measure_few_shot(*_massive_files(options), size, workshop)
        if options.massive:
            return massive.measure_massive(*_massive_files(options), size, workshop)
        if options.file:
            municipal = measurements.municipal_names(options.content)
            return measurements.measure_file(options.file, options.model, municipal, workshop)
        return measurements.measure_content(options.content, options.public_data, scale, workshop)


def _massive_files(options: argparse.Namespace) -> tuple[Path, Path]:
    train, test = options.massive or (
        options.public_data / "massive_de" / "train.jsonl",
        options.public_data / "massive_de" / "dev.jsonl",
    )
    return train, test


@contextlib.contextmanager
def _stdout_for_the_result() -> Iterator[TextIO]:
    """Keep stdout for the result: whatever libraries print goes to stderr."""
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        yield out
    finally:
        sys.stdout = out


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m nlu.evaluation", description=__doc__)
    parser.add_argument("--content", type=Path, default=Path("data"))
    parser.add_argument("--config", type=Path, default=ROOT / "bot" / "config.yml")
    parser.add_argument("--public-data", type=Path, default=Path("../shared/data/nlu"))
    parser.add_argument("--file", type=Path, help="sentences to score")
    parser.add_argument("--model", type=Path, help="trained model, for --file")
    parser.add_argument("--massive", type=Path, nargs=2, metavar=("TRAIN", "TEST"))
    parser.add_argument("--few-shot", action="store_true", help="8, 16 and 32 examples an intent")
    parser.add_argument("--quick", action="store_true", help="a small sample")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.file and not options.model:
        parser.error("--file needs --model")
    return options


if __name__ == "__main__":
    sys.exit(main())
