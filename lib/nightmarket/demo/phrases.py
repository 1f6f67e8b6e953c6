"""Compact phrases with choices, ``[a|b]``, and places to fill, ``{noun}``: one number picks one reading."""

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Phrase:
    """Alternating choices: each part is the texts it may be. ``readings`` is how many there are in all."""

    parts: tuple[tuple[str, ...], ...]
    readings: int


@lru_cache(maxsize=4096)
def phrase(text: str) -> Phrase:
    """The phrase written as ``text``. Choices may hold places to fill, but no further choices."""
    parts: list[tuple[str, ...]] = []
    readings = 1
    for piece in text.split("["):
        choices, closed, after = piece.partition("]")
        if closed:
            parts.append(tuple(choices.split("|")))
            readings *= len(parts[-1])
            if after:
                parts.append((after,))
        elif piece:
            parts.append((piece,))
    return Phrase(tuple(parts), readings)


def reading(text: str, number: int, words: dict[str, str]) -> str:
    """One reading of the phrase, with its places filled from ``words``."""
    chosen = []
    for choices in phrase(text).parts:
        number, pick = divmod(number, len(choices))
        chosen.append(choices[pick])
    joined = "".join(chosen)
    return joined.format_map(words) if "{" in joined else joined
