"""Linear classifier with calibrated probabilities and an honest certainty.

One-versus-rest support vectors (squared hinge loss, liblinear) beat multinomial
logistic regression on German short texts and train 30 times faster; with few examples
of each intent it is the other way round (docs/adr/0020).
Margins become probabilities by one temperature, fitted on out-of-fold margins.

The largest probability alone says little about text that belongs to no intent
(AUROC 0.886 on MASSIVE). Sentences of a background therefore have a plane of their own;
what falls to it counts for the intent that the background stands for (docs/adr/0021).
`certainty` and `in_scope` are small logistic regressions on several witnesses: margins,
probability, how much of the text the examples know, how near it is to an intent. Their
cases come from cross-validation in which some intents and some topics of the background
are left out of each fold, so that what nobody trained is part of what it learns from.
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, diags, vstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from nlu.noise import misspell
from nlu.text_features import SparseVector, TextFeatures, ViewSettings

Floats = NDArray[np.float32]
_FEWEST_TO_LEAVE_OUT = 10
_FEW_REGULARISATION = 10.0
_FEW_STEPS = 40
_TOLERANCE = 0.01  # sooner than with 0.0001 (1.1 instead of 1.5 s), and as accurate
_WITNESSES = 12
_OF_CERTAINTY = 6
_LEAST_KNOWN = 0.15
"""A text of which less is known is a stranger, whatever the planes say."""


@dataclass(frozen=True)
class ModelSettings:
    """How the model is trained.

    Attributes:
        regularisation: liblinear's C.
        noise_weight: Weight of a copy with typing errors beside its example; 0 for none.
        folds: Folds of the cross-validation behind temperature and certainty.
        left_out: Share of the intents that each fold does not see.
        seed: Seed of the folds.
        few: Whether there are few examples of each intent: logistic regression then learns
            more than support vectors do.
    """

    regularisation: float = 1.0
    noise_weight: float = 0.5
    folds: int = 3
    left_out: float = 0.2
    seed: int = 42
    few: bool = False


@dataclass(frozen=True)
class Prediction:
    """What the model makes of a text.

    Attributes:
        ranking: Intents and probabilities, best first.
        certainty: Probability that the first one is right and the text is no stranger.
        known_share: Share of the text that the examples know.
        in_scope: Probability that the text is a concern that the model knows, whichever it is.
    """

    ranking: list[tuple[str, float]]
    certainty: float
    known_share: float
    in_scope: float = 1.0


@dataclass(frozen=True)
class _Judges:
    """Weights of witnesses, the last one alone.

    Attributes:
        certainty: Is the best intent right?
        scope: Is the text a concern that is known?
    """

    certainty: Floats
    scope: Floats


@dataclass(frozen=True)
class _Planes:
    """Weights of one trained classifier: features × intents."""

    weights: Floats
    bias: Floats
    centres: Floats


@dataclass(frozen=True)
class Background:
    """Sentences that belong to no intent, as the classifier reads them.

    Attributes:
        stands_for: The intent that they count for; one of the examples' intents.
        texts: Texts in classifier form.
        marks: For each text the kinds of entities found in it.
        topics: For each text what it is about.
    """

    stands_for: str
    texts: Sequence[str]
    marks: Sequence[Sequence[str]]
    topics: Sequence[str]


class LinearModel:
    """A trained intent model; see the module for how it works.

    Attributes:
        features: Turns a text into a vector.
        labels: The intents, one plane each.
        stands_for: Number of the intent for which one more plane, the last, stands; or None.
        temperature: Turns margins into probabilities.
    """

    def __init__(
        self,
        features: TextFeatures,
        labels: list[str],
        planes: _Planes,
        temperature: float,
        judges: _Judges,
        stands_for: int | None = None,
    ) -> None:
        self.features = features
        self.labels = labels
        self.stands_for = stands_for
        self.temperature = temperature
        self._planes = planes
        self._judges = judges

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        marks: Sequence[Sequence[str]],
        intents: Sequence[str],
        views: ViewSettings | None = None,
        settings: ModelSettings | None = None,
        background: Background | None = None,
    ) -> LinearModel:
        """Learn from examples.

        Args:
            texts: Texts in classifier form.
            marks: For each text the kinds of entities found in it.
            intents: For each text its intent; at least two different ones.
            views: Which features to take.
            settings: How to train.
            background: Sentences that belong to no intent.
        """
        settings = settings or ModelSettings()
        topics = [""] * len(texts)
        labels = sorted(set(intents))
        wanted = [labels.index(intent) for intent in intents]
        stands_for = labels.index(background.stands_for) if background else None
        if background:
            texts, marks = [*texts, *background.texts], [*marks, *background.marks]
            wanted += [len(labels)] * len(background.texts)
        features = TextFeatures.learn(texts, marks, views or ViewSettings(), len(topics))
        topics += background.topics if background else []
        vectors = [features.vector(text, mark) for text, mark in zip(texts, marks, strict=True)]
        examples = _Examples(
            features.matrix(vectors),
            _noisy_copies(features, texts, marks, settings),
            np.array(wanted),
            len(labels) + bool(background),
            np.array(topics),
            stands_for,
        )
        planes = _fit(examples, np.ones(len(wanted), dtype=bool), settings)
        cases = list(_held_out_cases(examples, vectors, features.kinds(), settings))
        temperature = _fit_temperature(cases)
        judges = _fit_judges(cases, temperature, stands_for)
        return cls(features, labels, planes, temperature, judges, stands_for)

    def predict(self, text: str, marks: Sequence[str]) -> Prediction:
        """Rank the intents for one text in classifier form."""
        vector = self.features.vector(text, marks)
        scores, nearness = _scores(self._planes, vector)
        probabilities = _merged(_softmax(scores / self.temperature), self.stands_for)
        order = np.argsort(-probabilities, kind="stable")
        witnesses = _witnesses(scores, nearness, probabilities, vector, self.stands_for)
        known = vector.known_share >= _LEAST_KNOWN
        return Prediction(
            [(self.labels[number], float(probabilities[number])) for number in order],
            _judgement(self._judges.certainty, witnesses[:_OF_CERTAINTY]) if known else 0.0,
            vector.known_share,
            _judgement(self._judges.scope, witnesses) if known else 0.0,
        )

    def save(self, folder: Path) -> None:
        """Write the model as JSON and plain arrays; no code is stored."""
        planes = self._planes
        np.savez(
            folder / "linear_model.npz",
            weights=planes.weights,
            bias=planes.bias,
            centres=planes.centres,
            idf=self.features.idf,
            certainty=self._judges.certainty,
            scope=self._judges.scope,
        )
        document: dict[str, Any] = {
            "labels": self.labels,
            "stands_for": self.stands_for,
            "familiar": self.features.familiar,
            "temperature": self.temperature,
            "views": asdict(self.features.settings),
            "vocabulary": sorted(
                self.features.vocabulary, key=self.features.vocabulary.__getitem__
            ),
        }
        (folder / "linear_model.json").write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LinearModel:
        """Read what `save` wrote."""
        document = json.loads((folder / "linear_model.json").read_text(encoding="utf-8"))
        with np.load(folder / "linear_model.npz", allow_pickle=False) as arrays:
            planes = _Planes(arrays["weights"], arrays["bias"], arrays["centres"])
            judges = _Judges(arrays["certainty"], arrays["scope"])
            idf = arrays["idf"]
        vocabulary = {feature: number for number, feature in enumerate(document["vocabulary"])}
        views = ViewSettings(**document["views"])
        return cls(
            TextFeatures(vocabulary, idf, views, document["familiar"]),
            document["labels"],
            planes,
            document["temperature"],
            judges,
            document["stands_for"],
        )


@dataclass(frozen=True)
class _Case:
    """A text that its model had not seen, with what the model said."""

    scores: Floats
    nearness: Floats
    vector: SparseVector
    wanted: int  # column of the right intent, -1 for an intent the model does not know
    of_background: bool


@dataclass(frozen=True)
class _Examples:
    """Training examples and background: vectors, misspelt copies, columns of the intents."""

    clean: csr_matrix
    noisy: csr_matrix | None
    wanted: NDArray[np.int64]
    count: int
    topics: NDArray[np.str_]  # empty for an example of an intent
    stands_for: int | None


def _noisy_copies(
    features: TextFeatures,
    texts: Sequence[str],
    marks: Sequence[Sequence[str]],
    settings: ModelSettings,
) -> csr_matrix | None:
    """Copy every example with one or two typing errors."""
    if settings.noise_weight <= 0:
        return None
    chance = random.Random(settings.seed)  # noqa: S311 -- no secret, but reproducible
    return features.matrix(
        [
            features.vector(misspell(text, 1 + number % 2, chance), mark, doubt_rare_words=True)
            for number, (text, mark) in enumerate(zip(texts, marks, strict=True))
        ]
    )


def _fit(examples: _Examples, seen: NDArray[np.bool_], settings: ModelSettings) -> _Planes:
    """Fit one plane an intent to the examples that may be seen."""
    wanted, matrix = examples.wanted[seen], examples.clean[seen]
    machine = _machine(settings)
    if examples.noisy is None:
        machine.fit(matrix, wanted)
    else:
        weight = np.repeat([1.0, settings.noise_weight], len(wanted))
        both = vstack([matrix, examples.noisy[seen]], format="csr")
        machine.fit(both, np.tile(wanted, 2), sample_weight=weight)
    weights = np.zeros((matrix.shape[1], examples.count), dtype=np.float32)
    bias = np.full(examples.count, -1.0, dtype=np.float32)
    if len(machine.classes_) == 2:
        weights[:, machine.classes_] = np.hstack([-machine.coef_.T, machine.coef_.T])
        bias[machine.classes_] = [-machine.intercept_[0], machine.intercept_[0]]
    else:
        weights[:, machine.classes_] = machine.coef_.T
        bias[machine.classes_] = machine.intercept_
    return _Planes(weights, bias, _centres(matrix, wanted, examples.count))


def _machine(settings: ModelSettings) -> LinearSVC | _FewSteps:
    if settings.few:
        return _FewSteps(C=_FEW_REGULARISATION, max_iter=_FEW_STEPS)
    return LinearSVC(C=settings.regularisation, tol=_TOLERANCE, random_state=settings.seed)


class _FewSteps(LogisticRegression):
    """Multinomial logistic regression that stops early on purpose and says nothing of it."""

    def fit(self, *arguments: Any, **keywords: Any) -> _FewSteps:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            super().fit(*arguments, **keywords)
        return self


def _centres(matrix: csr_matrix, wanted: NDArray[np.int64], count: int) -> Floats:
    """Mean vector of each intent, scaled to length 1."""
    membership = csr_matrix(
        (np.ones(len(wanted)), (wanted, np.arange(len(wanted)))), shape=(count, len(wanted))
    )
    sums = membership @ matrix
    lengths = np.sqrt(sums.multiply(sums).sum(axis=1)).A1
    scaled = diags(1 / np.maximum(lengths, 1e-9)) @ sums
    centres: Floats = np.ascontiguousarray(scaled.T.toarray(), dtype=np.float32)
    return centres


def _scores(planes: _Planes, vector: SparseVector) -> tuple[Floats, Floats]:
    scores: Floats = vector.values @ planes.weights[vector.indices] + planes.bias
    nearness: Floats = vector.values @ planes.centres[vector.indices]
    return scores, nearness


def _held_out_cases(
    examples: _Examples,
    vectors: Sequence[SparseVector],
    kinds: NDArray[np.str_],
    settings: ModelSettings,
) -> Iterator[_Case]:
    """Judge every example by a model that has not seen it.

    Each fold also leaves out some intents, whose examples are then strangers, and some
    topics of the background, all of whose sentences are judged.
    Features that no example of the fold's model has are taken from the judged ones.
    """
    chance = np.random.default_rng(settings.seed)
    wanted = examples.wanted
    own = examples.topics == ""
    intents = len(set(wanted[own]))
    fold_of = _folds(wanted, settings.folds, chance)
    groups = np.array_split(chance.permutation(intents), max(1, round(1 / settings.left_out)))
    topics = np.array_split(chance.permutation(np.unique(examples.topics[~own])), settings.folds)
    for fold in range(settings.folds):
        left_out = groups[fold % len(groups)] if intents >= _FEWEST_TO_LEAVE_OUT else []
        strangers = np.isin(wanted, left_out)
        foreign = np.isin(examples.topics, topics[fold]) & ~own
        seen = (fold_of != fold) & ~strangers & ~foreign
        if len(set(wanted[seen])) < 2:
            continue
        planes = _fit(examples, seen, settings)
        known = np.zeros(examples.clean.shape[1], dtype=bool)
        known[examples.clean[seen & own].indices] = True
        for position in np.flatnonzero((own & (fold_of == fold)) | foreign):
            vector = _reduced(vectors[position], known, kinds)
            column = -1 if strangers[position] else int(wanted[position])
            yield _Case(*_scores(planes, vector), vector, column, bool(foreign[position]))


def _folds(wanted: NDArray[np.int64], count: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """Give every example a fold; each intent is spread evenly."""
    fold_of = np.zeros(len(wanted), dtype=np.int64)
    for label in np.unique(wanted):
        members = chance.permutation(np.flatnonzero(wanted == label))
        fold_of[members] = np.arange(len(members)) % count
    return fold_of


def _reduced(
    vector: SparseVector, known: NDArray[np.bool_], kinds: NDArray[np.str_]
) -> SparseVector:
    """Give the vector as a vocabulary without the unknown features would have made it."""
    keep = known[vector.indices]
    kind = kinds[vector.indices]
    ngrams, stems = kind == "c", kind == "s"
    return SparseVector(
        vector.indices[keep],
        vector.values[keep],
        float((keep & ngrams).sum() / max(ngrams.sum(), 1)),
        float((keep & stems).sum() / max(stems.sum(), 1)),
        vector.words,
    )


def _fit_temperature(cases: Sequence[_Case]) -> float:
    """Find the temperature under which held-out probabilities fit best."""
    known = [case for case in cases if case.wanted >= 0]
    if not known:
        return 0.3
    scores = np.stack([case.scores for case in known])
    wanted = np.array([case.wanted for case in known])
    rows = np.arange(len(known))

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        top = scaled.max(axis=1, keepdims=True)
        normal = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float((normal - scaled[rows, wanted]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.5, 1.0), method="bounded").x))


def _fit_judges(cases: Sequence[_Case], temperature: float, stands_for: int | None) -> _Judges:
    """Learn from the cases when the best intent is right and when a text is no stranger."""
    if not cases:
        return _Judges(_always(_OF_CERTAINTY), _always(_WITNESSES))
    judged = [_judged(case, temperature, stands_for) for case in cases]
    table = np.stack([witnesses for witnesses, _ in judged]).astype(np.float64)
    right = np.array([is_right for _, is_right in judged])
    known = np.array(
        [case.wanted not in {-1, stands_for} and not case.of_background for case in cases]
    )
    return _Judges(_fit_judge(table[:, :_OF_CERTAINTY], right), _fit_judge(table, known))


def _fit_judge(table: NDArray[np.float64], true: NDArray[np.bool_]) -> Floats:
    """Fit a logistic regression; its weights hold for witnesses as they come."""
    if true.all() or not true.any():
        return _always(table.shape[1])
    middle, spread = table.mean(axis=0), table.std(axis=0) + 1e-6
    judge = LogisticRegression(C=1.0, max_iter=2000).fit((table - middle) / spread, true)
    weights = judge.coef_[0] / spread
    return np.append(weights, judge.intercept_[0] - weights @ middle).astype(np.float32)


def _always(count: int) -> Floats:
    """Trust without looking at witnesses, for want of cases."""
    return np.append(np.zeros(count), 2.0).astype(np.float32)


def _judgement(judge: Floats, witnesses: Floats) -> float:
    return _sigmoid(float(witnesses @ judge[:-1] + judge[-1]))


def _judged(case: _Case, temperature: float, stands_for: int | None) -> tuple[Floats, bool]:
    """Give the witnesses of a case and whether its best intent is right."""
    probabilities = _merged(_softmax(case.scores / temperature), stands_for)
    wanted = stands_for if case.of_background else case.wanted
    witnesses = _witnesses(case.scores, case.nearness, probabilities, case.vector, stands_for)
    return witnesses, int(np.argmax(probabilities)) == wanted


def _merged(probabilities: Floats, stands_for: int | None) -> Floats:
    """Add the last plane, the background's, to the intent it stands for."""
    if stands_for is None:
        return probabilities
    merged = probabilities[:-1].copy()
    merged[stands_for] += probabilities[-1]
    return merged


def _witnesses(
    scores: Floats,
    nearness: Floats,
    probabilities: Floats,
    vector: SparseVector,
    stands_for: int | None,
) -> Floats:
    """Gather what speaks for and against the best intent, the witnesses of certainty first."""
    best, second = (int(number) for number in np.argsort(-scores)[:2])
    largest = float(probabilities.max())
    foreign = 0.0 if stands_for is None else float(probabilities[stands_for])
    return np.array(
        [
            np.log(max(largest, 1e-6)),
            scores[best],
            scores[best] - scores[second],
            nearness[best],
            vector.known_share,
            vector.known_words,
            foreign,
            np.log1p(vector.words),
            -float((probabilities * np.log(probabilities + 1e-9)).sum()),
            float(np.maximum(scores + 1, 0).sum()),
            float(nearness.max()),
            vector.known_words * vector.words,
        ],
        dtype=np.float32,
    )


def _softmax(values: Floats) -> Floats:
    powers = np.exp(values - values.max())
    probabilities: Floats = powers / powers.sum()
    return probabilities


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(value, -30, 30))))
