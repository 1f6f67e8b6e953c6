"""Walking a mapping file: what a key may hold, what is said of it otherwise, and on which line."""

from pathlib import Path

import pytest
import yaml

from nightmarket.sources.layout import Layout, nearest

TEXT = """\
# A shop.
shop: S
sources:
  events:
    files: f
    options: {sep: x}
"""


@pytest.fixture
def layout() -> Layout:
    return Layout(Path("shop.yaml"), yaml.compose(TEXT))


def said(layout: Layout) -> list[str]:
    return [message for _, message in layout.problems]


@pytest.mark.parametrize(
    ("name", "known", "says"),
    [
        ("event", ["items", "events"], "; did you mean 'events'?"),
        ("EVENTS", ["items", "events"], "; did you mean 'events'?"),
        ("events", ["Items", "EVENTS"], "; did you mean 'EVENTS'?"),
        # Six letters of ten are shared: the least that is near.
        ("abcxx", ["abcyy"], "; did you mean 'abcyy'?"),
        ("abxx", ["abyy"], "; there is abyy"),
        ("x", [], ""),
        ("x", [f"n{number}" for number in range(12)], f"; there is {', '.join(f'n{n}' for n in range(12))}"),
        (
            "x",
            [f"n{number}" for number in range(13)],
            f"; there is {', '.join(f'n{n}' for n in range(12))} and 1 more",
        ),
    ],
)
def test_what_a_name_may_have_been(name: str, known: list[str], says: str) -> None:
    assert nearest(name, iter(known)) == says


@pytest.mark.parametrize(
    ("at", "line"),
    [
        ([], 2),
        (["shop"], 2),
        (["sources", "events"], 4),
        (["sources", "events", "options", "sep"], 6),
        (["sources", "events", "header"], 4),
        (["sources", "items", "files"], 3),
        (["sources", "events", "files", "deeper"], 5),
    ],
)
def test_a_problem_stands_where_its_key_does(layout: Layout, at: list[str | int], line: int) -> None:
    assert layout.line(at) == line


def test_problems_come_once_and_in_the_order_of_their_lines(layout: Layout) -> None:
    layout.problem(["sources"], "second")
    layout.problem(["shop"], "first")
    layout.problem(["shop"], "first")
    assert layout.in_order() == ["shop.yaml:2: first", "shop.yaml:3: second"]
    assert Layout(Path("x"), None).line(["shop"]) == 1


@pytest.mark.parametrize("value", ["", " ", 3, True, ["a"]])
def test_a_text_is_a_text(layout: Layout, value: object) -> None:
    assert layout.text({"shop": value}, [], "shop") == str(value)
    assert said(layout) == [f"shop is '{value}' but must be a text."]


def test_a_text_holds_nothing_that_nobody_sees(layout: Layout) -> None:
    assert layout.text({"shop": "S"}, [], "shop") == "S"
    assert layout.text({}, [], "shop") == layout.text({"shop": None}, [], "shop") == ""
    assert said(layout) == []
    for hidden in ("\x07", "\u202e", "\u200b"):
        layout.text({"shop": f"S{hidden}"}, [], "shop")
        assert said(layout)[-1] == f"shop is {f'S{hidden}'!a} and holds characters that nobody sees."


def test_a_zone_is_one_of_the_world_s(layout: Layout) -> None:
    assert layout.zone({"timezone": "Asia/Shanghai"}, "timezone") == "Asia/Shanghai"
    assert layout.zone({}, "timezone") == ""
    assert said(layout) == []
    for wrong in ("Berlin", "../etc/passwd", "Europe", "/UTC"):
        layout.zone({"timezone": wrong}, "timezone")
        assert said(layout)[-1] == f"'{wrong}' is no IANA time zone; write one such as Europe/Berlin."


@pytest.mark.parametrize(
    ("value", "flag", "says"),
    [
        (True, True, []),
        (False, False, []),
        ("yes", False, ["optional is 'yes' but must be true or false."]),
        (1, False, ["optional is '1' but must be true or false."]),
        (None, False, ["optional is 'None' but must be true or false."]),
    ],
)
def test_a_flag_is_true_or_false(layout: Layout, value: object, flag: bool, says: list[str]) -> None:
    assert layout.flag({"optional": value}, [], "optional") is flag
    assert said(layout) == says
    assert layout.flag({}, [], "optional") is False


