"""behaviour.funnel: how far tonight's visits got in each category, and what was sold.

- A category is the first level of an item's path in tonight's catalogue; "" takes events without an item and
  items without a category, so every event is in exactly one. The row "(all)" counts a visit once, however
  many categories it saw, so it is no sum of the others.
- A visit counts for what tonight's export brought of it; one across midnight is in both nights' numbers.
- No step presumes the one before: tills sell without a cart, and yesterday's cart is bought today. So the
  numbers need not fall from step to step.
- A checkout names no item: it counts for the categories of which the visit put something into the cart or
  bought something tonight, and for "(all)" in any case.
- Pieces and revenue are those of all purchases before refunds, also of people whose visit is unknown. A line
  without a quantity is one piece, one without a price no revenue; a currency the log leaves out is "".
- Machines are left out.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.event_names import CHECKOUT
from nightmarket.domains.behaviour.frames.revenue import MONEY, currency, pieces
from nightmarket.plan import days, job, latest

WHOLE = "(all)"
COUNTS = ("sessions", "views", "carts", "checkouts", "purchases", "units")


@job(
    writes="behaviour.funnel",
    events=days("behaviour.events", 1),
    items=latest("catalogue.items", max_age=3),
    size="medium",
)
def build(events: DataFrame, items: DataFrame) -> DataFrame:
    by_category = with_category(events.where(F.col("bot").isNull()), items)
    both = reached(by_category).join(sold(by_category), "category", "full")
    return both.select(
        "category", *(F.coalesce(count, F.lit(0)).cast("long").alias(count) for count in COUNTS), "revenue"
    )


def with_category(events: DataFrame, items: DataFrame) -> DataFrame:
    """Two short columns of the catalogue are broadcast: by item, all events of none would meet in a task."""
    first = items.select("item_id", F.get("category_path", F.lit(0)).alias("known"))
    placed = events.join(F.broadcast(first), "item_id", "left")
    return placed.withColumn("category", F.coalesce("known", F.lit("")))


def reached(placed: DataFrame) -> DataFrame:
    """Visits per step; a visit is cut down to one row per category before anything is moved."""
    name = F.col("event_name")
    steps = {
        "viewed": name == "view_item",
        "carted": name == "add_to_cart",
        "checked_out": name.isin(*CHECKOUT),
        "bought": name == "purchase",
    }
    touched = placed.where(F.col("session_id").isNotNull()).groupBy("session_id", "category")
    each = touched.agg(*(F.max(taken).alias(step) for step, taken in steps.items()))
    whole = F.struct(F.lit(WHOLE).alias("category"), *(F.max(step).alias(step) for step in steps))
    visits = each.groupBy("session_id").agg(
        F.max("checked_out").alias("checkout"),
        F.concat(F.collect_list(F.struct("category", *steps)), F.array(whole)).alias("rows"),
    )
    counted = visits.select("checkout", F.inline("rows")).groupBy("category")
    of_it = F.col("carted") | F.col("bought") | (F.col("category") == WHOLE)
    return counted.agg(
        F.count(F.lit(1)).alias("sessions"),
        F.count_if("viewed").alias("views"),
        F.count_if("carted").alias("carts"),
        F.count_if(F.col("checkout") & of_it).alias("checkouts"),
        F.count_if("bought").alias("purchases"),
    )


def sold(placed: DataFrame) -> DataFrame:
    """Pieces and revenue; sums of sums are wide enough for the largest price times the largest quantity."""
    lines = placed.where(F.col("event_name") == "purchase").select(
        F.explode(F.array("category", F.lit(WHOLE))).alias("category"),
        currency().alias("currency"),
        pieces().alias("pieces"),
        (F.col("price") * pieces()).alias("amount"),
    )
    by_currency = lines.groupBy("category", "currency").agg(
        F.sum("pieces").alias("pieces"), F.sum("amount").cast(MONEY).alias("amount")
    )
    paid = F.when(F.col("amount").isNotNull(), F.struct("currency", "amount"))
    revenue = F.map_from_entries(F.array_sort(F.collect_list(paid)))
    return by_currency.groupBy("category").agg(
        F.sum("pieces").alias("units"), F.when(F.count("amount") > 0, revenue).alias("revenue")
    )
