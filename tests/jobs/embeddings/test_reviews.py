"""embeddings.reviews: the day's reviews, a review known from an earlier export not computed again."""

import numpy as np

from nightmarket.models import StandInEncoder
from nightmarket.spark import readings

REVIEWS = """
    | review_id | text         | content_hash | language |
    | r1        | Love it      | aa           | en       |
    | r2        | Love it      | aa           | en       |
    | r3        | 质量很好     | bb           | zh       |
"""


def test_only_unknown_contents_are_encoded(job, drawn, readers) -> None:
    encoder = StandInEncoder()
    vector = ", ".join(str(float(x)) for x in encoder.encode(["Love it"])[0])
    known = drawn("embeddings.reviews", f"""
        | review_id | content_hash | model_digest     | vector     |
        | old       | aa           | {encoder.digest} | [{vector}] |
        | older     | aa           | {encoder.digest} | [{vector}] |
    """)  # fmt: skip
    readings()
    read_with = readers("embeddings.reviews", model="stand-in")
    (frame,) = job("embeddings.reviews").build(drawn("reviews.clean", REVIEWS), known, read_with).frames
    rows = {row.review_id: row for row in frame.collect()}
    assert readings() == {"model_rows_computed": 1, "model_rows_reused": 2}
    assert sorted(rows) == ["r1", "r2", "r3"]
    np.testing.assert_allclose(rows["r1"].vector, encoder.encode(["Love it"])[0], atol=1e-6)
    np.testing.assert_allclose(rows["r3"].vector, encoder.encode(["质量很好"])[0], atol=1e-6)
    assert frame.columns == ["review_id", "content_hash", "model", "model_digest", "vector"]


def test_a_day_without_reviews_has_no_rows(job, drawn, readers) -> None:
    nothing = drawn("reviews.clean", "| review_id |")
    known = drawn("embeddings.reviews", "| review_id |")
    read_with = readers("embeddings.reviews", model="stand-in")
    (frame,) = job("embeddings.reviews").build(nothing, known, read_with).frames
    assert frame.count() == 0
