"""Identifiers: which values name nobody or nothing, which are damaged, and what is taken off their ends.

An identifier is a text column of a source contract whose name ends in ``_id``, or any text that is classified
as pseudonymous: it is compared sign by sign, so what a screen does not show must not tell two of them apart.
"""

from dataclasses import dataclass

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

_SHORTENED = r"\A[+-]?\d+(?:[.,]\d+[eE][+-]?|[eE]\+)\d{1,3}\z"
"""A number in scientific notation. 12E3 may be an article's own number; no spreadsheet writes it so."""
_ODD = rf"[^ -~]|{_SHORTENED}"
"""Asked of every identifier once; whoever is not odd needs no other question."""


def identifies(column: ContractColumn) -> bool:
    return column.type == "string" and (column.name.endswith("_id") or _names_people(column))


def _names_people(column: ContractColumn) -> bool:
    return column.classification == "pseudonymous"


def trimmed(value: Column) -> Column:
    """The identifier without what shows nothing at its ends."""
    bare = F.nullif(F.regexp_replace(value, _ENDS, ""), F.lit(""))
    # Blanks and their like in ASCII are off already.
    return F.when(F.octet_length(value) > F.length(value), bare).otherwise(value)


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
    """Damage that a value shows on its own: a number a spreadsheet shortened, or signs nobody sees inside."""
    short, hidden = shortened(value), value.rlike(_HIDDEN)
    sign = F.format_string("U+%04X", F.ascii(F.regexp_extract(value, _HIDDEN, 0)))
    words = F.when(
        short, "looks like a number that a spreadsheet shortened; export the column as text"
    ).otherwise(F.concat(F.lit("holds "), sign, F.lit(", which no screen shows; export it without")))
    return Damage(value.rlike(_ODD) & (short | hidden), words)
