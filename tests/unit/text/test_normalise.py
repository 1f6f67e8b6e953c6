"""normalise: one spelling for the same words."""

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightmarket.text import digest, normalise

# Every code point, lone surrogates and controls included, and the pieces that markup is made of.
PIECES = st.sampled_from(
    [
        "<b>",
        "</b>",
        "<br/>",
        "<",
        ">",
        "&",
        "&amp;",
        "&lt;",
        "&gt;",
        "&#60;",
        "&#x26;",
        "amp;",
        "lt;",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "＜",
        "＆",
        "\u200d",
        "\u200c",
        "\u0301",
        "\x00",
        "\ud800",
        "\u00a0",
        "´",
        "e",
        "红",
        "👩",
        " ",
    ]
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
HOSTILE = st.one_of(ANY_TEXT, st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=20).map("".join))


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Red \t\n dress  ", "Red dress"),
        ("ＡＢＣ１２３", "ABC123"),
        ("Ｔ恤（女）　红色", "T恤(女) 红色"),
        ("①号 5㎏ ½", "1号 5kg 1⁄2"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\x00b\x07c", "abc"),
        ("soft\u00adhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("half \ud83d of a pair", "half of a pair"),
        ("two\u2028lines\x1cand more", "two lines and more"),
        ("<p>Red</p><p>Blue</p>", "Red Blue"),
        ("<ul><li>red</li><li>blue</li></ul>", "red blue"),
        ("<b>B</b>old", "Bold"),
        ('<a href="x.html" title="2 > 1">link', '1">link'),
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("Tom &amp;amp;amp; Jerry", "Tom & Jerry"),
        ("&lt;b&gt;sale&lt;/b&gt;", "sale"),
        ("size <M, 5 < 6 and 7 > 2", "size <M, 5 < 6 and 7 > 2"),
        ("love it <3 <3", "love it <3 <3"),
        ("<custom>kept</custom>", "<custom>kept</custom>"),
        ("a<!-- note -->b", "a b"),
        ("a<!-- never closed", "a never closed"),
        ("x<script>var a = '<p>';</script>y", "x y"),
        ("x<style>p {color: red}</style>y", "x y"),
        ("Boho <style> dress", "Boho dress"),
        ("&nbsp;&nbsp;wide&nbsp;space&nbsp;", "wide space"),
        ("👩\u200d👧 family", "👩\u200d👧 family"),
        ("dress\u200d \u200c红\u200d色", "dress 红色"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("", ""),
        ("\x00\ud800\u200b", ""),
    ],
)
def test_table(raw: str, clean: str) -> None:
    assert normalise(raw) == clean


@settings(deadline=None)
@given(HOSTILE)
@example("&amp;amp;lt;amp;lt;b>")
@example("<<b>b>" * 3)
@example("<" * 30 + "b>" * 30)
@example("e\x00\u0301")
@example("\u0301´")
@example("＆lt;b＆gt;")
def test_a_normal_text_is_left_alone(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == once.strip()
    assert "  " not in once
    assert once.isprintable() or any(unicodedata.category(c) in {"Co", "Cn", "Cf"} for c in once)
    assert once.encode("utf-8").decode("utf-8") == once
    assert unicodedata.is_normalized("NFKC", once)


@settings(deadline=None)
@given(st.text(st.sampled_from("abc xyz 红色连衣裙 0123456789.,!?'-$%"), max_size=80))
def test_ordinary_text_only_loses_spacing(text: str) -> None:
    assert normalise(text) == " ".join(text.split())


@settings(deadline=None)
@given(HOSTILE)
def test_texts_that_normalise_alike_have_one_digest(text: str) -> None:
    assert digest(text) == digest(normalise(text)) == digest(f" \x00{normalise(text)}\t")


def test_digest_is_the_sha256_of_the_normal_text() -> None:
    assert digest(" <b>abc</b>\n") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest("abc") != digest("abd")


@pytest.mark.parametrize(
    "piece",
    [
        "<a",
        "<!--",
        "<script>",
        "&amp;",
        "&amp",
        "<b>",
        "x\x00",
        "\u200d",
        "<a " + "y" * 90,
        "<<b>b>",
        "&",
        "ﷺ",
    ],
)
def test_a_megabyte_of_trouble_takes_no_longer_than_it_should(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    normalise(text)
    assert time.process_time() - start < 20
