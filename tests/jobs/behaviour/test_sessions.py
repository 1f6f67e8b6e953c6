"""behaviour.sessions: visits are whole whatever night their events came, and joined by late events."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import accumulate
from random import Random

import pytest
from drawn import rows
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

FIRST = date(2026, 3, 30)
START = datetime(2026, 3, 30)  # noqa: DTZ001 (drawn as UTC)


@pytest.fixture(scope="module")
def night(job, drawn):
    """``night(events, earlier)``: the rows of one night; earlier ones are drawn, or frames."""
    build = job("behaviour.sessions").build

    def run(events: str, earlier="| session_id |"):
        known = drawn("behaviour.sessions", earlier) if isinstance(earlier, str) else earlier
        return build(drawn("behaviour.events", events), known, session_gap_minutes=30)

    return run


@pytest.fixture(scope="module")
def nights(night, drawn):
    """Several nights in a row, each reading what those before it found."""

    def run(*drawings: str):
        earlier, found = drawn("behaviour.sessions", "| session_id |"), []
        for number, drawing in enumerate(drawings):
            found.append(night(drawing, earlier).withColumn("day", F.lit(FIRST + timedelta(days=number))))
            earlier = earlier.unionByName(found[-1].cache())
        return found

    return run


def test_a_visit_is_counted_from_its_first_event_to_its_last(night) -> None:
    found = night("""
        | session_id | device_id | user_id | event_id | event_at            | event_name  | item_id |
        | s          | d         | ann     | 3        | 2026-03-31 10:00:05 | view_item   | lamp    |
        | s          | d         | ann     | 2        | 2026-03-31 10:00:05 | search      |         |
        | s          | d         | ann     | 4        | 2026-03-31 10:04:00 | view_item   | sofa    |
        | s          | d         | ann     | 5        | 2026-03-31 10:05:00 | add_to_cart | lamp    |
        | s          | d         | ann     | 6        | 2026-03-31 10:08:00 | purchase    | lamp    |
        | s          | d         | ann     | 7        | 2026-03-31 10:08:00 | purchase    |         |
        | r          | d         | ann     | 8        | 2026-03-31 12:00:00 | view_item   | lamp    |
        |            |           |         | 9        | 2026-03-31 10:00:00 | view_item   | lamp    |
    """)
    columns = ("session_id", "device_id", "user_id", "started_at", "ended_at", "seconds")
    assert rows(found, *columns) == [
        ("r", "d", "ann", "2026-03-31 12:00:00", "2026-03-31 12:00:00", 0),
        ("s", "d", "ann", "2026-03-31 10:00:05", "2026-03-31 10:08:00", 475),
    ]
    assert rows(found, "session_id", "events", "views", "carts", "purchases", "queries", "late_events") == [
        ("r", 1, 1, 0, 0, 0, 0),
        ("s", 6, 2, 1, 2, 1, 0),
    ]
    assert rows(found, "session_id", "landing_event", "landing_item_id", "converted", "merged_into") == [
        ("r", "view_item", "lamp", False, None),
        ("s", "search", None, True, None),
    ]


def test_revenue_keeps_currencies_apart_and_leaves_refunds_and_unpriced_lines_out(night) -> None:
    found = night("""
        | session_id | device_id | event_at            | event_name  | price  | quantity   | currency |
        | mixed      | a         | 2026-03-31 10:00:00 | purchase    | 20     | 2          | EUR      |
        | mixed      | a         | 2026-03-31 10:00:01 | purchase    | 0.5    |            | EUR      |
        | mixed      | a         | 2026-03-31 10:00:02 | purchase    | 3000   | 1          | JPY      |
        | mixed      | a         | 2026-03-31 10:00:03 | purchase    | 7      | 1          |          |
        | mixed      | a         | 2026-03-31 10:00:04 | refund      | 20     | 1          | EUR      |
        | mixed      | a         | 2026-03-31 10:00:05 | add_to_cart | 99     | 1          | EUR      |
        | gift       | b         | 2026-03-31 10:00:00 | purchase    |        | 3          | EUR      |
        | looked     | c         | 2026-03-31 10:00:00 | view_item   | 20     |            | EUR      |
        | absurd     | d         | 2026-03-31 10:00:00 | purchase    | 9e13   | 2147483647 | EUR      |
    """)
    revenue = {row.session_id: row.revenue for row in found.collect()}
    shown = {visit: {k: str(v) for k, v in sums.items()} for visit, sums in revenue.items() if sums}
    assert shown == {
        "mixed": {"": "7.0000", "EUR": "40.5000", "JPY": "3000.0000"},
        "absurd": {"EUR": "193273528230000000000000.0000"},
    }
    assert rows(found, "session_id", "converted") == [
        ("absurd", True),
        ("gift", True),
        ("looked", False),
        ("mixed", True),
    ]


@pytest.mark.parametrize(
    ("events", "step"),
    [
        ("login", "visit"),
        ("search select_item view_cart refund", "visit"),
        ("search view_item", "view_item"),
        ("add_to_cart view_item", "add_to_cart"),
        ("begin_checkout", "begin_checkout"),
        ("view_item add_payment_info", "begin_checkout"),
        ("purchase view_item", "purchase"),
    ],
)
def test_the_furthest_step_counts_whichever_were_left_out(night, events: str, step: str) -> None:
    lines = [f"| s | d | 2026-03-31 10:0{n}:00 | {name} |" for n, name in enumerate(events.split())]
    found = night("\n".join(["| session_id | device_id | event_at | event_name |", *lines]))
    assert rows(found, "funnel_step") == [(step,)]


def test_one_flag_makes_the_visit_a_machines_the_plainest_reason_first(night) -> None:
    found = night("""
        | session_id | device_id | event_at            | event_name | bot        |
        | person     | a         | 2026-03-31 10:00:00 | view_item  |            |
        | some       | b         | 2026-03-31 10:00:00 | view_item  |            |
        | some       | b         | 2026-03-31 10:00:01 | view_item  | regularity |
        | both       | c         | 2026-03-31 10:00:00 | view_item  | regularity |
        | both       | c         | 2026-03-31 10:00:01 | view_item  | rate       |
        | says       | d         | 2026-03-31 10:00:00 | view_item  | rate       |
        | says       | d         | 2026-03-31 10:00:01 | view_item  | user_agent |
    """)
    assert rows(found, "session_id", "bot") == [
        ("both", "rate"),
        ("person", None),
        ("says", "user_agent"),
        ("some", "regularity"),
    ]


def test_two_people_on_one_device_and_one_on_two_stay_apart(night) -> None:
    found = night("""
        | session_id | device_id | user_id | event_at            | event_name |
        | ann        | shared    | ann     | 2026-03-31 10:00:00 | view_item  |
        | bob        | shared    | bob     | 2026-03-31 10:01:00 | view_item  |
        | nobody     | shared    |         | 2026-03-31 10:02:00 | view_item  |
        | phone      | phone     | ann     | 2026-03-31 10:03:00 | view_item  |
        | till       |           | ann     | 2026-03-31 10:04:00 | purchase   |
    """)
    assert rows(found, "session_id", "device_id", "user_id", "events", "merged_into") == [
        ("ann", "shared", "ann", 1, None),
        ("bob", "shared", "bob", 1, None),
        ("nobody", "shared", None, 1, None),
        ("phone", "phone", "ann", 1, None),
        ("till", None, "ann", 1, None),
    ]


def test_a_visit_across_midnight_is_told_whole_the_second_night(nights) -> None:
    _, second, third = nights(
        """
        | session_id | device_id | event_id | event_at            | event_name  | item_id | price | currency |
        | s          | d         | 1        | 2026-03-30 23:50:00 | view_item   | lamp    |       |          |
        | s          | d         | 2        | 2026-03-30 23:55:00 | purchase    | lamp    | 20    | EUR      |
        | other      | e         | 3        | 2026-03-30 12:00:00 | view_item   | lamp    |       |          |
        """,
        """
        | session_id | device_id | event_id | event_at            | event_name  | item_id | price | currency |
        | s          | d         | 4        | 2026-03-31 00:10:00 | purchase    | sofa    | 300   | EUR      |
        | s          | d         | 5        | 2026-03-31 00:30:00 | view_item   | lamp    | 3     | EUR      |
        """,
        """
        | session_id | device_id | event_id | event_at            | event_name  | item_id | price | currency |
        | s          | d         | 6        | 2026-03-30 23:45:00 | search      |         |       |          |
        | s          | d         | 7        | 2026-03-31 00:35:00 | purchase    | lamp    | 5     | USD      |
        """,
    )
    columns = ("session_id", "started_at", "seconds", "events", "purchases", "late_events", "landing_event")
    assert rows(second, *columns) == [("s", "2026-03-30 23:50:00", 2400, 4, 2, 2, "view_item")]
    assert rows(third, *columns) == [("s", "2026-03-30 23:45:00", 3000, 6, 3, 4, "search")]
    (row,) = third.collect()
    assert {k: str(v) for k, v in row.revenue.items()} == {"EUR": "320.0000", "USD": "5.0000"}
    assert (row.funnel_step, row.converted, row.landing_item_id) == ("purchase", True, None)


def test_a_late_event_joins_two_visits_into_the_one_it_names(nights) -> None:
    first, second, third = nights(
        """
        | session_id | device_id | user_id | event_id | event_at            | event_name | bot  |
        | morning    | d         | ann     | 1        | 2026-03-30 10:00:00 | search     |      |
        | noon       | d         | ann     | 2        | 2026-03-30 10:50:00 | purchase   | rate |
        | noon       | d         | ann     | 3        | 2026-03-30 10:55:00 | view_item  |      |
        | night      | d         | ann     | 4        | 2026-03-30 11:26:00 | view_item  |      |
        | bobs       | d         | bob     | 5        | 2026-03-30 10:50:00 | view_item  |      |
        """,
        """
        | session_id | device_id | user_id | event_id | event_at            | event_name  |
        | morning    | d         | ann     | 6        | 2026-03-30 10:25:00 | add_to_cart |
        """,
        """
        | session_id | device_id | user_id | event_id | event_at            | event_name  |
        | morning    | d         | ann     | 7        | 2026-03-30 10:40:00 | share       |
        """,
    )
    assert rows(first, "session_id", "merged_into") == [
        ("bobs", None),
        ("morning", None),
        ("night", None),
        ("noon", None),
    ]
    columns = ("session_id", "started_at", "ended_at", "seconds", "events", "late_events", "merged_into")
    assert rows(second, *columns) == [
        ("morning", "2026-03-30 10:00:00", "2026-03-30 10:55:00", 3300, 4, 1, None),
        ("noon", "2026-03-30 10:50:00", "2026-03-30 10:55:00", 0, 0, 0, "morning"),
    ]
    assert rows(second, "session_id", "landing_event", "funnel_step", "converted", "bot") == [
        ("morning", "search", "purchase", True, "rate"),
        ("noon", None, None, False, None),
    ]
    # What was merged is not added up again the night after.
    assert rows(third, *columns) == [
        ("morning", "2026-03-30 10:00:00", "2026-03-30 10:55:00", 3300, 5, 2, None)
    ]
    assert rows(third, "purchases") == [(1,)]


def test_a_late_event_before_a_visit_takes_it_over_and_the_gap_is_thirty_minutes_sharp(nights) -> None:
    _, second = nights(
        """
        | session_id | device_id | event_id | event_at            | event_name |
        | at         | a         | 1        | 2026-03-30 10:30:00 | view_item  |
        | beyond     | b         | 2        | 2026-03-30 10:30:01 | view_item  |
        """,
        """
        | session_id | device_id | event_id | event_at            | event_name |
        | new_at     | a         | 3        | 2026-03-30 10:00:00 | search     |
        | new_beyond | b         | 4        | 2026-03-30 10:00:00 | search     |
        """,
    )
    assert rows(second, "session_id", "events", "late_events", "landing_event", "merged_into") == [
        ("at", 0, 0, None, "new_at"),
        ("new_at", 2, 1, "search", None),
        ("new_beyond", 1, 0, "search", None),
    ]


def test_somebody_else_can_fill_the_silence_on_a_shared_device(nights) -> None:
    _, second, third = nights(
        """
        | session_id | device_id | user_id | event_id | event_at            | event_name |
        | ann        | d         | ann     | 1        | 2026-03-30 23:10:00 | view_item  |
        | bob        | d         | bob     | 2        | 2026-03-30 23:35:00 | view_item  |
        | early      | e         | ann     | 3        | 2026-03-30 12:00:00 | view_item  |
        | late       | e         | ann     | 4        | 2026-03-30 12:50:00 | view_item  |
        """,
        """
        | session_id | device_id | user_id | event_id | event_at            | event_name |
        | bob        | d         | bob     | 5        | 2026-03-31 00:00:00 | view_item  |
        | ann        | d         | ann     | 6        | 2026-03-31 00:20:00 | view_item  |
        """,
        """
        | session_id | device_id | user_id | event_id | event_at            | event_name |
        | cid        | e         | cid     | 7        | 2026-03-30 12:25:00 | view_item  |
        """,
    )
    columns = ("session_id", "seconds", "events", "late_events", "merged_into")
    assert rows(second, *columns) == [("ann", 4200, 2, 1, None), ("bob", 1500, 2, 1, None)]
    assert rows(third, *columns) == [
        ("cid", 0, 1, 0, None),
        ("early", 3000, 2, 0, None),
        ("late", 0, 0, 0, "early"),
    ]


def test_the_newest_of_several_known_rows_is_the_truth(night) -> None:
    found = night(
        """
        | session_id | device_id | event_at            | event_name |
        | s          | d         | 2026-03-31 00:10:00 | view_item  |
        """,
        """
        | session_id | device_id | day        | started_at          | ended_at            | events |
        | s          | d         | 2026-03-30 | 2026-03-29 23:40:00 | 2026-03-30 23:50:00 | 9      |
        | s          | d         | 2026-03-29 | 2026-03-29 23:50:00 | 2026-03-29 23:50:00 | 5      |
        """,
    )
    assert rows(found, "started_at", "events", "late_events") == [("2026-03-29 23:40:00", 10, 1)]


def test_split_and_order_change_no_bit(job, drawn) -> None:
    lines = [
        f"| s{n % 7} | d{n % 7} | {n} | 2026-03-31 10:{n % 60:02d}:00 | purchase | i{n % 5} | 1.1 | {c} |"
        for n in range(100)
        for c in ["EURUSD"[3 * (n % 2) :][:3]]
    ]
    header = "| session_id | device_id | event_id | event_at | event_name | item_id | price | currency |"
    events = drawn("behaviour.events", "\n".join([header, *lines]))
    build, none = job("behaviour.sessions").build, drawn("behaviour.sessions", "| session_id |")
    answers = {str(rows(build(events.repartition(n), none, session_gap_minutes=30))) for n in (1, 2, 5)}
    assert len(answers) == 1


def test_nights_with_late_events_end_as_if_everything_had_been_known_at_once(nights, night) -> None:
    """Seeded: the newest row of every visit after four nights says what one night that knew it all says."""
    draw = Random(3)
    events = [
        Event(n, draw.choice("ab"), draw.choice(["ann", "ann", "bob", ""]), minute, draw.choice(DEEDS), n % 9)
        for n, minute in enumerate(draw.sample(range(4 * 24 * 60), 260))
    ]
    by_night: list[list[Event]] = [[], [], [], []]
    for event in events:
        late = draw.randrange(1, 4) if draw.random() < 0.3 else 0
        by_night[min(3, event.minute // (24 * 60) + late)].append(event)
    so_far = list(accumulate(by_night))
    found = reduce(DataFrame.unionByName, nights(*map(drawing, by_night, so_far)))
    newest = Window.partitionBy("session_id").orderBy(F.desc("day"))
    last = found.withColumn("nth", F.row_number().over(newest)).where("nth = 1 and merged_into is null")

    columns = (
        "device_id", "user_id", "started_at", "ended_at", "seconds", "events", "purchases", "landing_event",
        "landing_item_id", "funnel_step", "converted", "revenue",
    )  # fmt: skip
    assert rows(last, *columns) == rows(night(drawing(events, events)), *columns)
    assert found.where("merged_into is not null").count() > 5
    assert found.where("late_events > 0").count() > 10


@dataclass(frozen=True)
class Event:
    number: int
    device: str
    user: str
    minute: int
    name: str
    price: int


DEEDS = ("search", "view_item", "view_item", "add_to_cart", "add_payment_info", "purchase")


def drawing(arrived: list[Event], so_far: list[Event]) -> str:
    """A night's events with ids as behaviour.events gives them: of device, person and sitting so far."""
    header = (
        "| session_id | device_id | user_id | event_id | event_at | event_name | item_id | price | currency |"
    )
    begun: dict[Event, int] = {}
    before: dict[str, Event] = {}
    for event in sorted(so_far, key=lambda e: e.minute):
        last = before.get(event.device)
        goes_on = last is not None and event.minute - last.minute <= 30
        begun[event] = begun[last] if last and goes_on else event.minute
        before[event.device] = event
    lines = [
        f"| {e.device}{begun[e]}{e.user} | {e.device} | {e.user} | {e.number:03d} "
        f"| {START + timedelta(minutes=e.minute)} | {e.name} | i{e.number} | {e.price} "
        f"| {'EUR' if e.price % 2 else 'USD'} |"
        for e in arrived
    ]
    return "\n".join([header, *lines])
