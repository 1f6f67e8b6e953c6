"""Rules for telephone numbers written in words, as those do who know that digits are taken out."""

import re

from nightmarket.text.phone_words import number_follows
from nightmarket.text.redaction_rule import Rule, matches, said

_CHINESE = dict(
    zip(
        "〇○零洞一二三四五六七拐八九勾幺壹贰貳叁參参肆伍陆陸柒捌玖",
        "00001234567789911223334566789",
        strict=True,
    )
)
_ENGLISH = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_NUMERAL = f"[{''.join(_CHINESE)}0-9]"
_IN_CHINESE = re.compile(rf"(?<!{_NUMERAL}){_NUMERAL}(?:[ .,、-]?{_NUMERAL}){{6,13}}(?!{_NUMERAL})")
_WORD = rf"(?:(?:double|triple)[ -])?(?:{'|'.join(_ENGLISH)})"
_IN_ENGLISH = re.compile(rf"(?<![a-z-]){_WORD}(?:[ ,.-]{{1,2}}{_WORD}){{5,14}}(?![a-z])", re.IGNORECASE)
_LOOKALIKE = re.compile(r"(?<![0-9A-Za-z])[1Il][3-9](?:[ -]?[0-9oOIl]){9}(?![0-9A-Za-z])")


def _dialled(match: re.Match[str], digits: str) -> bool:
    mobile = re.fullmatch(r"(?:86)?1[3-9]\d{9}|09\d{8}", digits) is not None
    return mobile or number_follows(match.string, match.start())


def _chinese(match: re.Match[str]) -> bool:
    """A mobile's eleven numerals, or any after "call me"; "一二三四五六七八九" only counts."""
    spelt = sum(sign in _CHINESE for sign in match.group())
    digits = re.sub(r"\D", "", "".join(_CHINESE.get(sign, sign) for sign in match.group()))
    return spelt >= 3 and not _counts(digits) and _dialled(match, digits)


def _english(match: re.Match[str]) -> bool:
    digits = ""
    for times, word in re.findall(rf"(?:(double|triple)[ -])?({'|'.join(_ENGLISH)})", match.group().lower()):
        digits += _ENGLISH[word] * {"": 1, "double": 2, "triple": 3}[times]
    return not _counts(digits) and len(digits) >= 7 and (len(digits) >= 10 or _dialled(match, digits))


def _counts(digits: str) -> bool:
    return digits in "01234567890123456789" or digits in "98765432109876543210"


def _letters_for_digits(match: re.Match[str]) -> bool:
    """ "138OO138OOO": letters that look like 0 and 1, at least two of them and six digits."""
    letters = sum(sign.isalpha() for sign in match.group())
    return 2 <= letters <= 5


RULES = (
    Rule(
        "[phone]",
        re.compile(rf"{_NUMERAL}(?:[ .,、-]?{_NUMERAL}){{6}}").search,
        matches(_IN_CHINESE, _chinese),
    ),
    # Seven words without one of these would be a number of ones, twos and sixes.
    Rule("[phone]", said(*(word for word in _ENGLISH if len(word) > 3)), matches(_IN_ENGLISH, _english)),
    Rule(
        "[phone]",
        re.compile(r"[1il][3-9][ -]?\d?o").search,
        matches(_LOOKALIKE, _letters_for_digits),
        digits=6,
    ),
)
