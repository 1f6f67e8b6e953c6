"""The shape of one rule of redaction."""

import re
from collections.abc import Callable
from dataclasses import dataclass


def _every_match(match: re.Match[str]) -> bool:
    return True


@dataclass(frozen=True)
class Rule:
    """What to look for and what to write in its place.

    A match whose ``accept`` says no stays as it is. A pattern's group ``keep`` (the words that led to the
    match, such as "my name is") stays before the placeholder. Patterns must be linear: every repetition in
    them is bounded, because a review may be a megabyte long.
    """

    placeholder: str
    hint: re.Pattern[str]
    """A cheap search; a text without it is spared the pattern."""
    pattern: re.Pattern[str]
    accept: Callable[[re.Match[str]], bool] = _every_match

    def apply(self, text: str) -> tuple[str, int]:
        """The text with every accepted match replaced, and how many there were."""
        if self.hint.search(text) is None:
            return text, 0
        replaced = 0

        def replacement(match: re.Match[str]) -> str:
            nonlocal replaced
            if not self.accept(match):
                return match.group()
            replaced += 1
            return (match.groupdict().get("keep") or "") + self.placeholder

        return self.pattern.sub(replacement, text), replaced
