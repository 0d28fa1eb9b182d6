"""Features of a text for linear models: character n-grams, words, stems, marks.

Hand-rolled instead of scikit-learn's vectorizers, because one message then costs
0.2 ms instead of 2 ms and the vocabulary is stored as plain JSON, never as pickle.
Which views help is measured in docs/adr/0020.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from german.concepts import concepts_of
from german.normal_form import words
from nlu.mending import Mender

_STEMMER = snowballstemmer.stemmer("german")
LONGEST_TEXT = 600
"""Characters that are looked at; a concern is named within them."""

LONG_NGRAM = 3
"""N-grams of this length and more show whether a text is known; shorter ones nearly all are."""
MOST_CONCEPTS = 20
"""Concepts whose pairs are counted; a question has about five."""


@dataclass(frozen=True)
class SparseVector:
    """One text as feature numbers and weights.

    Attributes:
        indices: Numbers of the known features, each once.
        values: Their weights; each view has length 1.
        known_share: How many of its longer n-grams the vocabulary knows, 0 to 1.
        known_words: How many of the words the vocabulary knows, 0 to 1.
        words: How many different stems the text has.
    """

    indices: NDArray[np.int32]
    values: NDArray[np.float32]
    known_share: float
    known_words: float
    words: int


@dataclass(frozen=True)
class ViewSettings:
    """Which features are taken.

    Attributes:
        shortest: Length of the shortest character n-gram.
        longest: Length of the longest character n-gram.
        word_weight: Weight of the view of words, pairs, stems and concepts beside n-grams.
        mark_weight: Weight of marks (kinds of entities found in the text).
        least_count: In how many texts a character n-gram must occur.
    """

    shortest: int = 1
    longest: int = 4
    word_weight: float = 1.2
    mark_weight: float = 0.4
    least_count: int = 1


@lru_cache(maxsize=20_000)
def stem(folded: str) -> str:
    """Cut a folded word to its Snowball stem."""
    stemmed: str = _STEMMER.stemWord(folded)
    return stemmed


@lru_cache(maxsize=20_000)
def _word_ngrams(word: str, shortest: int, longest: int) -> tuple[str, ...]:
    padded = f" {word} "
    lengths = range(shortest, min(longest, len(padded)) + 1)
    grams = (
        padded[start : start + length]
        for length in lengths
        for start in range(len(padded) - length + 1)
    )
    return tuple("c" + gram for gram in grams if gram != " ")


def character_ngrams(text: str, settings: ViewSettings) -> Counter[str]:
    """Count the n-grams inside words, a space marking their borders."""
    counts: Counter[str] = Counter()
    for word in text[:LONGEST_TEXT].split():
        counts.update(_word_ngrams(word, settings.shortest, settings.longest))
    return counts


def word_features(text: str) -> Counter[str]:
    """Count words, neighbouring pairs, stems, concepts and pairs of concepts."""
    tokens = words(text[:LONGEST_TEXT])
    counts: Counter[str] = Counter("w" + token for token in tokens)
    counts.update("s" + stem(token) for token in tokens)
    counts.update(f"p{first} {second}" for first, second in pairwise(tokens))
    meant = [concepts_of(token) for token in tokens]
    counts.update("k" + concept for concepts in meant for concept in concepts)
    together = sorted(frozenset().union(*meant))[:MOST_CONCEPTS]
    counts.update(f"q{first}+{second}" for first, second in combinations(together, 2))
    if tokens:
        counts[f"b{tokens[0]}"] += 1
        counts[f"n{min(len(tokens), 12) // 2}"] += 1
    return counts


class TextFeatures:
    """Vocabulary and weights learned from texts; turns a text into a vector.

    Attributes:
        vocabulary: Number of every feature; those of the examples come first.
        familiar: How many features come from examples; the rest is background, which is
            weighed but does not count as known.
    """

    def __init__(
        self,
        vocabulary: dict[str, int],
        idf: NDArray[np.float32],
        settings: ViewSettings,
        familiar: int,
    ) -> None:
        self.vocabulary = vocabulary
        self.idf = idf
        self.settings = settings
        self.familiar = familiar
        self._idf_list: list[float] = idf.tolist()  # numbers of an array are slow to take singly
        rarity = {feature[1:]: idf[number] for feature, number in vocabulary.items()
                  if feature[0] == "w" and number < familiar}  # fmt: skip
        self._rarest = max(rarity.values(), default=0.0)
        self._mender = Mender({word: 1 + self._rarest - each for word, each in rarity.items()})

    @classmethod
    def learn(
        cls,
        texts: Sequence[str],
        marks: Sequence[Sequence[str]],
        settings: ViewSettings,
        examples: int | None = None,
    ) -> TextFeatures:
        """Collect the vocabulary of texts in classifier form.

        Args:
            texts: Outputs of `german.normal_form.classifier_text`.
            marks: For each text the kinds of entities found in it.
            settings: Which features to take.
            examples: How many of the texts are examples; background follows them. None: all.
        """
        border = len(texts) if examples is None else examples
        familiar = _frequencies(texts[:border], marks[:border], settings)
        frequency = familiar + _frequencies(texts[border:], marks[border:], settings)
        kept = [
            feature
            for feature, count in frequency.items()
            if count >= settings.least_count or feature[0] != "c"
        ]
        kept.sort(key=lambda feature: (feature not in familiar, feature))
        counts = np.array([frequency[feature] for feature in kept], dtype=np.float32)
        idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls(
            {feature: number for number, feature in enumerate(kept)},
            idf.astype(np.float32),
            settings,
            sum(feature in familiar for feature in kept),
        )

    def vector(
        self, text: str, marks: Iterable[str], *, doubt_rare_words: bool = False
    ) -> SparseVector:
        """Turn one text into its vector.

        Args:
            text: Output of `classifier_text`.
            marks: Kinds of entities found in the text.
            doubt_rare_words: Mend words of one example, too, as if it were not there.
        """
        text = text[:LONGEST_TEXT]
        mended = self._mender.mended(text, 1.0 if doubt_rare_words else 0.0)
        characters = character_ngrams(text, self.settings)
        typed = words(text)
        meant = [word for word in mended.split() if word not in typed]
        both = Counter(characters)
        both.update(character_ngrams(" ".join(meant), self.settings))
        indices, values = self._weighted(both, 1.0)
        word_counts = word_features(mended)
        word_indices, word_values = self._weighted(word_counts, self.settings.word_weight)
        mark_counts = Counter("m" + mark for mark in marks)
        mark_indices, mark_values = self._weighted(mark_counts, self.settings.mark_weight)
        stems = {"s" + stem(token) for token in typed}
        return SparseVector(
            np.array(indices + word_indices + mark_indices, dtype=np.int32),
            np.array(values + word_values + mark_values, dtype=np.float32),
            self._known([feature for feature in characters if len(feature) > LONG_NGRAM]),
            self._known(stems),
            len(stems),
        )

    def matrix(self, vectors: Sequence[SparseVector]) -> csr_matrix:
        """Stack vectors to one sparse matrix."""
        sizes = [0, *(len(vector.indices) for vector in vectors)]
        return csr_matrix(
            (
                np.concatenate([vector.values for vector in vectors]),
                np.concatenate([vector.indices for vector in vectors]),
                np.cumsum(sizes),
            ),
            shape=(len(vectors), len(self.vocabulary)),
        )

    def kinds(self) -> NDArray[np.str_]:
        """Give the kind of every feature: ``c`` long n-gram, ``-`` short one, ``s`` stem, ..."""
        ordered = sorted(self.vocabulary, key=self.vocabulary.__getitem__)
        return np.array(
            ["-" if feature[0] == "c" and len(feature) <= LONG_NGRAM else feature[0]
             for feature in ordered]
        )  # fmt: skip

    def _weighted(self, counts: Counter[str], weight: float) -> tuple[list[int], list[float]]:
        """Weigh one view by sublinear TF-IDF and scale it to the length `weight`."""
        lookup, idf = self.vocabulary.get, self._idf_list
        found = [
            (number, count)
            for feature, count in counts.items()
            if (number := lookup(feature)) is not None
        ]
        indices = [number for number, _ in found]
        values = [
            idf[number] if count == 1 else idf[number] * (1.0 + math.log(count))
            for number, count in found
        ]
        return _scaled(indices, values, weight)

    def _known(self, features: Collection[str]) -> float:
        """Give the share of features that come from examples."""
        if not features:
            return 0.0
        number = self.vocabulary.get
        known = sum(number(feature, self.familiar) < self.familiar for feature in features)
        return known / len(features)


def _frequencies(
    texts: Sequence[str], marks: Sequence[Sequence[str]], settings: ViewSettings
) -> Counter[str]:
    """Count in how many texts each feature occurs."""
    frequency: Counter[str] = Counter()
    for text, text_marks in zip(texts, marks, strict=True):
        frequency.update(character_ngrams(text, settings).keys())
        frequency.update(word_features(text).keys())
        frequency.update({"m" + mark for mark in text_marks})
    return frequency


def _scaled(
    indices: list[int], values: list[float], weight: float
) -> tuple[list[int], list[float]]:
    norm = math.sqrt(sum(value * value for value in values))
    if norm == 0:
        return indices, values
    scale = weight / norm
    return indices, [value * scale for value in values]
