"""behaviour.searches: what people searched for tonight and what came of it, one row per search.

- To a search belongs what happens in its visit until the next search: clicks (a result selected, an item
  looked at) and carts. At one and the same moment the search comes first and a purchase last.
- A purchase belongs to every search whose click led to the item, in the whole rest of the visit: one searches
  for a lamp, clicks it, searches for a bulb and then buys both.
- A search is reformulated when another query follows within ``reformulation_minutes`` and nothing was clicked
  between. The same words in other letters or widths are the same query: that is a second page of results.
- It is abandoned when nothing was clicked, put into the cart (results have a button for that) or retyped.
- One spelling: ``text.normalise``, then lower case. It and the language are found once per distinct query,
  the only rows that Python sees. A word or two say little of their language: it is read in the light of the
  mapping's ``languages``, or without any of all queries of the day.
- What a later export says of the visit is not waited for: a click it brings is in no row. Of a search by
  somebody unknown nothing can be said but what was typed.
- Machines are left out.
"""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket import text
from nightmarket.domains.behaviour.event_names import CLICKS
from nightmarket.plan import days, job
from nightmarket.spark.languages import expected
from nightmarket.spark.places import place_of

FOLLOWED = ("search", *CLICKS, "add_to_cart", "purchase")
"""In the order in which one moment's events are taken to have happened."""


@job(writes="behaviour.searches", events=days("behaviour.events", 1), size="medium")
def build(events: DataFrame, *, languages: Sequence[str] = (), reformulation_minutes: float = 2) -> DataFrame:
    people = events.where(F.col("bot").isNull() & F.col("event_name").isin(*FOLLOWED))
    spelled = followed(people).join(spellings(people, languages), "query", "left")
    return with_outcomes(spelled, round(reformulation_minutes * 60_000_000))


def followed(people: DataFrame) -> DataFrame:
    """One row per search with what belongs to it, after one shuffle by visit."""
    name = F.col("event_name")
    searched, clicked = name == "search", name.isin(*CLICKS)
    known = people.where(F.col("session_id").isNotNull() | searched)
    # No session id begins with a line break: each search of somebody unknown is a visit of its own.
    visits = known.withColumn("visit", F.coalesce("session_id", F.concat(F.lit("\n"), "event_id")))
    rank = place_of(name, FOLLOWED)
    in_order = Window.partitionBy("visit").orderBy("event_at", rank, "event_id")
    nth = F.sum(searched.cast("int")).over(in_order.rowsBetween(Window.unboundedPreceding, 0))
    search = F.struct("event_id", F.col("event_at").alias("searched_at"), "session_id", "user_id", "query")
    click = F.struct("event_at", rank, "event_id", "item_id")
    grouped = visits.withColumn("nth", nth).where(F.col("nth") > 0).groupBy("visit", "nth")
    followed_by = grouped.agg(
        F.max(F.when(searched, search)).alias("search"),
        F.count_if(clicked).cast("int").alias("results_clicked"),
        F.sort_array(F.collect_list(F.when(clicked, click)))["item_id"].alias("clicks"),
        F.count_if(name == "add_to_cart").cast("int").alias("added"),
        F.collect_list(F.when(name == "purchase", F.col("item_id"))).alias("purchased"),
    )
    distinct = F.array_distinct(F.filter("clicks", lambda item: item.isNotNull()))
    return followed_by.select("*", "search.*").withColumn("clicked_items", distinct)


def spellings(people: DataFrame, languages: Sequence[str]) -> DataFrame:
    searches = people.where((F.col("event_name") == "search") & F.col("query").isNotNull())
    queries = searches.select("query").distinct()
    known = expected(queries, F.col("query"), languages)
    return queries.select("query", F.inline(F.array(read(known)("query"))))


def read(known: Mapping[str, float]) -> Callable[..., Column]:
    @F.pandas_udf("normalised_query string, language string")  # type: ignore[call-overload]
    def words(query: pd.Series) -> pd.DataFrame:
        clean = query.map(text.normalise)
        languages = [text.language(words, known) for words in clean]
        found = pd.DataFrame({"normalised_query": clean.str.casefold(), "language": languages})
        return found.where(clean != "", None)

    return words


def with_outcomes(searches: DataFrame, soon: int) -> DataFrame:
    """What the rest of the visit says of a search; the next search is the one before, looking back."""
    backwards = Window.partitionBy("visit").orderBy(F.desc("nth"))
    so_far = backwards.rowsBetween(Window.unboundedPreceding, 0)
    following = F.lag(F.struct("searched_at", "query", "normalised_query")).over(backwards)
    looked = searches.select(
        "*",
        following.alias("next"),
        F.flatten(F.collect_list("purchased").over(so_far)).alias("bought_later"),
    )
    of_clicked = F.filter("bought_later", lambda item: F.array_contains("clicked_items", item))
    wait = F.unix_micros("next.searched_at") - F.unix_micros("searched_at")
    other = F.col("next.normalised_query") != F.col("normalised_query")
    again = (F.col("results_clicked") == 0) & (wait <= soon) & other
    nothing = (F.col("results_clicked") == 0) & (F.col("added") == 0) & ~F.coalesce(again, F.lit(False))
    return looked.select(
        "event_id", "searched_at", "session_id", "user_id", "query", "normalised_query", "language",
        "results_clicked", "clicked_items", "added",
        F.size(of_clicked).alias("bought"), F.array_distinct(of_clicked).alias("bought_items"),
        F.when(again, F.col("next.query")).alias("reformulated_to"),
        F.when(F.col("session_id").isNotNull(), nothing).alias("abandoned"),
    )  # fmt: skip
