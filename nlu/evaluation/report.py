"""The JSON object that an evaluation prints. Shares are between 0 and 1."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nlu.evaluation import scores
from nlu.evaluation.crossvalidation import Changed, Judged
from nlu.evaluation.examples import OUT_OF_SCOPE
from nlu.evaluation.perturbations import PERTURBATIONS
from nlu.evaluation.scores import Interval, SpanCount

DIGITS = 4
MOST_CONFUSIONS = 40
SENTENCES_OF_A_CONFUSION = 5
_FOREIGN = {OUT_OF_SCOPE, "nlu_fallback"}


def quality(judged: Sequence[Judged], *, municipal: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Report all that follows from judged sentences, under the promised keys.

    Args:
        judged: Sentences with what the pipeline made of them.
        municipal: Names of municipal concerns, reported once more on their own.
    """
    right = [each.right for each in judged]
    predicted = [each.understanding.intent for each in judged]
    wanted = [
        scores.judged(guess, each.sentence.intents)
        for each, guess in zip(judged, predicted, strict=True)
    ]
    report: dict[str, Any] = {
        "n": len(judged),
        "intent_accuracy": scores.accuracy(right),
        "intent_accuracy_interval": scores.share_interval(right),
        "intent_macro_f1": scores.macro_f1(wanted, predicted),
        "top_3": scores.accuracy([_among_first(each, 3) for each in judged]),
        "slot_f1": None,
        **_entities(judged),
        "out_of_scope": out_of_scope(
            [each.understanding.in_scope for each in judged if not _is_foreign(each)],
            {"own": [each.understanding.in_scope for each in judged if _is_foreign(each)]},
        ),
        "doubt": _doubt(judged),
        "certainty": _certainty(judged),
        "by_style": _by_style(judged),
        "intents": _intents(wanted, predicted, judged),
        "confusions": _confusions(judged),
        "errors": [_error(each) for each in judged if not each.right],
    }
    if municipal:
        report["municipal"] = _municipal(judged, wanted, predicted, municipal)
    return report


