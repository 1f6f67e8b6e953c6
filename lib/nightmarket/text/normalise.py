"""One spelling for the same words.

Exports carry the same title with HTML in it, with full-width letters, with a NUL, with half of a surrogate
pair cut off by a column limit. All of these must embed, compare and hash as one text.
"""

import html
import re
import sys
import unicodedata

# Markup a shop's editors write. Only these names count as tags, so that "size <M" and "<3" survive.
_INLINE = "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike"
_INLINE += "|strong|sub|sup|tt|u|var|wbr"
_BLOCK = (
    "address|article|aside|audio|blockquote|body|br|button|caption|center|col|colgroup|dd|details|div|dl|dt"
)
_BLOCK += (
    "|fieldset|figcaption|figure|footer|form|h[1-6]|head|header|hr|html|iframe|img|input|label|legend|li"
)
_BLOCK += (
    "|link|main|meta|nav|noscript|object|ol|option|p|picture|pre|section|select|source|summary|svg|table"
)
_BLOCK += "|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|ul|video"
# Every repetition is bounded: a megabyte of "<a" must not cost a quadratic search.
_MARKUP = re.compile(
    rf"<!--|-->|<!doctype[^<>]{{0,300}}>|<(?P<close>/?)(?:(?P<inline>{_INLINE})|(?P<hidden>script|style)|{_BLOCK})"
    rf"(?:[\s/][^<>]{{0,3000}})?>",
    re.IGNORECASE,
)
# "&amp;amp;lt;": an ampersand escaped any number of times is one ampersand.
_AMPERSANDS = re.compile(r"&(?:(?:amp|#0{0,6}38|#x0{0,6}26);)+", re.IGNORECASE)

# Controls that are no whitespace, invisible format characters (zero-width space, BOM, soft hyphen, marks of
# direction), halves of surrogate pairs and code points that are no characters.
_REMOVED = {
    code: None
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs"}
    and not chr(code).isspace()
    and code not in (0x200C, 0x200D)
}
_REMOVED |= {plane << 16 | low: None for plane in range(17) for low in (0xFFFE, 0xFFFF)}
_REMOVED |= dict.fromkeys(range(0xFDD0, 0xFDF0))

# The two joiners spell words in Persian and in Indic scripts and hold emoji together. Anywhere else they are
# invisible noise that makes two equal titles differ.
_JOINED = r"\u0600-\u0dff\u1000-\u109f\u1780-\u17ff\ufe0f\u2600-\u27bf\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(rf"(?<![{_JOINED}])[\u200c\u200d]+|[\u200c\u200d]+(?![{_JOINED}\u200c\u200d])")

_PASSES = 6


def normalise(text: str) -> str:
    """The text without markup, control characters and accidents of encoding, in Unicode's NFKC.

    Removed: HTML tags, comments, scripts and styles; entities become their character; control and invisible
    characters, NUL, lone surrogates. Runs of whitespace become one space, none at the ends. Full-width,
    circled and ligature forms become their plain form ("ＡＢＣ１２３" is "ABC123").

    The result can always be encoded in UTF-8, and normalising it again changes nothing.
    """
    for _ in range(_PASSES):
        clean = _once(text)
        if clean == text:
            return clean
        text = clean
    # Markup nested in escapes of escapes of escapes is an attack or an accident, never a text: without "<"
    # and "&" nothing is left that could unfold any further.
    for _ in range(_PASSES):
        clean = _once(text.replace("<", " ").replace("&", " "))
        if clean == text:
            break
        text = clean
    return text


def _once(text: str) -> str:
    if text.isascii() and text.isprintable() and "<" not in text and "&" not in text:
        return " ".join(text.split())
    if "&" in text:
        text = html.unescape(_AMPERSANDS.sub("&", text))
    if "<" in text:
        text = _without_markup(text)
    text = text.translate(_REMOVED)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _without_markup(text: str) -> str:
    """One pass from left to right; an unclosed comment, script or style hides nothing."""
    pieces: list[str] = []
    start, hidden = 0, ""
    for mark in _MARKUP.finditer(text):
        tag = mark.group()
        name = (mark.group("hidden") or "").lower()
        if hidden:
            closed = tag == "-->" if hidden == "!" else name == hidden and bool(mark.group("close"))
            if closed:
                start, hidden = mark.end(), ""
            continue
        if tag == "-->":
            continue
        pieces.append(text[start : mark.start()])
        start = mark.end()
        if tag == "<!--":
            hidden = "!"
        elif name and not mark.group("close"):
            hidden = name
        # "<b>B</b>old" is one word, "<li>red</li><li>blue</li>" are two.
        pieces.append("" if mark.group("inline") else " ")
    pieces.append(text[start:])
    return "".join(pieces)
