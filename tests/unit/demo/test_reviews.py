"""Reviews: planted opinions, personal data and repeats, in both languages."""

import re
from datetime import date, timedelta

import polars as pl
import pytest

from nightmarket.demo import Shop, private, reviews
from nightmarket.demo.phrases import phrase, reading
from nightmarket.demo.words import SPEECH

PATTERNS = {
    "email": r"[a-z.]+\d+@example\.(com|org|net)",
    "phone": r"020 7946 0\d{3}|07700 900\d{3}|\(\d{3}\) 555-01\d{2}|1540000\d{4}",
    "cn_id": r"99\d{4}1899\d{7}[\dX]",
    "name": r"[A-Z][a-z]+ [A-Z][a-z]+|[\u4e00-\u9fff]{3}",
}


@pytest.fixture(scope="module")
def archive(written, days) -> pl.DataFrame:
    return written.reviews(days[0])


def test_sizes_and_shares(written, days, archive) -> None:
    assert archive.height == 800
    assert written.reviews(days[1]).height == 30
    assert set(archive["language"]) == {"en", "zh"}
    assert archive["language"].value_counts()["count"].min() > 300
    counted = archive["polarity"].value_counts(normalize=True)
    shares = dict(zip(counted["polarity"], counted["proportion"], strict=True))
    assert shares["negative"] == pytest.approx(0.27, abs=0.05)
    assert shares["mixed"] == pytest.approx(0.10, abs=0.04)
    assert archive["repeats"].drop_nulls().len() == 32
    assert archive["broken"].drop_nulls().len() == 8


def test_stars_follow_the_opinion(archive) -> None:
    rated = archive.filter(pl.col("broken").is_null()).with_columns(pl.col("stars").cast(pl.Int64))
    mean = dict(rated.group_by("polarity").agg(pl.col("stars").mean()).iter_rows())
    assert mean["negative"] < 2.1 < 2.6 < mean["mixed"] < 3.6 < 4.1 < mean["positive"]
    contradicted = rated.filter(
        ((pl.col("polarity") == "positive") & (pl.col("stars") <= 2))
        | ((pl.col("polarity") == "negative") & (pl.col("stars") >= 4))
    )
    assert 0.005 < contradicted.height / rated.height < 0.05


def test_texts_speak_of_their_aspects(archive) -> None:
    """Some phrase of the aspect, pleased or not as the truth says, reads like a part of the text."""
    speech = {"en": SPEECH[0], "zh": SPEECH[1]}
    for row in archive.filter(pl.col("repeats").is_null() & pl.col("broken").is_null()).iter_rows(named=True):
        for aspect in row["aspects"]:
            side = ("positive", "negative").index(aspect["polarity"])
            said = speech[row["language"]].aspects[aspect["aspect"]][side]
            assert any(pattern(told).search(row["text"]) for told in said), (aspect, row["text"])
        pleased = {aspect["polarity"] for aspect in row["aspects"]}
        assert row["polarity"] == ("mixed" if len(pleased) == 2 else pleased.pop())


def pattern(told: str) -> re.Pattern:
    """A phrase as a regular expression over all its readings."""
    parts = ("(" + "|".join(map(re.escape, choices)) + ")" for choices in phrase(told).parts)
    text = re.sub(r"\\{\w+\\}", ".+?", "".join(parts))
    return re.compile(text, re.IGNORECASE)


def test_texts_repeat_only_where_planted(archive) -> None:
    own = archive.filter(pl.col("repeats").is_null() & pl.col("text").is_not_null())
    assert own["text"].is_unique().all()
    first = archive.select("review_id", "text", "item_id_true")
    pairs = archive.drop_nulls("repeats").join(
        first, left_on="repeats", right_on="review_id", suffix="_first"
    )
    assert pairs.height == 32
    assert (pairs["item_id_true"] == pairs["item_id_true_first"]).all()
    same = pairs["text"] == pairs["text_first"]
    assert (same == ~pairs["repeats_nearly"]).all()
    assert pairs["repeats_nearly"].sum() == 16


def test_personal_data_is_where_the_truth_says_and_nobodys(archive) -> None:
    planted = archive.filter(pl.col("private").list.len() > 0)
    assert 30 <= planted.height <= 55
    kinds = set()
    for text, spans in planted.select("text", "private").iter_rows():
        for span in spans:
            told = text[span["start"] : span["end"]]
            kinds.add(span["kind"])
            assert re.fullmatch(PATTERNS[span["kind"]], told, re.IGNORECASE), told
    assert kinds == set(private.KINDS)
    rest = archive.filter(pl.col("private").list.len() == 0)["text"].drop_nulls()
    assert not rest.str.contains(r"@|\d{5,}").any()


@pytest.mark.parametrize("language", [0, 1])
def test_every_planted_value_is_of_a_safe_range(language: int) -> None:
    for number in range(4_000):
        told = private.sentence(language, number)
        assert re.fullmatch(PATTERNS[told.kind], told.sentence[told.start : told.end])


def test_identity_numbers_have_their_check_digit() -> None:
    assert private.check_digit("11010519491231002") == "X"  # The example of GB 11643-1999.
    assert len(private.identity_number(4711)) == 18


def test_the_file_needs_a_real_csv_reader(written, days) -> None:
    text = (written.landing / f"reviews/{days[0]}.csv").read_text()
    assert text.count("\n") > 801
    assert '""' in text
    assert "😍" in text


def test_broken_rows_are_broken_as_told(archive) -> None:
    told = {row["broken"]: row for row in archive.drop_nulls("broken").iter_rows(named=True)}
    assert set(told) == set(reviews.BROKEN)
    assert told["stars_out_of_range"]["stars"] == "7"
    assert told["stars_in_words"]["stars"] == "five"
    assert not told["no_item"]["item_id"]
    assert not told["no_text"]["text"]
    assert told["bad_date"]["written_at"] == "31.13.2025"


def test_the_archive_reaches_back_and_later_days_do_not(written, days, archive) -> None:
    usable = archive.filter(pl.col("broken").is_null())["written_at"].str.slice(0, 10)
    assert usable.max() <= str(days[0])
    assert usable.min() < str(days[0] - timedelta(150))
    later = written.reviews(days[1]).filter(pl.col("broken").is_null())["written_at"].str.slice(0, 10)
    assert set(later) == {str(days[1])}


def test_a_large_archive_keeps_its_shares() -> None:
    shop = Shop.sized(date(2026, 3, 1), scale=1_500, events=8_000)
    told = [review for chunk in reviews.reviews(shop, shop.opening) for review in chunk]
    assert [review.number for review in told] == list(range(4_000))
    assert sum(review.repeats >= 0 for review in told) == pytest.approx(160, abs=10)
    assert sum(bool(review.broken) for review in told) == pytest.approx(40, abs=5)


def test_a_phrase_has_as_many_readings_as_its_choices_allow() -> None:
    told = "[A|An] [old|new|odd] {noun}."
    readings = {reading(told, number, {"noun": "cup"}) for number in range(phrase(told).readings)}
    assert len(readings) == phrase(told).readings == 6
    assert "An odd cup." in readings
