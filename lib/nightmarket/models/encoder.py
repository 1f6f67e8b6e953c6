"""What every encoder does, whatever is inside: texts in, one unit vector each out, in the order given."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nightmarket.errors import ModelError
from nightmarket.models.registry import Model
from nightmarket.text import normalise

Vectors = NDArray[np.float32]


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


def distinct(texts: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    """The different normalised texts in order of first appearance, and for each text the place of its own."""
    places: dict[str, int] = {}
    index = np.fromiter(
        (places.setdefault(normalise(text), len(places)) for text in texts), np.intp, len(texts)
    )
    return list(places), index


def refuse_unnamed(model: Model, texts: Sequence[str], languages: Sequence[str] | None) -> None:
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
