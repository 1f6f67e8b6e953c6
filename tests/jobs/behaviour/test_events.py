"""behaviour.events: each event once, every refused row with its reason, persons, sessions and machines."""

from datetime import date, datetime, timedelta

import pytest
from drawn import rows
from pyspark.sql import functions as F

DAY = date(2026, 3, 10)
KNOWN = """
        | item_id |
        | lamp    |
        | sofa    |
        | rug     |
"""


@pytest.fixture(scope="module")
def checked(job, export, drawn):
    """``checked(drawing)`` is the night's ``Split``; ``earlier`` and ``sessions`` are drawn too."""
    declared = job("behaviour.events")

    def run(drawing, *, earlier="| event_id |", sessions="| session_id |", day=DAY, **tuning):
        return declared.build(
            export("events", drawing) if isinstance(drawing, str) else drawing,
            drawn("catalogue.items", KNOWN),
            drawn("behaviour.events", earlier),
            drawn("behaviour.sessions", sessions),
            day=day,
            **tuning,
        )

    return run


@pytest.fixture(scope="module")
def reasons(checked):
    """By the row's raw text: None for a row that was kept, else the reason."""

    def run(drawing, **given):
        split = checked(drawing, **given)
        kept = {row.event_id: None for row in split.kept.collect()}
        refused = {row.raw: row.reject_reason for row in split.rejected.collect()}
        assert len(kept) == split.kept.count()
        return kept | refused

    return run


@pytest.fixture(scope="module")
def kept(checked):
    """By event id, the rows that were kept."""
    return lambda drawing, **given: {row.event_id: row for row in checked(drawing, **given).kept.collect()}


def test_every_rejected_row_says_why_and_no_row_is_lost(checked) -> None:
    split = checked("""
        | event_id | event_name  | event_at            | user_id | item_id | ip        | reject_reason | raw |
        | ok       | view_item   | 2026-03-10 09:00:00 | ann     | lamp    | 192.0.2.7 |               | a   |
        | noitem   | add_to_cart | 2026-03-10 09:01:00 | ann     |         |           |               | b   |
        | postage  | purchase    | 2026-03-10 09:03:00 | ann     |         |           |               | d   |
        | words    | search      | 2026-03-10 09:04:00 | ann     |         |           |               | e   |
        | skewed   | view_item   | 2026-03-11 23:59:59 | ann     | lamp    |           |               | f   |
        | future   | view_item   | 2026-03-12 00:00:00 | ann     | lamp    |           |               | g   |
        | late     | view_item   | 2026-02-08 00:00:00 | ann     | lamp    |           |               | h   |
        | ancient  | view_item   | 2026-02-07 23:59:59 | ann     | lamp    |           |               | i   |
        | staff    | view_item   | 2026-03-10 09:05:00 | eve     | lamp    | 10.20.3.4 |               | j   |
        | nobody   | view_item   | 2026-03-10 09:06:00 | eve     | ghost   |           |               | k   |
        |          |             |                     |         |         |           | unparseable   | l   |
        | nodate   | view_item   |                     | ann     | lamp    |           | bad_value     | m   |
    """, internal_ranges=["10.20.0.0/16"])  # fmt: skip
    assert rows(split.kept, "event_id") == [("late",), ("ok",), ("postage",), ("skewed",), ("words",)]
    assert rows(split.rejected, "raw", "reject_reason") == [
        ("b", "missing_required"),
        ("g", "out_of_window"),
        ("i", "out_of_window"),
        ("j", "internal_traffic"),
        ("k", "unknown_item"),
        ("l", "unparseable"),
        ("m", "bad_value"),
    ]
    detail = {row.raw: row.reject_detail for row in split.rejected.collect()}
    assert detail["g"] == "event_at: 2026-03-12 00:00:00"
    assert detail["b"] == "item_id: a add_to_cart names its item"
    assert detail["k"] == "item_id: 'ghost' is not in the catalogue"


