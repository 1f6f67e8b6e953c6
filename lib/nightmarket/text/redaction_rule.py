"""The shape of one rule of redaction, and what all rules take for a letter."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LETTER = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff"
"""Letters of scripts that put spaces between words, inside a character class. ``\\w`` would also take Chinese
characters, which stand directly beside a number or an address that is none of theirs; ASCII alone would cut
"müller@example.com" in two."""
UPPER = "A-Z" + "".join(chr(code) for code in range(0xC0, 0x250) if chr(code).isupper())
LOWER = "a-z" + "".join(chr(code) for code in range(0xC0, 0x250) if chr(code).islower())
HAN = "\u3400-\u4dbf\u4e00-\u9fff"

Span = tuple[int, int]


@dataclass(frozen=True)
class Rule:
    """What to look for and what to write in its place.

    ``find`` gives the spans of one text that are personal, from left to right and apart from each other. It
    must be linear in the text: every repetition of a pattern is bounded, as a review may be a megabyte long.
    """

    placeholder: str
    hint: Callable[[str], object]
    """A cheap look at a text in small letters; one without the hint is spared the search."""
    find: Callable[[str], Iterator[Span]]
    digits: int = 0
    """How many digits a text must have at least; most texts of a shop have none or two."""


def said(*words: str) -> Callable[[str], bool]:
    """A hint: one of the words stands in the text."""
    plain = tuple(word for word in words if word.isascii())

    def hint(small: str) -> bool:
        for word in plain if small.isascii() else words:  # noqa: SIM110 (a generator takes twice as long)
            if word in small:
                return True
        return False

    return hint


def _every_match(match: re.Match[str]) -> bool:
    return True


def matches(
    pattern: re.Pattern[str], accept: Callable[[re.Match[str]], bool] = _every_match
) -> Callable[[str], Iterator[Span]]:
    """Find what a pattern matches and ``accept`` agrees to.

    A pattern's group ``keep`` (the words that led to the match, such as "my name is") stays in the text.
    """

    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            if accept(match):
                yield (
                    max(match.start(), match.end("keep") if "keep" in pattern.groupindex else 0),
                    match.end(),
                )

    return find
