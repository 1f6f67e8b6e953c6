"""The languages of a whole table of texts, as far as a sample of it tells."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from nightmarket import text

SAMPLE = 1_000
"""Texts; their shares are within some 3 points of the table's."""
LONGEST = 500
"""Characters of each that are read."""


def expected(frame: DataFrame, words: Column, named: Sequence[str]) -> Mapping[str, float]:
    """How much each language is to be expected in a table: those that the shop names, or else those that its
    texts speak, each with its share.

    Without names the frame is evaluated once, whole. The sample is drawn by the texts' hashes, so the same
    table always gives the same answer.
    """
    if named:
        return dict(text.named(",".join(named)))
    texts = frame.select(F.substring(words, 1, LONGEST).alias("words"))
    drawn = texts.orderBy(F.xxhash64("words"), "words").limit(SAMPLE).collect()
    return dict(text.spoken(text.clean(row.words) for row in drawn if row.words))
