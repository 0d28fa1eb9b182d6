"""Scores, each checked against hand-made cases or scikit-learn in the tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from german.normal_form import fold
from nlu.evaluation.examples import NO_SLOT

Floats = NDArray[np.float64]
Interval = tuple[float, float]
DRAWS = 1000
BINS = 10


@dataclass(frozen=True)
class ClassScore:
    """How well one intent is recognised."""

    name: str
    n: int
    precision: float
    recall: float
    f1: float


def accuracy(right: Sequence[bool]) -> float:
    """Share of right answers; 0 for none at all."""
    return float(np.mean(right)) if len(right) else 0.0


def share_interval(right: Sequence[bool], seed: int = 0) -> Interval:
    """95 % bootstrap interval of a share."""
    return mean_interval(np.asarray(right, dtype=float), seed)


def mean_interval(values: Floats, seed: int = 0) -> Interval:
    """95 % bootstrap interval of a mean."""
    if not len(values):
        return (0.0, 0.0)
    chance = np.random.default_rng(seed)
    means = [values[chance.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def judged(predicted: str, accepted: Sequence[str]) -> str:
    """Return the intent a prediction is held against: itself if accepted, else the best."""
    return predicted if predicted in accepted else accepted[0]


def class_scores(wanted: Sequence[str], predicted: Sequence[str]) -> list[ClassScore]:
    """Precision, recall and F1 of every wanted class, the worst first."""
    hits = Counter(want for want, got in zip(wanted, predicted, strict=True) if want == got)
    wants, gots = Counter(wanted), Counter(predicted)
    scores = [
        ClassScore(
            name, n, _ratio(hits[name], gots[name]), _ratio(hits[name], n),
            _ratio(2 * hits[name], n + gots[name]),
        )
        for name, n in wants.items()
    ]  # fmt: skip
    return sorted(scores, key=lambda each: (each.f1, each.name))


def macro_f1(wanted: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean F1 over the classes that were wanted."""
    scores = class_scores(wanted, predicted)
    return float(np.mean([each.f1 for each in scores])) if scores else 0.0


@dataclass(frozen=True)
class SpanCount:
    """Things found and missed, for micro-averaged scores."""

    right: int = 0
    wanted: int = 0
    found: int = 0

    def __add__(self, other: SpanCount) -> SpanCount:
        return SpanCount(
            self.right + other.right, self.wanted + other.wanted, self.found + other.found
        )

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return _ratio(self.right, self.found)

    @property
    def recall(self) -> float:
        """Share of what was wanted that was found."""
        return _ratio(self.right, self.wanted)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return _ratio(2 * self.right, self.wanted + self.found)


def spans(labels: Sequence[str]) -> set[tuple[int, int, str]]:
    """Read spans from labels; contiguous equal labels are one span."""
    found, start = set(), 0
    for place in range(1, len(labels) + 1):
        if place == len(labels) or labels[place] != labels[start]:
            if labels[start] != NO_SLOT:
                found.add((start, place, labels[start]))
            start = place
    return found


def span_count(wanted: Sequence[str], predicted: Sequence[str]) -> SpanCount:
    """Compare the spans of one sentence; place and label must be the same."""
    want, got = spans(wanted), spans(predicted)
    return SpanCount(len(want & got), len(want), len(got))


def span_counts_by_kind(wanted: Sequence[str], predicted: Sequence[str]) -> dict[str, SpanCount]:
    """Compare the spans of one sentence, each label on its own."""
    want, got = spans(wanted), spans(predicted)
    return {
        kind: SpanCount(
            sum(each[2] == kind for each in want & got),
            sum(each[2] == kind for each in want),
            sum(each[2] == kind for each in got),
        )
        for kind in {each[2] for each in want | got}
    }


def f1_interval(counts: Sequence[SpanCount], seed: int = 0) -> Interval:
    """95 % bootstrap interval of a micro-averaged F1 over sentences."""
    if not counts:
        return (0.0, 0.0)
    table = np.array([(each.right, each.wanted, each.found) for each in counts], dtype=float)
    chance = np.random.default_rng(seed)
    sums = (table[chance.integers(0, len(table), len(table))].sum(axis=0) for _ in range(DRAWS))
    values = [_ratio(2 * right, wanted + found) for right, wanted, found in sums]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def entity_counts(
    wanted: Mapping[str, Sequence[str]],
    found: Sequence[tuple[str, str]],
    kinds: frozenset[str],
) -> dict[str, SpanCount]:
    """Compare the entities of one sentence by value.

    Args:
        wanted: Kind → values.
        found: Kinds and values, in any order; a value found twice counts once.
        kinds: Kinds that are judged: those that the set names at all.

    Returns:
        Kind → count. Values are compared folded, so that "Lindenstrasse" is "Lindenstraße".
    """
    counts = {}
    for kind in kinds:
        want = {fold(value) for value in wanted.get(kind, ())}
        got = {fold(value) for name, value in found if name == kind}
        counts[kind] = SpanCount(len(want & got), len(want), len(got))
    return counts


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Probability that a positive scores above a negative; ties count half."""
    if not len(positives) or not len(negatives):
        return None
    above = np.sort(np.asarray(negatives, dtype=float))
    values = np.asarray(positives, dtype=float)
    below = np.searchsorted(above, values, "left")
    ties = np.searchsorted(above, values, "right") - below
    return float((below + ties / 2).sum() / (len(values) * len(above)))


def false_accepts(
    positives: Sequence[float], negatives: Sequence[float], accepted: float = 0.95
) -> float | None:
    """Share of negatives let in by the threshold that lets in ``accepted`` of the positives."""
    if not len(positives) or not len(negatives):
        return None
    ordered = np.sort(np.asarray(positives, dtype=float))[::-1]
    threshold = ordered[int(np.ceil(accepted * len(ordered) - 1e-9)) - 1]
    return float((np.asarray(negatives, dtype=float) >= threshold).mean())


def coverage_at(certainties: Sequence[float], right: Sequence[bool], precision: float) -> float:
    """Largest share of sentences that can be answered with at least this precision."""
    if not len(right):
        return 0.0
    order = np.argsort(-np.asarray(certainties, dtype=float), kind="stable")
    ordered = np.asarray(certainties, dtype=float)[order]
    reached = np.cumsum(np.asarray(right, dtype=float)[order]) / np.arange(1, len(order) + 1)
    last_of_ties = np.append(ordered[1:] != ordered[:-1], True)
    good = np.flatnonzero((reached >= precision) & last_of_ties)
    return float((good[-1] + 1) / len(order)) if len(good) else 0.0


@dataclass(frozen=True)
class Bin:
    """Sentences of about the same certainty, and how many of them were right."""

    n: int
    certainty: float
    accuracy: float


def calibration_curve(certainties: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Put sentences into ten bins of equal width, empty ones left out."""
    values, hits = np.asarray(certainties, dtype=float), np.asarray(right, dtype=float)
    number = np.minimum((values * BINS).astype(int), BINS - 1)
    return [
        Bin(int(chosen.sum()), float(values[chosen].mean()), float(hits[chosen].mean()))
        for chosen in (number == each for each in range(BINS))
        if chosen.any()
    ]


def calibration_error(curve: Sequence[Bin]) -> float:
    """Mean distance of certainty and accuracy, weighted by sentences (ECE)."""
    n = sum(each.n for each in curve)
    return sum(each.n * abs(each.certainty - each.accuracy) for each in curve) / max(n, 1)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return float(np.percentile(values, share * 100)) if len(values) else 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
