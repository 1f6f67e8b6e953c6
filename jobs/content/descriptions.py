"""content.descriptions: a text for every item that has none, saying nothing its record does not say.

- Written by a grammar in the item's language: English, or Chinese in its own characters. Items in other
  languages, or in none that can be found, get none rather than one in the wrong language.
- Every number and attribute in a text is looked up in the item's record before it is published, attribute
  values of the whole catalogue included: a text that says "oak" needs a record that does. What fails is
  said another way, in the end as a plain list; an item whose record holds only a title gets no text that
  would repeat it.
- Prices are left out: they change, and the text would be wrong the same night.
- A text is chosen by the content's hash alone, so an unchanged item keeps its text.
"""

from collections.abc import Iterable, Iterator
from typing import get_args

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.content.grammar import describe
from nightmarket.domains.content.record import Language, Record
from nightmarket.plan import job, latest
from nightmarket.text import normalise


@job(writes="content.descriptions", items=latest("catalogue.items", max_age=3))
def build(items: DataFrame, *, most_values: int = 20_000) -> DataFrame:
    active = items.where("active")
    wordless = active.where("description is null").where(F.col("language").isin(*get_args(Language)))
    return described(wordless, known_values(active, most_values))


def known_values(items: DataFrame, most: int) -> frozenset[str]:
    """Attribute values that several items share, the most frequent first; rare ones are names."""
    values = items.select(F.explode(F.map_values("attributes")).alias("value"))
    folded = values.select(F.lower(F.trim("value")).alias("value"))
    shared = folded.groupBy("value").count().where("count > 1 and length(value) > 1")
    first = shared.orderBy(F.desc("count"), "value").limit(most).collect()
    return frozenset(normalise(row.value) for row in first)


def described(items: DataFrame, vocabulary: frozenset[str]) -> DataFrame:
    names = ["item_id", "language", "description", "facts", "content_hash"]

    def write(blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for block in blocks:
            rows = []
            for item in block.itertuples(index=False):
                record = Record(item.title, item.brand, tuple(item.category_path), dict(item.attributes))
                text = describe(record, item.language, item.content_hash, vocabulary)
                if text is not None:
                    rows.append((item.item_id, item.language, text.text, text.facts, item.content_hash))
            yield pd.DataFrame(rows, columns=names, dtype=object)  # without a dtype, no rows would be floats

    records = items.select(
        "item_id", "language", "content_hash", "title", "brand",
        F.coalesce("category_path", F.array().cast("array<string>")).alias("category_path"),
        F.coalesce("attributes", F.create_map().cast("map<string,string>")).alias("attributes"),
    )  # fmt: skip
    return records.mapInPandas(
        write, "item_id string, language string, description string, facts int, content_hash string"
    )
