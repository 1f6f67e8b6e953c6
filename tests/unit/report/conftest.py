"""A night as a demo shop has one, and the same night gone wrong."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nightmarket.domains.behaviour.sections.apart import Apart, Machines
from nightmarket.domains.behaviour.sections.day import ShopDay
from nightmarket.domains.content.sections.descriptions import Description
from nightmarket.domains.embeddings.sections.tuning import Tuning
from nightmarket.domains.recommendation.sections.shoppers import Pick, Shopper
from nightmarket.domains.reviews.sections.sentiment import Sentiment
from nightmarket.report.night import Night, RejectCount, TableNight
from nightmarket.report.page import page
from nightmarket.report.samples import Item

DAY = date(2026, 11, 1)

# table | title | starts after and took, s | rows in | out | rejected | before | bytes | computed | reused
TABLES = """
behaviour.events | Clean behaviour events | 0 | 31.4 | 48210 | 46902 | 1308 | 45120 | 2411020 | |
catalogue.items | Items | 1 | 22.0 | 312 | 300 | 12 | 300 | 98004 | |
reviews.clean | Clean reviews | 3 | 24.8 | 611 | 582 | 29 | 604 | 120044 | |
behaviour.interactions | What customers prefer | 36 | 18.2 | | 12877 | | 12033 | 402113 | |
embeddings.items | Item embeddings | 40 | 112.7 | | 300 | | 300 | 611000 | 8 | 292
embeddings.reviews | Review embeddings | 45 | 96.1 | | 582 | | 604 | 1130000 | 582 | 0
content.descriptions | Item descriptions | 58 | 14.9 | | 41 | | 41 | 14020 | |
recommendation.factors | Taste factors | 62 | 9.8 | | 1204 | | 1180 | 501200 | |
reviews.sentiment | Sentiment of reviews | 146 | 21.3 | | 582 | | 604 | 33210 | |
recommendation.ranked | Ranked recommendations | 158 | 26.5 | | 18060 | | 17700 | 288100 | |
ops.metrics | Night metrics | 190 | 6.2 | | 10 | | 10 | 9120 | |
"""


def tables() -> tuple[TableNight, ...]:
    began = datetime(2026, 11, 2, 2, 0, 4, tzinfo=UTC)
    read = []
    for line in TABLES.strip().splitlines():
        name, title, after, took, *counts = (cell.strip() for cell in line.split("|"))
        rows_in, out, rejected, before, size, computed, reused = (int(c) if c else None for c in counts)
        start = began + timedelta(seconds=float(after))
        read.append(
            TableNight(
                table=name,
                title=title,
                state="published",
                newest_day=DAY,
                started_at=start,
                published_at=start + timedelta(seconds=float(took)),
                seconds=float(took),
                rows_in=rows_in,
                rows_out=out,
                rows_rejected=rejected,
                rows_before=before,
                bytes=size,
                model_rows_computed=computed,
                model_rows_reused=reused,
            )
        )
    return tuple(read)


@pytest.fixture(scope="session")
def night() -> Night:
    return Night(
        day=DAY,
        shop="demo",
        timezone="Asia/Singapore",
        tables=tables(),
        left_out={"prices.elasticity": "the shop's mapping has no source 'prices'"},
        rejects=(
            RejectCount("behaviour", "duplicate", 902, "the same row came twice", "重复"),
            RejectCount(
                "behaviour", "out_of_window", 211, "dated in the future or too long ago", "时间超出范围"
            ),
            RejectCount("behaviour", "bad_value", 131, "a value of the wrong kind", "格式错误"),
            RejectCount("behaviour", "unparseable", 64, "the line could not be read", "无法解析"),
            RejectCount("catalogue", "missing_required", 12, "something required was empty", "缺少必填项"),
            RejectCount("reviews", "duplicate_text", 21, "the same words about the same item", "内容重复"),
            RejectCount("reviews", "out_of_range", 8, "a number that cannot be", "数值超出范围"),
        ),
    )


@pytest.fixture(scope="session")
def found() -> dict[str, Any]:
    """What the sections have read, by their names."""
    kettle = Item("B-0101", "Gooseneck kettle, matte black, 0.9 l", "en")
    grinder = Item("B-0111", "Hand coffee grinder, steel burr", "en")
    dripper = Item("B-0120", "Ceramic pour-over dripper, size 02", "en")
    teapot = Item("Z-0201", "宜兴紫砂壶 250毫升 手工", "zh")
    cup = Item("Z-0202", "青瓷品茗杯 两只装", "zh")
    tray = Item("Z-0203", "竹制茶盘 长方形 带储水", "zh")
    lamp = Item("B-0300", "Paper lantern lamp, warm white", "en")
    towel = Item("B-0310", "Linen tea towel, set of 3", "en")
    hours = """
    410 260 150 98 70 91 240 680 1350 1810 2040 2210
    2905 2650 2280 2190 2330 2510 2950 3820 4890 5230 3810 1928
    """
    return {
        "recommendation.shoppers": (
            Shopper(
                "Shopper A",
                (kettle, grinder),
                (Pick(1, dripper, "als"), Pick(2, towel, "als"), Pick(3, lamp, "similar")),
            ),
            Shopper(
                "Shopper B",
                (teapot, cup),
                (Pick(1, tray, "als"), Pick(2, kettle, "als"), Pick(3, lamp, "similar")),
            ),
            Shopper(
                "Shopper C",
                (),
                (Pick(1, lamp, "popular"), Pick(2, teapot, "popular"), Pick(3, grinder, "popular")),
            ),
        ),
        "content.descriptions": (
            Description(
                kettle,
                "en",
                "A gooseneck kettle in matte black. It holds 0.9 litres and is made of stainless steel.",
                4,
            ),
            Description(teapot, "zh", "这款宜兴紫砂壶容量为250毫升，手工制作，颜色为朱泥红。", 4),
        ),
        "reviews.sentiment": (
            Sentiment("en", (31, 22, 14, 11, 9, 12, 20, 38, 71, 102), 243),
            Sentiment("zh", (28, 15, 12, 9, 8, 10, 19, 35, 54, 62), 180),
        ),
        "behaviour.day": ShopDay(
            hours=tuple(int(count) for count in hours.split()),
            events={
                "view_item": 31200,
                "view_item_list": 8210,
                "add_to_cart": 3912,
                "purchase": 1290,
                "refund": 44,
                "search": 2246,
            },
        ),
        "behaviour.apart": Apart(
            late={1: 311, 2: 40, 4: 7},
            machines={"rate": Machines(96, 2, 1), "user_agent": Machines(4210, 31, 0)},
        ),
        "embeddings.tuning": (
            Tuning(DAY, "multilingual-e5-small", "query_item", 212, 0.6413, 0.7021, True),
            Tuning(DAY, "multilingual-e5-small", "title_description", 0, None, None, True),
            Tuning(DAY, "multilingual-e5-small", "all", 212, 0.6413, 0.7021, True),
        ),
    }


@pytest.fixture(scope="session")
def bad_night(night: Night) -> Night:
    """Two tables failed, so what reads one of them never ran."""
    kept = []
    for table in night.tables:
        if table.table == "reviews.sentiment":
            table = TableNight(table.table, table.title, "missing", DAY - timedelta(days=1))
        elif table.table == "recommendation.ranked":
            table = TableNight(
                table.table, table.title, "waiting", None, waits_for=("recommendation.factors",)
            )
        elif table.table == "recommendation.factors":
            table = TableNight(table.table, table.title, "missing", DAY - timedelta(days=2))
        kept.append(table)
    return replace(night, tables=tuple(kept))


@pytest.fixture(scope="session")
def html(night: Night, found: dict[str, Any]) -> str:
    """The night's page, drawn once."""
    return page(night, found)


@pytest.fixture(scope="session")
def bad_html(bad_night: Night, found: dict[str, Any]) -> str:
    return page(bad_night, {name: read for name, read in found.items() if name != "reviews.sentiment"})
