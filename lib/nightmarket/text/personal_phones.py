"""Rules for telephone numbers in digits.

Digits side by side are taken apart into groups, and the longest row of groups that is a number goes. What
makes it one: a plus and a country's code; the way mainland China, North America, the United Kingdom or France
write theirs; a leading zero and a plan that knows it (libphonenumber's, by phonenumbers); or words
like "call me" before it. "Phone", "cell" and "手机" are goods here: one run of digits, or groups joined by
dashes, must follow. A unit, a counted noun or a row of sizes is never a number, nor are the shop's own.
"""

import re
from collections.abc import Iterator
from functools import cached_property

import phonenumbers
from stdnum import ean, isbn

from nightmarket.text.phone_words import number_follows, phone_stands_before
from nightmarket.text.redaction_rule import HAN, LETTER, Rule, Span
from nightmarket.text.shop_numbers import counted, listed, of_the_shop

REGIONS = ("GB", "IE", "DE", "AT", "CH", "FR", "BE", "NL", "IT", "TW", "CN", "AU", "NZ", "JP", "KR")
"""Whose plans a number with a leading zero may follow."""

_SEVEN = re.compile(r"\d(?:[ .()/*_-]{0,3}\d){6}").search
_RUN = re.compile(
    rf"(?<![\d{LETTER}@#$€£¥%*])(?<![\d{LETTER}][-._+])"
    r"(?:\+ ?)?\(?\+?\d{1,40}(?:[ .()/*_-]{1,3}\d{1,40})*+"
)
_SIGNS = "+()-._*/"
_GROUP = re.compile(r"\d+")
_MOST_GROUPS, _MOST_DIGITS = 8, 17
_BEGINS = re.compile(r"0\d|1[3-9]\d|[2-9]\d\d|86$")
_DAY = re.compile(
    r"(?:19|20)\d\d[-./ ]?(?:0?[1-9]|1[0-2])[-./ ]?(?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)\d\d(?!\d)"
)
# Mobiles of Germany, Austria, France, Australia and Taiwan, landlines of China's largest cities. Articles
# have numbers like those of other countries.
_BARE = re.compile(r"0(?:10|2\d)\d{8}|01[567]\d{8,9}|06\d{8,10}|07\d{8}|0[49]\d{8}")
_MOBILE = re.compile(r"1[3-9]\d{9}")

# How numbers are written whatever libphonenumber knows: it knows none of those that are kept for films.
_WRITTEN = re.compile(
    # mainland mobiles: eleven digits beginning with 13 to 19
    r"(?:\(?(?:\+|00)?86\)?[ -]?)?(?:1[3-9]\d([ ./*_-]?)\d{4}\1\d{4}|1[3-9]\d(?P<a>[./*_-])\d{3}(?P=a)\d{5}"
    r"|1[3-9]\d\d(?P<b>[./*_-])(?:\d{4}(?P=b)\d{3}|\d{3}(?P=b)\d{4})|1[3-9]\d[ -]\d{8}|1[3-9]\d{5}[ -]\d{4}"
    r"|1(?P<c>[ ./*_-])[3-9](?:(?P=c)\d){9})"
    # mainland landlines: an area code, seven or eight digits, an extension
    r"|(?:\(0\d{2,3}\) ?|0\d{2,3}[ -])[2-9]\d{2,3}[ -]?\d{4}(?:-\d{1,5})?"
    # North America: neither the area code nor the exchange begins with 0 or 1
    r"|(?:1[-. ]?)?(?:\([2-9]\d\d\)[ -]?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}"
    # and as people make them up, or hide one digit of theirs
    r"|(?:\([2-9]\d\d\)[ -]?\d{3}|555[-.]\d{3})[-.]\d{4}"
    # United Kingdom: mobiles, and landlines written in groups
    r"|07\d{3} ?\d{3} ?\d{3}|\(?0[12]\d{1,3}\)? \d{3,4} \d{3,4}|0[12]\d{3} \d{6}"
    # France
    r"|0[1-9](?P<d>[ .-])\d\d(?:(?P=d)\d\d){3}"
)


