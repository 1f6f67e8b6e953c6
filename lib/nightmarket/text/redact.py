"""Personal data out of what shoppers write: found by form, and by check digit where the form has one.

Prices, sizes, dates, item numbers and ratings are digits too, so each rule asks for more than digits: a
country's numbering plan, a checksum, a word such as "call" or "身份证" before them. A bare number that no
rule knows stays. Words that lead to a number elsewhere, such as "phone" or "微信", are goods in a shop, so
what follows them must look like a number or an account of its own.
"""

import re

from nightmarket.text import (
    chinese_addresses,
    personal_accounts,
    personal_addresses,
    personal_ids,
    personal_names,
    personal_phones,
    spelt_phones,
)
from nightmarket.text.clean import clean
from nightmarket.text.folded import folded, starts
from nightmarket.text.redaction_rule import Rule, Span

# Order matters: an address of a mail may hold digits, a card's number digits of a phone.
_RULES = (
    *personal_accounts.ADDRESSES,
    *personal_ids.RULES,
    *personal_phones.RULES,
    *spelt_phones.RULES,
    *personal_accounts.ACCOUNTS,
    *personal_addresses.RULES,
    *chinese_addresses.RULES,
    *personal_names.RULES,
)
_PASSES = 8
_DIGIT = re.compile("[0-9]")


def redact(text: str) -> tuple[str, int]:
    """The cleaned text with personal data replaced by placeholders, and how many were replaced.

    Placeholders: ``[url]`` (only addresses with a user name in them), ``[email]``, ``[iban]``, ``[id]``
    (identity, passport and social security numbers), ``[card]``, ``[phone]``, ``[account]`` (WeChat, QQ, LINE
    and the like), ``[address]``, ``[name]`` (after "my name is", "我叫", "收件人" and the like, which stay).

    Full-width and circled digits, zero-width spaces, "(at)" and spelt-out numbers hide nothing: rules look at
    a copy in which these are plain (:mod:`nightmarket.text.folded`). Redacting the result again changes
    nothing.
    """
    count = 0
    # What one rule takes out may set free what another looks for, and change what the rest is cleaned to.
    for _ in range(_PASSES):
        text = clean(text)
        before = count
        copy = folded(text)
        small = copy.lower()
        digits = len(_DIGIT.findall(copy))
        for rule in _RULES:
            if digits < rule.digits or not rule.hint(small):
                continue
            spans = list(rule.find(copy))
            if spans:
                text = _replaced(text, spans, rule)
                copy = folded(text)
                small = copy.lower()
                count += len(spans)
        if count == before:
            break
    return text, count


def _replaced(text: str, spans: list[Span], rule: Rule) -> str:
    place = range(len(text) + 1) if text.isascii() else starts(text)
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [text[end : place[start]], rule.placeholder]
        end = place[stop]
    return "".join([*pieces, text[end:]])
