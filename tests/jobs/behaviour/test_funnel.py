"""behaviour.funnel: a visit counts once per category and step, and nothing sold is lost between them."""

import pytest
from drawn import rows

STEPS = ("category", "sessions", "views", "carts", "checkouts", "purchases")


@pytest.fixture(scope="module")
def build(job, drawn):
    declared = job("behaviour.funnel")
    items = drawn(
        "catalogue.items",
        """
        | item_id | category_path        |
        | lamp    | [Home, Light, Lamps] |
        | sofa    | [Home, Seats]        |
        | boot    | [鞋]                 |
        | empty   | []                   |
        | bare    |                      |
        """,
    )
    return lambda events: declared.build(drawn("behaviour.events", events), items)


def sold(frame) -> dict[str, tuple[int, dict[str, str] | None]]:
    return {
        row.category: (row.units, row.revenue and {k: str(v) for k, v in row.revenue.items()})
        for row in frame.collect()
    }


def test_a_visit_counts_once_per_category_and_once_for_the_whole(build) -> None:
    funnel = build("""
        | session_id | event_name     | item_id |
        | a          | search         |         |
        | a          | view_item      | lamp    |
        | a          | view_item      | lamp    |
        | a          | view_item      | sofa    |
        | a          | view_item      | boot    |
        | a          | add_to_cart    | sofa    |
        | a          | begin_checkout |         |
        | a          | purchase       | sofa    |
        | b          | view_item_list |         |
        | b          | view_item      | boot    |
        | c          | select_item    | boot    |
    """)
    assert rows(funnel, *STEPS) == [
        ("", 2, 0, 0, 0, 0),
        ("(all)", 3, 2, 1, 1, 1),
        ("Home", 1, 1, 1, 1, 1),
        ("鞋", 3, 2, 0, 0, 0),
    ]


def test_items_of_no_category_and_of_no_catalogue_share_the_empty_one(build) -> None:
    funnel = build("""
        | session_id | event_name | item_id  |
        | a          | view_item  | empty    |
        | b          | view_item  | bare     |
        | c          | view_item  | vanished |
        | d          | purchase   |          |
    """)
    assert rows(funnel, *STEPS) == [("", 4, 3, 0, 0, 1), ("(all)", 4, 3, 0, 0, 1)]


def test_a_checkout_counts_where_the_visit_filled_its_cart_or_bought(build) -> None:
    funnel = build("""
        | session_id | event_name       | item_id |
        | cart       | add_to_cart      | lamp    |
        | cart       | view_item        | boot    |
        | cart       | add_payment_info |         |
        | yesterdays | begin_checkout   |         |
        | yesterdays | purchase         | boot    |
        | empty      | begin_checkout   |         |
        | empty      | view_item        | lamp    |
    """)
    assert rows(funnel, "category", "checkouts") == [("", 0), ("(all)", 3), ("Home", 1), ("鞋", 1)]


def test_no_step_presumes_the_one_before(build) -> None:
    funnel = build("""
        | session_id | event_name | item_id |
        | till       | purchase   | lamp    |
    """)
    assert rows(funnel, *STEPS) == [("(all)", 1, 0, 0, 0, 1), ("Home", 1, 0, 0, 0, 1)]


def test_pieces_and_revenue_by_currency_also_of_strangers_and_of_postage(build) -> None:
    funnel = build("""
        | session_id | event_name  | item_id | quantity | price | currency |
        | a          | purchase    | lamp    | 2        | 20    | EUR      |
        | a          | purchase    | sofa    |          | 300.5 | EUR      |
        | a          | purchase    |         | 1        | 4.5   | EUR      |
        | b          | purchase    | lamp    | 1        | 25    | USD      |
        | b          | purchase    | lamp    | 1        | 1     |          |
        |            | purchase    | lamp    | 3        | 20    | EUR      |
        | c          | purchase    | boot    | 5        |       | EUR      |
        | c          | add_to_cart | boot    | 9        | 9     | EUR      |
        | c          | refund      | lamp    | 1        | 20    | EUR      |
    """)
    assert sold(funnel) == {
        "(all)": (14, {"": "1.0000", "EUR": "405.0000", "USD": "25.0000"}),
        "Home": (8, {"": "1.0000", "EUR": "400.5000", "USD": "25.0000"}),
        "": (1, {"EUR": "4.5000"}),
        "鞋": (5, None),
    }
    assert rows(funnel, "category", "sessions", "purchases") == [
        ("", 1, 1),
        ("(all)", 3, 3),
        ("Home", 3, 2),
        ("鞋", 1, 1),
    ]


def test_a_category_only_strangers_bought_from_has_its_row(build) -> None:
    funnel = build("""
        | session_id | event_name | item_id | price | currency |
        |            | purchase   | boot    | 60    | EUR      |
    """)
    assert rows(funnel, *STEPS, "units") == [("(all)", 0, 0, 0, 0, 0, 1), ("鞋", 0, 0, 0, 0, 0, 1)]


def test_machines_are_left_out(build) -> None:
    funnel = build("""
        | session_id | event_name | item_id | price | currency | bot        |
        | crawler    | view_item  | lamp    |       |          | user_agent |
        | clock      | purchase   | lamp    | 20    | EUR      | regularity |
        | person     | view_item  | lamp    |       |          |            |
    """)
    assert rows(funnel, *STEPS, "units", "revenue") == [
        ("(all)", 1, 1, 0, 0, 0, 0, None),
        ("Home", 1, 1, 0, 0, 0, 0, None),
    ]


def test_a_night_without_events_has_no_rows(build) -> None:
    assert rows(build("| session_id |")) == []
