"""embedded_once: who reads which text, and in which parts."""

from types import SimpleNamespace

import numpy as np
import pytest
from drawn import table

from nightmarket.models import EncoderModel, StandInEncoder, loader
from nightmarket.spark import readings
from nightmarket.spark.paid_once import embedded_once

DDL = "id string, content_hash string, text string, language string"
ROWS = """
    | id | content_hash | text     | language |
    | a  | aa           | Oak desk | en       |
    | b  | aa           | Oak desk | en       |
    | c  | cc           | 龙井茶   | zh       |
    | d  | dd           | 4711     | und      |
    | e  | ee           | Red lamp | en       |
    | x  | xx           | tlhIngan | tlh      |
"""
KNOWN = "content_hash string, model_digest string, vector array<float>"


def reader(name: str, *languages: str) -> SimpleNamespace:
    """A model of its own name and digest, though all are the same inside."""
    return SimpleNamespace(
        name=name, digest=f"digest {name}", languages=languages, encoder=loader(EncoderModel, "stand-in")
    )


@pytest.fixture
def nothing(spark):
    readings()
    return table(spark, KNOWN, "| content_hash |")


def test_each_text_is_read_by_the_model_of_its_language(spark, nothing) -> None:
    readers = [reader("many", "zh", "und"), reader("english", "en")]
    (frame,) = embedded_once(table(spark, DDL, ROWS), nothing, readers, "id").frames
    assert frame.columns == ["id", "model", "model_digest", "vector"]
    assert sorted((r.id, r.model, r.model_digest) for r in frame.collect()) == [
        ("a", "english", "digest english"),
        ("b", "english", "digest english"),
        ("c", "many", "digest many"),
        ("d", "many", "digest many"),
        ("e", "english", "digest english"),
    ]
    assert readings() == {"model_rows_computed": 4, "model_rows_reused": 0}


def test_what_one_part_wrote_the_next_run_does_not_compute(spark, nothing) -> None:
    rows = table(spark, DDL, ROWS)
    one = [reader("one", "en", "zh", "und")]
    parts = embedded_once(rows, nothing, one, "id", "content_hash", per_part=1).frames
    assert len(parts) == 4
    written = [part.collect() for part in parts]
    assert sum(map(len, written)) == 5
    assert readings()["model_rows_computed"] == 4
    # Killed after two of four parts.
    kept = spark.createDataFrame(
        [(r.content_hash, r.model_digest, r.vector) for part in written[:2] for r in part], KNOWN
    )
    known = {r.content_hash for part in written[:2] for r in part}
    parts = embedded_once(rows, kept, one, "id", "content_hash", per_part=1).frames
    found = {r.id: r.vector for part in parts for r in part.collect()}
    assert readings() == {
        "model_rows_computed": 4 - len(known),
        "model_rows_reused": sum(r.content_hash in known for part in written for r in part),
    }
    assert len(known) < 4
    for key, text in (("a", "Oak desk"), ("b", "Oak desk"), ("c", "龙井茶"), ("e", "Red lamp")):
        np.testing.assert_allclose(found[key], StandInEncoder().encode([text])[0], atol=1e-6)
