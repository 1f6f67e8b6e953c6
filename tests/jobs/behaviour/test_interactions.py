"""behaviour.interactions: weights add up, fade, never go below zero, and no customer outweighs the cap."""

from datetime import date

import pytest
from drawn import rows

DAY = date(2026, 3, 31)  # ends at 2026-04-01 00:00, from where ages are measured


@pytest.fixture(scope="module")
def build(job, drawn):
    declared = job("behaviour.interactions")
    return lambda drawing, **tuning: declared.build(drawn("behaviour.events", drawing), day=DAY, **tuning)


def test_weights_and_counts_of_a_pair(build) -> None:
    pairs = build("""
        | event_id | event_name  | event_at            | user_id | item_id |
        | 1        | view_item   | 2026-04-01 00:00:00 | ann     | lamp    |
        | 2        | view_item   | 2026-04-01 00:00:00 | ann     | lamp    |
        | 3        | add_to_cart | 2026-04-01 00:00:00 | ann     | lamp    |
        | 4        | purchase    | 2026-04-01 00:00:00 | ann     | lamp    |
        | 5        | search      | 2026-04-01 00:00:00 | ann     |         |
        | 6        | purchase    | 2026-04-01 00:00:00 | ann     |         |
        | 7        | view_item   | 2026-04-01 00:00:00 |         | lamp    |
        | 8        | view_item   | 2026-04-01 00:00:00 | bob     | sofa    |
        | 9        | share       | 2026-04-01 00:00:00 | cid     | sofa    |
    """)
    assert rows(pairs, "user_id", "item_id", "weight", "views", "carts", "purchases", "refunds") == [
        ("ann", "lamp", 10.0, 2, 1, 1, 0),
        ("bob", "sofa", 1.0, 1, 0, 0, 0),
    ]


def test_interest_halves_with_every_half_life(build) -> None:
    pairs = build("""
        | event_id | event_name | event_at            | user_id | item_id |
        | 1        | purchase   | 2026-04-01 00:00:00 | ann     | today   |
        | 2        | purchase   | 2026-03-02 00:00:00 | ann     | month   |
        | 3        | purchase   | 2026-01-31 00:00:00 | ann     | two     |
        | 4        | purchase   | 2026-04-01 20:00:00 | ann     | skewed  |
    """)
    assert rows(pairs, "item_id", "weight") == [
        ("month", 2.5),
        ("skewed", 5.0),
        ("today", 5.0),
        ("two", 1.25),
    ]


def test_a_refund_takes_a_purchase_back_and_never_more(build) -> None:
    pairs = build("""
        | event_id | event_name | event_at            | user_id | item_id |
        | 1        | purchase   | 2026-03-02 00:00:00 | ann     | lamp    |
        | 2        | refund     | 2026-04-01 00:00:00 | ann     | lamp    |
        | 3        | purchase   | 2026-04-01 00:00:00 | ann     | sofa    |
        | 4        | view_item  | 2026-04-01 00:00:00 | ann     | sofa    |
        | 5        | refund     | 2026-04-01 00:00:00 | ann     | sofa    |
    """)
    assert rows(pairs, "item_id", "weight", "purchases", "refunds", "first_at", "last_at") == [
        ("lamp", 0.0, 1, 1, "2026-03-02 00:00:00", "2026-04-01 00:00:00"),
        ("sofa", 1.0, 1, 1, "2026-04-01 00:00:00", "2026-04-01 00:00:00"),
    ]


def test_a_reseller_is_scaled_down_to_the_cap(build) -> None:
    pairs = build(
        """
        | event_id | event_name | event_at            | user_id  | item_id |
        | 1        | purchase   | 2026-04-01 00:00:00 | reseller | lamp    |
        | 2        | purchase   | 2026-04-01 00:00:00 | reseller | lamp    |
        | 3        | purchase   | 2026-04-01 00:00:00 | reseller | lamp    |
        | 4        | purchase   | 2026-04-01 00:00:00 | reseller | sofa    |
        | 5        | purchase   | 2026-04-01 00:00:00 | ann      | lamp    |
        """,
        customer_cap=8.0,
    )
    assert rows(pairs, "user_id", "item_id", "weight") == [
        ("ann", "lamp", 5.0),
        ("reseller", "lamp", 6.0),
        ("reseller", "sofa", 2.0),
    ]


def test_an_event_sent_again_the_next_day_counts_once(build) -> None:
    pairs = build("""
        | event_id | event_name | event_at            | user_id | item_id | day        |
        | 1        | purchase   | 2026-03-30 00:00:00 | ann     | lamp    | 2026-03-30 |
        | 1        | purchase   | 2026-03-30 00:00:00 | ann     | lamp    | 2026-03-31 |
        | 1        | purchase   | 2026-03-30 00:00:00 | bob     | lamp    | 2026-03-31 |
    """)
    assert rows(pairs, "user_id", "purchases") == [("ann", 1), ("bob", 1)]


def test_split_and_order_change_no_bit(job, drawn) -> None:
    lines = [
        f"| {n} | view_item | 2026-03-{1 + n % 28:02d} {n % 24:02d}:{n % 60:02d}:07 | u{n % 3} | i{n % 2} |"
        for n in range(200)
    ]
    events = drawn(
        "behaviour.events", "\n".join(["| event_id | event_name | event_at | user_id | item_id |", *lines])
    )
    build = job("behaviour.interactions").build
    answers = {
        str(rows(build(events.repartition(n), day=DAY), "user_id", "item_id", "weight")) for n in (1, 2, 5)
    }
    assert len(answers) == 1
