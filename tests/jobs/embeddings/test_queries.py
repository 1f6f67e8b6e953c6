"""embeddings.queries: each different query once, read by the model of its language, paid for once."""

import numpy as np
import pytest

from nightmarket.models import StandInEncoder
from nightmarket.spark import readings

SEARCHES = """
    | event_id | normalised_query | language | day        |
    | 1        | red lamp         | en       | 2026-03-08 |
    | 2        | red lamp         | und      | 2026-03-07 |
    | 3        | 台灯             | zh       | 2026-03-09 |
    | 4        |                  | und      | 2026-03-09 |
    | 5        | tlhIngan         | xx       | 2026-03-09 |
"""


@pytest.fixture
def build(job, readers):
    readings()
    declared = job("embeddings.queries")

    def built(searches, known):
        read_with = readers("embeddings.queries", model="stand-in")
        (frame,) = declared.build(searches, known, read_with).frames
        return frame

    return built


def test_each_query_is_read_once(build, drawn) -> None:
    nothing = drawn("embeddings.queries", "| normalised_query |")
    first = build(drawn("behaviour.searches", SEARCHES), nothing).cache()
    rows = {row.normalised_query: row for row in first.collect()}
    assert readings() == {"model_rows_computed": 2, "model_rows_reused": 0}
    assert sorted(rows) == ["red lamp", "台灯"]
    np.testing.assert_allclose(rows["台灯"].vector, StandInEncoder().encode(["台灯"])[0], atol=1e-6)
    again = build(drawn("behaviour.searches", SEARCHES), first)
    assert {row.normalised_query: row.vector for row in again.collect()} == {
        query: row.vector for query, row in rows.items()
    }
    assert readings() == {"model_rows_computed": 0, "model_rows_reused": 2}