class _Digits:
    """Some neighbouring groups of digits as they stand in a text."""

    def __init__(self, text: str, start: int, end: int, groups: list[str]) -> None:
        self.text, self.start, self.end, self.groups = text, start, end, groups
        self.written = text[start:end]
        self.digits = "".join(groups)

    @cached_property
    def spaced(self) -> bool:
        """Is there nothing but spaces to hold the groups together?"""
        return len(self.groups) > 1 and not any(sign in self.written for sign in _SIGNS)

    @cached_property
    def is_mobile(self) -> bool:
        """Of the mainland."""
        return _MOBILE.fullmatch(self.digits) is not None

    @cached_property
    def one_mobile(self) -> bool:
        return self.is_mobile and len(self.groups) == 1

    @cached_property
    def of_goods(self) -> bool:
        """A day, a row of sizes, or something counted or measured."""
        behind = self.text[self.end : self.end + 2].strip()
        if (
            self.one_mobile
            and behind[:1] not in "元块%"
            and behind != "毫安"
            and not re.match(f"[{LETTER}]", behind)
        ):
            return False
        return (
            _DAY.match(self.written) is not None
            or (listed(self.groups) and not set("+()") & set(self.written))
            or counted(self.text, self.end)
        )

    @cached_property
    def halves(self) -> bool:
        """Eight digits in two groups, as in Hong Kong and Singapore; neither two years nor round numbers."""
        return (
            re.fullmatch(r"(?!(?:19|20)\d\d (?:19|20))[2-9]\d{3} (?!\d\d00)\d{4}", self.written) is not None
        )

    @cached_property
    def in_chinese_row(self) -> bool:
        """Groups in a Chinese sentence, without a word that means a number, are models or sizes."""
        beside = self.text[max(0, self.start - 3) : self.start].rstrip()[-1:]
        beside += self.text[self.end : self.end + 3].strip()[:1]
        named = self.halves and phone_stands_before(self.text, self.start)
        plan = self.is_mobile or self.meant or named or self.digits.startswith("0")
        return self.spaced and not plan and re.search(f"[{HAN}]", beside) is not None

    @cached_property
    def meant(self) -> bool:
        return number_follows(self.text, self.start)

    def is_phone(self) -> bool:
        if not 7 <= len(self.digits) <= _MOST_DIGITS:
            return False
        likely = (
            self.is_international()
            or _WRITTEN.fullmatch(self.written) is not None
            or self.is_national()
            or self.is_called_one()
        )
        return likely and not self.of_goods and not self.in_chinese_row

    def is_international(self) -> bool:
        """A plus or 00, a country's code and as many digits as its plan has; no round number."""
        dialled = re.sub(r"\(0\)|[^\d+]", "", self.written)
        if dialled.startswith("00") and len(dialled) >= 11:
            dialled = f"+{dialled[2:]}"
        if not dialled.startswith("+") or not set("".join(self.groups[1:]) or "1") - {"0"}:
            return False
        try:
            return bool(phonenumbers.is_possible_number(phonenumbers.parse(dialled)))
        except phonenumbers.NumberParseException:
            return False

    def is_national(self) -> bool:
        """A leading zero and a plan that knows the number; without any sign in it, only a mobile's."""
        first = self.groups[0]
        if not 9 <= len(self.digits) <= 12 or not re.match(r"0[1-9]", first) or len(self.groups) > 5:
            return False
        if len(self.groups[-1]) < 3 and any(len(group) != 2 for group in self.groups[1:]):
            return False
        if len(self.groups) == 1 and (
            _BARE.fullmatch(self.digits) is None or isbn.is_valid(self.digits) or ean.is_valid(self.digits)
        ):
            return False
        return any(self.is_valid(region) for region in REGIONS)

    def is_valid(self, region: str) -> bool:
        try:
            number = phonenumbers.parse(self.digits, region)
        except phonenumbers.NumberParseException:
            return False
        return bool(phonenumbers.is_valid_number(number))

    def is_called_one(self) -> bool:
        """The writer calls it a number to dial. Beside a word for a phone it must be in one piece."""
        if len(self.digits) > 13 or self.digits.startswith("00"):
            return False
        if self.meant:
            return True
        if self.is_mobile and phone_stands_before(self.text, self.start):
            return True
        whole = len(self.groups) == 1 or ("-" in self.written and " " not in self.written) or self.halves
        return (
            whole
            and not (len(self.digits) < 10 and self.digits.endswith("000"))
            and phone_stands_before(self.text, self.start)
        )


