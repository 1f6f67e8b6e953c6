"""Tables of rejected rows that were published when they had contracts of their own go on as they are."""

import pytest
from drawn import rows
from pyspark.sql import functions as F
from stall import MONDAY, TUESDAY, contract

from nightmarket.contracts import Column, ddl
from nightmarket.contracts.rules import Listed

OLD = [
    Column("reason", "string", "Why the row was refused.", required=True, rules=(Listed(("duplicate",)),)),
    Column("detail", "string", "Which column and what was wrong with it, in words."),
    Column("raw", "string", "The row as it came, cut after 32 kB.", classification="personal"),
    Column("source_file", "string", "The file it came from, under the landing zone."),
]


@pytest.mark.parametrize(
    ("table", "rejects"),
    [
        ("behaviour.events", "behaviour.rejects"),
        ("catalogue.items", "catalogue.rejects"),
        ("reviews.clean", "reviews.rejects"),
        ("embeddings.images", "embeddings.image_rejects"),
    ],
)
def test_a_table_of_before_takes_the_next_day(spark, open_warehouse, contracts, run, table, rejects):
    old = contract(rejects, *OLD, version="1.1.0")
    four = "reject_reason string, reject_detail string, raw string, source_file string"
    first = spark.createDataFrame(
        [("duplicate", "id", "a,b", "f.csv", MONDAY)],
        "reason string, detail string, raw string, source_file string, day date",
    )
    open_warehouse(contracts).publish(old, first, run())
    known = contracts.tables[table]
    frame = spark.createDataFrame([], ddl(known))
    if known.minimum_rows:
        filled = {
            "item_id": "'i1'", "title": "'Lamp'", "text": "'Lamp'", "language": "'en'", "active": "true",
            "content_hash": "repeat('a', 64)", "first_seen_day": "date'2026-03-03'",
            "last_seen_day": "date'2026-03-03'", "day": "date'2026-03-03'",
        }  # fmt: skip
        values = [F.expr(filled.get(c.name, "null")).cast(c.type).alias(c.name) for c in known.columns]
        frame = spark.range(1).select(*values)
    rejected = spark.createDataFrame([("duplicate", "again", "c,d", "g.csv")], four)
    open_warehouse(contracts).publish(
        known, frame, run(TUESDAY), rejects=contracts.tables[rejects], rejected=rejected
    )
    found = open_warehouse(contracts).days(rejects, MONDAY, TUESDAY)
    texts = [(name, "string") for name in ("reason", "detail", "raw", "source_file")]
    assert found.dtypes == [*texts, ("day", "date")]
    assert rows(found) == [
        ("duplicate", "again", "c,d", "g.csv", "2026-03-03"),
        ("duplicate", "id", "a,b", "f.csv", "2026-03-02"),
    ]
