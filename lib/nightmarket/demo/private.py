"""Personal data planted in the demo shop's reviews, invented from ranges that belong to nobody.

Mail addresses are at example.com and its kin (RFC 2606); telephone numbers from the blocks kept for fiction
(North American 555-01xx; British 020 7946 0xxx and 07700 900xxx, Ofcom); Chinese mobile numbers
begin with 154, which no operator has, followed by 0000; Chinese identity numbers have a correct check digit,
but a province that does not exist (99) and a birth year of 1899.
"""

from dataclasses import dataclass

_FIRST = ("Maya", "Oscar", "Priya", "Tomas", "Edith", "Leon", "Nadia", "Hugh", "Ines", "Arlo")
_LAST = ("Ellwood", "Farrowdale", "Quist", "Hathersby", "Merrowin", "Tollane", "Ashcombe", "Veldry")
_SURNAME = ("陈", "林", "周", "吴", "徐", "孙", "胡", "高", "郭", "何")
_GIVEN = ("晓禾", "雨桐", "子墨", "若溪", "思远", "明轩", "语嫣", "一诺", "清扬", "乐言")
_MAIL = ("example.com", "example.org", "example.net")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Of the check digit of GB 11643."""

KINDS = ("email", "phone", "name", "cn_id")


@dataclass(frozen=True)
class Planted:
    """A sentence with personal data in it: which kind, and the characters [start, end) that are it."""

    sentence: str
    kind: str
    start: int
    end: int


def sentence(language: int, number: int) -> Planted:
    """The ``number``-th such sentence in English (0) or Chinese (1)."""
    number, place = divmod(number, 4)
    if language == 0:
        kind = ("email", "phone", "name", "phone")[place]
        phrases = {
            "email": ("You can reach me at {} if anyone asks.", "Write to {} for photos."),
            "phone": ("Call me on {} about the refund.", "My number is {}, the courier never rang."),
            "name": ("My name is {} and I stand by this.", "Signed, {}."),
        }[kind]
    else:
        kind = ("email", "phone", "name", "cn_id")[place]
        phrases = {
            "email": ("有问题发邮件到{}。", "想看图的联系{}。"),
            "phone": ("退款请打{}。", "我的电话是{}，快递一直没打。"),
            "name": ("我叫{}，句句属实。", "收件人{}，请客服核实。"),
            "cn_id": ("身份证号{}，报关用的请核对。", "实名信息{}，麻烦客服处理。"),
        }[kind]
    number, pick = divmod(number, len(phrases))
    before, after = phrases[pick].split("{}")
    value = _value(language, kind, number)
    return Planted(before + value + after, kind, len(before), len(before) + len(value))


def _value(language: int, kind: str, number: int) -> str:
    tail = number % 1000
    if kind == "email":
        user = f"{_FIRST[number % 10]}.{_LAST[number // 10 % 8]}".lower()
        return f"{user}{tail}@{_MAIL[number // 80 % 3]}"
    if kind == "phone" and language == 1:
        return f"1540000{number % 10_000:04d}"
    if kind == "phone":
        return (f"020 7946 0{tail:03d}", f"07700 900{tail:03d}", f"(212) 555-01{tail % 100:02d}")[
            number // 7 % 3
        ]
    if kind == "name" and language == 1:
        return _SURNAME[number % 10] + _GIVEN[number // 10 % 10]
    if kind == "name":
        return f"{_FIRST[number % 10]} {_LAST[number // 10 % 8]}"
    return identity_number(number)


def identity_number(number: int) -> str:
    """An 18-digit Chinese identity number that cannot be anyone's, with its check digit."""
    body = (
        f"99{number % 9000 + 1000:04d}1899{number % 12 + 1:02d}{number // 12 % 28 + 1:02d}{number % 1000:03d}"
    )
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """The last character of an identity number from its first 17 digits."""
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]
