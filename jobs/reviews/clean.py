"""reviews.clean: what customers wrote, each review once, without personal data.

- Title and text become one text: short reviews say the most in the title. Personal data is replaced by
  placeholders before anything else looks at the text, so neither the language nor the content hash nor a
  model ever depends on a telephone number.
- Of rows with one review id the last written is kept (an edited review replaces its first version); the
  others are ``duplicate``. Another customer's, another item's or another text of the same time is no earlier
  version but ``conflicting``: many of those are damaged ids, and have a limit of their own.
- The same customer saying the same of the same item twice is one opinion: the first written is kept, the
  others are ``duplicate_text``. Reviews of nobody known are not compared: two people may both write
  "Great!".
- The language is read in the light of what the shop speaks: its mapping's ``languages``, or without any what
  the whole export is written in. A review may name its own.
- A review without stars is a review; one without words is not (``missing_required``).
"""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket import text
from nightmarket.plan import job, source
from nightmarket.spark.languages import expected
from nightmarket.spark.rejects import dedup_key, reject


@job(writes="reviews.clean", rejects="reviews.rejects", export=source("reviews"), size="medium")
def build(export: DataFrame, *, languages: Sequence[str] = ()) -> DataFrame:
    checked = with_repeated_opinions(with_repeated_ids(redacted(export, languages)))
    return checked.select(
        "review_id", "item_id", "user_id", "stars", "text", "language", "content_hash", "redactions",
        "written_at", "reject_reason", "reject_detail", "raw", "source_file",
    )  # fmt: skip


def redacted(export: DataFrame, languages: Sequence[str]) -> DataFrame:
    known = expected(export, F.concat_ws(". ", "title", "text"), languages)
    words = export.withColumn("words", without_personal_data(known)("title", "text", "language"))
    for name in ("text", "language", "content_hash", "redactions"):
        words = words.withColumn(name, F.col(f"words.{name}"))
    wordless = F.col("text") == ""
    named = words.withColumn("user_id", F.nullif(F.trim("user_id"), F.lit("")))
    return reject(named, (wordless, "missing_required", "text: nothing is left of it"))


def without_personal_data(known: Mapping[str, float]) -> Callable[..., Column]:
    @F.pandas_udf("text string, language string, content_hash string, redactions int")  # type: ignore[call-overload]
    def clean(title: pd.Series, body: pd.Series, language: pd.Series) -> pd.DataFrame:
        # Redacted one by one: joined, the end of a title and the start of a text could look like one number.
        parts = [(text.redact(t or ""), text.redact(b or "")) for t, b in zip(title, body, strict=True)]
        whole = pd.Series([joined(t, b) for (t, _), (b, _) in parts], dtype=object)
        languages = [
            text.language(words, text.named(own) if own else known)
            for words, own in zip(whole, language, strict=True)
        ]
        return pd.DataFrame(
            {
                "text": whole,
                "language": languages,
                "content_hash": whole.map(text.digest),
                "redactions": [in_title + in_body for (_, in_title), (_, in_body) in parts],
            }
        )

    return clean


def joined(title: str, body: str) -> str:
    """Title and text as one; a title that only repeats the start of the text is left out."""
    if not title or body.startswith(title.rstrip("….")):
        return body
    return f"{title}{'.' if title[-1].isalnum() else ''} {body}".strip()


def with_repeated_ids(reviews: DataFrame) -> DataFrame:
    newest = (F.desc_nulls_last("written_at"), F.desc("raw"), F.desc("source_file"))
    of_id = Window.partitionBy("dedup_key").orderBy(*newest)
    numbered = reviews.withColumn("dedup_key", dedup_key(F.col("review_id")))

    kept = {name: F.first(name).over(of_id) for name in ("item_id", "user_id", "content_hash", "written_at")}
    another = (F.col("item_id") != kept["item_id"]) | (F.col("user_id") != kept["user_id"])
    at_once = F.col("written_at").eqNullSafe(kept["written_at"])
    no_version = another | (at_once & (F.col("content_hash") != kept["content_hash"]))
    placed = numbered.withColumns({"nth": F.row_number().over(of_id), "no_version": no_version})
    again, of = F.col("nth") > 1, F.substring("review_id", 1, 40)
    unlike = F.format_string("review_id: another review has '%s' and was kept", of)
    return reject(
        placed,
        (again & F.col("no_version"), "conflicting", unlike),
        (again, "duplicate", "review_id: a later version of the review was kept"),
    )


def with_repeated_opinions(reviews: DataFrame) -> DataFrame:
    opinion = F.to_json(F.array("user_id", "item_id", "content_hash"))
    key = dedup_key(F.when(F.col("user_id").isNotNull(), opinion))
    oldest = Window.partitionBy("dedup_key").orderBy(F.asc_nulls_last("written_at"), "review_id")
    numbered = reviews.withColumn("dedup_key", key).withColumn("nth", F.row_number().over(oldest))
    again = F.col("user_id").isNotNull() & (F.col("nth") > 1)
    return reject(numbered, (again, "duplicate_text", "text: the customer said the same of the item before"))
