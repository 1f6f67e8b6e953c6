"""What is surely markup, and what only looks like it, tag by tag and entity by entity."""

import pytest

from nightmarket.text.markup import unescaped, without_markup


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # Two halves of a pair are the character that UTF-16 writes so (Unicode, D91), in either notation.
        ("&#55296;&#56320;", "\U00010000"),
        ("&#56319;&#57343;", "\U0010ffff"),
        ("&#55357;&#56842;", "\U0001f60a"),
        ("&#xD83D;&#xDE0A;", "\U0001f60a"),
        ("&#55357;&#xDE0A;", "\U0001f60a"),
        ("&#xd83d;&#56842;", "\U0001f60a"),
        # In the wrong order, or alone, they are nothing; their neighbours are characters.
        ("&#56842;&#55357;x", "x"),
        ("&#56320;&#56320;x", "x"),
        ("&#55296;x&#56320;", "x"),
        ("&#55295;&#56320;", "\ud7ff"),
        ("&#55296;&#57344;", "\ue000"),
        ("&#55296;&#55296;&#56320;", "\U00010000"),
        ("&#57343;x", "x"),
        ("&#57344;", "\ue000"),
        ("&#xDFFF;x&#xE000;", "x\ue000"),
        # An ampersand escaped again and again is one.
        ("&amp;#38;&amp;amp;amp;x", "&&x"),
        ("&amp;&amp;", "&&"),
        ("&AMP;lt;", "<"),
        ("&#x26;#x26;#0038;", "&"),
        ("&eacute;&Eacute;&#233;&#xe9;", "éÉéé"),
        ("&copy=1 &lt &#233", "&copy=1 &lt &#233"),
        ("&#123456789;", "&#123456789;"),
    ],
)
def test_entities(text: str, right: str) -> None:
    assert unescaped(text) == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # Inside a word nothing stands in the place of a tag, between words a space does.
        ("<strong>B</strong>old", "Bold"),
        ("a<br>b<BR/>c<br />d", "a b c d"),
        ("<li>red</li><li>blue</li>", " red  blue "),
        ("<tt>x</tt>y", "xy"),
        ("<h1>a</h1>b", " a b"),
        # What could be a word or a size is a tag when it is closed or has attributes.
        ("<b>x", "<b>x"),
        ("<b>x</b>", "x"),
        ("<b>x</b> <b>", "x <b>"),
        ("<b> <b>x</b>", "<b> x"),
        ("</b>x", "x"),
        ('<b class="y">x', "x"),
        ("<b/>x", "<b/>x"),
        ("<i>x</b>", "<i>x"),
        ("<I>x</i>", "x"),
        ("<style> dress", "<style> dress"),
        # A paragraph need not be closed, but a lone <P> is a size where there is no other markup.
        ("<p>a<p>b", " a b"),
        ("size <P>", "size <P>"),
        ("<P>a<br>", " a "),
        ("<P>a<P>b</P>", " a b "),
        ("sizes <P> <S>", "sizes <P> <S>"),
        # Raised and lowered numbers keep their height, of four digits at most and in any letters.
        ("10<sup>5</sup>", "10⁵"),
        ("10<SUP>5</SUP>", "10⁵"),
        ("10<Sup> -5 </Sup>", "10⁻⁵"),
        ("H<sub>2</sub>O, x<SUB>+1</SUB>", "H₂O, x₊₁"),
        ("2<sup>−1</sup>", "2⁻¹"),
        ("x<sup>1234</sup>", "x¹²³⁴"),
        ("x<sup>12345</sup>", "x12345"),
        ("x<sup>0123</sup><sub>456</sub>789", "x⁰¹²³₄₅₆789"),
        ("x<sub>789</sub><sup>456789</sup>", "x₇₈₉456789"),
        ("x<sup>789</sup><sub>0123</sub>", "x⁷⁸⁹₀₁₂₃"),
        # Comments, scripts and styles hide what they hold, but only when they end.
        ("a<!-- b <p>c</p> -->d", "a d"),
        ("a<!-- b", "a  b"),
        ("a<!-- b --> c <!-- d", "a  c   d"),
        ("a<script>b<i>c</i></script>d", "a d"),
        ("a<script src='x'>b</script>c", "a c"),
        ("a<script src='x'>b c", "a b c"),
        ("a<SCRIPT>b</script>c", "a c"),
        ("a<style>b</script>c</style>d", "a d"),
        ("a<script>b<!-- c</script>d", "a d"),
        ("a<!-- <script> -->b</script>c", "a b c"),
        # Data of XML, and brackets that are none.
        ("<![CDATA[a]]>b", " a b"),
        ("a ]]> b <br>", "a ]]> b  "),
        ("step 1 --> step 2<br>", "step 1 --> step 2 "),
        ("a --> b <!-- c --> d", "a   b   d"),
        ("<![cdata[a]]>b", " a b"),
        ("<?xml version='1.0'?>a<!DOCTYPE html>b", " a b"),
        ("<o:p>x</o:p><st1:place>y</st1:place>", "xy"),
        ("<z:p>x", "<z:p>x"),
        ("5 < 6 > 4", "5 < 6 > 4"),
    ],
)
def test_tags(text: str, right: str) -> None:
    assert without_markup(text) == right
