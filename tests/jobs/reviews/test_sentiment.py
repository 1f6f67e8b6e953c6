"""reviews.sentiment: stars are labels, the day's reviews are scored, and too few stars give no score."""

from datetime import date, timedelta

import pytest

from nightmarket.models import StandInEncoder

DAY = date(2026, 3, 10)
GOOD = [
    "love it, wonderful",
    "great quality, wonderful",
    "love the great colour",
    "质量很好，喜欢",
    "非常喜欢，很好",
]
BAD = [
    "broken, terrible",
    "terrible quality, waste",
    "broken after a day, waste",
    "质量很差，失望",
    "太差了，非常失望",
]


def review(name: str, text: str, stars: int | None, day: date) -> tuple:
    language = "en" if text.isascii() else "zh"
    return name, f"item-{name}", text, stars, language, day


def past(copies: int) -> list[tuple]:
    """The same polar words with other words around them, in both languages."""
    return [
        review(f"{polarity}{n}-{m}", f"{text} {word}", stars, DAY - timedelta(days=1 + n % 3))
        for polarity, texts, stars in (("g", GOOD, 5), ("b", BAD, 1))
        for n, text in enumerate(texts)
        for m, word in enumerate(["lamp", "desk", "tea", "cup", "sofa", "chair"][:copies])
    ]


TODAY = [
    review("t1", "wonderful, love it", None, DAY),
    review("t2", "terrible, broken", None, DAY),
    review("t3", "很好，喜欢", None, DAY),
    review("t4", "很差，失望", 5, DAY),
]


@pytest.fixture(scope="module")
def build(job, spark):
    def built(rows: list[tuple], digests: dict[date, str] | None = None):
        encoder = StandInEncoder()
        reviews = spark.createDataFrame(
            rows, "review_id string, item_id string, text string, stars int, language string, day date"
        )
        vectors = [
            (name, (digests or {}).get(day, "one"), encoder.encode([text])[0].tolist(), day)
            for name, _, text, _, _, day in rows
        ]
        embedded = spark.createDataFrame(
            vectors, "review_id string, model_digest string, vector array<float>, day date"
        )
        frame = job("reviews.sentiment").build(embedded, reviews, day=DAY)
        return {row.review_id: row for row in frame.collect()}

    return built


def test_the_days_reviews_are_judged_in_both_languages(build) -> None:
    scored = build(past(6) + TODAY)
    assert {name: row.label for name, row in scored.items()} == {
        "t1": "positive",
        "t2": "negative",
        "t3": "positive",
        "t4": "negative",
    }
    assert all(0 <= row.positive <= 1 for row in scored.values())
    assert (scored["t3"].item_id, scored["t3"].language) == ("item-t3", "zh")


def test_the_same_reviews_give_the_same_judgement(build) -> None:
    first, second = build(past(6) + TODAY), build([*TODAY, *reversed(past(6))])
    for name in first:
        assert first[name].positive == pytest.approx(second[name].positive, abs=1e-6)


def test_too_few_starred_reviews_give_no_rows(build) -> None:
    assert build(past(1) + TODAY) == {}
    assert build(TODAY) == {}


def test_vectors_of_a_model_no_longer_used_do_not_teach(build) -> None:
    earlier = {DAY - timedelta(days=n): "old" for n in (1, 2, 3)}
    assert build(past(6) + TODAY, digests=earlier) == {}


def test_a_review_exported_every_night_teaches_once(build) -> None:
    again = [(*row[:5], row[5] - timedelta(days=10)) for row in past(2)]
    assert build(past(4) + TODAY) != {}
    assert build(past(2) + again + TODAY) == {}
