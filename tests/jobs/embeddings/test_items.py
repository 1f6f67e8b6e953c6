"""embeddings.items: each content encoded once, known vectors reused, each counted."""

from datetime import date

import numpy as np
import pytest
from pyspark.sql import functions as F

from nightmarket.models import StandInEncoder
from nightmarket.spark import readings

ITEMS = """
    | item_id | text     | content_hash | language | active |
    | desk    | Oak desk | aa           | en       | true   |
    | table   | Oak desk | aa           | en       | true   |
    | lamp    | Red lamp | bb           | en       | true   |
    | tea     | 龙井茶   | cc           | zh       | true   |
    | code    | 4711     | dd           | und      | true   |
    | gone    | Old sofa | ee           | en       | false  |
    | klingon | tlhIngan | ff           | xx       | true   |
"""


@pytest.fixture
def build(job, readers):
    readings()  # counts of frames that other tests built and never asked about
    declared = job("embeddings.items")

    def built(items, known):
        (frame,) = declared.build(items, known, readers("embeddings.items", model="stand-in")).frames
        return frame

    return built


def collected(frame) -> tuple[dict, dict]:
    """The rows by item, and what was counted while they were made."""
    rows = {row.item_id: row for row in frame.collect()}
    return rows, readings()


def known(frame, day: date):
    return frame.withColumn("day", F.lit(day)).cache()


def test_the_first_night_encodes_each_content_of_active_items_once(build, drawn) -> None:
    rows, counts = collected(build(drawn("catalogue.items", ITEMS), drawn("embeddings.items", "| item_id |")))
    assert sorted(rows) == ["code", "desk", "lamp", "table", "tea"]
    assert counts == {"model_rows_computed": 4, "model_rows_reused": 0}
    encoder = StandInEncoder()
    for item, text in (("desk", "Oak desk"), ("table", "Oak desk"), ("tea", "龙井茶")):
        np.testing.assert_allclose(rows[item].vector, encoder.encode([text])[0], atol=1e-6)
        assert (rows[item].model, rows[item].model_digest) == ("stand-in", encoder.digest)
    assert rows["lamp"].content_hash == "bb"


def test_the_second_night_computes_nothing_that_did_not_change(build, drawn, spark) -> None:
    items = drawn("catalogue.items", ITEMS)
    first = known(build(items, drawn("embeddings.items", "| item_id |")), date(2026, 3, 9))
    before, _ = collected(first)
    rows, counts = collected(build(items, first))
    assert counts == {"model_rows_computed": 0, "model_rows_reused": 5}
    assert {item: row.vector for item, row in rows.items()} == {
        item: row.vector for item, row in before.items()
    }

    changed = items.withColumns(
        {
            "text": F.when(F.col("item_id") == "lamp", "Blue lamp").otherwise(F.col("text")),
            "content_hash": F.when(F.col("item_id") == "lamp", "b2").otherwise(F.col("content_hash")),
        }
    )
    rows, counts = collected(build(changed, first))
    assert counts == {"model_rows_computed": 1, "model_rows_reused": 4}
    np.testing.assert_allclose(rows["lamp"].vector, StandInEncoder().encode(["Blue lamp"])[0], atol=1e-6)


def test_vectors_of_another_model_are_not_mixed_in(build, drawn) -> None:
    items = drawn("catalogue.items", ITEMS)
    other = drawn("embeddings.items", """
        | item_id | content_hash | model_digest | vector     |
        | desk    | aa           | another      | [1.0, 0.0] |
    """)  # fmt: skip
    rows, counts = collected(build(items, other))
    assert counts["model_rows_reused"] == 0
    assert len(rows["desk"].vector) == StandInEncoder().dimension
