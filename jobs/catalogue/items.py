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
  an encoder that cuts a long text loses the end of the description first.
- The language is that of title and description, in the light of what categories and attribute values say
  and of what the shop speaks: its mapping's ``languages``, or without any what the whole export is written
  in. Brands and attribute names say little about it. An item may name its own.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.catalogue.frames.item_texts import with_texts
from nightmarket.plan import job, previous, source
from nightmarket.spark import counted
from nightmarket.spark.rejects import dedup_key, reject, valid

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
    languages: Sequence[str] = (),
    delist_after_days: int = 0,
    forget_after_days: int = 365,
) -> DataFrame:
    today = with_reasons(with_texts(export, languages))
    recent = known.where(F.col("last_seen_day") >= day - timedelta(days=forget_after_days))
    return with_carried(today, recent, day, delist_after_days)


def with_reasons(items: DataFrame) -> DataFrame:
    titled = reject(items, (F.col("title").isNull(), "missing_required", "title: nothing is left of it"))
    optional = ["description", "brand", "category_path", "price", "currency"]
    fullness = sum((F.col(name).isNotNull().cast("int") for name in optional), F.size("attributes"))
    best = Window.partitionBy("dedup_key").orderBy(fullness.desc(), F.desc("source_file"), F.desc("raw"))
    placed = titled.withColumn("dedup_key", dedup_key(F.col("item_id"))).withColumn(
        "nth", F.row_number().over(best)
    )
    said = {name: F.lower(F.col(name).cast("string")) for name in ("title", "brand", "price", "currency")}
    others = [F.when(value != F.first(value).over(best), name) for name, value in said.items()]
    placed = placed.withColumn("other", F.concat_ws(", ", *others))
    again, of = F.col("nth") > 1, F.substring("item_id", 1, 40)
    unlike = F.format_string("item_id: a fuller or later row of '%s' was kept, of another %s", of, "other")
    return reject(
        placed,
        (again & (F.col("other") != ""), "conflicting", unlike),
        (again, "duplicate", "item_id: a fuller or later row was kept"),
    )


def with_carried(today: DataFrame, known: DataFrame, day: date, delist_after_days: int) -> DataFrame:
    """A full outer join, so that the export is read once: matched, new, rejected and carried rows."""
    kept_id = F.when(valid(), F.col("item_id"))
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