def test_the_first_rule_that_holds_gives_the_reason(reasons) -> None:
    found = reasons("""
        | event_id | event_name | event_at            | user_id | item_id | ip        | raw |
        | e1       | view_item  | 2020-01-01 00:00:00 | ann     | ghost   | 10.20.3.4 | a   |
        | e2       | view_item  | 2026-03-10 09:00:00 | ann     | ghost   | 10.20.3.4 | b   |
        | e3       | view_item  | 2026-03-10 09:00:00 | ann     | ghost   |           | c   |
        | e3       | view_item  | 2026-03-10 09:00:00 | ann     | ghost   |           | d   |
    """, internal_ranges=["10.20.0.0/16"])  # fmt: skip
    assert found == {"a": "out_of_window", "b": "internal_traffic", "c": "unknown_item", "d": "unknown_item"}


def test_a_repeated_event_is_a_duplicate_and_a_reused_id_is_found(checked) -> None:
    split = checked("""
        | event_id | event_name | event_at            | user_id | device_id | item_id | raw    |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     |           | lamp    | first  |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     |           | lamp    | second |
        | e1       | view_item  | 2026-03-10 09:00:01 | ann     |           | lamp    | third  |
        | e2       | view_item  | 2026-03-10 09:10:05 | bob     |           | lamp    | later  |
        | e2       | view_item  | 2026-03-10 09:10:00 | ann     |           | lamp    | sooner |
        | e3       | view_item  | 2026-03-10 09:20:00 |         | phone     | lamp    | a      |
        | e3       | view_item  | 2026-03-10 09:20:00 |         | phone     | sofa    | b      |
        | e4       | view_item  | 2026-03-10 09:30:00 |         |           | lamp    | c      |
        | e4       | view_item  | 2026-03-10 09:30:00 |         |           | lamp    | d      |
        | e5       | view_item  | 2026-03-10 09:40:00 | 7       |           | lamp    | e      |
        | e5       | view_item  | 2026-03-10 09:40:00 |         | 7         | lamp    | f      |
    """)
    assert rows(split.rejected, "raw", "reject_reason") == [
        ("b", "id_reused"),
        ("d", "duplicate"),
        ("f", "id_reused"),
        ("later", "id_reused"),
        ("second", "duplicate"),
        ("third", "duplicate"),
    ]
    assert rows(split.kept, "event_id") == [("e1",), ("e2",), ("e3",), ("e4",), ("e5",)]


def test_an_event_that_came_with_an_earlier_day_is_a_duplicate(reasons) -> None:
    found = reasons(
        """
        | event_id | event_name | event_at            | user_id | item_id | raw |
        | old      | view_item  | 2026-03-09 09:00:00 | ann     | lamp    | a   |
        | late     | view_item  | 2026-03-09 09:30:00 | ann     | sofa    | b   |
        | new      | view_item  | 2026-03-10 09:00:00 | ann     | rug     | c   |
        """,
        earlier="""
        | event_id | event_at            | day        |
        | old      | 2026-03-09 09:00:00 | 2026-03-09 |
        | other    | 2026-03-09 23:00:00 | 2026-03-09 |
        """,
    )
    assert found == {"a": "duplicate", "late": None, "new": None}


def test_a_rejected_row_does_not_take_the_id_from_a_good_one(reasons) -> None:
    found = reasons("""
        | event_id | event_name | event_at            | user_id | item_id | reject_reason | raw  |
        | e1       | view_item  | 2020-01-01 00:00:00 | ann     | lamp    |               | old  |
        | e1       | view_item  | 2026-03-10 09:00:00 | ann     | lamp    |               | good |
        | e2       | view_item  | 2026-03-10 08:00:00 | ann     | lamp    | not_listed    | bad  |
        | e2       | view_item  | 2026-03-10 09:30:00 | ann     | lamp    |               | fine |
    """)
    assert found == {"bad": "not_listed", "old": "out_of_window", "e1": None, "e2": None}


