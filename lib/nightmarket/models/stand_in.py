"""Encoders without a model, for tests of everything around one."""

from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

import numpy as np

from nightmarket.models.encoder import Vectors, distinct, refuse_unnamed
from nightmarket.models.pictures import pixels
from nightmarket.models.registry import Model, model


class StandInEncoder:
    """Hashes the pieces of a text into a vector: texts that share words or characters are similar.

    The features are whole words and runs of two and three characters, each added with its sign at a hashed
    place (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning"), so the similarity of
    two vectors is about the share of features two texts have in common. It knows nothing of meaning and
    nothing across languages. Needs no torch; the same on every machine.
    """

    def __init__(self, entry: Model | None = None) -> None:
        self._model = entry or model("stand-in")
        self.name = self._model.name
        self.digest = self._model.digest
        self.dimension = self._model.dimension
        self.languages = self._model.languages

    def encode(
        self, texts: Sequence[str], *, prefix: str | None = None, languages: Sequence[str] | None = None
    ) -> Vectors:
        """As :meth:`Encoder.encode`; a prefix would make all texts alike and is left out."""
        refuse_unnamed(self._model, texts, languages)
        different, index = distinct(texts)
        vectors = np.zeros((len(different), self.dimension), np.float32)
        for vector, text in zip(vectors, different, strict=True):
            for feature in _features(text):
                hashed = crc32(feature.encode())
                vector[(hashed >> 1) % self.dimension] += 1.0 if hashed & 1 else -1.0
            if not vector.any():
                vector[0] = 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) if len(vectors) else 1.0
        return vectors[index]

    def encode_each(
        self, batches: Iterable[Sequence[str]], *, prefix: str | None = None
    ) -> Iterator[Vectors]:
        return (self.encode(batch) for batch in batches)


def _features(text: str) -> Iterator[str]:
    for word in text.lower().split():
        yield f"w{word}"
        closed = f"^{word}$"
        for length in (2, 3):
            for start in range(len(closed) - length + 1):
                yield closed[start : start + length]


class StandInImageEncoder:
    """How much of each of 64 colours a picture has, the square roots of the shares: pictures of like colours
    are similar, whatever they show. The same on every machine.
    """

    def __init__(self, entry: Model | None = None) -> None:
        self._model = entry or model("stand-in-images")
        self.name = self._model.name
        self.digest = self._model.digest
        self.dimension = self._model.dimension

    def encode_each(self, batches: Iterable[Sequence[bytes]]) -> Iterator[Vectors]:
        for batch in batches:
            vectors = np.zeros((len(batch), self.dimension), np.float32)
            for vector, content in zip(vectors, batch, strict=True):
                quarters = (pixels(content, self._model.size) >> 6).reshape(-1, 3).astype(np.intp)
                shares = np.bincount(quarters @ (16, 4, 1), minlength=64) / len(quarters)
                vector[:] = np.sqrt(shares)
            yield vectors
