"""Whose a number is: the shop's, its goods', or a person's, at the bounds."""

import re

import pytest

from nightmarket.text import redact
from nightmarket.text.phone_words import number_follows, phone_stands_before
from nightmarket.text.redaction_rule import Rule, matches, said
from nightmarket.text.shop_numbers import counted, listed, of_the_shop


@pytest.mark.parametrize(
    ("groups", "sizes"),
    [
        ("220 330 4700", True),  # round ones
        ("220 335", False),
        ("64 128 256", True),  # powers of two
        ("1 2", True),
        ("64 129", False),
        ("12 14 16", True),  # steps of one width, of three at least
        ("16 14 12", True),
        ("12 14", False),
        ("12 14 17", False),
        ("64", False),
        ("10", False),
        ("010 020", False),  # no size begins with nought
        ("10 020", False),
        ("", False),
    ],
)
def test_sizes_side_by_side(groups: str, sizes: bool) -> None:
    assert listed(groups.split()) is sizes


@pytest.mark.parametrize(
    ("before", "the_shop_s"),
    [
        ("order no. ", True),
        ("Order #", True),
        ("reorder ", False),
        ("order number is: ", True),
        ("货号：", True),
        ("订单编号为", True),
        ("page ", True),
        ("orders ", False),
        ("order today ", False),
        ("call me ", False),
    ],
)
def test_what_the_shop_numbers(before: str, the_shop_s: bool) -> None:
    text = f"{before}123"
    assert of_the_shop(text, len(before)) is the_shop_s
    # Only what stands right before counts, however long the text.
    assert of_the_shop(f"{'x ' * 50}{text}", 100 + len(before)) is the_shop_s
    assert of_the_shop(f"order {'x' * 40}123", 46) is False


@pytest.mark.parametrize(
    ("behind", "unit"),
    [("mAh", True), (" GB", True), ("-inch", True), ("元", True), ("个", True), ("", False), ("  GB", False),
     (" Gbl", False), (" and", False), ("毫安", True), ('"', True), ("现货", True)],
)  # fmt: skip
def test_what_is_counted_or_measured(behind: str, unit: bool) -> None:
    assert counted(f"12{behind}", 2) is unit


def test_words_before_a_number_are_looked_for_in_fifty_letters() -> None:
    assert number_follows("call me on 123", 11)
    assert not number_follows("recall me on 123", 13)
    assert phone_stands_before("my new phone: 123", 14)
    assert not phone_stands_before("my new phone case 123", 18)
    # The words themselves and what may stand between are within fifty letters of the number.
    words = "call me now back please on"
    assert number_follows(f"{words} 123", len(words) + 1)
    assert number_follows(f"call me{' now' * 10} 123", 48)
    assert not number_follows(f"call me{' now' * 11} 123", 52)


def test_a_rule_finds_what_its_pattern_and_its_judge_agree_on() -> None:
    pattern = re.compile(r"(?P<keep>id )\d+")
    assert list(matches(pattern)("id 12, id 7")) == [(3, 5), (10, 11)]
    assert list(matches(pattern, lambda match: match.end() > 6)("id 12, id 7")) == [(10, 11)]
    assert list(matches(re.compile(r"\d+"))("a12")) == [(1, 3)]
    assert Rule("[x]", said("a"), matches(pattern)).digits == 0


