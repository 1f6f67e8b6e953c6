"""Entities and HTML in texts that may be no HTML: what is surely markup goes, what only looks like it stays.

``Slim&regular fit``, ``?a=1&copy=1``, ``size <M`` and ``shirt <S> <M> <L>`` are texts of shops. So a name is
an entity only with its semicolon, and a tag that could as well be a word, a size or a vitamin is one only
when it is closed or has attributes.
"""

import html
import re

# Names that mean nothing but markup, inside a word and between words.
_INLINE = "abbr|acronym|bdi|bdo|dfn|em|kbd|samp|span|strike|strong|wbr|nobr"
_BLOCK = (
    "aside|blockquote|br|colgroup|div|dl|fieldset|figcaption|hr|html|iframe|img|li|meta|noscript|ol|p|svg"
    "|tbody|td|tfoot|thead|tr|ul"
)
# Names that are words, sizes, keys or vitamins too.
_DOUBTFUL_INLINE = "a|b|big|cite|code|del|font|i|ins|mark|q|s|small|sub|sup|tt|u|var"
_DOUBTFUL_BLOCK = (
    "address|article|audio|body|button|caption|center|col|dd|details|dt|figure|footer|form|h[1-6]|head|header"
    "|input|label|legend|link|main|nav|object|option|picture|pre|script|section|select|source|style|summary"
    "|table|template|textarea|th|title|track|video"
)
# A quoted value of an attribute may hold ">". Each search ends at the next "<", so all of them are linear.
_ATTRIBUTES = r"[\s/](?:\"[^\"<]*+\"|'[^'<]*+'|[^<>\"'])*+>|[\s/][^<>]*+>"
_MARKUP = re.compile(
    r"<!--|-->|<!\[CDATA\[|\]\]>|<!doctype[^<>]*+>|<\?[^<>]*+>|<!\[endif\](?:--)?>|<!\[if[^<>]*+>"
    rf"|<(?P<close>/?)(?:(?P<inline>{_INLINE}|[ovwxm]:\w+|st1:\w+)|(?P<block>{_BLOCK})"
    rf"|(?P<doubtful>(?P<word>{_DOUBTFUL_INLINE})|{_DOUBTFUL_BLOCK}))(?:(?P<bare>/?>)|{_ATTRIBUTES})",
    re.IGNORECASE,
)
_HIDDEN = frozenset({"script", "style"})

_ENTITY = re.compile(r"&(?:#(?:\d{1,8}|[xX][0-9a-fA-F]{1,7})|[A-Za-z][A-Za-z0-9]{1,31});")
# "&amp;amp;lt;": an ampersand escaped any number of times is one ampersand.
_AMPERSANDS = re.compile(r"&(?:(?:amp|#0{0,6}38|#x0{0,6}26);)+", re.IGNORECASE)
# A character beyond the first 65,536, written as the two halves that some languages keep it in.
_PAIR = re.compile(
    r"&#(?:(5[5-6]\d{3})|[xX]([dD][89abAB][0-9a-fA-F]{2}));&#(?:(5[6-7]\d{3})|[xX]([dD][c-fC-F][0-9a-fA-F]{2}));"
)
_HALF = re.compile(
    r"&#(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]|[xX][dD][89a-fA-F][0-9a-fA-F]{2});"
)

_RAISED = re.compile(r"<(su[bp])>\s*([+−-]?\d{1,4})\s*</\1>", re.IGNORECASE)
_SUP = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_SUB = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")


def unescaped(text: str) -> str:
    """Entities that end in a semicolon as their characters; an ampersand escaped again and again as one.

    Halves of a surrogate pair become their character when they stand together, and nothing when alone.
    """
    text = _AMPERSANDS.sub("&", text)
    if "&#" in text:
        text = _HALF.sub("", _PAIR.sub(_paired, text))
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _paired(halves: re.Match[str]) -> str:
    high = int(halves[1]) if halves[1] else int(halves[2], 16)
    low = int(halves[3]) if halves[3] else int(halves[4], 16)
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
    return halves[0]


def without_markup(text: str) -> str:
    """The text without tags, comments, scripts and styles; raised and lowered numbers keep their height.

    ``<b>B</b>old`` is one word, ``<li>red</li><li>blue</li>`` are two; 10<sup>5</sup> is 10⁵. An unclosed
    comment, script or style hides nothing.
    """
    text = _RAISED.sub(lambda raised: raised[2].translate(_SUP if raised[1].lower() == "sup" else _SUB), text)
    marks = list(_MARKUP.finditer(text))
    tags = _tags(text, marks)
    pieces: list[str] = []
    start, hidden = 0, ""
    for mark in marks:
        tag = mark[0].lower()
        name = (mark["doubtful"] or "").lower()
        if hidden:
            if tag.endswith("-->") if hidden == "!" else name == hidden and mark["close"]:
                start, hidden = mark.end(), ""
            continue
        if mark.start() not in tags:
            continue
        pieces.append(text[start : mark.start()])
        start = mark.end()
        if tag == "<!--":
            hidden = "!"
        elif name in _HIDDEN and not mark["close"]:
            hidden = name
        pieces.append("" if mark["inline"] or mark["word"] else " ")
    pieces.append(text[start:])
    return "".join(pieces)


def _tags(text: str, marks: list[re.Match[str]]) -> set[int]:
    """Where those of the marks begin that are markup; read from the end, where the closing tags stand."""
    found: set[int] = set()
    open_ends: dict[str, int] = {}
    unclosed_paragraphs = []
    sure = False
    # What ends nothing is an arrow, or brackets.
    ends = {"-->": "<!--" in text, "]]>": "<![cdata[" in text.lower()}
    for mark in reversed(marks):
        name = (mark["doubtful"] or mark["block"] or "").lower()
        if not ends.get(mark[0], True):
            continue
        if mark["close"]:
            open_ends[name] = open_ends.get(name, 0) + 1
        elif open_ends.get(name, 0):
            open_ends[name] -= 1
        elif mark["doubtful"] and mark["bare"]:
            continue
        elif mark[0] == "<P>":
            unclosed_paragraphs.append(mark.start())
            continue
        sure = True
        found.add(mark.start())
    # Paragraphs need not be closed; without any other markup, a capital P in brackets is a size.
    return found.union(unclosed_paragraphs) if sure else found
