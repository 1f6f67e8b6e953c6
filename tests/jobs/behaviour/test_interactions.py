"""behaviour.interactions: weights add up and fade, no customer outweighs the cap, and night after night from
yesterday's rows comes to the same as all events at once."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from drawn import rows
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.contracts import ddl
from nightmarket.errors import PlanError

DAY = date(2026, 3, 31)


@pytest.fixture(scope="module")
def schema(contracts) -> str:
    return ddl(contracts.tables["behaviour.interactions"])


@pytest.fixture(scope="module")
def night(job, spark, schema) -> Callable[..., DataFrame]:
    """``night(events, day, known)``: the rows of a day, as the table keeps them; from nothing without
    ``known``. It is given the events that became known by the day."""
    declared = job("behaviour.interactions")

    def run(events: DataFrame, day: date = DAY, known: DataFrame | None = None, **tuning) -> DataFrame:
        state = spark.createDataFrame([], schema) if known is None else known
        read = events.where(F.col("day") <= F.lit(day))
        built = declared.build(known=state, events=read, day=day, **tuning).withColumn("day", F.lit(day))
        return spark.createDataFrame(built.select(*state.columns).collect(), schema)

    return run


@pytest.fixture(scope="module")
def build(night, drawn) -> Callable[..., DataFrame]:
    """The rows of ``DAY`` from drawn events; events whose day is not drawn are of ``DAY``."""

    def run(drawing: str, **tuning) -> DataFrame:
        events = drawn("behaviour.events", drawing)
        return night(events.withColumn("day", F.coalesce("day", F.lit(DAY))), **tuning)

    return run


def test_weights_and_counts_of_a_pair(build) -> None:
    pairs = build("""
        | event_id | event_name  | event_at            | user_id | item_id | bot  |
        | 1        | view_item   | 2026-03-31 10:00:00 | ann     | lamp    |      |
        | 2        | view_item   | 2026-03-31 10:00:00 | ann     | lamp    |      |
        | 3        | add_to_cart | 2026-03-31 11:00:00 | ann     | lamp    |      |
        | 4        | purchase    | 2026-03-31 12:00:00 | ann     | lamp    |      |
        | 5        | search      | 2026-03-31 10:00:00 | ann     |         |      |
        | 6        | purchase    | 2026-03-31 10:00:00 | ann     |         |      |
        | 7        | view_item   | 2026-03-31 10:00:00 |         | lamp    |      |
        | 8        | view_item   | 2026-03-31 10:00:00 | bob     | sofa    |      |
        | 9        | share       | 2026-03-31 10:00:00 | cid     | sofa    |      |
        | 10       | view_item   | 2026-03-31 10:00:00 | bot     | sofa    | rate |
    """)
    assert rows(pairs, "user_id", "item_id", "weight", "views", "carts", "purchases", "refunds") == [
        ("ann", "lamp", 10.0, 2, 1, 1, 0),
        ("bob", "sofa", 1.0, 1, 0, 0, 0),
    ]


def test_interest_halves_with_every_half_life(build) -> None:
    pairs = build("""
        | event_id | event_name | event_at            | user_id | item_id |
        | 1        | purchase   | 2026-03-31 00:00:00 | ann     | today   |
        | 2        | purchase   | 2026-03-31 23:59:59 | ann     | tonight |
        | 3        | purchase   | 2026-03-01 12:00:00 | ann     | month   |
        | 4        | purchase   | 2026-01-30 12:00:00 | ann     | two     |
        | 5        | purchase   | 2026-04-01 20:00:00 | ann     | skewed  |
    """)
    assert rows(pairs, "item_id", "weight") == [
        ("month", 2.5),
        ("skewed", 5.0),
        ("today", 5.0),
        ("tonight", 5.0),
        ("two", 1.25),
    ]


def test_a_refund_takes_a_purchase_back_and_never_more(build) -> None:
    pairs = build("""
        | event_id | event_name | event_at            | user_id | item_id |
        | 1        | purchase   | 2026-03-01 00:00:00 | ann     | lamp    |
        | 2        | refund     | 2026-03-31 00:00:00 | ann     | lamp    |
        | 3        | purchase   | 2026-03-31 00:00:00 | ann     | sofa    |
        | 4        | view_item  | 2026-03-31 00:00:00 | ann     | sofa    |
        | 5        | refund     | 2026-03-31 00:00:00 | ann     | sofa    |
    """)
    assert rows(pairs, "item_id", "weight", "purchases", "refunds", "first_at", "last_at") == [
        ("lamp", 0.0, 1, 1, "2026-03-01 00:00:00", "2026-03-31 00:00:00"),
        ("sofa", 1.0, 1, 1, "2026-03-31 00:00:00", "2026-03-31 00:00:00"),
    ]


def test_a_reseller_is_scaled_down_to_the_cap(build) -> None:
    pairs = build(
        """
        | event_id | event_name | event_at            | user_id  | item_id |
        | 1        | purchase   | 2026-03-31 00:00:00 | reseller | lamp    |
        | 2        | purchase   | 2026-03-31 00:00:00 | reseller | lamp    |
        | 3        | purchase   | 2026-03-31 00:00:00 | reseller | lamp    |
        | 4        | purchase   | 2026-03-31 00:00:00 | reseller | sofa    |
        | 5        | purchase   | 2026-03-31 00:00:00 | ann      | lamp    |
        """,
        customer_cap=8.0,
    )
    assert rows(pairs, "user_id", "item_id", "weight") == [
        ("ann", "lamp", 5.0),
        ("reseller", "lamp", 6.0),
        ("reseller", "sofa", 2.0),
    ]


def test_what_leaves_the_window_is_forgotten(night, drawn) -> None:
    events = drawn(
        "behaviour.events",
        """
        | event_id | event_name | event_at            | user_id | item_id | day        |
        | 1        | view_item  | 2026-03-01 10:00:00 | ann     | lamp    | 2026-03-01 |
        | 2        | view_item  | 2026-03-03 10:00:00 | ann     | lamp    | 2026-03-03 |
        | 3        | view_item  | 2026-03-01 10:00:00 | ann     | sofa    | 2026-03-01 |
        """,
    )
    known, left = None, {}
    for number in (3, 4, 5, 6):
        known = night(events, date(2026, 3, number), known, window_days=3)
        left[number] = rows(known, "item_id", "views", "first_at")
    assert left == {
        3: [("lamp", 2, "2026-03-01 10:00:00"), ("sofa", 1, "2026-03-01 10:00:00")],
        4: [("lamp", 1, "2026-03-03 10:00:00")],
        5: [("lamp", 1, "2026-03-03 10:00:00")],
        6: [],
    }


def test_a_window_longer_than_what_is_read_is_refused(build) -> None:
    with pytest.raises(PlanError, match="window_days is 366"):
        build("| event_id |", window_days=366)


def test_a_late_event_joins_the_day_it_happened(night, drawn) -> None:
    events = drawn(
        "behaviour.events",
        """
        | event_id | event_name | event_at            | user_id | item_id | day        |
        | 1        | view_item  | 2026-03-28 10:00:00 | ann     | lamp    | 2026-03-28 |
        | 2        | view_item  | 2026-03-30 10:00:00 | ann     | lamp    | 2026-03-30 |
        | 3        | purchase   | 2026-03-28 09:00:00 | ann     | lamp    | 2026-03-31 |
        | 4        | view_item  | 2026-03-27 09:00:00 | ann     | lamp    | 2026-03-31 |
        """,
    )
    eve = night(events, DAY - timedelta(1))
    assert rows(eve.selectExpr("inline(history)"), "on", "views", "purchases", "first_at", "last_at") == [
        ("2026-03-28", 1, 0, "2026-03-28 10:00:00", "2026-03-28 10:00:00"),
        ("2026-03-30", 1, 0, "2026-03-30 10:00:00", "2026-03-30 10:00:00"),
    ]
    late = night(events, DAY, eve)
    assert rows(late.selectExpr("inline(history)"), "on", "views", "purchases", "first_at", "last_at") == [
        ("2026-03-27", 1, 0, "2026-03-27 09:00:00", "2026-03-27 09:00:00"),
        ("2026-03-28", 1, 1, "2026-03-28 09:00:00", "2026-03-28 10:00:00"),
        ("2026-03-30", 1, 0, "2026-03-30 10:00:00", "2026-03-30 10:00:00"),
    ]


FIRST = date(2026, 3, 1)
NIGHTS = tuple(FIRST + timedelta(n) for n in range(9))
TUNING = {"window_days": 5, "half_life_days": 3.0, "customer_cap": 20.0}


def busy_days() -> list[tuple]:
    """Events of nine days: late ones, some later than the window is long, some of tomorrow, refunds, bots,
    nobody known, a pair that falls silent. Few people and items, so that the same pairs come again and
    again."""
    dice = Random(7)
    events = []
    for day in NIGHTS:
        for _ in range(40):
            back = dice.choice([-1, 0, 0, 0, 0, 0, 1, 1, 2, 3, 6])
            happened = datetime.combine(day - timedelta(back), datetime.min.time(), UTC)
            events.append(
                (
                    str(len(events)),
                    dice.choice(["view_item", "view_item", "add_to_cart", "purchase", "refund", "search"]),
                    happened + timedelta(seconds=dice.randrange(86_400), microseconds=dice.randrange(1000)),
                    dice.choice(["ann", "bob", "bob", "bob", "cid", None]),
                    dice.choice(["lamp", "sofa", "desk", "vase", f"only on {day}"]),
                    dice.choice([None, None, None, None, "rate"]),
                    day,
                )
            )
    return events


@pytest.fixture(scope="module")
def busy(spark) -> DataFrame:
    return spark.createDataFrame(
        busy_days(),
        "event_id string, event_name string, event_at timestamp, user_id string, item_id string, bot string, "
        "day date",
    ).cache()


def one_by_one(night, events: DataFrame, days: Sequence[date]) -> list[DataFrame]:
    """The nights of these days in order, each from the one before it and the events since."""
    nights: list[DataFrame] = []
    for day in days:
        nights.append(night(events, day, nights[-1] if nights else None, **TUNING))
    return nights


@pytest.fixture(scope="module")
def chained(night, busy) -> list[DataFrame]:
    return one_by_one(night, busy, NIGHTS)


@pytest.mark.parametrize("number", [4, 8])
def test_nights_one_by_one_equal_the_full_recomputation(night, busy, chained, number: int) -> None:
    assert rows(chained[number]) == rows(night(busy, NIGHTS[number], **TUNING))


def test_busy_days_come_to_what_one_counts_on_paper(chained) -> None:
    worth = {"view_item": 1, "add_to_cart": 3, "purchase": 5, "refund": -5}
    by_date: Counter[tuple] = Counter()
    for _, name, happened, user, item, bot, _ in busy_days():
        if name in worth and user and not bot and happened.date() > NIGHTS[-1] - timedelta(5):
            by_date[user, item, happened.date()] += worth[name]
    pairs: Counter[tuple] = Counter()
    for (user, item, on), amount in by_date.items():
        pairs[user, item] += amount * 0.5 ** (max(0, (NIGHTS[-1] - on).days) / 3)
    wanted = {pair: max(0, weight) for pair, weight in pairs.items()}
    totals = {
        user: sum(weight for (other, _), weight in wanted.items() if other == user) for user, _ in wanted
    }
    assert {(row.user_id, row.item_id): row.weight for row in chained[-1].collect()} == {
        (user, item): pytest.approx(weight * min(1, 20 / (totals[user] or 1)), abs=1e-5)
        for (user, item), weight in wanted.items()
    }


def test_the_busy_days_hold_what_they_are_for(busy, chained) -> None:
    def events(where: str) -> int:
        return busy.where("user_id IS NOT NULL AND event_name <> 'search'").where(where).count()

    last = chained[-1].cache()
    assert events("bot IS NULL AND to_date(event_at) < day - 5") > 0  # late beyond the window
    assert events("to_date(event_at) > day") > 0
    assert events("bot IS NULL AND item_id = 'only on 2026-03-02'") > 0
    assert last.where("item_id = 'only on 2026-03-02'").isEmpty()
    assert last.where("weight = 0 AND purchases > 0").count() > 0
    assert ("bob", 20.0) in rows(last.groupBy("user_id").agg(F.round(F.sum("weight"), 3)))
    assert last.where("exists(history, b -> to_date(b.last_at) <> b.on OR b.first_at > b.last_at)").isEmpty()


def test_a_day_run_again_gives_the_same_rows(night, busy, chained) -> None:
    again = night(busy.repartition(5), NIGHTS[6], chained[5].repartition(3), **TUNING)
    assert rows(again) == rows(chained[6])


def test_nights_that_did_not_run_are_caught_up(night, busy, chained) -> None:
    some = [NIGHTS[n] for n in (0, 3, 8)]
    assert rows(one_by_one(night, busy, some)[-1]) == rows(chained[-1])


def test_a_changed_weight_needs_no_earlier_day_again(night, busy, chained) -> None:
    changed = {**TUNING, "purchase_weight": 2.0, "half_life_days": 10.0}
    none = busy.where("false")
    newest = busy.where(F.col("day") == F.lit(NIGHTS[-1]))
    assert rows(night(newest, NIGHTS[-1], chained[-2], **changed)) == rows(night(busy, NIGHTS[-1], **changed))
    # Without a new event the state is weighed anew all the same.
    quiet = NIGHTS[-1] + timedelta(1)
    assert rows(night(none, quiet, chained[-1], **changed)) == rows(night(busy, quiet, **changed))


def test_a_state_of_the_first_version_is_no_state(night, busy, chained) -> None:
    old = chained[-2].withColumn("history", F.lit(None).cast(chained[-2].schema["history"].dataType))
    assert rows(night(busy, NIGHTS[-1], old, **TUNING)) == rows(chained[-1])
