"""ops.metrics: the day's commits, without its own."""

from drawn import rows


def test_every_commit_of_the_day_is_a_row_but_its_own(job, drawn) -> None:
    published = drawn("ops.metrics", """
        | table_name       | run_key | rows_in | rows_out | rows_rejected | model_rows_computed |
        | behaviour.events | night-1 | 10      | 8        | 2             |                     |
        | embeddings.items | night-1 |         | 5        |               | 4                   |
        | ops.metrics      | night-1 |         | 2        |               |                     |
    """)  # fmt: skip
    metrics = job("ops.metrics").build(published)
    assert metrics.columns == published.columns
    assert rows(metrics, "table_name", "rows_in", "rows_out", "rows_rejected", "model_rows_computed") == [
        ("behaviour.events", 10, 8, 2, None),
        ("embeddings.items", None, 5, None, 4),
    ]