def test_a_hint_is_a_word_in_the_text_in_small_letters() -> None:
    hint = said("tel", "电话")
    assert hint("my tel is")
    assert hint("电话")
    assert hint("电话 tel")
    assert not hint("my phone")
    assert not hint("手机")
    assert not said("电话")("tel")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # Numerals in words: eleven of a mobile, or seven after words that mean one; three spelt at least.
        ("一三八零零一三八零零零", "[phone]"),
        ("打我 五五五一二三九", "打我 [phone]"),
        ("打我 五五五一二三", "打我 五五五一二三"),
        ("打我 五五五1239", "打我 [phone]"),
        ("一二三四五六七八九", "一二三四五六七八九"),
        ("打我 一二三四五六七", "打我 一二三四五六七"),
        ("打我 九八七六五四三", "打我 九八七六五四三"),
        ("幺三八洞洞幺三八洞洞洞", "[phone]"),
        ("壹叁捌零零壹叁捌零零零", "[phone]"),
        ("五五五一二三九 件", "五五五一二三九 件"),
        # Ten words are a number, seven after "call me", fewer none.
        ("five five five one two three nine eight seven six", "[phone]"),
        ("call me: five five five one two three nine", "call me: [phone]"),
        ("call me: five five five one two three", "call me: five five five one two three"),
        ("five five five one two three nine", "five five five one two three nine"),
        ("call me: double five triple one two nine three four", "call me: [phone]"),
        (
            "one two three four five six seven eight nine zero",
            "one two three four five six seven eight nine zero",
        ),
        ("oh seven nine double oh nine oh oh nine one two", "[phone]"),
        # Letters that look like digits: two to five of them in a mobile's eleven.
        ("13800l38OOO", "[phone]"),
        ("138OO138000", "[phone]"),
        ("1380Ol38OOO", "[phone]"),
        ("138O0138000", "138O0138000"),
        ("138OOlO8OO0", "138OOlO8OO0"),
    ],
)
def test_numbers_in_words_and_in_disguise(text: str, right: str) -> None:
    assert redact(text)[0] == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Come to 5 Oxford Street", "Come to [address]"),
        ("I live at 5 Rose Close", "I live at [address]"),
        ("Write to P.O. Box 5", "Write to [address]"),
        ("Hauptstraße 5", "[address]"),
        ("5 rue Victor Hugo", "[address]"),
        ("Calle Mayor, 5", "[address]"),
        ("寄到北京市朝阳区建国路5号", "寄到[address]"),
        ("香港弥敦道5号", "[address]"),
        ("朝阳区建国路5号", "[address]"),
        ("北京市海淀区5号楼", "[address]"),
    ],
)
def test_an_address_of_one_digit(text: str, right: str) -> None:
    assert redact(text) == (right, 1)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # What stands before or behind makes goods of a house and its street.
        ("Size 10 Wide Road", None),
        ("size 5 Oxford Street.", None),
        ("set of 5 Oxford Street.", None),
        ("Nike's 5 Oxford Street.", None),
        ("5 Oxford Street Lamp", None),
        ("2 Nike Court", None),
        ("2 Nike Court, London", "[address]"),
        ("I live at size 5 Rose Close", None),
    ],
)
def test_goods_that_look_like_an_address(text: str, right: str | None) -> None:
    assert redact(text)[0] == (right or text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # Seven digits at least, seventeen at most.
        ("call me on 555123", None),
        ("call me on 5551239", "call me on [phone]"),
        ("call me on 5551239555123", "call me on [phone]"),
        ("call me on 55512395551239", None),
        # Beside a word for a phone it must be in one piece, and no round number of less than ten digits.
        ("phone 5551239", "phone [phone]"),
        ("phone 555-1239", "phone [phone]"),
        ("phone 555 1239", None),
        ("phone 5551000", None),
        ("phone 555123000", None),
        ("phone 5551230000", "phone [phone]"),
        ("phone 005551239", None),
        ("5551239", None),
        ("13800138000", "[phone]"),
        ("12800138000", None),
        # A plus and a country's code, or two noughts and eleven digits.
        ("+49 171 1234567", "[phone]"),
        ("0049 171 1234567", "[phone]"),
        ("+999 171 1234567", None),
        ("+49 000 0000000", None),
        # A leading nought and a plan that knows the number.
        ("0171 1234567", "[phone]"),
        ("0171 1234", None),
        # Groups in a Chinese sentence are models or sizes, unless somebody calls them a number.
        ("212 555 1239", "[phone]"),
        ("not 212 555 1239 but", "not [phone] but"),
        ("看 212 555 1239", None),
        ("212 555 1239很好", None),
        ("212 555 1239 很好", None),
        ("212-555-1239很好", "[phone]很好"),
        ("打我 212 555 1239", "打我 [phone]"),
        ("138 0013 8000很好", "[phone]很好"),
        # Eleven digits of a mobile are one whatever is counted behind, but for money and current.
        ("13800138000个", "[phone]个"),
        ("13800138000元", None),
        ("13800138000块", None),
        ("13800138000%", None),
        ("13800138000毫安", None),
        ("13800138000 GB", None),
        # A day, and sizes side by side.
        ("call me on 2024-05-01", None),
        ("call me on 20240501", None),
        ("call me on 64 128 256", None),
        # Parts of something longer.
        ("x-13800138000", None),
        ("13800138000-x", None),
        ("13800138000_x", None),
        ("13800138000.5", None),
        ("1.13800138000", None),
        ("call me on 1,5551239", None),
        ("(212) 555-1239", "[phone]"),
        ("(see 212-555-1239)", "(see [phone])"),
        ("0001 1234567", None),
        ("00 49 17", None),
    ],
)
def test_what_is_a_number_to_dial(text: str, right: str | None) -> None:
    assert redact(text)[0] == (right or text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("anna@example.com", "[email]"),
        ("anna @ example.com", "[email]"),
        ("5 @ shop.example", None),
        ("anna @ example.com/page", None),
        ("anna@example.com/page", "[email]/page"),
        # In words: when the name has a sign or a digit, the provider is known, or somebody writes.
        ("anna88 at example dot com", "[email]"),
        ("anna dot b at example dot com", "[email]"),
        ("anna at gmail dot com", "[email]"),
        ("anna at gmail.com", "[email]"),
        ("anna at example dot com", None),
        ("mail anna at example dot com", "mail [email]"),
        ("look at amazon dot com", None),
        ("me at gmail dot com", None),
        # In the forty letters before.
        (f"mail {'x' * 34} anna at example dot com", f"mail {'x' * 34} [email]"),
        (f"mail {'x' * 36} anna at example dot com", None),
    ],
)
def test_what_is_an_address_of_a_mail(text: str, right: str | None) -> None:
    assert redact(text)[0] == (right or text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # From abroad: a plus, or two noughts and eleven digits; no round number, and a plan that has it.
        ("00491711234", "[phone]"),
        ("0049171123", None),
        ("+8613800138000", "[phone]"),
        ("+49(0)171 1234567", "[phone]"),
        ("+49 (0) 171 1234567", "[phone]"),
        ("+86 000000000", None),
        ("+49 171", None),
        ("+1 212 555 1239", "[phone]"),
        ("+1 212 555 12391239123", None),
        # With a leading nought: nine to twelve digits, five groups at most, the last of three or all of two.
        ("0171 12345678", "[phone]"),
        ("0171 123456789", None),
        ("0171 1234 567", "[phone]"),
        ("0171 12345 67", None),
        ("0171 12 34 56 78", "[phone]"),
        ("0171 12 34 56 7", None),
        ("0171 1 234567", "[phone]"),
        ("0171 1 2 3 4567", "[phone]"),
        ("0171 1 2 3 4 567", None),
        # In one piece a mobile's only, and no book's.
        ("01711234567", "[phone]"),
        ("03012345678", None),
        ("030 12345678", "[phone]"),
        ("0471958698", "[phone]"),
        ("0471958697", None),
        # Said to be one: in any groups, of seven to thirteen digits, and not from abroad.
        ("call me on 12 34 567", "call me on [phone]"),
        ("see 12 34 567", None),
        ("call me on 00 12 34 567", None),
        ("phone 555-12 39", None),
        ("phone 55-51-239", "phone [phone]"),
        # Digit by digit: seven when somebody says so, eleven else.
        ("call me on 5 5 5 1 2 3 9", "call me on [phone]"),
        ("call me on 5 5 5 1 2 3", None),
        ("5 5 5 1 2 3 9", None),
        ("1 3 8 0 0 1 3 8 0 0 0", "[phone]"),
        ("1 3 8 0 0 1 3 8 0 0", None),
        ("call me on 5 5 5 1 2 3 9 5 5 5 1 2 3", "call me on [phone]"),
        ("call me on 55 1 2 3 9 5 5 1", "call me on [phone]"),
        ("call me on 55 1 2 3 9 5 5 1 2", "call me on [phone] 2"),
        # What stands beside makes it a part of something longer.
        ("212-555-1239-5", None),
        ("5-212-555-1239", None),
        ("212-555-1239 5", "[phone] 5"),
        ("212 555 1239 5", None),
        ("3 212 555 1239", None),
        ("7,212-555-1239", None),
        ("1-212-555-1239", "[phone]"),
        ("1 212 555 1239", "[phone]"),
        ("2-212-555-1239", None),
        ("212-555-1239x", None),
        ("212-555-1239_", None),
        ("212-555-1239.5", None),
        ("212-555-1239. Yes", "[phone]. Yes"),
        ("212-555-1239-", "[phone]-"),
        ("112-555-1239", None),
        ("212-155-1239", None),
        # Several in one row.
        ("212-555-1239 / 212-555-1240", "[phone] / [phone]"),
        ("13800138000 13800138001", "[phone] [phone]"),
        ("13800138000/13800138001", "[phone]/[phone]"),
        # Countries' own ways.
        ("(010) 6255-1234", "[phone]"),
        ("010-62551234-12", "[phone]"),
        ("07700 900 123", "[phone]"),
        ("020 7946 0123", "[phone]"),
        ("01632 960123", "[phone]"),
        ("01 23 45 67 89", "[phone]"),
        ("01.23.45.67.89", "[phone]"),
    ],
)
def test_how_numbers_are_written(text: str, right: str | None) -> None:
    assert redact(text)[0] == (right or text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # A messenger's account has a digit at least, one of QQ five to twelve.
        ("微信号：abcdef1", "微信号：[account]"),
        ("加v abcdef1", "加v [account]"),
        ("line id: abcdef1", "line id: [account]"),
        ("QQ：12345", "QQ：[account]"),
        ("QQ：1234", None),
        ("QQ：123456789012", "QQ：[account]"),
        ("QQ：02345", None),
        ("https://anna@example.com/x", "[url]"),
        ("https://example.com/x", None),
    ],
)
def test_accounts_by_their_digits(text: str, right: str | None) -> None:
    assert redact(text)[0] == (right or text)
