"""A text as rules look at it, letter by letter beside the text as people read it.

"１３８", "①③⑧" and "13\u200b8" are one number to a person. Rules search a copy in which wide, circled
and styled characters are plain, every script's digits and dashes are ASCII, and what is invisible is gone;
what they find is taken out of the text itself, which stays as it was written everywhere else.
"""

import unicodedata
from functools import cache
from itertools import chain

# Where Unicode's compatibility forms and the digits of other scripts lie; the last plane has styled letters.
_LOOKED_AT = (range(0x80, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0x10000), range(0x1D400, 0x1FC00))
_ACCENTS = (range(0x300, 0x370), range(0xFE00, 0xFE10))
"""Marks over the character before them, for which Unicode has no letter of its own; variants of emoji."""
_SAME = {"\u2212": "-", "\u00b7": ".", "\u2022": ".", "\u2027": ".", "\u30fb": ".", "\u2219": "."}


def folded(text: str) -> str:
    """The copy to search. Vulgar fractions stay, since "1½" is not 11⁄2."""
    return text if text.isascii() else text.translate(_plain())


def starts(text: str) -> list[int]:
    """For every character of ``folded(text)`` the place in ``text`` it comes from, and the text's length.

    A span ``[a, b)`` of the copy is ``[starts[a], starts[b])`` of the text: signs without a place of their
    own in the copy (a zero-width space, an accent) belong to the character before them.
    """
    plain = _plain()
    places: list[int] = []
    for place, character in enumerate(text):
        places.extend([place] * len(plain.get(ord(character), character)))
    places.append(len(text))
    return places


@cache
def _plain() -> dict[int, str]:
    plain = {}
    for code in chain(*_LOOKED_AT):
        character = chr(code)
        plainer = unicodedata.normalize("NFKC", character)
        if unicodedata.category(character) in {"Cf", "Me"} or any(code in marks for marks in _ACCENTS):
            plain[code] = ""
        elif character in _SAME:
            plain[code] = _SAME[character]
        elif unicodedata.category(character) == "Pd":
            plain[code] = "-"
        elif (digit := unicodedata.digit(character, None)) is not None:
            plain[code] = str(digit)
        # A free-standing accent would become a space with a mark on it.
        elif plainer != character and "\u2044" not in plainer and plainer.strip() in {plainer, ""}:
            plain[code] = plainer
    return plain
