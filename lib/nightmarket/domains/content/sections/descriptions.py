"""Descriptions written tonight: two of each language, drawn anew every night."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nightmarket.report.blocks import render
from nightmarket.report.samples import Item, item, sample, titled
from nightmarket.report.section import Look, Section

_OF_EACH_LANGUAGE = 2

_SHOWN = """
<div class="columns broad">
{% for written in found %}
<article>
<h3>{{ title(written.item) }}</h3>
<p lang="{{ written.language }}" class="text">{{ written.text }}</p>
<p class="title">{{ written.facts }} {{ "fact" if written.facts == 1 else "facts" }}, each in the item's record · {{ written.item.item_id }}</p>
</article>
{% endfor %}
</div>
"""  # noqa: E501


@dataclass(frozen=True)
class Description:
    item: Item
    language: str
    text: str
    facts: int
    """Attributes and numbers in the text, each found in the item's record."""


def read(look: Look) -> tuple[Description, ...]:
    drawn = sample(
        look.rows("content.descriptions"), "language", "item_id", _OF_EACH_LANGUAGE, look.day
    )  # fmt: skip
    named = titled(drawn, look.newest("catalogue.items"))
    rows = sorted(named.collect(), key=lambda row: (row.language, row.place))
    return tuple(Description(item(row), row.language, row.description, row.facts) for row in rows)


def show(found: Sequence[Description]) -> Markup:
    return render(_SHOWN, found=found) if found else Markup()


SECTION = Section(
    "Descriptions written tonight", "今夜文案", "merchant", 30, show, read,
    needs=("content.descriptions",), uses=("catalogue.items",),
)  # fmt: skip