def test_the_very_same_within_a_second_is_a_near_duplicate(reasons) -> None:
    found = reasons("""
        | event_id | event_name | event_at                | device_id | item_id | order_id | quantity | raw |
        | a1       | view_item  | 2026-03-10 09:00:00     | d         | lamp    |          |          | a   |
        | a2       | view_item  | 2026-03-10 09:00:01     | d         | lamp    |          |          | b   |
        | a3       | view_item  | 2026-03-10 09:00:02     | d         | lamp    |          |          | c   |
        | a4       | view_item  | 2026-03-10 09:00:03.001 | d         | lamp    |          |          | d   |
        | b1       | view_item  | 2026-03-10 09:00:00     | other     | lamp    |          |          | e   |
        | b2       | view_item  | 2026-03-10 09:00:00     | d         | sofa    |          |          | f   |
        | p1       | add_to_cart | 2026-03-10 09:05:00    | d         | lamp    |          | 1        | g   |
        | p3       | add_to_cart | 2026-03-10 09:05:00    | d         | lamp    |          | 2        | h2  |
        | p4       | add_to_cart | 2026-03-10 09:05:00.500 | d        | lamp    |          | 2        | i   |
        | s1       | search     | 2026-03-10 09:06:00     | d         |         |          |          | j   |
        | s2       | search     | 2026-03-10 09:06:00     | d         |         |          |          | k   |
    """)
    refused = {raw for raw, reason in found.items() if reason == "near_duplicate"}
    assert refused == {"b", "c", "i"}
    assert len(found) == 11


def test_thirty_minutes_of_silence_end_a_session(kept) -> None:
    found = kept("""
        | event_id | event_name | event_at            | user_id | device_id |
        | a1       | search     | 2026-03-10 09:00:00 | ann     |           |
        | a2       | search     | 2026-03-10 09:30:00 | ann     |           |
        | a3       | search     | 2026-03-10 10:00:01 | ann     |           |
        | b1       | search     | 2026-03-10 09:10:00 |         | phone     |
        | b2       | search     | 2026-03-10 09:20:00 |         | phone     |
        | n1       | search     | 2026-03-10 09:10:00 |         |           |
        | n2       | search     | 2026-03-10 09:10:00 |         |           |
    """)
    session = {name: row.session_id for name, row in found.items()}
    assert session["a1"] == session["a2"] != session["a3"]
    assert session["b1"] == session["b2"]
    assert session["n1"] is None
    assert session["n2"] is None
    assert len(set(session.values())) == 4


def test_a_visit_that_signs_in_is_the_users_from_its_first_event(kept) -> None:
    found = kept("""
        | event_id | event_name | event_at            | user_id | device_id |
        | a1       | search     | 2026-03-10 09:00:00 |         | phone     |
        | a2       | login      | 2026-03-10 09:05:00 | ann     | phone     |
        | a3       | search     | 2026-03-10 09:10:00 |         | phone     |
        | b1       | search     | 2026-03-10 12:00:00 |         | phone     |
        | c1       | login      | 2026-03-10 15:00:00 | ann     | tablet    |
        | c2       | search     | 2026-03-10 15:01:00 |         | tablet    |
        | c3       | login      | 2026-03-10 15:02:00 | bob     | tablet    |
        | c4       | search     | 2026-03-10 15:03:00 |         | tablet    |
    """)
    assert {name: (row.user_id, row.signed_in) for name, row in found.items()} == {
        "a1": ("ann", False),
        "a2": ("ann", True),
        "a3": ("ann", False),
        "b1": (None, False),
        "c1": ("ann", True),
        "c2": ("ann", False),
        "c3": ("bob", True),
        "c4": ("bob", False),
    }
    session = {name: row.session_id for name, row in found.items()}
    assert session["a1"] == session["a2"] == session["a3"] != session["b1"]
    assert session["c1"] == session["c2"] != session["c3"] == session["c4"]


def test_a_session_goes_on_across_midnight_and_late_days(kept) -> None:
    """A late event before a known session changes its start, and so its id; one after it does not."""
    night = kept("""
        | event_id | event_name | event_at            | user_id | device_id |
        | e1       | search     | 2026-03-10 23:50:00 | ann     | phone     |
        | e2       | search     | 2026-03-10 12:00:00 | bob     | phone     |
    """)
    sessions = f"""
        | session_id             | user_id | device_id | started_at          | ended_at            |
        | {night["e1"].session_id} | ann     | phone     | 2026-03-10 23:50:00 | 2026-03-10 23:50:00 |
        | {night["e2"].session_id} | bob     | phone     | 2026-03-10 12:00:00 | 2026-03-10 12:00:00 |
    """
    next_night = kept("""
        | event_id | event_name | event_at            | user_id | device_id |
        | e3       | search     | 2026-03-11 00:10:00 | ann     | phone     |
        | e4       | search     | 2026-03-11 00:20:00 |         | phone     |
        | e5       | search     | 2026-03-10 12:29:00 |         | phone     |
        | e6       | search     | 2026-03-11 09:00:00 | ann     | phone     |
    """, sessions=sessions, day=DAY + timedelta(days=1))  # fmt: skip
    assert next_night["e3"].session_id == night["e1"].session_id
    assert next_night["e4"].session_id == night["e1"].session_id
    assert next_night["e4"].user_id == "ann"
    assert next_night["e5"].session_id == night["e2"].session_id
    assert next_night["e5"].user_id == "bob"
    assert next_night["e6"].session_id not in {night["e1"].session_id, night["e2"].session_id}
    assert len(next_night) == 4, "a known session is no event"


