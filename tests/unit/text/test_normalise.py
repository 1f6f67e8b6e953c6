"""normalise: one spelling for the same words, in which different numbers stay different."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightmarket.text import clean, digest, normalise

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
PIECES = st.sampled_from(
    [
        "＜",
        "＆",
        "lt;",
        "b＞",
        "＜／b＞",
        "&amp;",
        "½",
        "⁵",
        "₂",
        "1",
        "①",
        "㎡",
        "⁄",
        "/",
        "™",
        "\u0301",
        " ",
        "<i>",
        "</i>",
    ]
)
HOSTILE = st.one_of(ANY_TEXT, st.lists(st.one_of(PIECES, st.text(max_size=2)), max_size=20).map("".join))


@pytest.mark.parametrize(
    ("raw", "compared"),
    [
        ("ＡＢＣ１２３，好（男）", "ABC123,好(男)"),
        ("宽　松", "宽 松"),
        ("5㎏ ﬁne", "5kg fine"),
        ("<b>Red</b> &amp; blue", "Red & blue"),
        ("Drill bit 2¼ inch", "Drill bit 2 1/4 inch"),
        ("⅝ off", "5/8 off"),
        ("3½x¾", "3 1/2x3/4"),
        ("1 1⁄2 cup", "1 1/2 cup"),
        ("1³⁄₁₆ and ²/₃", "1 3/16 and 2/3"),
        ("2<sup>1</sup>/<sub>2</sub> in", "2 1/2 in"),
        ("10⁸ CFU, 10⁻⁶", "10^8 CFU, 10^-6"),
        ("(1+2)³", "(1+2)^3"),
        ("12₃", "12_3"),
        ("5 m², cm³, s⁻¹, CO₂, x₁", "5 m2, cm3, s-1, CO2, x1"),
        ("30㎡ 4㎥", "30m2 4m3"),
        ("①② 3④ 5号⑫", "1 2 3 4 5号12"),
        ("№7 Ⅻ", "No7 XII"),
        ("Brand™ ℠", "Brand™ ℠"),
        ("100 %", "100 %"),
        ("", ""),
    ],
)
def test_table(raw: str, compared: str) -> None:
    assert normalise(raw) == compared


@settings(deadline=None)
@given(HOSTILE)
@example("＆lt;b＆gt;x＜/b＞")
@example("´" * 3)
def test_a_normal_text_is_left_alone(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == clean(once) == once
    assert normalise(clean(text)) == once
    assert once.encode("utf-8").decode("utf-8") == once


@settings(deadline=None)
@given(HOSTILE)
def test_texts_that_normalise_alike_have_one_digest(text: str) -> None:
    assert digest(text) == digest(normalise(text)) == digest(f" \x00{clean(text)}\t")


@pytest.mark.parametrize("depth", [1, 5, 6, 7, 20])
def test_escapes_of_escapes_come_to_an_end(depth: int) -> None:
    """ "&#65286;" is a wide "&", and that with "#65286;" behind it is another: each look takes one off."""
    once = normalise("&" + "#65286;" * depth + "lt;b&gt;x")
    assert normalise(once) == clean(once) == once
    assert "&" not in once
    assert once.endswith("x")


def test_digest_is_the_sha256_of_the_normal_text() -> None:
    assert digest(" <b>abc</b>\n") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest("abc") != digest("abd")


@pytest.mark.parametrize(
    ("one", "other"), [("10⁵", "105"), ("1½", "11/2"), ("5①", "51"), ("2³", "23"), ("½", "12")]
)
def test_different_numbers_have_different_digests(one: str, other: str) -> None:
    assert digest(one) != digest(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ＸＬ", "XL"), ("2½ in", "2 1/2 in"), ("5㎏", "5kg"), ("ﬁne", "fine")]
)
def test_one_spelling_has_one_digest(one: str, other: str) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize("piece", ["½", "1½", "10⁵", "①", "¹/", "¹/₂", "＜b＞", "＆amp；", "™", "㎡1", "ﷺ"])
def test_the_work_grows_with_the_length(piece: str) -> None:
    def seconds(length: int) -> float:
        start = time.process_time()
        normalise(piece * (length // len(piece)))
        return time.process_time() - start

    # Six times the letters: quadratic work would take 36 times as long.
    assert min(seconds(30_000) for _ in range(2)) < 24 * max(0.002, min(seconds(5_000) for _ in range(3)))
