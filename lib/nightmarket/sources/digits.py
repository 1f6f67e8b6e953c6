"""Numbers of JSON as the file spells them: ``20000001.0``, ``1.10`` and ``1e-7`` arrive digit for digit.

Spark's parser makes a text of a number that is not whole by way of a double: 20000001.0 becomes
``2.0000001E7``, 9007199254740993.0 another number, 1.10 ``1.1`` (``JacksonParser`` of Spark 3.5 copies the
value with Jackson's ``copyCurrentStructure``; whole numbers come through as they are). So a record of which
a text looks like such a number is parsed once more with its numbers in quotes, behind a mark that is taken
off what the parser gives. Records without one, nearly all, pay for a look at their fields and nothing else.
"""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

MARK = "\ufdd0"
"""Stands before a number put into quotes. Unicode keeps this code out of texts, for a program's own use
within (a noncharacter, Unicode 15, 23.7)."""

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SINGLE = r"'[^'\\]*+(?:\\.[^'\\]*+)*+'"
_COMMENT = r"/\*(?s:.*?)\*/|//[^\n\r]*+"
_WORD = r"[A-Za-z_$][\w$]*+"
_NAME = r"[\w$@#*+\-]++(?=\s*+:)"
"""A field's name without quotes, which may look like a number."""
_WHOLE = r"-?(?:0|[1-9]\d*+)(?![\w.+\-])"
_NUMBER = r"-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+(?![\w.+\-])(?!\s*+:)"


def reprinted(value: Column, text: bool) -> Column:
    """Whether what the parser gave may be a number, or hold one, that the file spells otherwise.

    ``text``: whether every digit counts. Of what only becomes a number, 72.0 is as good as 72.00, and only
    more digits than a double holds are lost.
    """
    if not text:
        return value.contains("E") | (F.length(value) >= 16)
    # Looked up by its first sign first: a browser's name or a word costs no more than that.
    first = F.ascii(value)
    number = first.between(ord("0"), ord("9")) | (first == ord("-"))
    inside = first.isin(ord("{"), ord("["))
    return value.contains(".") & (
        (number & value.rlike(r"\A-?\d+\.\d+(?:E-?\d+)?\z")) | (inside & value.rlike(r"\d\.\d"))
    )


def quoted(text: Column, options: Mapping[str, object] | None = None, mark: str = MARK) -> Column:
    """A JSON text with its numbers that are not whole in quotes, behind ``mark``.

    What is no JSON stays none: only a number that JSON allows where it stands is put into quotes. The
    expression walks over strings, words and whole numbers from where it found the number before, so that
    digits inside a string are never taken for one. It neither recurses nor goes back.
    """
    options = options or {}
    skipped, stops, rest = [_STRING], '"\\w\\-', ""
    if options.get("allowSingleQuotes"):
        skipped, stops = [*skipped, _SINGLE], f"{stops}'"
    if options.get("allowComments"):
        skipped, stops, rest = [*skipped, _COMMENT], f"{stops}/", "|/(?![/*])"
    if options.get("allowUnquotedFieldNames"):
        skipped = [*skipped, _NAME]
    walked = "|".join([*skipped, _WORD, _WHOLE, r"-(?!\d)", f"[^{stops}]++{rest}"])
    return F.regexp_replace(text, rf"\G((?:{walked})*+)({_NUMBER})", f'$1"{mark}$2"')


def unmarked(value: Column) -> Column:
    """A text the parser gave, with the numbers in it as the file spells them: one by itself, or those inside
    the text of an object or list."""
    inside = F.regexp_replace(value, f'"{MARK}([^"]*+)"', "$1")
    return (
        F.when(value.startswith(MARK), F.substring(value, 2, 1 << 30))
        .when(value.contains(MARK), inside)
        .otherwise(value)
    )
