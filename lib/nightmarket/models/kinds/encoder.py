"""encoder: reads texts; each becomes a unit vector, and texts that mean alike are near each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nightmarket.errors import ModelError
from nightmarket.models.entry import Model, dimension
from nightmarket.models.registry import model, of_kind
from nightmarket.models.vectors import Vectors
from nightmarket.text import normalise

Pooling = Literal["mean", "cls"]


class Encoder(Protocol):
    """Makes texts into vectors that are near each other when the texts mean alike."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """SHA-256 in hex over everything that decides a vector; equal digests mean comparable vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes of the languages the model was made for."""
        ...

    def encode(
        self, texts: Sequence[str], *, prefix: str | None = None, languages: Sequence[str] | None = None
    ) -> Vectors:
        """One vector of length 1 per text, as float32 of shape (len(texts), dimension), in the texts' order.

        Texts are normalised first. A text longer than the model's window is read in windows whose vectors are
        averaged by their tokens: nothing is cut off. A text's vector does not depend on the others beside it
        (each value to 1e-5; to a cosine of 0.999 in bf16, int8 and a GPU's half precision), and equal texts
        are computed once. ``prefix`` goes before every text; by default it is the one the model was trained
        with. ``languages`` names each text's language ("und" is always accepted).

        Raises:
            ModelError: a text is in a language the model does not name.
        """
        ...

    def encode_each(
        self, batches: Iterable[Sequence[str]], *, prefix: str | None = None
    ) -> Iterator[Vectors]:
        """The same for batch after batch, each answered in its turn, in as little memory as some ten
        thousand texts take. Batches are drawn ahead: equal texts are computed once as far as they were drawn
        together.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class EncoderModel(Model[Encoder]):
    kind = "encoder"
    reads = "texts"
    variable = "NIGHTMARKET_ENCODER"
    default = "multilingual-e5-small"
    every_night = True
    required = ("config.json", "model.safetensors", "tokenizer.json")
    precisions = ("fp32", "bf16", "int8")

    languages: frozenset[str]
    """ISO 639-1 codes."""
    dimension: int
    pooling: Pooling
    prefix: str
    """What the model was trained to see before a text."""
    max_length: int
    """Tokens of one window, the special ones included."""

    @classmethod
    def read(cls, entry: Mapping[str, Any], where: str) -> dict[str, Any]:
        found = {"dimension": dimension(entry, where)}
        if entry["pooling"] not in get_args(Pooling):
            raise ModelError(f"{where}: pooling must be mean or cls.")
        if not isinstance(entry["max_length"], int) or entry["max_length"] < 16:
            raise ModelError(f"{where}: max_length must be a whole number of at least 16.")
        codes = entry["languages"]
        if not isinstance(codes, list) or not all(isinstance(code, str) and len(code) == 2 for code in codes):
            raise ModelError(f'{where}: languages are two-letter codes; write Norwegian as "no" in quotes.')
        return found | {
            "languages": frozenset(codes),
            "pooling": entry["pooling"],
            "prefix": str(entry["prefix"]),
            "max_length": entry["max_length"],
        }

    def decides(self) -> list[str]:
        window = [f"pooling={self.pooling}", f"max_length={self.max_length}"]
        return [*window, f"dimension={self.dimension}", f"prefix={self.prefix}"]

    def facts(self) -> dict[str, str]:
        return {
            "dimension": str(self.dimension),
            "languages": " ".join(sorted(self.languages)),
            "pooling": self.pooling,
            "prefix": repr(self.prefix),
            "tokens of a window": str(self.max_length),
        }

    def summary(self) -> str:
        many = len(self.languages) > 4
        languages = f"{len(self.languages)} languages" if many else ", ".join(sorted(self.languages))
        return f"{languages}; {self.max_length} tokens; {self.dimension} dimensions"

    def named_languages(self) -> frozenset[str]:
        return self.languages

    def load(self, place: Path, device: str | None) -> Encoder:
        from nightmarket.models.transformer import TransformerEncoder

        return TransformerEncoder(self, place, device=device)

    def stand_in(self) -> Encoder:
        return StandInEncoder(self)

    def refuse(self, place: Path) -> None:
        from nightmarket.models.openvino_network import refuse_other_than_bert

        refuse_other_than_bert(self, place)


def distinct(texts: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    """The different normalised texts in order of first appearance, and for each text the place of its own."""
    places: dict[str, int] = {}
    index = np.fromiter(
        (places.setdefault(normalise(text), len(places)) for text in texts), np.intp, len(texts)
    )
    return list(places), index


def refuse_unnamed(model: EncoderModel, texts: Sequence[str], languages: Sequence[str] | None) -> None:
    """Raise when a text's language is not one of the model's.

    An encoder that never saw a language does not fail on it: it answers noise. Hence the refusal.
    """
    if languages is None:
        return
    if len(languages) != len(texts):
        raise ValueError(f"{len(texts)} texts and {len(languages)} languages")
    known = model.languages | {"und"}
    unnamed = sorted(code for code in set(languages) if code.partition("-")[0] not in known)
    if unnamed:
        count = sum(language in unnamed for language in languages)
        raise ModelError(
            f"the model {model.name} does not name {', '.join(unnamed)} among its languages, and {count} of "
            f"{len(texts)} texts are in it; choose a multilingual model in NIGHTMARKET_ENCODER."
        )


class StandInEncoder:
    """Hashes the pieces of a text into a vector: texts that share words or characters are similar.

    The features are whole words and runs of two and three characters, each added with its sign at a hashed
    place (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning"), so the similarity of
    two vectors is about the share of features two texts have in common. It knows nothing of meaning and
    nothing across languages. Needs no torch; the same on every machine.
    """

    def __init__(self, entry: EncoderModel | None = None) -> None:
        self._model = entry or of_kind(model("stand-in"), EncoderModel)
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