def out_of_scope(inside: Sequence[float], outside: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Report how well strangers are told from concerns.

    Args:
        inside: In-scope scores of sentences with a known concern.
        outside: Source of foreign sentences → their in-scope scores.
    """
    everything = [score for values in outside.values() for score in values]
    return {
        **_detector(inside, everything),
        "by_source": {name: _detector(inside, values) for name, values in outside.items()},
    }


def robustness(changes: Mapping[str, Sequence[Changed]], sampled: int) -> dict[str, Any]:
    """Report what each change costs, in points, on the sentences that it changed."""
    allowed = {each.name: each.allowed_loss for each in PERTURBATIONS}
    return {
        name: _loss(cases) | {"sampled": sampled, "allowed_loss": allowed.get(name)}
        for name, cases in changes.items()
    }


def kind_score(count: SpanCount) -> dict[str, Any]:
    """Report one kind of entity or slot."""
    return {
        "n": count.wanted, "precision": count.precision, "recall": count.recall, "f1": count.f1,
    }  # fmt: skip


def rounded(value: Any) -> Any:
    """Round all numbers of a report."""
    if isinstance(value, float | np.floating):
        return round(float(value), DIGITS)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return value


def _among_first(judged: Judged, count: int) -> bool:
    names = [name for name, _ in judged.understanding.ranking[:count]]
    return any(name in judged.sentence.intents for name in names)


def _is_foreign(judged: Judged) -> bool:
    return judged.sentence.intent in _FOREIGN


def _detector(inside: Sequence[float], outside: Sequence[float]) -> dict[str, Any]:
    return {
        "n": len(outside),
        "auroc": scores.auroc(inside, outside),
        "false_accept_at_95": scores.false_accepts(inside, outside),
    }


def _doubt(judged: Sequence[Judged]) -> dict[str, float]:
    """Report the effect of asking back; doubt is right where nothing is in scope."""
    asked = [each for each in judged if each.understanding.doubtful]
    answered = [each for each in judged if not each.understanding.doubtful]
    kept = [_is_foreign(each) if each.understanding.doubtful else each.right for each in judged]
    return {
        "asked_back": len(asked) / max(len(judged), 1),
        "asked_back_though_right": scores.accuracy([each.right for each in asked]),
        "accuracy_of_answered": scores.accuracy([each.right for each in answered]),
        "accuracy_with_doubt": scores.accuracy(kept),
    }


def _certainty(judged: Sequence[Judged]) -> dict[str, Any]:
    certainties = [each.understanding.certainty for each in judged]
    confidences = [each.understanding.confidence for each in judged]
    right = [each.right for each in judged]
    curve = scores.calibration_curve(confidences, right)
    certain = scores.calibration_curve(certainties, right)
    return {
        "ece": scores.calibration_error(curve),
        "ece_of_certainty": scores.calibration_error(certain),
        "coverage_at_95": scores.coverage_at(certainties, right, 0.95),
        "coverage_at_90": scores.coverage_at(certainties, right, 0.90),
        "curve": [vars(each) for each in curve],
    }


def _by_style(judged: Sequence[Judged]) -> dict[str, Any]:
    styles: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        styles[each.sentence.style].append(each)
    return {
        style: {
            "n": len(members),
            "intent_accuracy": scores.accuracy([each.right for each in members]),
            "interval": scores.share_interval([each.right for each in members]),
            **{key: value for key, value in _entities(members).items() if key != "entities"
               and key != "entity_errors"},
        }
        for style, members in sorted(styles.items())
    }  # fmt: skip


def _municipal(
    judged: Sequence[Judged],
    wanted: Sequence[str],
    predicted: Sequence[str],
    municipal: frozenset[str],
) -> dict[str, Any]:
    every = {each.name: each.f1 for each in scores.class_scores(wanted, predicted)}
    own = [f1 for name, f1 in every.items() if name in municipal]
    members = [each for each in judged if each.sentence.intent in municipal]
    right = [each.right for each in members]
    certainties = [each.understanding.certainty for each in members]
    return {
        "n": len(members),
        "intents": len(own),
        "intent_accuracy": scores.accuracy(right),
        "intent_macro_f1": float(np.mean(own)) if own else 0.0,
        "coverage_at_95": scores.coverage_at(certainties, right, 0.95),
    }


def _intents(
    wanted: Sequence[str], predicted: Sequence[str], judged: Sequence[Judged]
) -> list[dict[str, Any]]:
    """Report every intent, the worst first."""
    asked = Counter(
        want for want, each in zip(wanted, judged, strict=True) if each.understanding.doubtful
    )
    return [
        {**vars(each), "asked_back": asked[each.name]}
        for each in scores.class_scores(wanted, predicted)
    ]


def _confusions(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Report which intents are taken for which, the most frequent first."""
    sentences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in judged:
        if not each.right:
            pair = (each.sentence.intent, each.understanding.intent)
            sentences[pair].append(each.sentence.text)
    ordered = sorted(sentences.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {
            "expected": expected,
            "predicted": predicted,
            "count": len(texts),
            "sentences": texts[:SENTENCES_OF_A_CONFUSION],
        }
        for (expected, predicted), texts in ordered[:MOST_CONFUSIONS]
    ]


def _error(judged: Judged) -> dict[str, Any]:
    understanding = judged.understanding
    return {
        "text": judged.sentence.text,
        "expected": list(judged.sentence.intents),
        "predicted": understanding.intent,
        "confidence": understanding.confidence,
        "certainty": understanding.certainty,
        "asked_back": understanding.doubtful,
        "style": judged.sentence.style,
    }


def _entities(judged: Iterable[Judged]) -> dict[str, Any]:
    """Report entities of the sentences for which somebody wrote them down."""
    noted = [each for each in judged if each.sentence.entities is not None]
    kinds = frozenset(kind for each in noted for kind in each.sentence.entities or ())
    if not kinds:
        return {"entity_f1": None, "exact_match": None, "entities": {}, "entity_errors": []}
    exact, errors = [], []
    sums: dict[str, SpanCount] = defaultdict(SpanCount)
    for each in noted:
        wanted = each.sentence.entities or {}
        asked = kinds if each.sentence.all_entities else frozenset(wanted)
        counts = scores.entity_counts(wanted, each.understanding.entities, asked)
        for kind, count in counts.items():
            sums[kind] += count
        whole = all(c.right == c.wanted == c.found for c in counts.values())
        exact.append(whole and each.right)
        if not whole:
            errors.append(_entity_error(each, asked))
    everything = sum(sums.values(), SpanCount())
    return {
        "entity_f1": everything.f1,
        "exact_match": scores.accuracy(exact),
        "entities": {kind: kind_score(sums[kind]) for kind in sorted(kinds)},
        "entity_errors": errors,
    }


def _entity_error(judged: Judged, kinds: frozenset[str]) -> dict[str, Any]:
    found: dict[str, list[str]] = defaultdict(list)
    for kind, value in judged.understanding.entities:
        if kind in kinds:
            found[kind].append(value)
    wanted = {kind: list(values) for kind, values in (judged.sentence.entities or {}).items()}
    return {"text": judged.sentence.text, "expected": wanted, "found": dict(found)}


def _loss(cases: Sequence[Changed]) -> dict[str, Any]:
    before = np.array([each.right_before for each in cases], dtype=float)
    after = np.array([each.right_after for each in cases], dtype=float)
    low, high = _points(scores.mean_interval(before - after))
    broken = [each for each in cases if each.right_before and not each.right_after]
    return {
        "n": len(cases),
        "accuracy_before": float(before.mean()) if len(cases) else 0.0,
        "accuracy_after": float(after.mean()) if len(cases) else 0.0,
        "loss_points": 100 * float((before - after).mean()) if len(cases) else 0.0,
        "interval": (low, high),
        "broken": [each.changed_text for each in broken[:SENTENCES_OF_A_CONFUSION]],
    }


def _points(interval: Interval) -> Interval:
    return 100 * interval[0], 100 * interval[1]