def _phones(text: str) -> Iterator[Span]:
    for run in _RUN.finditer(text):
        groups = list(_GROUP.finditer(text, *run.span()))
        if sum(len(group.group()) for group in groups) >= 7 and not of_the_shop(text, run.start()):
            yield from _within(text, run, groups)


def _within(text: str, run: re.Match[str], groups: list[re.Match[str]]) -> Iterator[Span]:
    """The numbers of one run of groups, the longest from each place on."""
    named = number_follows(text, groups[0].start()) or phone_stands_before(text, groups[0].start())
    first = 0
    while first < len(groups):
        for last in _ends(text, groups, first, named and first == 0):
            number = _number(text, run, groups, first, last)
            if number is not None and number.is_phone():
                yield number.start, number.end
                first = last
                break
        else:
            first += 1


def _ends(text: str, groups: list[re.Match[str]], first: int, named: bool) -> range:
    """Behind which groups a number that begins with this one may end; long rows of numbers cost little."""
    group = groups[first].group()
    following = groups[first + 1].group() if first + 1 < len(groups) else ""
    if len(group) == 1 == len(following):
        least = first + (7 if named else 11)
        most = first + (13 if named else 11)
        return range(min(len(groups), most), least - 1, -1)
    begins = (
        _BEGINS.match(group)
        or (group == "1" and len(following) == 3)
        or text[groups[first].start() - 1] in "+("
    )
    if not (named or begins):
        return range(0)
    last, digits = first, 0
    while last < min(len(groups), first + _MOST_GROUPS) and digits <= _MOST_DIGITS:
        digits += groups[last].end() - groups[last].start()
        last += 1
    return range(last, first, -1)


def _number(
    text: str, run: re.Match[str], groups: list[re.Match[str]], first: int, last: int
) -> _Digits | None:
    """The groups from first to last, unless what stands beside them makes them part of something else."""
    start, end = groups[first].start(), groups[last - 1].end()
    if end - start < 7:
        return None
    before = run.start() if first == 0 else groups[first - 1].end()
    after = groups[last].start() if last < len(groups) else end
    while start > before and text[start - 1] in "(+":
        start -= 1
    if text.count("(", start, end) > text.count(")", start, end) and text[start] == "(":
        start += 1
    gap_before, gap_after = text[before:start] if first else "", text[end:after]
    if last - first > 1 and gap_before and not any(sign in text[start:end] for sign in _SIGNS):
        return None
    number = _Digits(text, start, end, [group.group() for group in groups[first:last]])
    if number.one_mobile:
        if "." in gap_before or "." in gap_after:
            return None
    elif (
        # part of a longer code
        (gap_before and " " not in gap_before)
        or (gap_after and " " not in gap_after)
        # one of a longer row of numbers
        or (number.spaced and gap_after and not number.meant)
        # what follows the comma of thousands
        or re.search(r"\d[,.]$", text[max(0, start - 2) : start])
    ):
        return None
    if last == len(groups) and re.match(rf"[{LETTER}_]|[-+][{LETTER}\d]|[.,]\d", text[end : end + 2]):
        return None
    return number


RULES = (Rule("[phone]", _SEVEN, _phones, digits=7),)
