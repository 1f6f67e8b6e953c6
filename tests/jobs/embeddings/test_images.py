"""embeddings.images: one picture per item, each reject with its reason, each file paid for once."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from drawings import drawn_shape
from drawn import rows
from pyspark.sql import functions as F

from nightmarket.models import StandInImageEncoder
from nightmarket.spark import counted, readings
from nightmarket.spark.batches import PICTURE
from nightmarket.warehouse import Run

DAY = date(2026, 3, 9)
ITEMS = """
    | item_id | active |
    | desk    | true   |
    | lamp    | true   |
    | tea     | true   |
    | sofa    | false  |
    | cup     | true   |
    | broken  | true   |
"""
EXPORT = """
    | item_id | picture  | source_file   | reject_reason | reject_detail     |
    | desk    | disc     | a/desk.png    | -             | -                 |
    | desk    | bar      | b/desk.png    | -             | -                 |
    | desk    | text     | 0/desk.png    | -             | -                 |
    | lamp    | disc     | a/lamp.png    | -             | -                 |
    | tea     | red bar  | a/tea.png     | -             | -                 |
    | sofa    | bar      | a/sofa.png    | -             | -                 |
    | broken  | cut off  | a/broken.png  | -             | -                 |
    | ghost   | cut off  | a/ghost.png   | -             | -                 |
    | -       | bar      | a/x.png       | missing_required | item_id is missing |
    | cup     | -        | a/cup.png     | unparseable   | the file is empty |
"""
FILES = {
    "disc": drawn_shape("disc", "navy"),
    "bar": drawn_shape("bar", "navy"),
    "red bar": drawn_shape("bar", "red"),
    "cut off": drawn_shape("disc", "red")[:200],
    "text": b"no picture at all",
}


@pytest.fixture
def pictures(export):
    return export("pictures", EXPORT, contents=FILES)


@pytest.fixture
def build(job, readers):
    readings()  # counts of frames that other tests built and never asked about
    declared = job("embeddings.images")

    def built(pictures, items, known, **parameters):
        read_with = readers("embeddings.images", model="stand-in-images")
        return declared.build(pictures, items, known, read_with, **parameters)

    return built


def collected(split) -> tuple[dict, list, dict]:
    """The vectors by item, the rejects, and what was counted while they were made."""
    kept = {row.item_id: row for frame in split.kept.frames for row in frame.collect()}
    rejected = rows(split.rejected, "source_file", "reject_reason", "reject_detail", "raw")
    return kept, rejected, readings()


def test_each_item_has_the_first_picture_that_can_be_read(build, drawn, pictures) -> None:
    items, nothing = drawn("catalogue.items", ITEMS), drawn("embeddings.images", "| item_id |")
    kept, rejected, counts = collected(build(counted(pictures, "rows_in"), items, nothing))
    assert sorted(kept) == ["desk", "lamp", "sofa", "tea"]
    assert counts == {"rows_in": 10, "model_rows_computed": 3, "model_rows_reused": 0}
    (expected,) = StandInImageEncoder().encode_each([[FILES["disc"], FILES["red bar"]]])
    for item, vector in (("desk", expected[0]), ("lamp", expected[0]), ("tea", expected[1])):
        np.testing.assert_allclose(kept[item].vector, vector, atol=1e-6)
        assert kept[item].model == "stand-in-images"
    assert kept["desk"].content_hash == kept["lamp"].content_hash
    assert [row[:3] for row in rejected] == [
        ("0/desk.png", "unreadable_picture", "picture: it is no picture of a kind that is read"),
        ("a/broken.png", "unreadable_picture", "picture: it is cut off or damaged"),
        ("a/cup.png", "unparseable", "the file is empty"),
        ("a/ghost.png", "unknown_item", "item_id: 'ghost' is not in the catalogue"),
        ("a/x.png", "missing_required", "item_id is missing"),
        ("b/desk.png", "duplicate", "item_id: it has a picture of an earlier path"),
    ]
    assert len(kept) + len(rejected) == 10


def test_the_second_night_pays_for_new_files_only(build, drawn, pictures) -> None:
    items, nothing = drawn("catalogue.items", ITEMS), drawn("embeddings.images", "| item_id |")
    first = build(pictures, items, nothing).kept.frames[0].withColumn("day", F.lit(DAY)).cache()
    before = {row.item_id: row.vector for row in first.collect()}
    readings()
    kept, rejected, counts = collected(build(pictures, items, first))
    assert counts == {"model_rows_computed": 0, "model_rows_reused": 4}
    assert {item: row.vector for item, row in kept.items()} == before
    assert len(rejected) == 6

    changed = pictures.withColumn(
        "picture", F.when(F.col("item_id") == "tea", F.lit(FILES["disc"])).otherwise(F.col("picture"))
    )
    kept, _, counts = collected(build(changed, items, first))
    assert counts == {"model_rows_computed": 0, "model_rows_reused": 4}
    assert kept["tea"].vector == kept["desk"].vector

    other = first.withColumn("model_digest", F.lit("another"))
    assert collected(build(pictures, items, other))[2]["model_rows_computed"] == 3


def test_in_parts_it_is_the_same(build, drawn, pictures) -> None:
    items, nothing = drawn("catalogue.items", ITEMS), drawn("embeddings.images", "| item_id |")
    whole, refused, _ = collected(build(pictures, items, nothing))
    split = build(pictures, items, nothing, pictures_per_part=1)
    assert len(split.kept.frames) == 3
    kept, rejected, counts = collected(split)
    assert counts["model_rows_computed"] == 3
    assert rejected == refused
    assert {item: row.vector for item, row in kept.items()} == {i: row.vector for i, row in whole.items()}


def test_a_file_too_large_for_a_model_is_a_reject(drawn, pictures, build, job, monkeypatch) -> None:
    items, nothing = drawn("catalogue.items", ITEMS), drawn("embeddings.images", "| item_id |")
    monkeypatch.setitem(job("embeddings.images").build.__globals__, "PICTURE", replace(PICTURE, longest=10))
    kept, rejected, _ = collected(build(pictures, items, nothing))
    assert kept == {}
    assert "picture: it has more than 10 bytes" in {row[2] for row in rejected}


def test_no_pictures_no_rows(build, drawn, pictures) -> None:
    items, nothing = drawn("catalogue.items", ITEMS), drawn("embeddings.images", "| item_id |")
    assert collected(build(pictures.limit(0), items, nothing))[:2] == ({}, [])


def test_parts_and_rejects_are_published_together(build, drawn, pictures, warehouse, contracts) -> None:
    items = drawn("catalogue.items", ITEMS).withColumn("day", F.lit(DAY))
    of_items = contracts.tables["catalogue.items"]
    filled = items.withColumns(
        {"title": F.col("item_id"), "text": F.col("item_id"), "language": F.lit("en"),
         "content_hash": F.sha2("item_id", 256), "first_seen_day": F.lit(DAY), "last_seen_day": F.lit(DAY)}
    )  # fmt: skip
    run = Run(day=DAY, key="night", code_version="1", started_at=datetime(2026, 3, 10, tzinfo=UTC))
    warehouse.publish(of_items, filled, run)
    nothing = drawn("embeddings.images", "| item_id |")
    split = build(counted(pictures, "rows_in"), items, nothing, pictures_per_part=1)
    published = warehouse.publish(
        contracts.tables["embeddings.images"],
        [part.withColumn("day", F.lit(DAY)) for part in split.kept.frames],
        run,
        rejects=contracts.tables["embeddings.image_rejects"],
        rejected=split.rejected,
        readings=readings,
    )
    assert (published.rows_out, published.rows_rejected) == (4, 6)
