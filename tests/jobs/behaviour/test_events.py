"""behaviour.events: each event once, every refused row with its reason, sessions by silence."""

from datetime import date

import pytest
from drawn import rows

DAY = date(2026, 3, 10)


@pytest.fixture(scope="module")
def build(job, export):
    declared = job("behaviour.events")
    return lambda drawing, **tuning: declared.build(export("events", drawing), day=DAY, **tuning).cache()


def test_every_refused_row_says_why_and_no_row_is_lost(build) -> None:
    judged = build("""
        | event_id | event_name  | event_at            | user_id | item_id | reject_reason | raw        |
        | ok       | view_item   | 2026-03-10 09:00:00 | ann     | lamp    |               |            |
        | noitem   | add_to_cart | 2026-03-10 09:00:00 | ann     |         |               |            |
        | blank    | view_item   | 2026-03-10 09:00:00 | ann     | ''      |               |            |
        | postage  | purchase    | 2026-03-10 09:00:00 | ann     |         |               |            |
        | words    | search      | 2026-03-10 09:00:00 | ann     |         |               |            |
        | skewed   | view_item   | 2026-03-11 23:59:59 | ann     | lamp    |               |            |
        | future   | view_item   | 2026-03-12 00:00:00 | ann     | lamp    |               |            |
        | late     | view_item   | 2026-02-08 00:00:00 | ann     | lamp    |               |            |
        | ancient  | view_item   | 2026-02-07 23:59:59 | ann     | lamp    |               |            |
        |          |             |                     |         |         | unparseable   | {"broken": |
        | nodate   | view_item   |                     | ann     | lamp    | bad_value     | {"x": 1}   |
    """)
    assert rows(judged, "event_id", "reject_reason") == [
        ("ancient", "out_of_window"),
        ("blank", "missing_required"),
        ("future", "out_of_window"),
        ("late", None),
        ("nodate", "bad_value"),
        ("noitem", "missing_required"),
        ("ok", None),
        ("postage", None),
        ("skewed", None),
        ("words", None),
        (None, "unparseable"),
    ]
    detail = {row.event_id: row.reject_detail for row in judged.collect()}
    assert detail["future"] == "event_at: 2026-03-12 00:00:00"
    assert detail["noitem"] == "item_id: a add_to_cart names its item"


def test_a_repeated_event_is_a_duplicate_and_a_reused_id_is_found(build) -> None:
    judged = build("""
        | event_id | event_name | event_at            | user_id | device_id | item_id | raw    |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     |           | lamp    | first  |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     |           | lamp    | second |
        | e1       | view_item  | 2026-03-10 09:00:01 | ann     |           | lamp    | third  |
        | e2       | view_item  | 2026-03-10 09:00:05 | bob     |           | lamp    | later  |
        | e2       | view_item  | 2026-03-10 09:00:00 | ann     |           | lamp    | sooner |
        | e3       | view_item  | 2026-03-10 09:00:00 |         | phone     | lamp    | a      |
        | e3       | view_item  | 2026-03-10 09:00:00 |         | phone     | sofa    | b      |
        | e4       | view_item  | 2026-03-10 09:00:00 |         |           | lamp    | c      |
        | e4       | view_item  | 2026-03-10 09:00:00 |         |           | lamp    | d      |
        | e5       | view_item  | 2026-03-10 09:00:00 | 7       |           | lamp    | e      |
        | e5       | view_item  | 2026-03-10 09:00:00 |         | 7         | lamp    | f      |
    """)
    assert rows(judged, "raw", "reject_reason") == [
        ("a", None),
        ("b", "id_reused"),
        ("c", None),
        ("d", "duplicate"),
        ("e", None),
        ("f", "id_reused"),
        ("first", None),
        ("later", "id_reused"),
        ("second", "duplicate"),
        ("sooner", None),
        ("third", "duplicate"),
    ]


def test_a_refused_row_does_not_take_the_id_from_a_good_one(build) -> None:
    judged = build("""
        | event_id | event_name | event_at            | user_id | item_id | reject_reason | raw  |
        | e1       | view_item  | 2020-01-01 00:00:00 | ann     | lamp    |               | old  |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     | lamp    |               | good |
        | e2       | view_item  | 2026-03-10 08:00:00 | ann     | lamp    | not_allowed   | bad  |
        | e2       | view_item  | 2026-03-10 09:00:00 | ann     | lamp    |               | fine |
    """)
    assert rows(judged, "raw", "reject_reason") == [
        ("bad", "not_allowed"),
        ("fine", None),
        ("good", None),
        ("old", "out_of_window"),
    ]


def test_thirty_minutes_of_silence_end_a_session(build) -> None:
    judged = build("""
        | event_id | event_name | event_at            | user_id | device_id |
        | a1       | search     | 2026-03-10 09:00:00 | ann     | phone     |
        | a2       | search     | 2026-03-10 09:30:00 | ann     | laptop    |
        | a3       | search     | 2026-03-10 10:00:00 | ann     |           |
        | a4       | search     | 2026-03-10 10:30:01 | ann     |           |
        | b1       | search     | 2026-03-10 09:10:00 |         | phone     |
        | b2       | search     | 2026-03-10 09:20:00 |         | phone     |
        | n1       | search     | 2026-03-10 09:10:00 |         |           |
        | n2       | search     | 2026-03-10 09:10:00 |         |           |
    """)
    session = {row.event_id: row.session_id for row in judged.collect()}
    assert session["a1"] == session["a2"] == session["a3"] != session["a4"]
    assert session["b1"] == session["b2"] != session["a1"]
    assert session["n1"] is None
    assert session["n2"] is None
    assert len({session["a1"], session["a4"], session["b1"]}) == 3


def test_a_refused_row_neither_joins_nor_bridges_a_session(build) -> None:
    judged = build(
        """
        | event_id | event_name | event_at            | user_id | item_id | raw |
        | a1       | search     | 2026-03-10 09:00:00 | ann     |         | 1   |
        | a2       | view_item  | 2026-03-10 09:20:00 | ann     |         | 2   |
        | a3       | search     | 2026-03-10 09:40:00 | ann     |         | 3   |
    """
    )
    session = {row.event_id: row.session_id for row in judged.collect()}
    assert session["a2"] is None
    assert session["a1"] != session["a3"]


def test_the_order_and_split_of_the_export_change_nothing(job, export) -> None:
    frame = export(
        "events",
        """
        | event_id | event_name | event_at            | user_id | item_id | raw |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     | lamp    | b   |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     | lamp    | a   |
        | e1       | view_item  | 2026-03-10 09:00:00 | bob     | lamp    | c   |
        | e2       | search     | 2026-03-10 09:00:00 | ann     |         | d   |
        | e3       | search     | 2026-03-10 09:50:00 | ann     |         | e   |
        """,
    )
    build = job("behaviour.events").build
    columns = ("raw", "reject_reason", "session_id")
    answers = {
        str(rows(build(other, day=DAY), *columns))
        for other in (frame, frame.orderBy("raw").repartition(3), frame.orderBy(frame.raw.desc()).coalesce(1))
    }
    assert len(answers) == 1
