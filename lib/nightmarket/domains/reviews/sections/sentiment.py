"""How the reviews feel: the night's reviews by the probability of being positive, per language."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from pyspark.sql import functions as F

from nightmarket.report import charts, wording
from nightmarket.report.blocks import picture, render
from nightmarket.report.section import Look, Section

_SHOWN = """
<p class="note">The night's reviews by the chance that they are positive.</p>
{{ picture(drawn) }}
"""


@dataclass(frozen=True)
class Sentiment:
    """One language's reviews, counted in ten equal bins of the probability of being positive."""

    language: str
    bins: tuple[int, ...]
    positive: int
    """Reviews labelled positive."""

    @property
    def reviews(self) -> int:
        return sum(self.bins)


def read(look: Look) -> tuple[Sentiment, ...]:
    tenth = F.least(F.floor(F.col("positive") * 10), F.lit(9)).cast("int").alias("tenth")
    counted = look.rows("reviews.sentiment").groupBy("language", tenth, "label").count().collect()
    found = []
    for language in sorted({row.language for row in counted}):
        ours = [row for row in counted if row.language == language]
        bins = tuple(sum(row["count"] for row in ours if row.tenth == edge) for edge in range(10))
        found.append(Sentiment(language, bins, sum(row["count"] for row in ours if row.label == "positive")))
    return tuple(found)


def show(found: Sequence[Sentiment]) -> Markup:
    drawn = picture(lambda width: chart(found, width))
    return render(_SHOWN, drawn=drawn) if drawn else Markup()


def chart(found: Sequence[Sentiment], width: int) -> str:
    """A panel per language that has reviews; empty text when none has."""
    return charts.histograms(
        "sentiment", [_panel(one) for one in found if one.reviews], width,
        ends=("negative", "unsure", "positive"), words="How positive the night's reviews are.",
    )  # fmt: skip


def _panel(found: Sentiment) -> charts.Panel:
    english, chinese = wording.language(found.language)
    said = f"{found.reviews:,} reviews, {wording.share(found.positive, found.reviews)} positive"
    return charts.Panel(f"{english} {chinese} · {said}", f"{english}: {said}", found.bins)


SECTION = Section(
    "How the reviews feel", "评论情感", "merchant", 20, show, read, needs=("reviews.sentiment",)
)
