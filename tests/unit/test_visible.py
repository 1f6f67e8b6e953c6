"""Texts of strangers: nothing in them acts, and nothing hides."""

import json

import pytest

from nightmarket.visible import cell, visible, visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("夜市 Café 👍🏽", "夜市 Café 👍🏽"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\x9b2J\x7f\x00", r"\x9b2J\x7f\x00"),
        ("invoice\u202egpj.exe", r"invoice\u202egpj.exe"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\U000e0041\ud83d\ue000", r"\U000e0041\ud83d\ue000"),
        ("two\nlines\r\tand\u2028a\x85tab", "two lines  and a tab"),
        ("全\u3000角\xa0x", "全\u3000角\xa0x"),
        ("\U0001f468\u200d\U0001f467", "\U0001f468\u200d\U0001f467"),
    ],
)
def test_what_would_not_show_is_spelled(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["夜市", "\x9b2J\x7f", "a\u202eb\u2066", "\U000e0041", "\ud83d", "\u3000", "\u200d\n"]
)
def test_json_says_the_same_and_shows_all_of_it(text: str) -> None:
    shown = visible_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(shown) == {text: [text]}
    assert shown.replace("\u3000", "").isprintable()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+49 171 1234567", "'+49 171 1234567"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1+1", "'＝1+1"),
        ("－x", "'－x"),
        ("-", "'-"),
        ("-5 %", "'-5 %"),
        ("-5", "-5"),
        ("-1.5", "-1.5"),
        ("+7", "+7"),
        ("-1,5", "-1,5"),
        ("-1.5e-3", "-1.5e-3"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ("", ""),
        ('two\nlines, "quoted"', 'two\nlines, "quoted"'),
        ("\x1b[31m=1\u202e", r"\x1b[31m=1\u202e"),
        ("\x00=1", r"\x00=1"),
        ("全\u3000角", "全\u3000角"),
    ],
)
def test_a_field_of_csv_is_no_formula(text: str, field: str) -> None:
    assert cell(text) == field
