"""clean: what people read is what the shop wrote, without accidents of its export."""

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightmarket.text import clean

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


JOINERS = "\u200c\u200d"

# What people write, and what is left of it. None in the second place: all of it, as it is.
TABLE = {
    "spacing": [
        ("  Red \t\n dress  ", "Red dress"),
        ("two\u2028lines\x1cand more", "two lines and more"),
        ("&nbsp;&nbsp;wide&nbsp;space&nbsp;", "wide space"),
        ("", None),
    ],
    "no control and nothing invisible": [
        ("a\x00b\x07c", "abc"),
        ("soft\u00adhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("half \ud83d of a pair", "half of a pair"),
        # Code points that are no characters (Unicode, D14), and their neighbours, which are or may be.
        ("a\ufdd0b\ufdefc\ufffed\uffffe", "abcde"),
        ("a\U0001fffeb\U0001ffffc\U0010fffed\U0010ffff", "abcd"),
        ("\ufdcf \ufdf0 \ufffd \U0001fffd \U00020000 \U0010fffd", None),
        ("\x00\ud800\u200b", ""),
        ("👩\u200d👧 family", None),
        ("dress\u200d \u200c红\u200d色", "dress 红色"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None),
    ],
    "meant as it is": [
        ("Drill bit 2¼ inch, 7⅝ long", None),
        ("10⁸ spores per m³, x₁ and CO₂", None),
        ("Brand™ №7, size Ⅻ, 5㎏ ①", None),
        ("ＡＢＣ１２３，全棉（男）：好！", None),
        ("ﬁne fabric…", None),
        ("cafe\u0301", "caf\u00e9"),
        ("宽　松", "宽 松"),
    ],
    "entities end in a semicolon": [
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("Tom &amp;amp;amp; Jerry", "Tom & Jerry"),
        # What one look sets free the next one finds, whether the text grew in the alphabet or not.
        ("&#<em>38;x", "&x"),
        ("&<em>amp;x", "&x"),
        ("Tom &amp;AMP;#38; Jerry", "Tom & Jerry"),
        ("L&#39;Or&eacute;al &#x2013; 5&#8364;", "L'Oréal – 5€"),
        ("&frac12; price, m&sup2;", "½ price, m²"),
        ("&#150; as browsers read it", "– as browsers read it"),
        ("&#55357;&#56842; &#xD83D;&#xdE0A;", "😊 😊"),
        ("half &#55357; and &#xDE0A; of a pair", "half and of a pair"),
        ("Piano&amplifier, Ink&notepad, Bass&microphone", None),
        ("Loose&regular cut, 5&times more", None),
        ("https://shop.example/?b=2&sect=4&copy=3&reg=eu&lt=1", None),
        ("AT&T; &nosuchname; &; &#;", None),
    ],
    "tags": [
        ("<p>Red</p><p>Blue</p>", "Red Blue"),
        ("First<p>second", "First second"),
        ("<P>Old<BR>editor", "Old editor"),
        ("<ul><li>red</li><li>blue</li></ul>", "red blue"),
        ("<b>B</b>old", "Bold"),
        ("<B>shout</B>", "shout"),
        ('<a href="x.html" title="2 > 1">link', "link"),
        ('<p title=5">thick</p>', "thick"),
        ("&lt;b&gt;sale&lt;/b&gt;", "sale"),
        ("<o:p>&nbsp;</o:p>from Word", "from Word"),
        ("<![CDATA[Red <i>dress</i>]]>", "Red dress"),
        ('<?xml version="1.0"?><!DOCTYPE html>Red', "Red"),
        ("a<!-- note -->b", "a b"),
        ("a<!-- never closed", "a never closed"),
        ("a<!--[if mso]>word only<![endif]-->b", "a b"),
        ("x<script>var a = '<p>';</script>y", "x y"),
        ("x<style>p {color: red}</style>y", "x y"),
        ('x<style media="all">p {color: red}</style>y', "x y"),
        ("2<sup>10</sup> and H<sub>2</sub>O", "2¹⁰ and H₂O"),
        ("Brand<sup>TM</sup>", "BrandTM"),
    ],
    "no tags": [
        ("size <M, 5 < 6 and 7 > 2", None),
        ("love it <3 <3", None),
        ("Polo shirt <S> <M> <L> <XL>", None),
        ("Capsules with vitamin <B> and <Q>", None),
        ("Trousers <P> <S>", None),
        ("Cables <input> <source> <small>", None),
        ("Boho <style> dress", None),
        ("Bra <C> <DD>, bulb <H4>, keycaps <Del> <Ins>", None),
        ("<h4>Care</h4><dl><dt>Wash</dt><dd>cold</dd></dl>", "Care Wash cold"),
        ("was <s>20</s> now 15, in <S>", "was 20 now 15, in <S>"),
        ("<custom>kept</custom>", None),
        ("array[a[1]]>5", None),
    ],
    "read in the wrong encoding": [
        ("Men\x92s coat \x97 \x93Winter\x94 \x80 90\x85", "Men’s coat — “Winter” € 90…"),
        ("\x9cil de bœuf", "œil de bœuf"),
        ("CrÃ¨me brÃ»lÃ©e", "Crème brûlée"),
        ("GrÃ¶ÃŸe 38, 40â‚¬", "Größe 38, 40€"),
        ("è¿\x9eè¡£è£™", "连衣裙"),
        ("lost \x81 here", "lost \ufffd here"),
        ("lost \ufffd before", None),
        ("ÀÉÎÕÜ, SÃO PAULO, Â MÃE", None),
    ],
}


@pytest.mark.parametrize(("raw", "shown"), [pair for pairs in TABLE.values() for pair in pairs])
def test_table(raw: str, shown: str | None) -> None:
    assert clean(raw) == (raw if shown is None else shown)


@settings(deadline=None)
@given(HOSTILE)
@example("&amp;amp;lt;amp;lt;b>")
@example("<<b>b>" * 3)
@example("<" * 30 + "b>" * 30)
@example("e\x00\u0301")
@example("\u0301´")
@example("＆lt;b＆gt;")
def test_a_normal_text_is_left_alone(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once == once.strip()
    assert "  " not in once
    assert all(c.isprintable() or unicodedata.category(c) in {"Co", "Cn"} or c in JOINERS for c in once)
    assert once.encode("utf-8").decode("utf-8") == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize("depth", [1, 5, 6, 7, 40])
def test_tags_around_tags_come_to_an_end(depth: int) -> None:
    once = clean("<" * depth + "strong>" * depth + "x")
    assert clean(once) == once
    assert once.endswith("x")
    assert "<" not in once


@settings(deadline=None)
@given(st.text(st.sampled_from("abc xyz 红色连衣裙 0123456789.,!?'-$%"), max_size=80))
def test_ordinary_text_only_loses_spacing(text: str) -> None:
    assert clean(text) == " ".join(text.split())


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
        '<a "',
        "<S>",
        "<s></s>",
        "&#",
        "&#55357;",
        "<sup>5",
        "Ã©",
        "x\x81",
        "ÃƒÂ",
        "é",
    ],
)
def test_trouble_of_any_length_takes_no_longer_than_it_should(piece: str) -> None:
    # Linear work takes a tenth of that; quadratic work on so many letters takes minutes.
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    clean(text)
    assert time.process_time() - start < 4
