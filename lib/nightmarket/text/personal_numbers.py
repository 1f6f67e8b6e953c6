"""Rules for addresses on the net and for numbers that lead to a person: accounts, cards, identities, phones.

``\\d`` and ``\\w`` are ASCII here, so a Chinese character may stand directly beside a number.
"""

import re

from nightmarket.text.checksums import is_card, is_chinese_id, is_iban
from nightmarket.text.redaction_rule import Rule

# Seven digits with at most two signs between neighbours: the least that any rule on numbers needs.
_DIGITS = re.compile(r"\d(?:[ .()\-]{0,2}\d){6}", re.ASCII)
_AT = re.compile(r"@")
# Not the end or the start of a longer number, code, price or decimal.
_FREE = r"(?<![\w.,/+#$€£¥])(?<!\w-)"
_END = r"(?![\w]|[-./]\d|,\d{3}\b)"

# A number after one of these is the shop's, not a person's.
_OF_THE_SHOP = re.compile(
    r"(?:(?<![A-Za-z])(?:sku|asin|isbn|ean|upc|gtin|model|style|item|product|part|serial|batch|lot|order|invoice|tracking|ref|code)"
    r"|货号|款号|型号|编号|单号|订单|条码|批号|编码|运单|商品)\W{0,2}(?:id|nos?|numbers?|num|nr|code|号码?)?"
    r"(?:\s(?:is|was))?[\s.:#是为]{0,4}$",
    re.IGNORECASE,
)


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match.group())


def _personal(match: re.Match[str]) -> bool:
    return _OF_THE_SHOP.search(match.string[max(0, match.start() - 30) : match.start()]) is None


def _dialled(match: re.Match[str]) -> bool:
    """An international number has 8 to 15 digits (ITU-T E.164)."""
    return 8 <= len(_digits(match)) <= 15 and _personal(match)


def _handle(match: re.Match[str]) -> bool:
    """A word after "wechat" is an account only when it looks like one: "WeChat payment" is none."""
    return any(character.isdigit() or character == "_" for character in match.group("handle"))


def _pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(pattern, flags | re.ASCII)


_CUE = (
    r"(?P<keep>(?:\b(?:phone|telephone|tel|mobile|cell|call|dial|whatsapp)(?:\s(?:me|us|number|no|is|on|at|my|her|him)){0,4}\b"
    r"|(?:电话|手机|联系方式|联系我|致电|打我)(?:号码|号)?(?:是|为)?)[\s.:#,]{0,3})"
)
# 20240131 after "手机" is a day.
_NO_DATE = r"(?!(?:19|20)\d\d[01]\d[0-3]\d(?!\d))"

RULES = (
    # Only an address with a user name in it is personal; a link to a product is not.
    Rule(
        "[url]",
        _AT,
        _pattern(
            r"\b[a-z][a-z0-9+]{1,10}://[^\s/@:?#]{1,64}(?::[^\s/@]{0,64})?@[^\s，。；）)\]>\"']{1,500}",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "[email]",
        _AT,
        _pattern(
            r"(?<![\w.+%-])\w[\w.+%-]{0,63} ?@ ?(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![A-Za-z0-9])"
        ),
    ),
    Rule(
        "[iban]",
        _DIGITS,
        _pattern(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
        lambda match: is_iban(match.group().replace(" ", "")),
    ),
    Rule(
        "[id]",
        _DIGITS,
        _pattern(r"(?<![\dA-Za-z])\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?![\dA-Za-z])"),
        lambda match: is_chinese_id(re.sub(r"[ -]", "", match.group())),
    ),
    # Said to be an identity number: believed even when a digit is mistyped.
    Rule(
        "[id]",
        re.compile("身份证"),
        _pattern(r"(?P<keep>身份证(?:号码|号)?(?:是|为)?[\s:]{0,3})(?:\d{17}[\dXx]|\d{15})(?!\d)"),
    ),
    Rule(
        "[card]",
        _DIGITS,
        _pattern(
            r"(?<![\w.])(?<!\w-)(?:\d{4}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?|3\d{3}[ -]?\d{6}[ -]?\d{4,5})"
            r"(?!\d|[ -]\d)"
        ),
        lambda match: is_card(_digits(match)),
    ),
    # Mainland mobiles: eleven digits beginning with 13 to 19, often written 3-4-4.
    Rule(
        "[phone]",
        _DIGITS,
        _pattern(
            r"(?<![\w.+])(?<!\w-)(?:(?:\+|00)?86[ -]?|\(\+?86\) ?)?1[3-9]\d([ -]?)\d{4}\1\d{4}(?!\w|\.\d)"
        ),
        _personal,
    ),
    Rule("[phone]", _DIGITS, _pattern(r"(?<![\w.])\+86[ -]?1[3-9]\d([ -]?)\d{4}\1\d{4}(?!\d)"), _personal),
    # Mainland landlines: an area code beginning with 0, seven or eight digits, an extension.
    Rule(
        "[phone]",
        _DIGITS,
        _pattern(rf"{_FREE}(?:\(0\d{{2,3}}\) ?|0\d{{2,3}}[ -])[2-9]\d{{6,7}}(?:-\d{{1,5}})?{_END}"),
        _personal,
    ),
    # North America: neither the area code nor the exchange begins with 0 or 1.
    Rule(
        "[phone]",
        _DIGITS,
        _pattern(rf"{_FREE}(?:\+?1[-. ]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{{4}}{_END}"),
        _personal,
    ),
    # United Kingdom: 07 mobiles, and landlines written in groups.
    Rule(
        "[phone]",
        _DIGITS,
        _pattern(
            rf"{_FREE}(?:07\d{{3}} ?\d{{3}} ?\d{{3}}|\(?0[12]\d{{1,3}}\)? \d{{3,4}} \d{{3,4}}"
            rf"|0[12]\d{{3}} \d{{6}}){_END}"
        ),
        _personal,
    ),
    Rule(
        "[phone]",
        re.compile(r"\+[1-9]"),
        _pattern(
            rf"(?<![\w.,)+-])\+(?=[1-9])\d{{1,3}}(?:[-. ]?\(\d{{1,4}}\))?(?:[-. ]?\d{{1,5}}){{2,6}}{_END}"
        ),
        _dialled,
    ),
    # Any digits that the writer calls a phone number.
    Rule("[phone]", _DIGITS, _pattern(rf"{_CUE}{_NO_DATE}(?:\d[ -]?){{6,11}}\d{_END}", re.IGNORECASE)),
    Rule(
        "[account]",
        re.compile(r"微信|wechat|weixin|vx|qq|whatsapp", re.IGNORECASE),
        _pattern(
            r"(?P<keep>(?:微信|wechat|weixin|\bvx|qq|whatsapp)(?:号码|号|群)?(?:\s?id)?(?:\s?is|是|为)?[\s:]{0,3})"
            r"(?P<handle>[A-Za-z0-9_-]{5,24})(?![\w-])",
            re.IGNORECASE,
        ),
        _handle,
    ),
)
