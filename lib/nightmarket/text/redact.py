"""Personal data out of what shoppers write: found by form, and by check digit where the form has one.

Prices, sizes, dates, item numbers and ratings are digits too, so each rule asks for more than digits: a
country's numbering plan, a checksum, a word such as "call" or "身份证" before them. A bare number that no
rule knows stays.
"""

from nightmarket.text import personal_numbers, personal_words
from nightmarket.text.normalise import normalise

_RULES = (*personal_numbers.RULES, *personal_words.RULES)
_PASSES = 4


def redact(text: str) -> tuple[str, int]:
    """The normalised text with personal data replaced by placeholders, and how many were replaced.

    Placeholders: ``[url]`` (only addresses with a user name in them), ``[email]``, ``[iban]``, ``[id]``
    (Chinese identity numbers), ``[card]``, ``[phone]``, ``[account]`` (WeChat, QQ, WhatsApp), ``[address]``,
    ``[name]`` (after "my name is", "我叫", "收件人" and the like; these words stay).

    The text is normalised first, since a full-width digit or a zero-width space would hide a number.
    Redacting the result again changes nothing.
    """
    text = normalise(text)
    count = 0
    # The second of "13800138000-13900139000" is free only once the first is gone.
    for _ in range(_PASSES):
        before = count
        for rule in _RULES:
            text, replaced = rule.apply(text)
            count += replaced
        if count == before:
            break
    return text, count
