"""One pipeline among several, trained and asked in processes of its own.

``python -m nlu.evaluation.contenders train|serve`` prints one JSON object. All contenders get
the same sentences: so many per training, drawn by a seed, the rest is held out. Components are
called directly, without Rasa's graph around them, which is to the advantage of each alike.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

KILO, MEGA = 1024, 1e6
MOST_HELD_OUT = 1000
LARGEST_SHARE = 80  # per cent of the sentences that may be trained


def main(arguments: Sequence[str] | None = None) -> int:
    """Train a pipeline or ask a trained one; returns 0."""
    options = _options(arguments)
    out, sys.stdout = sys.stdout, sys.stderr
    from bot.engine import prepare_process

    prepare_process("WARNING")
    sys.excepthook = sys.__excepthook__
    result = _train(options) if options.step == "train" else _serve(options)
    json.dump(result, out)
    out.write("\n")
    return 0


def split(sentences: Sequence[Any], examples: int, seed: int) -> tuple[list[Any], list[Any]]:
    """Draw training and held-out sentences, every intent in its proportion.

    Args:
        sentences: Things with an `intent`.
        examples: How many to train with; at most four fifths of all.
        seed: Seed of the draw.

    Returns:
        Training sentences and at most `MOST_HELD_OUT` others.
    """
    ordered = list(range(len(sentences)))
    random.Random(seed).shuffle(ordered)  # noqa: S311 -- reproducible
    members: dict[str, list[int]] = defaultdict(list)
    for place in ordered:
        members[sentences[place].intent].append(place)
    ranked = sorted(
        ((number + 0.5) / len(places), places[number])
        for places in members.values()
        for number in range(len(places))
    )
    border = min(examples, LARGEST_SHARE * len(sentences) // 100)
    chosen = {place for _, place in ranked[:border]}
    rest = [place for place in ordered if place not in chosen]
    return (
        [sentences[place] for place in sorted(chosen)],
        [sentences[place] for place in rest[:MOST_HELD_OUT]],
    )


def _train(options: argparse.Namespace) -> dict[str, Any]:
    from nlu.evaluation.examples import read_content
    from nlu.evaluation.latency import Stopwatch
    from nlu.evaluation.pipeline import Pipeline, configured_parts, to_examples

    known, _ = split(read_content(options.content), options.examples, options.seed)
    examples, parts = to_examples(known), configured_parts(options.config)
    watch = Stopwatch()
    Pipeline.train(parts, examples, options.folder)
    seconds = watch.training()
    files = (file for file in options.folder.rglob("*") if file.is_file())
    return {
        "examples": len(known),
        "intents": len({each.intent for each in known}),
        **seconds,
        "train_memory_mb": _peak_megabytes(),
        "model_mb": sum(file.stat().st_size for file in files) / MEGA,
    }


def _serve(options: argparse.Namespace) -> dict[str, Any]:
    from nlu.evaluation import scores
    from nlu.evaluation.examples import read_content
    from nlu.evaluation.latency import message_times
    from nlu.evaluation.measurements import judge
    from nlu.evaluation.pipeline import Pipeline, configured_parts

    _, unseen = split(read_content(options.content), options.examples, options.seed)
    pipeline = Pipeline.reopen(configured_parts(options.config), options.folder)
    judged = judge(pipeline, unseen)
    right = [each.right for each in judged]
    times = message_times(pipeline, [each.text for each in unseen])
    return {
        "held_out": len(unseen),
        "accuracy": scores.accuracy(right),
        "accuracy_interval": scores.share_interval(right),
        "macro_f1": scores.macro_f1(
            [each.sentence.intent for each in judged],
            [each.understanding.intent for each in judged],
        ),
        **times.summary(),
        "memory_mb": _peak_megabytes(),
    }


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILO / MEGA


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("train", "serve"))
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the trained components")
    parser.add_argument("--examples", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
