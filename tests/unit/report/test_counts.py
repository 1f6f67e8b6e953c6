"""What a night adds up to, and the orders on its page: by hand, from rows that come in no order."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from loose import loose

from nightmarket import report
from nightmarket.domains.behaviour.sections import day
from nightmarket.domains.behaviour.sections.apart import Apart, Machines
from nightmarket.domains.behaviour.sections.day import ShopDay
from nightmarket.report import charts, sections
from nightmarket.report.blocks import environment, render
from nightmarket.report.night import Night, RejectCount, TableNight
from nightmarket.report.page import page
from nightmarket.report.section import discover
from nightmarket.report.sections import timeline

DAY = date(2026, 11, 1)
TWO = datetime(2026, 11, 2, 2, tzinfo=UTC)
MACHINES = {"rate": Machines(5, 2, 0), "user_agent": Machines(9, 1, 0)}


def table(name: str, after: float, took: float, **counts) -> TableNight:
    began = TWO + timedelta(seconds=after)
    ended = began + timedelta(seconds=took)
    return TableNight(
        name, name, "published", DAY, started_at=began, published_at=ended, seconds=took, **counts
    )


NIGHT = Night(
    day=DAY,
    shop="stall",
    timezone="UTC",
    tables=(
        table("b.second", 10, 5, rows_out=70, rows_rejected=30),
        table("a.third", 60, 5, rows_out=100),
        table("c.first", 0, 4.5, rows_out=6, rows_rejected=0),
        TableNight("d.gone", "gone", "missing", None, rows_out=1000, rows_rejected=1000),
        table("a.unknown", 3, 1),
    ),
    left_out={},
)


def test_the_reject_rate_is_of_tables_that_reject_rows() -> None:
    # 70 + 30 and 6 + 0; not the 100 rows of a table that rejects nothing, nor those of one that failed.
    assert NIGHT.read_and_rejected == (106, 30)
    assert replace(NIGHT, tables=NIGHT.tables[1:2]).read_and_rejected == (0, 0)


def test_counts_are_of_published_tables() -> None:
    assert NIGHT.total("rows_out") == 176
    assert NIGHT.total("model_rows_computed") == 0
    assert [t.table for t in NIGHT.unpublished] == ["d.gone"]


def test_the_night_lasts_from_its_first_start_to_its_last_publication() -> None:
    assert (NIGHT.began, NIGHT.ended, NIGHT.seconds) == (TWO, TWO + timedelta(seconds=65), 65.0)
    empty = replace(NIGHT, tables=NIGHT.tables[3:4])
    assert (empty.began, empty.ended, empty.seconds, empty.slowest) == (None, None, 0.0, None)


def test_a_night_of_which_only_one_end_is_known_has_no_length() -> None:
    (one,) = NIGHT.tables[:1]
    begun = replace(NIGHT, tables=(replace(one, published_at=None),))
    assert (begun.began, begun.ended, begun.seconds) == (one.started_at, None, 0.0)
    ended = replace(NIGHT, tables=(replace(one, started_at=None),))
    assert (ended.began, ended.ended, ended.seconds) == (None, one.published_at, 0.0)


def test_of_two_as_slow_the_later_by_name_is_the_slowest() -> None:
    assert NIGHT.slowest is NIGHT.tables[0]
    assert replace(NIGHT, tables=(NIGHT.tables[1], NIGHT.tables[2])).slowest is NIGHT.tables[1]


def test_the_timeline_is_in_the_order_of_starts_then_of_names() -> None:
    together = replace(NIGHT, tables=(table("z.late", 8, 1), table("m.b", 2, 1), table("m.a", 2, 1)))
    words = re.search(r'aria-label="([^"]*)"', charts.timeline(together, 1080))
    assert words is not None
    assert re.findall(r"[zm]\.\w+", words[1]) == ["m.a", "m.b", "z.late"]


def test_rejects_stand_by_domain_and_the_most_first() -> None:
    counted = [
        RejectCount("reviews", "duplicate", 3, "the same row came twice", "重复"),
        RejectCount("behaviour", "wrong_form", 7, "a text of the wrong form", "格式不符"),
        RejectCount("behaviour", "duplicate", 7, "the same row came twice", "重复"),
        RejectCount("behaviour", "bad_value", 40, "a value of the wrong kind", "格式错误"),
    ]
    text = page(replace(NIGHT, rejects=tuple(counted)), {})
    # The codes as they stand in the tables of rejects: most rows first, as many by the code.
    places = [text.index(code) for code in ("bad_value", "duplicate", "wrong_form")]
    assert places == sorted(places)
    assert text == page(replace(NIGHT, rejects=tuple(reversed(counted))), {})


def test_many_domains_and_reasons_are_folded_and_none_is_left_out() -> None:
    """Six domains are open, the ones with the most rows, and five reasons of each."""
    counted = [RejectCount(f"d{n}", "odd", 100 - n, "something odd", "怪") for n in range(8)]
    counted += [RejectCount("d7", f"r{n}", 10 - n, f"something {n}", "") for n in range(6)]
    text = page(replace(NIGHT, rejects=tuple(counted)), {})
    # By hand: d7 has 93 + 10 + 9 + 8 + 7 + 6 + 5 = 138 rows and so comes first; d5 and d6 have 95 and 94.
    assert re.findall(r"<h3>(d\d) <", text) == ["d7", "d0", "d1", "d2", "d3", "d4", "d5", "d6"]
    assert "<summary>2 more domains, 189 rows</summary>" in text
    assert "<summary>2 more reasons, 11 rows</summary>" in text
    assert all(f"<code>{reason}</code>" in text for reason in ("odd", *(f"r{n}" for n in range(6))))


def test_of_many_tables_the_timeline_has_the_longest_and_of_those_without_rows_the_causes() -> None:
    ran = [table(f"t.ran{n:02}", n, 30 + n) for n in range(30)]
    waiting = [TableNight(f"t.late{n}", "", "waiting", None, waits_for=("t.gone",)) for n in range(9)]
    night = replace(NIGHT, tables=(*waiting, TableNight("t.gone", "", "missing", None), *ran))
    text = timeline.show(night)
    words = re.search(r'aria-label="([^"]*)"', text)
    assert words is not None
    # Twenty bars: the failed table, five of those that wait for it, and the fourteen longest.
    assert re.findall(r"t\.ran\d\d", words[1]) == [f"t.ran{n}" for n in range(16, 30)]
    desk = text[: text.index('<div class="chart slim">')]
    assert desk.count("not published") == 6
    assert ">t.gone<" in desk
    assert "20 more tables stand only in the lists below." in text
    assert "more tables" not in timeline.show(replace(night, tables=night.tables[:20]))


def test_what_waits_for_a_failed_table_is_folded_when_it_is_much() -> None:
    gone = TableNight("t.gone", "", "missing", None)
    for many, fold in ((5, "<details open>"), (6, "<details>")):
        waiting = [TableNight(f"t.late{n}", "", "waiting", None, waits_for=("t.gone",)) for n in range(many)]
        text = page(replace(NIGHT, tables=(*waiting, gone)), {})
        assert f"{fold}\n<summary>{many} more wait for it</summary>" in text
        assert text.count("waits for t.gone.") == many
        assert text.index("its run failed or was not started") < text.index("waits for t.gone.")


def test_machines_and_late_events_stand_in_an_order_of_their_own() -> None:
    one = Apart({3: 1, 1: 2}, MACHINES)
    other = Apart(dict(reversed(one.late.items())), dict(reversed(one.machines.items())))
    text = page(NIGHT, {"behaviour.apart": one})
    assert text == page(NIGHT, {"behaviour.apart": other})
    assert text.index("user_agent") < text.index("rate<")
    assert text.index("1 day late") < text.index("3 days late")


@pytest.mark.parametrize(
    ("published", "says"),
    [
        (0, "None of the 4 tables was published for this day; readers still see earlier days."),
        (1, "1 of 4 tables were published. t.1, t.2 and t.3 were not."),
        (3, "3 of 4 tables were published. t.3 was not."),
        (4, "All 4 tables were published. The night took 4.0\u00a0s. The slowest was t.3."),
    ],
)
def test_the_sentence_at_the_top(published: int, says: str) -> None:
    tables = [table(f"t.{n}", n, 1) for n in range(4)]
    gone = [TableNight(t.table, t.title, "missing", None) for t in tables[published:]]
    assert says in page(replace(NIGHT, tables=(*tables[:published], *gone)), {})


def test_four_missing_tables_are_counted_and_three_are_named() -> None:
    gone = [TableNight(f"t.{n}", "t", "missing", None) for n in range(4)]
    assert "1 of 5 tables were published. 4 were not." in page(
        replace(NIGHT, tables=(NIGHT.tables[0], *gone)), {}
    )


def test_a_chart_of_hours_needs_a_whole_day() -> None:
    def shown(*hours: int) -> str:
        return day.show(ShopDay(hours, {"view_item": 3}))

    assert "busiest hour" not in shown(*[1] * 23)
    assert "busiest hour" not in shown(*[0] * 24)
    # Of two as busy the earlier is named.
    assert "the busiest hour began at 02:00 with 5" in shown(0, 2, 5, 5, *[1] * 20)
    assert day.show(ShopDay((0,) * 24, {})) == "", "nothing happened, so there is no section"


def test_values_of_the_room_cannot_be_changed() -> None:
    assert loose(report) == loose(sections) == []
    for section in discover():
        package = import_module(section.show.__module__.rpartition(".")[0])
        assert loose(package) == []


def test_a_form_of_the_page_is_read_once() -> None:
    assert environment() is environment()
    assert render("{{ say.count(n) }} <{{ word }}>", n=1234, word="<\u202e") == "1,234 <&lt;\\u202e>"
