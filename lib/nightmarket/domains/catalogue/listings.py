"""Whether two listings are one product, from their titles and their vectors.

Three kinds of evidence: the words (Jaccard's share of common shingles, Broder 1997), the meaning (cosine of
the vectors once the mean of all is taken off them, for encoders whose cosines are all high), and the codes:
model numbers and sizes, in which two products of one family differ and two listings of one product agree.
"""

import re
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from nightmarket.text import normalise

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_CODE = re.compile(r"[0-9a-z]+(?:[-/.][0-9a-z]+)*")
_DROPPED = re.compile(r"-|(?<!\d)[/.]|[/.](?!\d)")
_SHINGLE = 3
SHARED_CODE, OTHER_CODE = 0.4, -0.4
"""Added to the score when two titles have a code in common, or each one that the other lacks. The best of a
coarse grid on the training pairs of Abt-Buy and Walmart-Amazon."""


def shingles(title: str) -> list[str]:
    """The different runs of three letters in the words of a title, sorted. Words end where spaces or signs
    are, so Chinese, which has none between words, gives runs of characters."""
    found: set[str] = set()
    for word in _WORD.findall(normalise(title).casefold()):
        closed = f" {word} "
        found.update(closed[at : at + _SHINGLE] for at in range(len(closed) - _SHINGLE + 1))
    return sorted(found)


def codes(title: str) -> frozenset[str]:
    """Runs of Latin letters and digits that hold a digit, signs inside left out but for those of decimals and
    fractions: "DSC-W150/R" is "dscw150r", and neither 1.5 nor 1/5 is 15. Chinese beside a number does not
    belong to it."""
    found = (_DROPPED.sub("", code) for code in _CODE.findall(normalise(title).casefold()))
    return frozenset(code for code in found if any(c.isdigit() for c in code))


def jaccard(one: Collection[str], other: Collection[str]) -> float:
    """Share of common members; two empty ones share nothing."""
    common = len(set(one) & set(other))
    together = len(set(one) | set(other))
    return common / together if together else 0.0


def agreement(one: frozenset[str], other: frozenset[str]) -> float:
    """What the codes of two titles say: for, against, or nothing."""
    shared = SHARED_CODE if any(len(code) >= 4 for code in one & other) else 0.0
    return shared + (OTHER_CODE if one - other and other - one else 0.0)


def centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors without what all have in common."""
    moved = vectors - mean
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-12), np.float32)


def score(words: float, meaning: float, codes_say: float) -> float:
    """How surely two listings are one product, from 0 to 1: the mean of words and meaning, moved by codes."""
    return min(1.0, max(0.0, (words + max(0.0, meaning)) / 2 + codes_say))
