"""Recommendations to look at: a few shoppers, what they did and what they are recommended.

Two whose taste was learnt, one with a new item on the list and one without a history, drawn anew every night.
A shopper is said by a letter and not by an id: the page may be passed on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.report.blocks import render
from nightmarket.report.samples import Item, item, sample, titled
from nightmarket.report.section import Look, Section

Source = Literal["als", "similar", "popular"]

SOURCES = {
    "als": ("taste", "口味相近", "chosen by shoppers with the same taste"),
    "similar": ("similar", "相似商品", "a new item close to what they like"),
    "popular": ("popular", "热门", "what many buy now"),
}
"""Why an item is recommended, by ``source`` of ``recommendation.ranked``."""
_COLOURS = {"als": "accent", "similar": "good"}

_SHOPPERS = {"als": 2, "similar": 1, "popular": 1}
"""How many to show by the kind of their list: learnt taste, new items in it, no history."""
_PICKS = 5
_DID = 4

_SHOWN = """
<div class="columns broad">
{% for shopper in shoppers %}
<article>
<h3>{{ shopper.name }}</h3>
{% if shopper.did %}
<p class="did">Bought or looked at: {% for item in shopper.did %}{{ title(item) }}{{ " · " if not loop.last }}{% endfor %}</p>
{% else %}
<p class="did">Nothing bought or looked at yet.</p>
{% endif %}
<ol>
{% for pick in shopper.picks %}
<li value="{{ pick.rank }}">{{ title(pick.item) }} <span class="tag {{ colours[pick.source] }}">{{ sources[pick.source][0] }}</span></li>
{% endfor %}
</ol>
</article>
{% endfor %}
</div>
<p class="note">{% for source, (english, chinese, why) in sources.items() %}<span class="tag {{ colours[source] }}">{{ english }}</span> <span class="zh" lang="zh">{{ chinese }}</span> {{ why }}{{ "." if loop.last else "; " }}{% endfor %}</p>
"""  # noqa: E501


@dataclass(frozen=True)
class Pick:
    rank: int
    item: Item
    source: Source


@dataclass(frozen=True)
class Shopper:
    name: str
    """A pseudonym made for this page."""
    did: tuple[Item, ...]
    """Items this shopper bought or looked at most, strongest first; empty for a new shopper."""
    picks: tuple[Pick, ...]


def read(look: Look) -> tuple[Shopper, ...]:
    ranked = look.rows("recommendation.ranked")
    users = _drawn(look, ranked)
    # Filtered by the few users' ids: no second pass sorts everybody's rows.
    picks = ranked.where(F.col("user_id").isin(users) & (F.col("rank") <= _PICKS))
    did = look.newest("behaviour.interactions").where(F.col("user_id").isin(users))
    strongest = Window.partitionBy("user_id").orderBy(F.desc("weight"), "item_id")
    did = did.withColumn("place", F.row_number().over(strongest)).where(F.col("place") <= _DID)
    both = picks.select("user_id", "item_id", F.col("rank").alias("place"), "source").unionByName(
        did.select("user_id", "item_id", "place"), allowMissingColumns=True
    )
    rows = sorted(titled(both, look.newest("catalogue.items")).collect(), key=lambda row: row.place)
    return tuple(
        Shopper(
            f"Shopper {chr(ord('A') + place)}",
            tuple(item(row) for row in rows if row.user_id == user and row.source is None),
            tuple(
                Pick(row.place, item(row), row.source) for row in rows if row.user_id == user and row.source
            ),
        )
        for place, user in enumerate(users)
    )


def _drawn(look: Look, ranked: DataFrame) -> list[str]:
    sources = ranked.groupBy("user_id").agg(F.collect_set("source").alias("sources"))
    kind = (
        F.when(F.array_contains("sources", "similar"), "similar")
        .when(F.array_contains("sources", "als"), "als")
        .otherwise("popular")
    )
    most = max(_SHOPPERS.values())
    drawn = sample(sources.withColumn("kind", kind), "kind", "user_id", most, look.day)
    rows = sorted(drawn.select("kind", "place", "user_id").collect())
    return [row.user_id for row in rows if row.place <= _SHOPPERS[row.kind]]


def show(found: Sequence[Shopper]) -> Markup:
    if not found:
        return Markup()
    return render(_SHOWN, shoppers=found, sources=SOURCES, colours={s: _COLOURS.get(s, "") for s in SOURCES})


SECTION = Section(
    "Recommendations to look at", "推荐样例", "merchant", 10, show, read,
    needs=("recommendation.ranked",), uses=("behaviour.interactions", "catalogue.items"),
)  # fmt: skip
