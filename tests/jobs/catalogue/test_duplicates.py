"""catalogue.duplicates: twins are found once, those of a family are not twins."""

import numpy as np
import pytest

ITEMS = {
    "a1": ("Sony DSC-W150 digital camera red", 0, "one"),
    "a2": ("Sony DSCW150 red digital camera", 0, "one"),
    "a3": ("Sony DSC-W170 digital camera red", 0, "one"),
    "a4": ("Sony DSC-W150 digital camera red", 0, "other"),
    "b1": ("Oak desk with drawers", 1, "one"),
    "b2": ("Oak desk with drawers", 1, "one"),
    "b3": ("Oak desk with drawers", 2, "one"),
    "c1": ("红木办公桌 带抽屉", 3, "one"),
    "c2": ("红木办公桌 带抽屉", 3, "one"),
    "d1": ("...", 4, "one"),
    "d2": ("...", 4, "one"),
    "e1": ("Steel bottle 1.5l", 5, "one"),
    "e2": ("Steel bottle 15l", 5, "one"),
    "f1": ("华为P40手机128G", 4, "other"),
    "f2": ("华为P40手机 128G", 4, "other"),
    "gone": ("Oak desk with drawers", 1, "one"),
}


@pytest.fixture(scope="module")
def found(spark, job) -> dict:
    items = [(item, title, item != "gone") for item, (title, _, _) in ITEMS.items()]
    axes = np.eye(8, dtype=np.float32)
    vectors = [
        (item, f"digest {model}", axes[direction].tolist()[: 8 if model == "one" else 5])
        for item, (_, direction, model) in ITEMS.items()
    ]
    frame = job("catalogue.duplicates").build(
        spark.createDataFrame(items, "item_id string, title string, active boolean"),
        spark.createDataFrame(vectors, "item_id string, model_digest string, vector array<float>"),
    )
    return {(row.item_id, row.duplicate_id): row for row in frame.collect()}


def test_twins_are_found_once_in_any_script(found: dict) -> None:
    assert {("a1", "a2"), ("b1", "b2"), ("c1", "c2"), ("f1", "f2")} <= set(found)
    assert found["b1", "b2"].shared == 1
    assert found["b1", "b2"].meaning == pytest.approx(1)
    assert found["b1", "b2"].score == 1


def test_others_are_not(found: dict) -> None:
    """Another model number; vectors of another model; another meaning; no words at all; no longer sold."""
    assert set(found) == {("a1", "a2"), ("b1", "b2"), ("c1", "c2"), ("f1", "f2")}


def test_no_items_no_pairs(spark, job) -> None:
    items = spark.createDataFrame([], "item_id string, title string, active boolean")
    vectors = spark.createDataFrame([], "item_id string, model_digest string, vector array<float>")
    assert job("catalogue.duplicates").build(items, vectors).collect() == []
