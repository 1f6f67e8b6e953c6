"""Text from outside on a screen, in a page or in a spreadsheet: nothing in it acts, and nothing in it hides.

A title may hold an escape sequence that recolours a terminal, a mark that turns the direction of writing, a
line break that fakes a line of ours, or a formula that a spreadsheet computes when it opens the file. None is
removed, for then nobody would know; each is spelled out.
"""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Parts of how some scripts and many emoji are written; they turn, hide and start nothing."""
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


def visible(text: str) -> str:
    """One line that shows every character: a line break is a blank, what would not show is spelled."""
    if text.isprintable():
        return text
    return "".join(c if _shows(c) or c in _JOINERS else " " if c.isspace() else _spelled(c) for c in text)


def visible_json(text: str) -> str:
    """JSON whose strings say the same, with every character that would not show as its JSON escape."""
    return text if text.isprintable() else "".join(c if _shows(c) else _pair(c) for c in text)


def cell(text: str) -> str:
    """The text for a field of CSV: its line breaks and tabs kept, other controls spelled, and an apostrophe
    before what a spreadsheet would take for a formula, which it then shows as the text it is.

    A number in a text is left alone: whether it is shown as one is the spreadsheet's to say, and harmless.
    """
    if not text.isprintable():
        text = "".join(c if c in "\n\t\r" else visible(c) for c in text)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _shows(character: str) -> bool:
    # Blanks of other widths do not count as printable to Python.
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _pair(character: str) -> str:
    """One or two of JSON's escapes: it counts in 16 bits."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
