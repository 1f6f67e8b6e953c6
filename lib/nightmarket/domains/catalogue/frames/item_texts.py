"""An export of items with its texts cleaned, and the text that models read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from nightmarket import text
from nightmarket.domains.catalogue.item_text import ItemText, cleaned
from nightmarket.spark.languages import expected

_WRITTEN = (
    "title string, description string, brand string, category string, names array<string>, "
    "values array<string>, text string, language string, content_hash string"
)
_COLUMNS = [column.split()[0] for column in _WRITTEN.split(", ")]


def with_texts(export: DataFrame, languages: Sequence[str]) -> DataFrame:
    """The export with ``title``, ``description``, ``brand``, ``category_path`` (now an array) and
    ``attributes`` cleaned, and with ``text``, ``language`` and ``content_hash``.

    Args:
        languages: those the shop speaks; without any, those of the whole export.
    """
    filled = F.map_filter("attributes", lambda name, value: F.trim(value) != "")
    listed = F.array_sort(F.map_entries(filled))
    sample = F.concat_ws(". ", "title", "description", "category_path", F.map_values("attributes"))
    words = _texts(expected(export, sample, languages))(
        "title", "description", "brand", "category_path", "language",
        F.transform(listed, lambda entry: entry.key), F.transform(listed, lambda entry: entry.value),
    )  # fmt: skip
    own = ("title", "description", "brand", "text", "language", "content_hash")
    return (
        export.withColumn("words", words)
        .withColumns({name: F.col(f"words.{name}") for name in own})
        .withColumn("category_path", F.split("words.category", " > "))
        .withColumn("attributes", F.map_from_arrays("words.names", "words.values"))
    )


def _texts(known: Mapping[str, float]) -> Callable[..., Column]:
    @F.pandas_udf(_WRITTEN)  # type: ignore[call-overload]
    def written(
        title: pd.Series, description: pd.Series, brand: pd.Series, category: pd.Series, language: pd.Series,
        names: pd.Series, values: pd.Series,
    ) -> pd.DataFrame:  # fmt: skip
        items = map(cleaned, title, description, brand, category, names, values)
        rows = [_row(item, item.language(own, known)) for item, own in zip(items, language, strict=True)]
        return pd.DataFrame(rows, columns=_COLUMNS, dtype=object)

    return written


def _row(item: ItemText, language: str) -> tuple[Any, ...]:
    facts = item.attributes
    names, values = (None, None) if facts is None else (list(facts), list(facts.values()))
    words = item.title, item.description, item.brand, item.category, names, values
    return *words, item.whole, language, text.digest(item.whole)
