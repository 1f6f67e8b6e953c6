"""Identifiers: which values name nobody or nothing, which are damaged, and what is taken off their ends.

An identifier is a text column of a source contract whose name ends in ``_id``, or any text that is classified
as pseudonymous: it is compared sign by sign, so what a screen does not show must not tell two of them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as F

from nightmarket.contracts import Column as ContractColumn
from nightmarket.sources.mapping import Nobody

_WORDS = (
    "null", "undefined", "none", "nil", "nan", "n a", "not set", "unset", "not available", "not applicable",
    "not provided", "not logged in", "empty", "blank", "anonymous", "anonymous user", "anon", "unknown",
    "unknown user", "guest", "guest user", "guest customer", "visitor", "nobody", "no user", "object object",
    "gast", "anonym", "unbekannt", "anonyme", "invité", "inconnu", "invitado", "anónimo", "desconocido",
    "ospite", "anonimo", "匿名", "匿名用户", "匿名使用者", "游客", "遊客", "访客", "訪客", "未知", "未登录",
    "未登入", "空", "无", "無",
)  # fmt: skip
"""What programs and people write where nobody is known, in any case and between any signs: ``(not set)``,
``<null>``, ``N/A``."""
_NUMBERS = ("-1", "9774d56d682e549c", "9774D56D682E549C", "02:00:00:00:00:00")
"""Of those with a digit but 0: no number, the device of every emulator and many an early Android, and every
iPhone's network card since iOS 7."""

_SIGN = r"[^\p{L}\p{N}]"
_NOBODY = (
    # Nothing but signs and zeros ("-", "0", an advertising id that its owner switched off), all bits set, and
    # \N, as databases dump their null.
    rf"(?iu)\A(?:(?:{_SIGN}|0)*+\z|f{{8}}-?(?:f{{4}}-?){{3}}f{{12}}\z|\\N\z|{_SIGN}*+(?:"
    + "|".join(word.replace(" ", f"{_SIGN}*+") for word in _WORDS)
    + rf"){_SIGN}*+\z)"
)
_NOTHING = r"(?i)\A(?:[(\[<{\"']?(?:null|undefined|nan|none|not set)[)\]>}\"']?|#?n/a|<na>|\\N)\z"
"""Of an order or an item fewer things are said: its number may be 0, and its name Guest."""

_FILLERS = r"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\x{e0100}-\x{e01ef}"
"""Letters, marks and signs that show nothing."""
_SHOWS_NOTHING = rf"\s\p{{Z}}\p{{Cf}}{_FILLERS}"
_ENDS = rf"\A[{_SHOWS_NOTHING}]+|[{_SHOWS_NOTHING}]+\z"
_HIDDEN = rf"[[\p{{Cc}}\p{{Cf}}\p{{Z}}{_FILLERS}]&&[^ ]]"

_TEXT_MARK = r"""\A(?:=\"([^\"]*)\"|'(?=\d)([^']*))\z"""
"""How a number is kept a text in a spreadsheet: ``="00123"``, or an apostrophe that it does not show."""

_SHORTENED = r"\A[+-]?\d+(?:[.,]\d+[eE][+-]?|[eE]\+)\d{1,3}\z"
"""A number in scientific notation. 12E3 may be an article's own number; no spreadsheet writes it so."""
PLAIN = "_market_plain_ids"
"""Whether all identifiers of a record are beyond doubt, see :func:`plain`."""

_BETWEEN = "\u001f"
_BEYOND_DOUBT = (
    rf"(?![+-]?\d++(?:[.,]\d++)?+[eE][+-]?\d++(?:{_BETWEEN}|\z)|(?:{'|'.join(_NUMBERS)})(?:{_BETWEEN}|\z))"
    rf"(?!['=])[!-0:-~]*+[1-9][!-~]*+"
)


def identifies(column: ContractColumn) -> bool:
    return column.type == "string" and (column.name.endswith("_id") or _names_people(column))


def _names_people(column: ContractColumn) -> bool:
    return column.classification == "pseudonymous"


def plain(values: Sequence[Column], nobody: Nobody) -> Column:
    """Whether each is nothing but signs of ASCII that show, one of them a digit but 0, and neither a number
    in scientific notation nor a known word for nobody: then nothing below need be computed.

    Nearly all identifiers are, and one look at all of a record costs less than three at each.
    """
    if not values:
        return F.lit(True)
    # So many as there are columns: a value that holds the sign between them makes one too many.
    given = [part for value in values for part in (F.lit(_BETWEEN), F.coalesce(value, F.lit("1")))]
    words = [word.lower() for word in nobody.also]
    named = reduce(or_, (F.lower(value).isin(*words) for value in values)) if words else F.lit(False)
    beyond_doubt = F.concat(*given).rlike(rf"\A(?:{_BETWEEN}{_BEYOND_DOUBT}){{{len(values)}}}\z")
    return beyond_doubt & ~F.coalesce(named, F.lit(False))


def trimmed(value: Column) -> Column:
    """The identifier without what shows nothing at its ends, and out of a spreadsheet's mark for texts."""
    bare = F.nullif(F.regexp_replace(value, _ENDS, ""), F.lit(""))
    # Blanks and their like in ASCII are off already.
    value = F.when(F.octet_length(value) > F.length(value), bare).otherwise(value)
    return F.when(marked(value), F.nullif(F.regexp_replace(value, _TEXT_MARK, "$1$2"), F.lit(""))).otherwise(
        value
    )


def marked(value: Column) -> Column:
    """Whether it stands in a spreadsheet's mark for texts."""
    return F.ascii(value).isin(ord("'"), ord("=")) & value.rlike(_TEXT_MARK)


def placeholder(value: Column, column: ContractColumn, nobody: Nobody) -> Column:
    """Whether an identifier is a word for nobody, or of other things for nothing, and not the shop's own."""
    # Nearly every id has a digit, and no word has one; a look for it costs a tenth of the comparison.
    if _names_people(column):
        means_none = F.when(value.rlike("[1-9]"), value.isin(*_NUMBERS)).otherwise(value.rlike(_NOBODY))
    else:
        means_none = F.when(value.rlike("[0-9]"), F.lit(False)).otherwise(value.rlike(_NOTHING))
    if nobody.unless:
        means_none &= ~F.lower(value).isin(*[word.lower() for word in nobody.unless])
    if nobody.also and _names_people(column):
        means_none |= F.lower(value).isin(*[word.lower() for word in nobody.also])
    return means_none


def shortened(value: Column) -> Column:
    """Whether it looks like a number that a spreadsheet shortened."""
    return value.rlike(_SHORTENED)


@dataclass(frozen=True)
class Damage:
    """What makes an identifier useless: when, and in which words."""

    holds: Column
    words: Column


def damage(value: Column) -> Damage:
    """Damage that a value shows on its own: a number a spreadsheet shortened, or signs nobody sees inside; in
    a frame that has :data:`PLAIN`."""
    short, hidden = shortened(value), value.rlike(_HIDDEN)
    sign = F.format_string("U+%04X", F.ascii(F.regexp_extract(value, _HIDDEN, 0)))
    words = F.when(
        short, "looks like a number that a spreadsheet shortened; export the column as text"
    ).otherwise(F.concat(F.lit("holds "), sign, F.lit(", which no screen shows; export it without")))
    return Damage(~F.col(PLAIN) & (short | hidden), words)
