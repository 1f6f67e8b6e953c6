"""Gathers what the night's page shows from the warehouse, and writes the page.

Everything is asked of one :class:`Warehouse`, so all numbers belong to the same snapshots. The samples
(customers, descriptions) are drawn by a hash of their id and the day: another sample each night, the same
one each time the page of a night is written.
"""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from nightmarket import contracts, project, report, sources
from nightmarket.plan import Plan, discover
from nightmarket.report import (
    MOST_LATE,
    Description,
    Item,
    Machines,
    Night,
    Pick,
    RejectCount,
    Sentiment,
    Shopper,
    TableNight,
    Trial,
)
from nightmarket.warehouse import Warehouse

SHOPPERS = {"als": 2, "similar": 1, "popular": 1}
"""How many customers to show by the kind of their list: learnt taste, new items in it, no history."""
PICKS = 5
DID = 4
DESCRIPTIONS = 2
"""Of each language."""
TRIAL_DAYS = 7
"""How long what the encoder learnt is news: until the next week's."""


def write(warehouse: Warehouse, day: date, folder: Path) -> Path:
    """Write the page of a night into ``folder`` as ``<day>.html``, whole or not at all; returns its path."""
    path = folder / f"{day}.html"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{day}.{os.getpid()}.html"
    partial.write_text(report.page(gather(warehouse, day)), encoding="utf-8")
    partial.replace(path)
    return path


def gather(warehouse: Warehouse, day: date) -> Night:
    """What there is of a night, a bad one included.

    Raises:
        NightMarketError: the jobs, the contracts or the shop's mapping are wrong.
    """
    root = project.root()
    promised = contracts.load(root / "schemas")
    shop = sources.load(project.shop(), promised)
    plan = Plan.of(discover(root), set(shop.sources), every="day")
    commits = _commits(warehouse, day)
    published = {table for table in plan.order if table in commits}
    happened = _events(warehouse, day, shop.timezone) if "behaviour.events" in published else {}
    return Night(
        day=day,
        shop=shop.name,
        timezone=shop.timezone,
        tables=_tables(warehouse, plan, promised, commits, day),
        left_out=plan.left_out,
        rejects=tuple(_rejects(warehouse, plan, published, day)),
        **happened,
        shoppers=tuple(_shoppers(warehouse, day)) if "recommendation.ranked" in published else (),
        descriptions=tuple(_descriptions(warehouse, day)) if "content.descriptions" in published else (),
        sentiment=tuple(_sentiment(warehouse, day)) if "reviews.sentiment" in published else (),
        trials=tuple(_trials(warehouse, day)),
    )


def _commits(warehouse: Warehouse, day: date) -> dict[str, Row]:
    # Timestamps as numbers: PySpark hands them out in the machine's zone.
    times = [F.unix_micros(name).alias(name) for name in ("started_at", "published_at")]
    frame = warehouse.commits(day)
    rest = [name for name in frame.columns if name not in {"started_at", "published_at"}]
    return {row.table_name: row for row in frame.select(*rest, *times).collect()}


def _tables(
    warehouse: Warehouse, plan: Plan, promised: contracts.Contracts, commits: dict[str, Row], day: date
) -> tuple[TableNight, ...]:
    eves = (warehouse.newest_day(table, day - timedelta(days=1)) for table in plan.order)
    eve = next((found for found in eves if found), None)
    before = _commits(warehouse, eve) if eve else {}
    tables = []
    for name in plan.order:
        title = promised.tables[name].title
        commit = commits.get(name)
        if commit is None:
            waits_for = tuple(read for read in plan.upstream(name) if read not in commits)
            newest = warehouse.newest_day(name, day)
            tables.append(
                TableNight(name, title, "waiting" if waits_for else "missing", newest, waits_for=waits_for)
            )
            continue
        tables.append(_published(name, title, day, commit, before.get(name)))
    return tuple(tables)


def _published(name: str, title: str, day: date, commit: Row, before: Row | None) -> TableNight:
    return TableNight(
        name,
        title,
        "published",
        day,
        started_at=_moment(commit.started_at),
        published_at=_moment(commit.published_at),
        seconds=commit.seconds,
        rows_in=commit.rows_in,
        rows_out=commit.rows_out,
        rows_rejected=commit.rows_rejected,
        rows_before=before.rows_out if before else None,
        bytes=commit.bytes,
        model_rows_computed=commit.model_rows_computed,
        model_rows_reused=commit.model_rows_reused,
    )


def _rejects(warehouse: Warehouse, plan: Plan, published: set[str], day: date) -> Iterable[RejectCount]:
    for name in sorted(published):
        rejects = plan.jobs[name].rejects
        if rejects:
            counted = warehouse.days(rejects, day, day).groupBy("reason").count()
            for row in counted.orderBy("reason").collect():
                yield RejectCount(rejects.partition(".")[0], row.reason, row["count"])


