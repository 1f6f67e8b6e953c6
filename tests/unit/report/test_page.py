"""The night's page: everything of the night is on it, nothing else reaches it, nothing leaves it."""

import os
import re
import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from nightmarket.domains.behaviour.sections.apart import Apart
from nightmarket.domains.content.sections.descriptions import Description
from nightmarket.domains.embeddings.sections.tuning import Tuning
from nightmarket.domains.recommendation.sections.shoppers import Pick, Shopper
from nightmarket.domains.reviews.sections.sentiment import Sentiment
from nightmarket.errors import NightMarketError
from nightmarket.report import wording as say
from nightmarket.report.night import Night
from nightmarket.report.page import page
from nightmarket.report.samples import Item

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
HOSTILE = "<script>alert('夜')</script>\"><img src=x onerror=alert(1)>"


class Document(HTMLParser):
    """A page taken apart; refuses a tag that is closed and not open, or left open."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice on <{tag}>: {names}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.tags if "id" in attrs]


def test_every_table_and_every_number_is_on_the_page(night: Night, html: str):
    text = Document(html).text
    rows = [Document(row).text for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]
    for table in night.tables:
        assert table.table in text
        assert table.title in text
        # Beside each other, in the table's own row: a number alone is found in many places.
        row = next(line for line in rows if line.startswith(f"{table.table} "))
        said = [f"{n:,}" for n in (table.rows_in, table.rows_out, table.rows_rejected) if n is not None]
        assert re.search(rf"\b{'.*'.join(re.escape(n) for n in said)}\b", row), row
        if table.model_rows_computed is not None:
            assert f"{table.model_rows_computed:,}" in row.split()
        assert " ".join(say.size(table.bytes).split()) in text
        assert " ".join(say.duration(table.seconds).split()) in text
    for reject in night.rejects:
        assert f"{reject.reason} {reject.rows:,}" in text
        assert f"{reject.english} {reject.chinese}" in text
    assert "prices.elasticity" in text
    assert "11 /11" in text
    assert "81,440" in text  # rows published, summed by hand
    assert "1,349" in text  # rows rejected


def test_the_title_names_the_day(html: str):
    assert "<title>Night Market · 夜市 · 2026-11-01</title>" in html


def test_times_are_the_shops_own(html: str):
    text = Document(html).text
    assert "10:00:04" in text, "02:00:04 UTC is 10:00:04 in Singapore"
    assert "02:00:04" not in text


def test_the_page_asks_nothing_of_any_other_file_or_server(html: str, bad_html: str):
    for one in (html, bad_html):
        assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import|<script|<link|<iframe|<img", one)
        for tag, attributes in Document(one).tags:
            for name in ("src", "srcset", "href", "xlink:href", "action", "data", "poster"):
                assert (attributes.get(name) or "#").startswith("#"), f"<{tag} {name}={attributes[name]}>"
            assert not [name for name in attributes if name.startswith("on")]


def test_hostile_words_stay_words(night: Night):
    item = Item(HOSTILE, HOSTILE, 'en"><b>')
    table = replace(night.tables[0], title=HOSTILE, table="behaviour.<b>&events")
    hostile = replace(
        night,
        shop=HOSTILE,
        tables=(table, *night.tables[1:]),
        left_out={HOSTILE: HOSTILE},
        rejects=tuple(
            replace(r, domain=HOSTILE, reason=HOSTILE, english=HOSTILE, chinese=HOSTILE)
            for r in night.rejects[:1]
        ),
    )
    found = {
        "recommendation.shoppers": (Shopper(HOSTILE, (item,), (Pick(1, item, "als"),)),),
        "content.descriptions": (Description(item, 'zh"><b>', HOSTILE, 1),),
        "reviews.sentiment": (Sentiment(HOSTILE, (1,) * 10, 5),),
        "embeddings.tuning": (Tuning(night.day, HOSTILE, "all", 1, 0.5, 0.5, False),),
        "behaviour.day": NightMarketError(HOSTILE),
    }
    document = Document(page(hostile, found))
    assert not {tag for tag, _ in document.tags} & {"script", "img", "b>"}
    assert document.text.count("alert('夜')") >= 10
    assert "behaviour.<b>&events" in document.text


def test_what_the_encoder_learnt_stands_beside_what_is_in_use(night: Night, found: dict, html: str):
    text = Document(html).text
    assert "a query and the item bought after it 搜索词与所购商品 212 0.641 0.702" in text
    assert "multilingual-e5-small: the tuned model reads from the next night on 212 0.641 0.702" in text
    assert "a title and its description" not in text, "there was no such pair"

    def shown(*tunings: Tuning) -> str:
        return Document(page(replace(night, tables=()), {"embeddings.tuning": tunings})).text

    (whole,) = (one for one in found["embeddings.tuning"] if one.pairs == "all")
    assert "the model in use stays" in shown(replace(whole, accepted=False))
    few = shown(replace(whole, accepted=False, ndcg_tuned=None))
    assert "too little to learn from 212 0.641 –" in few
    assert "What the encoder learnt" not in shown()


def test_ids_are_unique_and_every_reference_finds_its_own(html: str):
    ids = Document(html).ids()
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    wanted = re.findall(r'(?:url\(#|href="#|aria-labelledby=")([^")]+)', html)
    assert wanted
    assert set(wanted) <= set(ids)


def test_each_chart_is_drawn_for_both_screens_and_says_itself_in_words(html: str):
    charts = [attributes for tag, attributes in Document(html).tags if tag == "svg" and "role" in attributes]
    assert len(charts) == 6
    words = " ".join(chart["aria-label"] or "" for chart in charts)
    assert "embeddings.items 1\u00a0min\u00a053\u00a0s" in words
    assert "the busiest hour began at 21:00 with 5,230" in words
    assert "Chinese: 252 reviews, 71.4\u00a0% positive" in words


def test_charts_follow_the_pages_colours_and_let_the_browser_draw_the_text(html: str):
    svg = "".join(re.findall(r"<svg viewBox.*?</svg>", html, re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}\b", svg)
    assert "var(--accent)" in svg
    assert "font-family" not in svg
    assert "中文" in svg


def test_chinese_in_a_chart_is_no_warning(night: Night, found: dict):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        page(night, found)
    assert [str(warning.message) for warning in warned] == []


def test_headings_go_down_one_level_at_a_time(html: str):
    levels = [int(tag[1]) for tag, _ in Document(html).tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_bad_night_says_which_tables_are_missing_and_what_readers_see(bad_html: str):
    document = Document(bad_html)
    assert "8 of 11 tables were published." in document.text
    assert "reviews.sentiment : its run failed or was not started." in document.text
    assert (
        "recommendation.ranked : waits for recommendation.factors. It has never been published."
        in document.text
    )
    assert "Readers see Saturday 31 October 2026 (1 day old)." in document.text
    assert "2 days old" in document.text
    assert document.text.count("not published") >= 6, "three tables in two drawings of the timeline"
    assert [attrs.get("class") for tag, attrs in document.tags if tag == "li"].count("out") == 3


def test_many_missing_tables_are_counted_at_the_top_and_listed_below(night: Night):
    gone = tuple(replace(t, state="missing", newest_day=None) for t in night.tables[:5])
    text = Document(page(replace(night, tables=(*gone, *night.tables[5:])), {})).text
    assert "6 of 11 tables were published. 5 were not." in text
    assert text.count("its run failed or was not started") == 5


def test_late_rows_and_machines_are_counted_by_their_kind(night: Night, html: str):
    text = Document(html).text
    assert (
        "Came late 迟到 358 rows 1 day late 晚 1 天 311 2 days late 晚 2 天 40 4 days late and more" in text
    )
    assert (
        "Machines 机器流量 4,306 rows crawlers that say so: 31 visitors 自报爬虫 31 位访客 user_agent 4,210 "
        "faster than a person reads: 2 visitors, 1 of them signed in 速度过快 2 位访客，其中登录 1 人 rate 96"
        in text
    )
    bare = replace(night, tables=())
    quiet = Document(page(bare, {"behaviour.apart": Apart({}, {})})).text
    assert "Came late 迟到 0 rows Machines 机器流量 0 rows" in quiet
    assert "Came late" not in Document(page(bare, {})).text


def test_a_night_without_anything_still_has_a_page(night: Night):
    nothing = Night(
        day=night.day,
        shop="demo",
        timezone="UTC",
        tables=tuple(
            replace(t, state="missing", newest_day=None, started_at=None, published_at=None, seconds=None)
            for t in night.tables[:2]
        ),
        left_out={},
    )
    document = Document(page(nothing, {}))
    assert "None of the 2 tables was published" in document.text
    assert not [tag for tag, attrs in document.tags if tag == "svg" and "role" in attrs]


def test_the_same_night_gives_the_same_page_in_another_process(night: Night, found: dict, html: str):
    """Sets and hashes are ordered anew in each process. A night's own spelling makes it again there."""
    contents = [one for read in found.values() for one in (read if type(read) is tuple else [read])]
    modules = {type(one).__module__ for one in contents} | {"nightmarket.report.night"}
    code = "".join(f"from {module} import *; " for module in sorted(modules))
    code += "from nightmarket.report.page import page; import datetime, sys; "
    code += "sys.stdout.buffer.write(page(*eval(sys.stdin.read())).encode())"
    other = subprocess.run(
        [sys.executable, "-c", code], input=repr((night, found)), env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True, check=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert other.stdout == html


def test_the_style_sheet_serves_dark_screens_phones_and_printers(html: str):
    for part in ("prefers-color-scheme: dark", "max-width: 700px", "@media print", 'name="viewport"'):
        assert part in html
    used, defined = set(re.findall(r"var\((--\w+)\)", html)), set(re.findall(r"(--\w+):", html))
    assert used <= defined


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_its_paper(html: str, theme: str):
    """Contrast of at least 4.5 to 1 (WCAG 2.2, AA) for every pair of text and paper the page uses."""
    sheets = re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    colours = dict(re.findall(r"(--\w+): (#[0-9a-f]{6})", sheets[0]))
    if theme == "dark":
        colours |= dict(re.findall(r"(--\w+): (#[0-9a-f]{6})", sheets[1]))
    for paper, inks in {
        "--paper": ("--ink", "--muted", "--accent", "--bad", "--good"),
        "--card": ("--ink", "--muted", "--bad"),
        "--badpaper": ("--ink", "--muted", "--bad"),
        "--night": ("--nightink", "--lantern"),
    }.items():
        for ink in inks:
            assert contrast(colours[ink], colours[paper]) >= 4.5, f"{ink} on {paper}"


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_of_others_are_shown_and_do_nothing(night: Night) -> None:
    title = "<script>alert(1)</script>\u202egpj\x1b[31m\x00\u200b & 夜"
    item = Item("i<1>\u2066", title, 'en" onload="x')
    shopper = Shopper("A\u202e", (item,), (Pick(1, item, "als"),))
    described = Description(item, "zh", "t\u202ee<b>", 1)
    shown = page(
        replace(night, shop="S\x9b2J"),
        {"recommendation.shoppers": (shopper,), "content.descriptions": (described,)},
    )
    assert "<script" not in shown
    assert "t\\u202ee&lt;b&gt;" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202egpj\\x1b[31m\\x00\\u200b &amp; 夜" in shown
    assert "S\\x9b2J" in shown
    assert 'onload="x' not in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", shown)
