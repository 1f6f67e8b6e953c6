"""encode_column: every row comes back once, with the vector the encoder alone would give it."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from drawn import rows, table

from nightmarket.models import EncoderModel, StandInEncoder, loader, prepare
from nightmarket.spark.batches import LONGEST_TEXT, encode_column, with_vectors

STAND_IN = loader(EncoderModel, "stand-in")


def test_every_row_keeps_its_columns_and_gains_the_vector_of_its_text(spark) -> None:
    ddl = "id string, text string, price decimal(18,4), tags array<string>, attributes map<string,string>"
    ddl += ", at timestamp"
    at = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    given = [
        (
            f"i{n}",
            f"red dress {n % 40}",
            Decimal("9.5000") + n,
            ["a", str(n)],
            {"colour": "red", "n": str(n)},
            at,
        )
        for n in range(300)
    ]
    frame = encode_column(
        spark.createDataFrame(given, ddl), "text", "vector", loader(EncoderModel, "stand-in")
    )
    assert frame.schema.simpleString().endswith("vector:array<float>>")
    found = {row["id"]: row for row in frame.collect()}
    assert len(found) == frame.count() == 300
    expected = StandInEncoder().encode([text for _, text, *_ in given])
    for (key, text, price, tags, attributes, _), vector in zip(given, expected, strict=True):
        row = found[key]
        assert (row["text"], row["price"], row["tags"], row["attributes"]) == (text, price, tags, attributes)
        assert np.array_equal(np.asarray(row["vector"], np.float32), vector)
    assert frame.selectExpr("count_if(at = timestamp'2026-03-01 10:00:00') c").first()["c"] == 300


def test_a_poisoned_row_costs_its_own_vector_and_nothing_else(spark) -> None:
    texts = {
        "good": "red dress",
        "spaced": "  red   dress ",
        "null": None,
        "empty": "",
        "blank": " \t\u200b\x00 ",
        "control": "red\x00 dress\x07",
        "markup": "<p><br></p>",
        "huge": "a" * 1_000_000,
        "long": "red dress " * (LONGEST_TEXT // 10),
    }
    frame = spark.createDataFrame(list(texts.items()), "id string, text string")
    found = {row["id"]: row["vector"] for row in encode_column(frame, "text", "vector", STAND_IN).collect()}
    assert set(found) == set(texts)
    assert {key for key, vector in found.items() if vector is None} == {
        "null",
        "empty",
        "blank",
        "markup",
        "huge",
    }
    assert found["good"] == found["spaced"] == found["control"]
    assert len(found["long"]) == 64


def test_lone_surrogates_do_not_reach_the_model() -> None:
    class Reader:
        dimension = 2

        def encode_each(self, batches):
            for batch in batches:
                assert batch == ["red dress"]
                yield np.ones((1, 2), np.float32)

    class Batch:
        """Arrow cannot hold such a text, but Python can."""

        columns, schema, num_rows = [], pa.schema([]), 3

        def column(self, name):
            return self

        def to_pylist(self):
            return ["red \ud83d dress", "\ud800", None]

    (answered,) = with_vectors([Batch()], "text", "vector", Reader)
    assert answered.column("vector").to_pylist() == [[1.0, 1.0], None, None]


def test_an_empty_frame_loads_no_model(spark) -> None:
    def never(device):
        raise AssertionError("loaded")

    frame = table(spark, "id string, text string", "| id | text |")
    assert rows(encode_column(frame, "text", "vector", never)) == []
    nulls = table(
        spark,
        "id string, text string",
        """
        | id | text |
        | a  |      |
        | b  | ''   |
        """,
    )
    assert rows(encode_column(nulls, "text", "vector", never)) == [("a", None, None), ("b", "", None)]


def test_equal_texts_meet_in_one_worker_whatever_the_partitions(spark) -> None:
    frame = spark.range(0, 200, numPartitions=5).selectExpr("id", "concat('text ', id % 10) text")
    encoded = encode_column(frame, "text", "vector", STAND_IN, workers=3)
    assert encoded.rdd.getNumPartitions() == 3
    places = encoded.selectExpr("text", "spark_partition_id() place").distinct().collect()
    assert len(places) == 10


def test_batches_are_drawn_ahead_and_leave_as_they_came() -> None:
    sizes = (0, 3, 4, 5, 1, 0, 2)
    schema = pa.schema([("text", pa.string())])
    batches = [pa.RecordBatch.from_pydict({"text": [f"red {n}"] * n}, schema=schema) for n in sizes]

    class AllAtOnce(StandInEncoder):
        def encode_each(self, batches, *, prefix=None):
            return super().encode_each(list(batches), prefix=prefix)

    answered = list(with_vectors(batches, "text", "vector", AllAtOnce))
    assert [batch.num_rows for batch in answered] == list(sizes)
    for before, after in zip(batches, answered, strict=True):
        assert after.column("text") == before.column("text")
        assert after.column("vector").null_count == 0
        texts = before.column("text").to_pylist()
        assert after.column("vector").to_pylist() == StandInEncoder().encode(texts).tolist()


@pytest.mark.parametrize(("text", "vector"), [("missing", "vector"), ("text", "id")])
def test_a_wrong_column_is_said_before_anything_runs(spark, text: str, vector: str) -> None:
    frame = table(spark, "id string, text string", "| id | text |")
    with pytest.raises(ValueError, match="cannot encode"):
        encode_column(frame, text, vector, STAND_IN)


def test_the_real_encoder_gives_the_same_vectors_inside_spark(spark, tmp_path) -> None:
    prepare("multilingual-e5-small", tmp_path)
    texts = ["red dress", "红色连衣裙", "stainless steel bottle " * 200, "", "red dress"]
    frame = spark.createDataFrame(list(enumerate(texts)), "id int, text string")
    encode = loader(EncoderModel, "multilingual-e5-small", tmp_path)
    found = {row["id"]: row["vector"] for row in encode_column(frame, "text", "vector", encode).collect()}
    expected = encode().encode(texts)
    assert found[3] is None
    for key in (0, 1, 2, 4):
        assert np.abs(np.asarray(found[key]) - expected[key]).max() < 1e-5
    assert found[0] == found[4]
