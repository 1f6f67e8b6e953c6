"""The form of a text that people read: what the shop wrote, without accidents of its export.

Exports carry a title with HTML in it, with a NUL, with half of a surrogate pair cut off by a column limit,
read in the wrong encoding. None of this was meant. Everything that was meant stays: ``1½ inch``, ``10⁵``,
``m²``, ``™``, full-width letters and the full-width commas of Chinese. For one spelling of the same words see
:mod:`nightmarket.text.normalise`.
"""

import re
import unicodedata

from ftfy import fix_encoding

from nightmarket.text.markup import unescaped, without_markup

# Controls that are no whitespace, invisible format characters (zero-width space, BOM, soft hyphen, marks of
# direction), halves of surrogate pairs and code points that are no characters.
_REMOVED = {
    code: None
    for code in (*range(0x20000), *range(0xE0000, 0xE1000))
    if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs"}
    and not chr(code).isspace()
    and code not in (0x200C, 0x200D)
}
_REMOVED |= {plane << 16 | low: None for plane in range(17) for low in (0xFFFE, 0xFFFF)}
_REMOVED |= dict.fromkeys(range(0xFDD0, 0xFDF0))
# The second block of controls is in no text. What stands there is a byte of windows-1252 that was read as
# Latin-1; five bytes have no character there either, so something was there and is lost.
_LOST = re.compile("[\x80-\x9f]")

# The two joiners spell words in Persian and in Indic scripts and hold emoji together. Anywhere else they are
# invisible noise that makes two equal titles differ.
_JOINED = r"\u0600-\u0dff\u1000-\u109f\u1780-\u17ff\ufe0f\u2600-\u27bf\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(rf"(?<![{_JOINED}])[\u200c\u200d]+|[\u200c\u200d]+(?![{_JOINED}\u200c\u200d])")

PASSES = 6


def clean(text: str) -> str:
    """The text without markup, control characters and accidents of encoding, in Unicode's NFC.

    Removed: HTML tags, comments, scripts and styles; entities become their character; control and invisible
    characters, NUL, lone surrogates. Runs of whitespace become one space, none at the ends. UTF-8 that was
    read as a single-byte encoding ("cafÃ©") is read again, and so are the bytes of windows-1252 that Latin-1
    has no character for; what nothing can be made of is U+FFFD.

    The result can always be encoded in UTF-8, and cleaning it again changes nothing.
    """
    for _ in range(PASSES):
        once = _once(text)
        if once == text:
            return once
        text = once
    # Markup nested in escapes of escapes of escapes is an attack or an accident, never a text: without "<"
    # and "&" nothing is left that could unfold any further.
    for _ in range(PASSES):
        once = _once(text.replace("<", " ").replace("&", " "))
        if once == text:
            break
        text = once
    return text


def _once(text: str) -> str:
    if text.isascii() and text.isprintable() and "<" not in text and "&" not in text:
        return " ".join(text.split())
    if "&" in text:
        text = unescaped(text)
    if "<" in text:
        text = without_markup(text)
    if not text.isascii():
        text = _LOST.sub("\ufffd", fix_encoding(text))
    text = text.translate(_REMOVED)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return " ".join(unicodedata.normalize("NFC", text).split())
