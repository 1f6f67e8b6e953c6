"""Values as ``nightmarket show`` prints them."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nightmarket.cli import values


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (True, "yes"),
        (0.123456789, "0.1235"),
        (1234, "1234"),
        (Decimal("19.9000"), "19.90"),
        (Decimal("20.0000"), "20"),
        (Decimal("0.1250"), "0.125"),
        (date(2026, 11, 1), "2026-11-01"),
        (datetime(2026, 11, 1, 8, 5, 0, tzinfo=UTC), "2026-11-01 08:05:00"),
        ([0.123, -0.034, *[0.5] * 382], "[0.12, -0.03, … ×384]"),
        ([0.5, 0.25], "[0.5, 0.25]"),
        (["Home", "厨房"], "[Home, 厨房]"),
        (b"x" * 1234, "1,234 bytes"),
        (bytearray(b"x"), "1 bytes"),
        ({"size": "L", "colour": "red"}, "{colour: red, size: L}"),
        ({}, "{}"),
        ("x" * 61, "x" * 59 + "…"),
        ("x" * 60, "x" * 60),
        ("two\nlines\tand a tab", "two lines and a tab"),
    ],
)
def test_a_value_is_short_and_on_one_line(value, shown):
    assert values.readable(value) == shown


@pytest.mark.parametrize("control", ["\x1b[31m", "\x07", "\x9b2J", "\u202e", "\u2066", "\x00", "\r"])
def test_a_value_cannot_drive_the_terminal(control):
    for value in (f"a{control}b", [f"a{control}b"], {f"k{control}": f"v{control}"}):
        assert values.readable(value).isprintable()


def test_json_keeps_everything():
    row = [
        Decimal("19.9000"),
        datetime(2026, 11, 1, 8, 5, 0, 123, tzinfo=UTC),
        {"b": [1.5, None]},
        "x" * 100,
        float("nan"),
    ]
    assert json.loads(json.dumps([values.exact(v) for v in row])) == [
        "19.9000", "2026-11-01T08:05:00.000123Z", {"b": [1.5, None]}, "x" * 100, "nan",
    ]  # fmt: skip


def test_a_csv_field_is_empty_for_null_and_json_for_what_has_parts():
    assert values.cell(None) is None
    assert values.cell(["a", "夜"]) == '["a", "夜"]'
    assert values.cell({"k": Decimal("1.5")}) == '{"k": "1.5"}'


def test_moments_are_in_utc_and_exact():
    assert values.moment(1_793_520_000_000_001) == datetime(2026, 11, 1, 8, 0, 0, 1, tzinfo=UTC)
    assert values.moment(None) is None


def test_a_csv_field_is_no_formula_and_a_number_stays_one():
    row = [
        "=1+1",
        "-5",
        -5,
        -1.5,
        Decimal("-1.50"),
        date(2026, 11, 1),
        None,
        {"=a": "=1"},
        ["-x"],
        "\x1b[2J",
        b"=1",
    ]
    shown = [
        "'=1+1",
        "-5",
        -5,
        -1.5,
        "-1.50",
        "2026-11-01",
        None,
        '{"=a": "=1"}',
        '["-x"]',
        "\\x1b[2J",
        "PTE=",
    ]
    assert [values.cell(value) for value in row] == shown


def test_a_line_of_json_shows_what_is_in_it():
    assert values.line({"a": "\u202e\x9b夜"}) == '{"a": "\\u202e\\u009b夜"}'
