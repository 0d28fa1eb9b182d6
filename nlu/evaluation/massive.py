"""Public data in MASSIVE's format: intents, slots, strangers, and learning from few examples.

Slots are labels of words; contiguous equal labels are one span. Source of the data and of the
measure: FitzGerald and others, "MASSIVE: A 1M-Example Multilingual NLU Dataset" (2022).
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rasa.shared.nlu.training_data.message import Message

from nlu.evaluation import report, scores
from nlu.evaluation.crossvalidation import Judged
from nlu.evaluation.examples import Sentence, read_massive, to_bare_tokens
from nlu.evaluation.latency import Stopwatch, message_times
from nlu.evaluation.measurements import Workshop, judge
from nlu.evaluation.pipeline import (
    Pipeline,
    Understanding,
    copied,
    first_classifier,
    to_examples,
    to_message,
    to_understanding,
)
from nlu.evaluation.scores import SpanCount

SLOT_MODEL = "nlu.slot_model"
SHOTS = (8, 16, 32)
_EVERY = 3  # every third topic is left out to play the stranger


class SlotTagger(Protocol):
    """What is asked of a trained slot model."""

    def predict(self, tokens: Sequence[str]) -> list[str]:
        """Label the words of a sentence."""


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        sentences: Most sentences of the training and of the test file; None for all.
        seeds: Draws of few examples.
        seed: Seed of the samples.
    """

    sentences: int | None = None
    seeds: int = 10
    seed: int = 1

    @classmethod
    def quick(cls, seed: int) -> Size:
        """Give a small size that takes a minute."""
        return cls(sentences=1500, seeds=2, seed=seed)


def measure_massive(train: Path, test: Path, size: Size, workshop: Workshop) -> dict[str, Any]:
    """Train on one file and score the other.

    Args:
        train: Training part in MASSIVE's format.
        test: Part to score.
        size: How much is measured.
        workshop: Where things are.

    Raises:
        WrongExamples: a file is missing or has a wrong line.
    """
    known, unknown = _sampled(read_massive(train), size), _sampled(read_massive(test), size)
    workshop.tell(f"Trainiere Anliegen mit {len(known)} Sätzen …")
    watch = Stopwatch()
    pipeline = Pipeline.train(workshop.parts(), to_examples(known), workshop.folder / "whole")
    of_intents = watch.training()
    tagger = _trained_tagger(known, workshop)
    of_everything = watch.training()
    workshop.tell(f"{len(unknown)} Sätze werden verstanden …")
    judged = judge(pipeline, unknown)
    made = report.quality(judged)
    made |= _slots(judged, tagger)
    made |= {
        **of_everything,
        "trained_intents": of_intents,
        "trained_sentences": len(known),
        "out_of_scope": _strangers(known, unknown, workshop),
        "skipped": [] if tagger else ["slots"],
    }
    understood = _WithSlots(pipeline, tagger, unknown)
    made |= message_times(understood, [each.text for each in unknown]).summary()
    return {"kind": "massive", "files": [train.name, test.name]} | made


def measure_few_shot(train: Path, test: Path, size: Size, workshop: Workshop) -> dict[str, Any]:
    """Train on 8, 16 and 32 examples an intent, several draws each.

    A draw is ``random.Random(seed).shuffle`` and then the first ones of each intent.
    """
    known = read_massive(train)
    unknown = _sampled(read_massive(test), size)
    workshop.tell(f"Bereite {len(known)} und {len(unknown)} Sätze vor …")
    parts = workshop.parts()
    border = first_classifier(parts)
    examples = to_examples(known)
    front = Pipeline.train(parts[:border], examples, workshop.folder / "front")
    tests = [front.process(to_message(each.text)) for each in unknown]
    outcome = {}
    for shots in SHOTS:
        accuracies, seconds = [], []
        for seed in range(size.seeds):
            chosen = [copied(examples[place]) for place in draw(known, shots, seed)]
            started = time.perf_counter()
            folder = workshop.folder / f"shots{shots}_{seed}"
            back = Pipeline.train(parts[border:], chosen, folder)
            seconds.append(time.perf_counter() - started)
            accuracies.append(_accuracy(back, tests, unknown))
            workshop.tell(f"{shots} Beispiele, Ziehung {seed + 1}: {100 * accuracies[-1]:.1f} %")
        outcome[str(shots)] = _spread(accuracies) | {"train_seconds": statistics.median(seconds)}
    empty = dict.fromkeys(
        ("intent_accuracy", "intent_macro_f1", "entity_f1", "slot_f1", "exact_match",
         "out_of_scope", "train_seconds", "p50_ms", "p95_ms")
    )  # fmt: skip
    counted = {"n": len(unknown), "seeds": size.seeds, "few_shot": outcome}
    return {"kind": "few_shot", "files": [train.name, test.name]} | empty | counted | {
        "by_style": {}, "errors": [],
    }  # fmt: skip


