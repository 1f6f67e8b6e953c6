"""Drawing a few rows to look at, and saying items by their titles."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Item:
    item_id: str
    title: str
    language: str
    """BCP 47 code of the title; empty when unknown."""


def sample(frame: DataFrame, group: str, key: str, count: int, day: date) -> DataFrame:
    """``count`` rows of each group, numbered from 1 in the column ``place``.

    The order is that of a hash of the key and the day: another sample each night, the same one each time the
    page of a night is written.
    """
    drawn: Column = F.sha2(F.concat_ws("|", F.lit(str(day)), F.col(key)), 256)
    place = F.row_number().over(Window.partitionBy(group).orderBy(drawn, key))
    return frame.withColumn("place", place).where(F.col("place") <= count)


def titled(frame: DataFrame, items: DataFrame) -> DataFrame:
    """Rows about items (``item_id``) with what :func:`item` needs: the items' titles and the titles'
    languages, null where ``items`` (``item_id``, ``title``, ``language``) has none."""
    titles = items.select(
        "item_id", F.col("title").alias("item_title"), F.col("language").alias("item_language")
    )
    return frame.join(titles, "item_id", "left")


def item(row: Any) -> Item:
    """The item of a row of a :func:`titled` frame; one without a title is said by its id."""
    language = row.item_language if row.item_language not in {None, "und", "other"} else ""
    return Item(row.item_id, row.item_title or row.item_id, language)
