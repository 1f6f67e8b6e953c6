"""What the encoder learnt: the newest weekly tuning, until the next is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from nightmarket.report.blocks import render
from nightmarket.report.section import Look, Section

_NEWS_DAYS = 7

PAIRS = {
    "query_item": ("a query and the item bought after it", "搜索词与所购商品"),
    "title_description": ("a title and its description", "标题与描述"),
    "all": ("all of them", "合计"),
}
"""What belongs together, by ``pairs`` of ``embeddings.encoders``."""

_SHOWN = """
<p class="note">Tuned on the shop's own texts on {{ say.long_day(found[0].day) }}, and evaluated on held-out pairs: NDCG@10 of the second text of each pair, by the model in use and by the tuned one. It is used only when it finds more than chance explains.</p>
<table>
<thead><tr><th scope="col">Pairs</th><th scope="col" class="n">Held out</th><th scope="col" class="n">In use</th><th scope="col" class="n">Tuned</th></tr></thead>
<tbody>
{% for one in found %}
{% if one.held_out or one.pairs == "all" %}
<tr><th scope="row">{{ pairs(one)[0] }} <span class="zh" lang="zh">{{ pairs(one)[1] }}</span>{% if one.pairs == "all" %}<span class="title">{{ one.model }}: {% if one.accepted %}<span class="ok">the tuned model reads from the next night on</span>{% elif one.ndcg_tuned is none %}too little to learn from{% else %}the model in use stays{% endif %}</span>{% endif %}</th><td class="n">{{ say.count(one.held_out) }}</td><td class="n">{{ ndcg(one.ndcg_current) }}</td><td class="n">{{ ndcg(one.ndcg_tuned) }}</td></tr>
{% endif %}
{% endfor %}
</tbody>
</table>
"""  # noqa: E501


@dataclass(frozen=True)
class Tuning:
    """What tuning an encoder on the shop's own words was worth, on one kind of held-out pairs."""

    day: date
    model: str
    pairs: str
    """``query_item``, ``title_description`` or ``all``."""
    held_out: int
    ndcg_current: float | None
    """Mean NDCG@10 of the model in use; None where there were no such pairs."""
    ndcg_tuned: float | None
    """The same of the tuned one; None where there was too little to learn from."""
    accepted: bool
    """Whether it reads from the next night on."""


def read(look: Look) -> tuple[Tuning, ...]:
    """By model; kinds of pairs before all of them."""
    day = look.newest_day("embeddings.encoders")
    if day is None or (look.day - day).days >= _NEWS_DAYS:
        return ()
    rows = look.newest("embeddings.encoders").collect()
    return tuple(
        Tuning(day, row.base, row.pairs, row.held_out, row.ndcg_current, row.ndcg_tuned, row.accepted)
        for row in sorted(rows, key=lambda row: (row.base, row.pairs == "all", row.pairs))
    )


def show(found: Sequence[Tuning]) -> Markup:
    if not found:
        return Markup()
    return render(_SHOWN, found=found, ndcg=ndcg, pairs=lambda one: PAIRS.get(one.pairs, (one.pairs, "")))


def ndcg(value: float | None) -> str:
    """With three digits, a dash for none."""
    return f"{value:.3f}" if value is not None else "–"


SECTION = Section(
    "What the encoder learnt", "编码器微调", "operator", 50, show, read, uses=("embeddings.encoders",)
)
