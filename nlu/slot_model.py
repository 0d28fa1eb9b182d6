"""Slot tagger: a conditional random field over folded words and the intent around them.

For what no grammar can know: names of songs, dishes, people, and whatever a town
annotates in its examples. The chain has one label a word; contiguous equal labels are
one slot. It is trained by CRFsuite's passive-aggressive learner, which is nearly as
good as L-BFGS here at a fraction of its time (docs/adr/0024).

The intent says much about the slots, but a classifier is sure of its own training
examples. Therefore the tagger learns beside intents that a small classifier guesses
for examples it has not seen, mistakes included.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pycrfsuite  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import KFold
from sklearn.svm import LinearSVC

from german.normal_form import fold
from nlu.slot_features import LONGEST_SENTENCE, Ranking, token_features

NO_SLOT = "O"
_MODEL_FILE, _SETTINGS_FILE = "slots.crfsuite", "slots.json"
_FEWEST_TO_GUESS = 20
_SHARPNESS = 0.3
"""Temperature of the guesses' probabilities; near what `LinearModel` fits for itself."""


class ModelUnreadable(ValueError):
    """A stored slot model cannot be read. The message names the file."""


@dataclass(frozen=True)
class SlotSettings:
    """How the tagger is trained.

    Attributes:
        iterations: Passes over the examples.
        folds: Folds of the intent guesses; 0 to learn beside the true intents.
        seed: Seed of the folds.
    """

    iterations: int = 10
    folds: int = 4
    seed: int = 42


class SlotModel:
    """A trained slot tagger; see the module for how it works."""

    def __init__(self, stored: bytes, labels: Sequence[str], settings: SlotSettings) -> None:
        self.labels = list(labels)
        self.settings = settings
        self._stored = stored
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(stored)

    @classmethod
    def train(
        cls,
        sentences: Sequence[Sequence[tuple[str, str]]],
        intents: Sequence[str] | None = None,
        settings: SlotSettings | None = None,
    ) -> SlotModel:
        """Learn from annotated sentences.

        Args:
            sentences: Words with their labels, `NO_SLOT` where there is none.
            intents: For each sentence its intent; None where there are none.
            settings: How to train.

        Raises:
            ValueError: there is no sentence with a word.
        """
        settings = settings or SlotSettings()
        if not any(sentences):
            raise ValueError("a slot model needs at least one annotated sentence")
        rankings = _guessed(sentences, intents, settings)
        trainer = pycrfsuite.Trainer(algorithm="pa", verbose=False)
        trainer.set_params({"max_iterations": settings.iterations})
        for sentence, ranking in zip(sentences, rankings, strict=True):
            if sentence:
                labels = [label for _, label in sentence[:LONGEST_SENTENCE]]
                trainer.append(token_features([word for word, _ in sentence], ranking), labels)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / _MODEL_FILE
            trainer.train(str(file))
            stored = file.read_bytes()
        return cls(stored, sorted({label for each in sentences for _, label in each}), settings)

    def predict(self, tokens: Sequence[str], intent: str | Ranking | None = None) -> list[str]:
        """Label the words of a sentence.

        Args:
            tokens: Words as they were written.
            intent: What the sentence is about: one intent, or several with probabilities.

        Returns:
            One label a word.
        """
        if not tokens:
            return []
        labels = self._tagger.tag(token_features(tokens, _ranking(intent)))
        return [*labels, *[NO_SLOT] * (len(tokens) - len(labels))]

    def predict_with_confidence(
        self, tokens: Sequence[str], intent: str | Ranking | None = None
    ) -> list[tuple[str, float]]:
        """Label the words of a sentence and say how sure each label is, 0 to 1."""
        if not tokens:
            return []
        labels = self.predict(tokens, intent)
        known = min(len(tokens), LONGEST_SENTENCE)
        sure = [self._tagger.marginal(label, at) for at, label in enumerate(labels[:known])]
        return list(zip(labels, [*sure, *[1.0] * (len(tokens) - known)], strict=True))

    def save(self, folder: Path) -> None:
        """Write the model: CRFsuite's own file and JSON; no code is stored."""
        (folder / _MODEL_FILE).write_bytes(self._stored)
        document = {"labels": self.labels, "settings": asdict(self.settings)}
        (folder / _SETTINGS_FILE).write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> SlotModel:
        """Read what `save` wrote.

        Raises:
            ModelUnreadable: a file is missing or is no slot model.
        """
        try:
            document = json.loads((folder / _SETTINGS_FILE).read_text(encoding="utf-8"))
            stored = (folder / _MODEL_FILE).read_bytes()
            return cls(stored, document["labels"], SlotSettings(**document["settings"]))
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            raise ModelUnreadable(f"{folder}: no slot model here ({wrong})") from wrong


def _ranking(intent: str | Ranking | None) -> Ranking:
    if intent is None or intent == "":
        return ()
    return ((intent, 1.0),) if isinstance(intent, str) else intent


def _guessed(
    sentences: Sequence[Sequence[tuple[str, str]]],
    intents: Sequence[str] | None,
    settings: SlotSettings,
) -> list[Ranking]:
    """Guess the intent of each sentence by a classifier that has not seen it."""
    if intents is None:
        return [()] * len(sentences)
    rankings = [_ranking(intent) for intent in intents]
    if settings.folds < 2 or len(set(intents)) < 2 or len(intents) < _FEWEST_TO_GUESS:
        return rankings
    texts = [fold(" ".join(word for word, _ in sentence)) for sentence in sentences]
    for places, guesses in _out_of_fold(texts, np.array(intents), settings):
        for place, guess in zip(places, guesses, strict=True):
            rankings[place] = guess
    return rankings


def _out_of_fold(
    texts: Sequence[str], intents: NDArray[np.str_], settings: SlotSettings
) -> Iterator[tuple[NDArray[np.int64], list[Ranking]]]:
    """Give the places of each fold with the three best intents of every text there."""
    views = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, min_df=2)
    matrix = views.fit_transform(texts)
    folds = KFold(settings.folds, shuffle=True, random_state=settings.seed)
    for seen, unseen in folds.split(texts):
        if len(set(intents[seen])) < 3:
            continue
        machine = LinearSVC(random_state=settings.seed).fit(matrix[seen], intents[seen])
        chances = softmax(machine.decision_function(matrix[unseen]) / _SHARPNESS, axis=1)
        best = np.argsort(-chances, axis=1)[:, :3]
        yield (
            unseen,
            [
                [(str(machine.classes_[column]), float(row[column])) for column in columns]
                for row, columns in zip(chances, best, strict=True)
            ],
        )
