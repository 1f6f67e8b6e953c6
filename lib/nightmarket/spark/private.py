"""Texts without personal data, where there are many rows of few different texts."""

from collections.abc import Iterable

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket import text


def private(texts: DataFrame) -> DataFrame:
    """The texts of a frame's one column that hold personal data, and ``redacted``, what is left of them; only
    distinct ones meet Python."""
    (name,) = texts.columns

    def redact(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            words = [text.redact(said) for said in batch[name]]
            batch["redacted"] = [clean for clean, _ in words]
            yield batch[[count > 0 for _, count in words]]

    given = texts.where(F.col(name).isNotNull()).distinct()
    return given.mapInPandas(redact, f"{name} string, redacted string")