def test_machines_are_marked_and_kept(kept) -> None:
    start = datetime(2026, 3, 10, 9)  # noqa: DTZ001 (drawn as UTC)
    browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/125.0.0.0 Safari/537.36"
    crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    devices = {
        # name: (pauses in seconds, user agent)
        "clock": ([10] * 25, browser),
        "hasty": ([0.4, 1.6, 0.7, 2.0, 0.9] * 12, browser),
        "person": ([3, 40, 12, 7, 100, 25] * 5, browser),
        "brief": ([10] * 19, browser),
        "honest": ([60], crawler),
    }
    lines = ["| event_id | event_name | event_at | device_id | user_agent |"]
    for name, (pauses, agent) in devices.items():
        at = start
        for number, pause in enumerate([0, *pauses]):
            at += timedelta(seconds=pause)
            lines.append(f"| {name}{number} | search | {at.isoformat(' ')} | {name} | {agent} |")
    found = kept("\n".join(lines))
    flags = {
        name: {row.bot for event, row in found.items() if event.rstrip("0123456789") == name}
        for name in devices
    }
    assert flags == {
        "clock": {"regularity"},
        "hasty": {"rate"},
        "person": {None},
        "brief": {None},
        "honest": {"user_agent"},
    }


def test_somebody_who_buys_much_is_no_machine(kept) -> None:
    at = [datetime(2026, 3, 10, 9) + timedelta(seconds=number) for number in range(60)]  # noqa: DTZ001
    lines = [
        f"| e{number} | purchase | {moment} | ann | lamp | {number} |" for number, moment in enumerate(at)
    ]
    found = kept("\n".join(["| event_id | event_name | event_at | user_id | item_id | order_id |", *lines]))
    assert len(found) == 60
    assert {row.bot for row in found.values()} == {None}


def test_queries_are_kept_without_personal_data_and_addresses_as_networks(kept) -> None:
    found = kept("""
        | event_id | event_name | event_at            | user_id | query               | ip              |
        | e1       | search     | 2026-03-10 09:00:00 | ann     | red lamp            | 192.0.2.77      |
        | e2       | search     | 2026-03-10 09:01:00 | ann     | for ann@example.com | 2001:db8:1:2::7 |
        | e3       | search     | 2026-03-10 09:02:00 | ann     | 红色台灯                | junk            |
    """)
    assert found["e1"].query == "red lamp"
    assert found["e2"].query == "for [email]"
    assert found["e3"].query == "红色台灯"
    assert [found[name].network for name in ("e1", "e2", "e3")] == ["192.0.2.0/24", "2001:db8:1::/48", None]


def test_the_order_and_split_of_the_export_change_nothing(checked, export) -> None:
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
    answers = set()
    for other in (frame, frame.orderBy("raw").repartition(3), frame.orderBy(F.desc("raw")).coalesce(1)):
        split = checked(other)
        answers.add(
            (
                str(rows(split.kept, "event_id", "session_id")),
                str(rows(split.rejected, "raw", "reject_reason")),
            )
        )
    assert len(answers) == 1


def log(times, *, person="keen", name="view_item", file="web.csv", prefix="e"):
    """Events of one person at these times, each of a lamp, drawn without their head."""
    lines = (
        f"| {prefix}{number} | {name} | {at} | {person} | lamp | {file} |" for number, at in enumerate(times)
    )
    return "\n".join(lines)


