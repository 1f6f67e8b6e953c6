"""Where each bar, line and word of a chart stands: by hand, from the layout in CSS pixels."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from xml.etree import ElementTree

import pytest

from nightmarket.domains.reviews.sections import sentiment
from nightmarket.domains.reviews.sections.sentiment import Sentiment
from nightmarket.report import charts
from nightmarket.report.night import Night, TableNight

TWO = datetime(2026, 11, 2, 2, 0, 4, tzinfo=UTC)
EMPTY = Night(day=date(2026, 11, 1), shop="stall", timezone="Asia/Shanghai", tables=(), left_out={})


class Drawn:
    """A chart taken apart."""

    def __init__(self, svg: str) -> None:
        root = ElementTree.fromstring(svg)
        self.size = tuple(float(number) for number in root.attrib["viewBox"].split()[2:])
        self.words = unescape(root.attrib["aria-label"]).replace("\u00a0", " ")
        self.bars: list[tuple[float, float, float, float, str]] = []
        """Left, right, top, bottom and colour."""
        self.lines: list[tuple[float, float]] = []
        """Of the grid: the x and the y of one end each."""
        self.texts: list[tuple[str, float, float, str, str]] = []
        """Words, x, y, side of the words that x is at, colour."""
        for element in root.iter():
            style = element.attrib.get("style", "")
            colour = re.search(r"fill: (?:var\(--(\w+)\)|([#\w]+))", style)
            fill = (colour[1] or colour[2]) if colour else ""
            if element.tag == "text":
                assert "font-size: 13px" in style
                side = re.search(r"text-anchor: (\w+)", style)
                x, y = float(element.attrib["x"]), float(element.attrib["y"])
                said = (element.text or "").replace("\u00a0", " ")
                self.texts.append((said, x, y, side[1] if side else "start", fill))
            elif element.tag == "path" and "clip-path" in element.attrib:
                numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", element.attrib["d"])]
                xs, ys = numbers[::2], numbers[1::2]
                if fill == "none":
                    self.lines.append((xs[0], ys[0]))
                else:
                    self.bars.append((min(xs), max(xs), min(ys), max(ys), fill))

    def text(self, words: str) -> tuple[float, float, str, str]:
        (found,) = [text[1:] for text in self.texts if text[0] == words]
        return found


def near(*numbers: float) -> object:
    return pytest.approx(numbers, abs=0.01)


def table(name: str, after: float, took: float) -> TableNight:
    began = TWO + timedelta(seconds=after)
    ended = began + timedelta(seconds=took)
    return TableNight(name, name, "published", EMPTY.day, started_at=began, published_at=ended, seconds=took)


HOURS = (3, 0, *[1] * 18, 9, 20, 4, 2)


@pytest.mark.parametrize(("width", "step"), [(340, 6), (599, 6), (600, 3), (1080, 3)])
def test_hours_stand_side_by_side_over_their_times(width: int, step: int) -> None:
    drawn = Drawn(charts.hours("h", HOURS, width, what="events"))
    assert drawn.size == (width, 240)
    # The plot is from 54 to six from the right and from 24 to 210; 0.6 hours are left free on both sides.
    across = (width - 60) / 24.2
    for hour, (left, right, top, bottom, colour) in enumerate(drawn.bars):
        middle = 54 + across * (hour + 0.6)
        # A twentieth is left free above the highest.
        assert (left, right, bottom) == near(middle - 0.38 * across, middle + 0.38 * across, 210)
        assert top == pytest.approx(210 - 186 * HOURS[hour] / 21, abs=0.01)
        assert colour == ("accent" if hour == 21 else "bar")
    assert len(drawn.bars) == 24
    named = [text for text in drawn.texts if ":" in text[0]]
    assert [text[0] for text in named] == [f"{hour:02d}:00" for hour in range(0, 24, step)]
    for number, (_, x, _, side, _) in enumerate(named):
        assert (x, side) == (pytest.approx(54 + across * (number * step + 0.6), abs=0.01), "middle")
    # The busiest says its count just above it; the counts of the axis stand left of the plot.
    x, y, side, colour = next(text[1:] for text in drawn.texts if text[0] == "20" and text[3] == "middle")
    assert (x, side, colour) == (pytest.approx(54 + across * 21.6, abs=0.01), "middle", "ink")
    assert y == pytest.approx(210 - 186 * 20 / 21 - 5, abs=0.01)
    axis = [(text[0], text[1]) for text in drawn.texts if text[3] == "end"]
    # Four steps at most up to 21: of six, the next round number after 5.25.
    assert axis == [("0", 47), ("6", 47), ("12", 47), ("18", 47)]
    heights = [210 - 186 * count / 21 for count in (0, 6, 12, 18)]
    assert [y for _, y in drawn.lines] == pytest.approx(heights, abs=0.01)
    assert drawn.words == ("Events per hour of the day. 56 events; the busiest hour began at 21:00 with 20.")


def test_small_counts_are_whole_too() -> None:
    drawn = Drawn(charts.hours("h", (2, *[1] * 23), 340, what="events"))
    assert [text[0] for text in drawn.texts if text[3] == "end"] == ["0", "1", "2"]


def test_large_counts_are_said_with_commas() -> None:
    drawn = Drawn(charts.hours("h", (4000, *[1000] * 23), 340, what="events"))
    assert [text[0] for text in drawn.texts if text[3] == "end"] == ["0", "1,500", "3,000"]
    assert "27,000 events; the busiest hour began at 00:00 with 4,000." in drawn.words


def test_a_timeline_on_a_desk() -> None:
    """A hundred seconds over 844 pixels from 214 on; rows of 28 from 4 on, bars of six tenths of one."""
    gone = TableNight("d.gone", "gone", "missing", None)
    ran = [("c.last", 90, 10), ("a.whole", 0, 99), ("b.short", 2, 0.1), ("e.mid", 12.5, 80)]
    tables = (gone, *(table(*one) for one in ran))
    drawn = Drawn(charts.timeline(replace(EMPTY, tables=tables), 1080))
    assert drawn.size == (1080, 28 * 5 + 34)
    x = 8.44
    rows = [4 + 28 * place + 14 for place in range(5)]
    expected = [(0, 99, "accent"), (2, 2 + 100 / 300, "bar"), (12.5, 92.5, "bar"), (90, 100, "bar")]
    for place, (start, end, colour) in enumerate(expected):
        *box, shown = drawn.bars[place]
        assert tuple(box) == near(214 + start * x, 214 + end * x, rows[place] - 8.4, rows[place] + 8.4)
        assert shown == colour
    assert len(drawn.bars) == 4
    for place, name in enumerate(["a.whole", "b.short", "e.mid", "c.last", "d.gone"]):
        left, y, side, colour = drawn.text(name)
        assert (left, side, colour) == (202, "end", "bad" if name == "d.gone" else "ink")
        assert y == pytest.approx(rows[place], abs=4)
    # Behind its bar, where there is room; else before it; else inside of its end.
    assert drawn.text("0.1 s")[0::2] == (pytest.approx(214 + (2 + 1 / 3) * x + 6, abs=0.01), "start")
    assert drawn.text("10 s")[0::2] == (pytest.approx(214 + 90 * x - 6, abs=0.01), "end")
    assert drawn.text("1 min 20 s")[0::2] == (pytest.approx(214 + 12.5 * x - 6, abs=0.01), "end")
    assert drawn.text("1 min 39 s")[0::2] == (pytest.approx(214 + 99 * x - 6, abs=0.01), "end")
    assert [drawn.text(t)[3] for t in ("0.1 s", "10 s", "1 min 20 s", "1 min 39 s")] == [
        "muted", "muted", "muted", "#ffffff"
    ]  # fmt: skip
    assert drawn.text("not published")[0::2] == (218, "start")
    assert drawn.text("not published")[3] == "bad"
    # The shop's clock, 10:00:04 at the start: quarters of a minute, all that are within.
    ticks = [(text[0], text[1]) for text in drawn.texts if re.fullmatch(r"\d\d:\d\d:\d\d", text[0])]
    assert [said for said, _ in ticks] == [f"10:0{n // 4}:{n % 4 * 15:02d}" for n in range(1, 7)]
    assert [at for _, at in ticks] == pytest.approx([214 + (15 * n - 4) * x for n in range(1, 7)], abs=0.01)
    assert drawn.words == (
        "Timeline of the night, a bar per table. "
        "a.whole 1 min 39 s; b.short 0.1 s; e.mid 1 min 20 s; c.last 10 s."
    )


def test_a_timeline_on_a_phone() -> None:
    """Rows of 42, names above bars of 0.36 of one, durations at the far end."""
    tables = (table("a.b", 0, 60), table("b.c", 100, 500), TableNight("d.gone", "gone", "waiting", None))
    drawn = Drawn(charts.timeline(replace(EMPTY, tables=tables), 340))
    assert drawn.size == (340, 42 * 3 + 34)
    x = 316 / 600
    rows = [4 + 42 * place + 21 for place in range(3)]
    for (start, end, colour), (*box, shown), row in zip(
        [(0, 60, "bar"), (100, 600, "accent")], drawn.bars, rows[:2], strict=True
    ):
        middle = row + 0.2 * 42
        assert tuple(box) == near(2 + start * x, 2 + end * x, middle - 0.18 * 42, middle + 0.18 * 42)
        assert shown == colour
    named = [("a.b", "1 min 00 s"), ("b.c", "8 min 20 s"), ("d.gone", "not published")]
    for (name, said), row in zip(named, rows, strict=True):
        bad = name == "d.gone"
        assert drawn.text(name) == (2, pytest.approx(row - 7, abs=2), "start", "bad" if bad else "ink")
        assert drawn.text(said) == (318, pytest.approx(row - 7, abs=2), "end", "bad" if bad else "muted")
    # Ten minutes in at most four steps: five minutes each, and no seconds said.
    ticks = [(text[0], text[1]) for text in drawn.texts if re.fullmatch(r"\d\d:\d\d", text[0])]
    assert [said for said, _ in ticks] == ["10:05", "10:10"]
    assert [at for _, at in ticks] == pytest.approx([2 + 296 * x, 2 + 596 * x], abs=0.01)


def test_a_table_that_failed_has_no_bar_whenever_it_ran() -> None:
    failed = replace(table("b.c", 1, 5), state="missing")
    for width, at in ((1080, 218), (340, 318)):
        drawn = Drawn(charts.timeline(replace(EMPTY, tables=(table("a.b", 0, 10), failed)), width))
        assert len(drawn.bars) == 1
        assert drawn.text("not published")[0] == at


def test_a_night_of_no_length_and_one_of_no_times() -> None:
    short = Drawn(charts.timeline(replace(EMPTY, tables=(table("a.b", 0, 0),)), 1080))
    # A second at least, of which the bar has a three-hundredth.
    assert tuple(short.bars[0][:2]) == near(214, 214 + 844 / 300)
    untimed = TableNight("a.b", "a.b", "published", EMPTY.day)
    half = replace(table("c.d", 0, 1), published_at=None)
    assert charts.timeline(replace(EMPTY, tables=(untimed, half)), 1080) == ""


STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)


@pytest.mark.parametrize(("step", "next_step"), [*zip(STEPS, (*STEPS[1:], 21600), strict=True)])
@pytest.mark.parametrize("most", [4, 9])
def test_a_clock_has_round_steps_and_not_too_many(step: int, next_step: int, most: int) -> None:
    midnight = datetime(2026, 11, 2, tzinfo=UTC)
    ticks = charts._clock_ticks(midnight, step * most, most)
    assert [at for at, _ in ticks] == [step * n for n in range(most + 1)]
    assert [(moment - midnight).total_seconds() for _, moment in ticks] == [at for at, _ in ticks]
    more = charts._clock_ticks(midnight, step * most + 1, most)
    assert more[1][0] == next_step
    # It begins at the next round time of the clock.
    first = midnight + timedelta(hours=6, seconds=0.25)
    (at, moment), *_ = charts._clock_ticks(first, step * most, most)
    # Six is a round time of every step but of four hours.
    assert moment == midnight + timedelta(
        hours=8 if step == 14400 else 6, seconds=0 if step == 14400 else step
    )
    assert at == (moment - first).total_seconds()


BINS = (1, 0, 2, 0, 3, 10, 4, 0, 0, 20)


@pytest.mark.parametrize("width", [340, 1080])
def test_each_language_has_a_panel_of_its_own(width: int) -> None:
    panels = (Sentiment("en", BINS, 34), Sentiment("fr", (0,) * 10, 0), Sentiment("xx", (1,) * 10, 5))
    drawn = Drawn(sentiment.chart(panels, width))
    side_by_side = width == 1080
    assert drawn.size == (width, 236 if side_by_side else 472)
    wide = width / 2 if side_by_side else width
    for number, bins in enumerate((BINS, (1,) * 10)):
        left, top = (number * wide, 0) if side_by_side else (0, number * 236)
        # The plot is from 54 to 14 from the right and from 46 to 34 from below.
        x0, x1, y0, y1 = left + 54, left + wide - 14, top + 46, top + 202
        for place, (*box, colour) in enumerate(drawn.bars[10 * number : 10 * number + 10]):
            middle = x0 + (place + 0.5) / 10 * (x1 - x0)
            half = 0.043 * (x1 - x0)
            high = y1 - (y1 - y0) * bins[place] / (max(bins) * 1.05)
            assert tuple(box) == near(middle - half, middle + half, high, y1)
            assert colour == ("bad" if place < 5 else "good")
        ends = [text for text in drawn.texts if text[0] in {"negative", "unsure", "positive"}]
        assert [(text[1], text[3]) for text in ends[3 * number : 3 * number + 3]] == [
            (pytest.approx(x0), "start"), (pytest.approx((x0 + x1) / 2), "middle"), (pytest.approx(x1), "end")
        ]  # fmt: skip
        title = ("English 英文 · 40 reviews, 85.0 % positive", "xx  · 10 reviews, 50.0 % positive")[number]
        assert drawn.text(title)[:3] == (pytest.approx(x0), y0 - 16, "start")
    assert len(drawn.bars) == 20
    assert drawn.words == (
        "How positive the night's reviews are. English: 40 reviews, 85.0 % positive. "
        "xx: 10 reviews, 50.0 % positive."
    )


def test_without_reviews_there_is_no_chart_of_them() -> None:
    assert sentiment.chart((), 1080) == ""
    assert sentiment.chart((Sentiment("en", (0,) * 10, 0),), 1080) == ""


@pytest.mark.parametrize(("count", "across", "down"), [(1, 1, 1), (3, 3, 1), (4, 3, 2), (7, 3, 3)])
def test_more_panels_than_a_desk_has_room_for_stand_in_rows(count: int, across: int, down: int) -> None:
    panels = [charts.Panel(f"p{n}", f"p{n}", (1,) * 10) for n in range(count)]
    drawn = Drawn(charts.histograms("p", panels, 1080, ends=("a", "b", "c"), words="Panels."))
    assert drawn.size == (1080, 236 * down)
    for place in range(count):
        # The plot is from 54 to 14 from the right and from 46 to 34 from below, of a panel's 236.
        left, top = place % across * 1080 / across, place // across * 236
        assert drawn.text(f"p{place}")[:2] == (pytest.approx(left + 54), top + 46 - 16)
    assert drawn.words == " ".join(["Panels.", *(f"p{n}." for n in range(count))])
