"""YAML that people write: plain data with its lines, and everything else refused at once."""

import time
from pathlib import Path

import pytest

from nightmarket import documents

BILLION_LAUGHS = "a0: &a0 [ha, ha]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (BILLION_LAUGHS, 1, "alias"),
        ("a: 1\nb: &b [*b]\n", 2, "alias"),
        ("a: 1\nb: &unused 2\n", 2, "alias"),
        ("a: 1\nb: *c\n", 2, "alias"),
        ("a: 1\nb: " + "[" * 20_000, 2, "nested more than 30 deep"),
        ("[" * 20_000 + "]" * 20_000, 1, "nested more than 30 deep"),
        ("{a: " * 20_000, 1, "nested more than 30 deep"),
        ("- " * 20_000 + "a", 1, "nested more than 30 deep"),
        ("? " * 20_000, 1, "nested more than 30 deep"),
        ("".join(" " * deep + "a:\n" for deep in range(2_000)), 30, "nested more than 30 deep"),
        ("a: 1\nb:\n  c: 2\n  c: 3\n", 4, "'c' is given twice"),
        ("a: 1\n1: b\n", 2, "'1' is a key and no text"),
        ("a: 1\nno: b\n", 2, "'no' is a key and no text"),
        ("a: 1\n~: b\n", 2, "'~' is a key and no text"),
        ("a: 1\n[b]: c\n", 2, "a list or mapping is a key and no text"),
        ("a: 1\n<<: {b: 2}\n", 2, "'<<' is a key and no text"),
        ('a: 1\n"b\\e[31m": 2\n', 2, r"the key 'b\x1b[31m' holds characters that nobody sees"),
        ('a: 1\n"b\\u202e": 2\n', 2, r"the key 'b\u202e' holds characters that nobody sees"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "the tag"),
        ("a: 1\nb: !!str 2\n", 2, "the tag"),
        ("a: 1\nb: ! 2\n", 2, "the tag '!'"),
        ("a: 1\nb: 2024-13-45\n", 2, "'2024-13-45' is no date or number"),
        (f"a: 1\nb: {'9' * 10_000}\n", 2, "is no date or number"),
        ("a: 1\nb: 0b_\n", 2, "'0b_' is no date or number"),
        ('a: 1\nb: "\\ud83d"\n', 2, "half a surrogate pair"),
        ('a: 1\nb: "\\UFFFFFFFF"\n', 2, "an escape names no character"),
        ("a: 1\nb: \x00\n", 2, "it holds the character U+0000"),
        ("a: 1\nb: \x1b[31m\n", 2, "it holds the character U+001B"),
        ("a: 1\n---\nb: 2\n", 2, "found another document"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "not readable as YAML"),
        ("a: 1\n\tb: 2\n", 2, "not readable as YAML"),
        ("a: 1\nb: =\n", 2, "not readable as YAML"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    began = time.monotonic()
    with pytest.raises(documents.UnreadableError) as raised:
        documents.parse(text)
    assert (raised.value.line, says in raised.value.reason) == (line, True), raised.value
    assert "\n" not in raised.value.reason
    assert len(raised.value.reason) < 200
    assert time.monotonic() - began < 5


def test_thirty_levels_are_read() -> None:
    value = documents.parse("[" * 30 + "]" * 30).value
    for _ in range(29):
        (value,) = value
    assert value == []


def test_plain_data_keeps_its_values_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_bytes(
        "\ufeff# 夜市\na: 夜市\nb: [1, 2.5, true, null, '007']\nc: {d: \"\\t\", e: ''}\n".encode()
    )
    read = documents.read(path)
    assert read.value == {"a": "夜市", "b": [1, 2.5, True, None, "007"], "c": {"d": "\t", "e": ""}}
    assert read.node is not None
    assert [key.start_mark.line + 1 for key, _ in read.node.value] == [2, 3, 4]


def test_an_empty_text_is_nothing() -> None:
    assert documents.parse("# nothing\n") == documents.Document(None, None)


def test_a_file_of_a_mebibyte_is_read_and_a_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("a: " + "x" * ((1 << 20) - 3))
    assert len(documents.read(path).value["a"]) == (1 << 20) - 3
    path.write_text("a: " + "x" * ((1 << 20) - 2))
    with pytest.raises(documents.UnreadableError, match="larger than 1 MiB"):
        documents.read(path)


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("a: 1\nb: Größe\n".encode("latin-1"))
    with pytest.raises(documents.UnreadableError, match="line 2: it is not UTF-8 text"):
        documents.read(path)