@pytest.mark.parametrize(
    ("value", "names", "says"),
    [
        (["a", "B"], ("a", "B"), []),
        (None, (), []),
        ([], (), ["header must be a list of column names."]),
        ("a", (), ["header must be a list of column names."]),
        (["a", " "], (), ["header must be a list of column names."]),
        (["a", 1], (), ["header must be a list of column names."]),
        (["a", "b", "A"], ("a", "b", "A"), ["header names a column twice."]),
    ],
)
def test_names_are_a_list_without_repeats(
    layout: Layout, value: object, names: tuple[str, ...], says: list[str]
) -> None:
    assert layout.names({"header": value}, [], "header") == names
    assert said(layout) == says


@pytest.mark.parametrize(
    ("value", "texts", "right"),
    [
        (["a", 4711, " b "], ("a", "4711", "b"), True),
        ([], (), True),
        (["a", False], ("a",), False),
        (["a", 1.5], ("a",), False),
        (["a", " "], ("a", ""), False),
        ("a", (), False),
    ],
)
def test_texts_may_be_whole_numbers(
    layout: Layout, value: object, texts: tuple[str, ...], right: bool
) -> None:
    assert layout.texts({"also": value}, [], "also") == texts
    assert said(layout) == ([] if right else ["also must be a list of texts, each in quotes."])
    assert layout.texts({}, [], "also") == ()


def test_keys_are_those_that_are_known(layout: Layout) -> None:
    table = {"shop": "S", "currencies": 1}
    assert layout.keys(table, [], required=("shop", "zone"), optional=("currency",)) == table
    assert said(layout) == [
        "unknown key 'currencies'; did you mean 'currency'?.",
        "a mapping file lacks the key 'zone'.",
    ]
    assert layout.keys(["shop"], ["sources", "x"], required=(), optional=("also", "except")) == {}
    assert said(layout)[-1] == "sources.x must have the keys also, except."
    assert layout.keys(3, ["y"], required=("columns",), optional=("by",)) == {}
    assert said(layout)[-1] == "y must have the keys columns."
    assert layout.table(None, ["y"]) == {}
    assert layout.table("z", ["y"]) == {}
    assert said(layout)[-1] == "y must be a mapping of names to values."
    assert len(said(layout)) == 5


@pytest.mark.parametrize(
    ("form", "options", "says"),
    [
        ("csv", {"sep": ";", "quote": "'", "escape": "\\", "encoding": "GBK", "multiLine": True}, None),
        ("csv", {"nullValue": "NULL", "decimal": ",", "thousands": "."}, None),
        ("csv", {"sep": "||", "quote": "", "escape": ""}, None),
        ("jsonl", {"allowSingleQuotes": True, "allowUnquotedFieldNames": True, "allowComments": False}, None),
        ("csv", {"sep": ""}, "option sep is empty; it is the sign between two fields."),
        ("csv", {"quote": '""'}, "option quote is one character or empty."),
        ("csv", {"escape": "ab"}, "option escape is one character or empty."),
        ("csv", {"decimal": ""}, "option decimal is '.' or ','."),
        ("csv", {"thousands": "_"}, "option thousands is one of '.', ',', \"'\" and ' '."),
        ("csv", {"multiLine": "yes"}, "option multiLine is 'yes' but must be true or false."),
        ("csv", {"sep": True}, "option sep is True but must be a text in quotes."),
        ("csv", {"separator": ";"}, "csv has no option 'separator'; there is sep, quote, escape, encoding, "
                                    "multiLine, nullValue, decimal, thousands."),
        ("jsonl", {"allowComment": True}, "jsonl has no option 'allowComment'; did you mean "
                                          "'allowComments'?."),
        ("parquet", {"encoding": "UTF-8"}, "parquet has no option 'encoding'."),
        ("binary", {"encoding": "UTF-8"}, "binary has no option 'encoding'."),
        ("csv", {"thousands": "."}, "options decimal and thousands are the same sign; "
                                    "decimal is '.' by default."),
    ],
)  # fmt: skip
def test_options_by_the_kind_of_file(layout: Layout, form: str, options: dict, says: str | None) -> None:
    assert layout.options({"options": options}, [], form) == options
    assert said(layout) == ([says] if says else [])