def draw(sentences: Sequence[Sentence], shots: int, seed: int) -> list[int]:
    """Draw places of so many sentences of each intent."""
    places = list(range(len(sentences)))
    random.Random(seed).shuffle(places)  # noqa: S311 -- the protocol's draw
    taken: dict[str, int] = defaultdict(int)
    chosen = []
    for place in places:
        taken[sentences[place].intent] += 1
        if taken[sentences[place].intent] <= shots:
            chosen.append(place)
    return chosen


class _WithSlots:
    """The pipeline together with the slot model, for the time of a whole message."""

    def __init__(
        self, pipeline: Pipeline, tagger: SlotTagger | None, sentences: Sequence[Sentence]
    ) -> None:
        self._pipeline, self._tagger = pipeline, tagger
        self._tokens = {each.text: to_bare_tokens(each) for each in sentences}

    def understand(self, text: str) -> Understanding:
        if self._tagger is not None:
            self._tagger.predict(self._tokens[text])
        return self._pipeline.understand(text)


def _trained_tagger(sentences: Sequence[Sentence], workshop: Workshop) -> SlotTagger | None:
    """Train the slot model where there is one."""
    if importlib.util.find_spec(SLOT_MODEL) is None:
        workshop.tell("Es gibt kein Slot-Modell; Slots werden nicht gemessen.")
        return None
    workshop.tell("Trainiere Slots …")
    kind = importlib.import_module(SLOT_MODEL).SlotModel
    tagger: SlotTagger = kind.train([each.tokens for each in sentences])
    return tagger


def _slots(judged: Sequence[Judged], tagger: SlotTagger | None) -> dict[str, Any]:
    """Report slot spans and sentences that are right in everything."""
    if tagger is None:
        return {"slot_f1": None, "exact_match": None}
    counts, exact, kinds = [], [], defaultdict[str, SpanCount](SpanCount)
    for each in judged:
        wanted = [label for _, label in each.sentence.tokens]
        predicted = tagger.predict(to_bare_tokens(each.sentence))
        counts.append(scores.span_count(wanted, predicted))
        exact.append(each.right and wanted == predicted)
        for kind, count in scores.span_counts_by_kind(wanted, predicted).items():
            kinds[kind] += count
    return {
        "slot_f1": sum(counts, SpanCount()).f1,
        "slot_f1_interval": scores.f1_interval(counts),
        "exact_match": scores.accuracy(exact),
        "exact_match_interval": scores.share_interval(exact),
        "slots": {kind: report.kind_score(count) for kind, count in sorted(kinds.items())},
    }


def _strangers(
    known: Sequence[Sentence], unknown: Sequence[Sentence], workshop: Workshop
) -> dict[str, Any]:
    """Leave out whole topics in training and see whether their sentences are noticed."""
    topics = sorted({each.scenario for each in known})
    left_out = set(topics[::_EVERY])
    if len(topics) < _EVERY:
        return report.out_of_scope([], {})
    workshop.tell(f"Fremde Themen: {', '.join(sorted(left_out))} …")
    seen = [each for each in known if each.scenario not in left_out]
    pipeline = Pipeline.train(workshop.parts(), to_examples(seen), workshop.folder / "topics")
    inside: list[float] = []
    outside: list[float] = []
    for each in judge(pipeline, unknown):
        chosen = outside if each.sentence.scenario in left_out else inside
        chosen.append(each.understanding.in_scope)
    return report.out_of_scope(inside, {"left_out_topics": outside}) | {
        "left_out": sorted(left_out)
    }


def _accuracy(back: Pipeline, tests: Sequence[Message], sentences: Sequence[Sentence]) -> float:
    right = [
        to_understanding(back.process(copied(message))).intent in sentence.intents
        for message, sentence in zip(tests, sentences, strict=True)
    ]
    return scores.accuracy(right)


def _spread(accuracies: Sequence[float]) -> dict[str, Any]:
    return {
        "median": statistics.median(accuracies),
        "mean": statistics.mean(accuracies),
        "lowest": min(accuracies),
        "highest": max(accuracies),
        "accuracies": list(accuracies),
    }


def _sampled(sentences: list[Sentence], size: Size) -> list[Sentence]:
    if size.sentences is None:
        return sentences
    ordered = list(sentences)
    random.Random(size.seed).shuffle(ordered)  # noqa: S311 -- reproducible
    return ordered[: size.sentences]
