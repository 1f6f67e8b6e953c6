"""catalogue.items: what the shop sells, one row per item, texts cleaned, as known on the day.

- An export is the whole catalogue or only what changed: items it lacks are carried over from the newest
  earlier day and stay active until missing for more than ``delist_after_days`` (0: it is the whole). After
  ``forget_after_days`` they are dropped; an item that returns later is new.
- Carried rows are not of this export; they are counted apart, so that rows in = rows out + rejects still
  holds of the rows that came.
- A carried item that the export names in a row nobody can use is still sold: its last good row stands.
- Of rows with one item id the fullest is kept, then the one of the last file, then the last by its own text;
  the others are rejected as ``duplicate``, or as ``conflicting`` where they name another title, brand or
  price: many of those are no repeats but damaged ids, so they have a limit of their own.
- ``text``, what the models read, is title, brand, category, attributes by name, description, in this order:
  an encoder that cuts a long text loses the end of the description first. The language is that of the
  shop's own words, title and description; brands and attribute names say little about it.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket import text
from nightmarket.plan import job, previous, source
from nightmarket.spark import counted
from nightmarket.spark.judged import claim, readable, reject

FROM_EXPORT = (
    "item_id", "title", "description", "text", "language", "brand", "category_path", "price", "currency",
    "attributes", "content_hash",
)  # fmt: skip


@job(
    writes="catalogue.items",
    rejects="catalogue.rejects",
    export=source("items"),
    known=previous(),
    size="medium",
)
def build(
    export: DataFrame,
    known: DataFrame,
    *,
    day: date,
    delist_after_days: int = 0,
    forget_after_days: int = 365,
) -> DataFrame:
    today = judge(cleaned(export))
    recent = known.where(F.col("last_seen_day") >= day - timedelta(days=forget_after_days))
    return with_carried(today, recent, day, delist_after_days)


def cleaned(export: DataFrame) -> DataFrame:
    filled = F.map_filter("attributes", lambda name, value: F.trim(value) != "")
    listed = F.transform(
        F.array_sort(F.map_entries("filled")), lambda entry: F.concat(entry.key, F.lit(": "), entry.value)
    )
    words = texts()("title", "description", "brand", "category_path", F.array_join("listed", ", "))
    return (
        export.withColumn("filled", filled)
        .withColumn("listed", listed)
        .withColumn("words", words)
        .withColumns({name: F.col(f"words.{name}") for name in ("title", "description", "brand")})
        .withColumns({name: F.col(f"words.{name}") for name in ("text", "language", "content_hash")})
        .withColumns({"category_path": F.split("words.category", " > "), "attributes": F.col("filled")})
    )


def texts() -> Callable[..., Column]:
    @F.pandas_udf(  # type: ignore[call-overload]
        "title string, description string, brand string, category string, "
        "text string, language string, content_hash string"
    )
    def written(
        title: pd.Series, description: pd.Series, brand: pd.Series, category: pd.Series, attributes: pd.Series
    ) -> pd.DataFrame:
        names = ["title", "brand", "category", "attributes", "description"]
        parts = pd.concat([title, brand, category, attributes, description], axis=1, keys=names)
        clean = parts.map(lambda part: text.clean(part) or None, na_action="ignore").astype(object)
        clean = clean.where(clean.notna(), None)
        clean["category"] = clean["category"].map(path, na_action="ignore")
        clean["text"] = [". ".join(part for part in row if part) for row in clean.itertuples(index=False)]
        own_words = clean["title"].fillna("") + " " + clean["description"].fillna("")
        clean["language"] = own_words.map(text.language)
        clean["content_hash"] = clean["text"].map(text.digest)
        return clean[["title", "description", "brand", "category", "text", "language", "content_hash"]]

    return written


def path(category: str) -> str | None:
    return " > ".join(part.strip() for part in category.split(">") if part.strip()) or None


def judge(items: DataFrame) -> DataFrame:
    titled = reject(items, (F.col("title").isNull(), "missing_required", "title: nothing is left of it"))
    told = ["description", "brand", "category_path", "price", "currency"]
    fullness = sum((F.col(name).isNotNull().cast("int") for name in told), F.size("attributes"))
    best = Window.partitionBy("claim").orderBy(fullness.desc(), F.desc("source_file"), F.desc("raw"))
    placed = titled.withColumn("claim", claim(F.col("item_id"))).withColumn("nth", F.row_number().over(best))
    said = {name: F.lower(F.col(name).cast("string")) for name in ("title", "brand", "price", "currency")}
    others = [F.when(value != F.first(value).over(best), name) for name, value in said.items()]
    placed = placed.withColumn("other", F.concat_ws(", ", *others))
    again, kept = F.col("nth") > 1, "item_id: a fuller or later row was kept"
    return reject(
        placed,
        (again & (F.col("other") != ""), "conflicting", F.concat(F.lit(f"{kept}, of another "), "other")),
        (again, "duplicate", kept),
    )


def with_carried(today: DataFrame, known: DataFrame, day: date, delist_after_days: int) -> DataFrame:
    """A full outer join, so that the export is read once: matched, new, rejected and carried rows."""
    kept_id = F.when(readable(), F.col("item_id"))
    now = today.withColumn("kept_id", kept_id).withColumn("came", F.lit(True)).alias("now")
    both = now.join(known.alias("known"), F.col("now.kept_id") == F.col("known.item_id"), "full_outer")
    both = counted(both, "rows_carried", where=F.col("came").isNull())
    came = F.col("came").isNotNull()
    named = F.max(came).over(Window.partitionBy(F.coalesce("now.item_id", "known.item_id")))
    last_seen = F.when(named, F.lit(day)).otherwise(F.col("known.last_seen_day"))
    return both.select(
        *(F.when(came, F.col(f"now.{c}")).otherwise(F.col(f"known.{c}")).alias(c) for c in FROM_EXPORT),
        F.coalesce("known.first_seen_day", F.lit(day)).alias("first_seen_day"),
        last_seen.alias("last_seen_day"),
        (F.date_diff(F.lit(day), last_seen) <= delist_after_days).alias("active"),
        *(F.col(f"now.{c}") for c in ("reject_reason", "reject_detail", "raw", "source_file")),
    )