HEAD = "| event_id | event_name | event_at | user_id | item_id | source_file |\n"
OTHERS = log([f"2026-03-10 0{hour}:{minute:02}:17" for hour in range(6) for minute in (3, 9, 31, 44)],
             person="other", prefix="o")  # fmt: skip


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(["2026-03-10 20:00:00"] * 30 + ["2026-03-10 21:00:00"] * 30, id="hours"),
        pytest.param(["2026-03-10 14:30:00"] * 30 + ["2026-03-10 15:30:00"] * 30, id="hours of a half zone"),
        pytest.param(["2026-03-09 16:00:00"] * 60, id="days"),
        pytest.param(["2026-03-10 20:07:00"] * 30 + ["2026-03-10 20:08:00"] * 30, id="minutes"),
        pytest.param(
            [f"2026-03-10 {5 + n // 12:02}:{5 * (n % 12):02}:00" for n in range(60)], id="five minutes"
        ),
    ],
)
def test_a_clock_without_seconds_makes_nobody_a_machine_and_nothing_a_double_click(checked, times) -> None:
    split = checked(HEAD + log(times))
    assert rows(split.kept.groupBy("user_id", "bot").count()) == [("keen", None, 60)]
    assert split.rejected.count() == 0


def test_the_same_pauses_by_a_clock_of_seconds_are_a_machines(checked) -> None:
    fast = [f"2026-03-10 20:07:{n // 2:02}" for n in range(60)]
    split = checked(HEAD + log(fast) + "\n" + OTHERS, near_seconds=0)
    assert rows(split.rejected.groupBy("reject_reason").count()) == [("near_duplicate", 30)]
    fast = [f"2026-03-10 20:07:{n:02}" for n in range(60)]
    split = checked(HEAD + log(fast) + "\n" + OTHERS, near_seconds=0)
    assert rows(split.kept.groupBy("user_id", "bot").count()) == [("keen", "rate", 60), ("other", None, 24)]


def test_who_is_too_fast_however_much_the_clock_hides_is_a_machine(checked) -> None:
    """An hour holds 2,400 looks 1.5 seconds apart; pauses lie between looks, and the first has none."""
    one, other = ["2026-03-10 20:00:00"] * 2401, ["2026-03-10 21:00:00"] * 2402
    found = checked(HEAD + log(one) + "\n" + log(other, person="bot", prefix="b"))
    counted = rows(found.kept.groupBy("user_id", "bot").count())
    assert counted == [("bot", "rate", 2402), ("keen", None, 2401)]


def test_each_file_of_the_export_has_a_clock_of_its_own(checked) -> None:
    seconds = log(["2026-03-10 09:00:17", "2026-03-10 09:00:17.5"] * 10, person="ann", prefix="a")
    hours = log(["2026-03-10 09:00:00"] * 20, person="bob", prefix="b", file="app.csv")
    few = log(["2026-03-10 09:00:00", "2026-03-10 09:00:01"], person="cat", prefix="c", file="few.csv")
    split = checked(HEAD + "\n".join((seconds, hours, few, OTHERS)))
    assert rows(split.kept.groupBy("user_id").count()) == [
        ("ann", 1),
        ("bob", 20),
        ("cat", 1),
        ("other", 24),
    ]


def test_full_hours_among_seconds_are_no_double_clicks(reasons) -> None:
    found = reasons(HEAD + log(["2026-03-10 09:00:00"] * 3 + ["2026-03-10 09:00:00.5"]) + "\n" + OTHERS)
    assert [name for name, reason in found.items() if reason is None and name.startswith("e")] == [
        "e0",
        "e1",
        "e2",
    ]


def test_lines_of_an_order_are_no_double_clicks(checked) -> None:
    split = checked("""
        | event_id | event_name | event_at            | user_id | item_id | order_id | quantity | price |
        | l1       | purchase   | 2026-03-10 09:00:07 | ann     | lamp    | 7        | 1        | 50    |
        | l2       | purchase   | 2026-03-10 09:00:07 | ann     | lamp    | 7        | 1        | 50    |
        | r1       | refund     | 2026-03-10 09:30:07 | ann     | lamp    | 7        | 1        | 50    |
        | r2       | refund     | 2026-03-10 09:30:07 | ann     | lamp    | 7        | 1        | 50    |
        | v1       | view_item  | 2026-03-10 08:59:07 | ann     | lamp    |          |          |       |
        | v2       | view_item  | 2026-03-10 08:59:07 | ann     | lamp    |          |          |       |
    """)
    assert rows(split.kept, "event_id") == [("l1",), ("l2",), ("r1",), ("r2",), ("v1",)]