def _events(warehouse: Warehouse, day: date, timezone: str) -> dict[str, Any]:
    """The export's events: people's by hour of the shop's clock and by name, late ones, machines'."""
    rows = warehouse.days("behaviour.events", day, day)
    local = F.from_utc_timestamp("event_at", timezone)
    late = F.least(F.datediff(F.lit(day), local), F.lit(MOST_LATE))
    # An hour is of the day only: what happened on another is no part of its curve.
    hour = F.when(late == 0, F.hour(local))
    grouped = rows.groupBy("event_name", "bot", F.greatest(late, F.lit(0)).alias("late"), hour.alias("hour"))
    by_hour: Counter[int] = Counter()
    by_name: Counter[str] = Counter()
    by_lateness: Counter[int] = Counter()
    for row in grouped.count().collect():
        if row.late:
            by_lateness[row.late] += row["count"]
        if row.bot is not None:
            continue
        by_name[row.event_name] += row["count"]
        if row.hour is not None:
            by_hour[row.hour] += row["count"]
    return {
        "hours": tuple(by_hour[hour] for hour in range(24)),
        "events": dict(sorted(by_name.items())),
        "late": dict(sorted(by_lateness.items())),
        "machines": _machines(rows),
    }


def _machines(rows: DataFrame) -> dict[str, Machines]:
    visitor = F.coalesce(F.concat(F.lit("d:"), "device_id"), F.concat(F.lit("u:"), "user_id"))
    counts = (F.count(F.lit(1)), F.count_distinct(visitor), F.count_distinct("user_id"))
    found = rows.where(F.col("bot").isNotNull()).groupBy("bot").agg(*counts).orderBy("bot").collect()
    return {row.bot: Machines(*row[1:]) for row in found}


def _shoppers(warehouse: Warehouse, day: date) -> Iterable[Shopper]:
    ranked = warehouse.days("recommendation.ranked", day, day)
    sources_of = ranked.groupBy("user_id").agg(F.collect_set("source").alias("sources"))
    kind = (
        F.when(F.array_contains("sources", "similar"), "similar")
        .when(F.array_contains("sources", "als"), "als")
        .otherwise("popular")
    )
    drawn = _sample(sources_of.withColumn("kind", kind), "kind", "user_id", max(SHOPPERS.values()), day)
    users = [row.user_id for row in drawn if row.place <= SHOPPERS[row.kind]]
    picks = _titled(warehouse, ranked.where(F.col("user_id").isin(users) & (F.col("rank") <= PICKS)), day)
    newest = warehouse.newest_day("behaviour.interactions", day) or day
    did = warehouse.days("behaviour.interactions", newest, newest).where(F.col("user_id").isin(users))
    strongest = Window.partitionBy("user_id").orderBy(F.desc("weight"), "item_id")
    did = did.withColumn("place", F.row_number().over(strongest)).where(F.col("place") <= DID)
    history = _titled(warehouse, did, day)
    for place, user in enumerate(users):
        # A letter instead of the id: the page may be passed on.
        yield Shopper(
            f"Shopper {chr(ord('A') + place)}",
            tuple(_item(row) for row in sorted(history, key=lambda r: r.place) if row.user_id == user),
            tuple(
                Pick(row.rank, _item(row), row.source)
                for row in sorted(picks, key=lambda r: r.rank)
                if row.user_id == user
            ),
        )


def _descriptions(warehouse: Warehouse, day: date) -> Iterable[Description]:
    written = warehouse.days("content.descriptions", day, day)
    for row in _sample(_with_title(warehouse, written, day), "language", "item_id", DESCRIPTIONS, day):
        yield Description(_item(row), row.language, row.description, row.facts)


def _sentiment(warehouse: Warehouse, day: date) -> Iterable[Sentiment]:
    tenth = F.least(F.floor(F.col("positive") * 10), F.lit(9)).cast("int").alias("tenth")
    counted = (
        warehouse.days("reviews.sentiment", day, day).groupBy("language", tenth, "label").count().collect()
    )
    for language in sorted({row.language for row in counted}):
        ours = [row for row in counted if row.language == language]
        bins = tuple(sum(row["count"] for row in ours if row.tenth == edge) for edge in range(10))
        yield Sentiment(language, bins, sum(row["count"] for row in ours if row.label == "positive"))


def _trials(warehouse: Warehouse, day: date) -> Iterable[Trial]:
    newest = warehouse.newest_day("embeddings.encoders", day)
    if newest is None or (day - newest).days >= TRIAL_DAYS:
        return
    rows = warehouse.days("embeddings.encoders", newest, newest).collect()
    for row in sorted(rows, key=lambda row: (row.base, row.pairs == "all", row.pairs)):
        counts = row.held_out, row.ndcg_current, row.ndcg_tuned
        yield Trial(newest, row.base, row.pairs, *counts, row.accepted)


def _sample(frame: DataFrame, group: str, key: str, count: int, day: date) -> list[Row]:
    """``count`` rows of each group in an order that a hash of the key and the day decides."""
    drawn: Column = F.sha2(F.concat_ws("|", F.lit(str(day)), F.col(key)), 256)
    place = F.row_number().over(Window.partitionBy(group).orderBy(drawn, key))
    return frame.withColumn("place", place).where(F.col("place") <= count).orderBy(group, "place").collect()


def _titled(warehouse: Warehouse, frame: DataFrame, day: date) -> list[Row]:
    return _with_title(warehouse, frame, day).collect()


def _with_title(warehouse: Warehouse, frame: DataFrame, day: date) -> DataFrame:
    """Rows about items with the items' titles and the titles' languages, null when the catalogue has none."""
    newest = warehouse.newest_day("catalogue.items", day) or day
    titles = warehouse.days("catalogue.items", newest, newest).select(
        "item_id", F.col("title").alias("item_title"), F.col("language").alias("item_language")
    )
    return frame.join(titles, "item_id", "left")


def _item(row: Any) -> Item:
    language = row.item_language if row.item_language not in {None, "und", "other"} else ""
    return Item(row.item_id, row.item_title or row.item_id, language)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
