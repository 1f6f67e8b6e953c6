"""Lines of JSON → fields: what a mapping reads of each object, and where an object is not what it reads."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from nightmarket.sources import digits
from nightmarket.sources.expressions import Reach
from nightmarket.sources.mapping import SourceMapping
from nightmarket.sources.records import ASCII, BROKEN, ESCAPED, FILE, NUL, PARSED, RAW, ticked
from nightmarket.sources.shape import WHITE, Shape

_ODD = "_market_odd_"
"""Begins the names of columns that say of a field whether it is built otherwise than the mapping reads it."""

_SEAL = "9d1f"

_SURROGATE = r"\\u[dD][89a-fA-F]"
# A pair of halves and any other escape stay, the two characters of an escaped backslash among them.
_HALF = r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"

_MARKED = "_market_marked"
"""Whether the record was parsed with its numbers marked."""


def objects(
    frame: DataFrame, mapping: SourceMapping, record: Shape, names: Sequence[str], rows: Reach = ()
) -> DataFrame:
    """Lines → the named fields of each object, texts but where the shape looks inside.

    ``rows`` is where the list lies whose elements become rows.

    Spark's parser stops at the end of the first value and would let a second one on the line go unseen. So
    the line is parsed inside an object of ours whose last field must come out as it went in.
    """
    inner = StructType(
        [StructField(n, p.type()) for n, p in record.parts.items()] or [StructField("_", StringType())]
    )
    schema = StructType([StructField(name, StringType()) for name in ("seal", "corrupt")]).add(
        "record", inner
    )
    options = {
        key: str(mapping.options.get(key, False)).lower()
        for key in ("allowSingleQuotes", "allowUnquotedFieldNames", "allowComments")
    }
    options |= {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "corrupt"}
    raw = F.col(RAW)
    sealed = F.concat(F.lit('{"record":'), _paired(raw), F.lit(f',"seal":"{_SEAL}"}}'))
    frame = frame.withColumn(
        PARSED,
        F.when(F.col(BROKEN).isNull(), F.from_json(sealed, schema, options)),
    )
    suspects = record.reprinted(F.col(f"{PARSED}.record")) if record.parts else [F.lit(False)]
    frame = frame.withColumn(_MARKED, reduce(or_, suspects))
    # A list of one, because what a lambda is given is computed once, however often it is read. Few records
    # are parsed again, and the others do not carry what is done to those.
    again = F.array(F.from_json(digits.quoted(sealed, mapping.options), schema, options))
    marked = F.get(F.transform(again, lambda parsed: _unmarked(parsed, record)), F.lit(0))
    frame = frame.withColumn(PARSED, F.when(F.col(_MARKED), marked).otherwise(F.col(PARSED)))
    # Within ASCII, JSON can only spell white space other than blanks.
    rare = ~F.col(ASCII) | F.col(ESCAPED)
    read = F.col(f"{PARSED}.seal").eqNullSafe(_SEAL) & F.col(f"{PARSED}.record").isNotNull()
    # Of a record with a fault in it the parser keeps the rest and goes on, even behind a number cut short.
    # It is whole when nothing is wrong with it but that it is not built as the mapping reads it.
    whole = F.get_json_object(sealed, "$.seal").eqNullSafe(_SEAL)
    faulty = F.col(f"{PARSED}.corrupt").isNotNull()
    ends = F.btrim(raw, F.lit(WHITE)).endswith("}")
    broken = (
        F.when(F.col(BROKEN).isNotNull(), F.col(BROKEN))
        .when(~(raw.startswith("{") | raw.rlike(rf"^[{WHITE}]*\{{")), F.lit("it is not a JSON object"))
        .when(
            ~read | (faulty & ~whole),
            F.when(raw.contains("\0"), F.lit(NUL))
            .when(ends, F.lit("it is not valid JSON"))
            .otherwise(F.lit("the JSON object does not end with its line")),
        )
    )
    field = {name: F.col(f"{PARSED}.record.{ticked(name)}") for name in names}
    columns = [record.parts[n].tidied(field[n], rare).alias(n) for n in names]
    unlike = {n: field[n].isNull() & _something((n,)) for n in names if record.parts[n].container}
    if len(rows) > 1:
        # A list deeper down that is none would make no rows, and nobody would know.
        top = str(rows[0])
        listed = reduce(lambda column, step: column.getField(str(step)), rows[1:], field[top])
        unlike[top] |= listed.isNull() & _something(rows)
    odd = [(faulty & unlike[name]).alias(_ODD + name) for name in unlike]
    return frame.select(RAW, FILE, broken.alias(BROKEN), *columns, *odd)


def _unmarked(parsed: Column, record: Shape) -> Column:
    inside = record.unmarked(parsed.getField("record")) if record.parts else parsed.getField("record")
    return F.struct(
        parsed.getField("seal").alias("seal"),
        parsed.getField("corrupt").alias("corrupt"),
        inside.alias("record"),
    )


def _paired(raw: Column) -> Column:
    """The record without halves of surrogate pairs, which some column limit cut off: spelt by an escape, the
    parser lets them pass, and Spark writes a question mark for each."""
    there = F.col(ESCAPED) & raw.rlike(_SURROGATE)
    return F.when(there, F.regexp_replace(raw, _HALF, "$1")).otherwise(raw)


def _something(path: Reach) -> Column:
    """Whether the text says more of a field than that there is nothing."""
    quoted = [str(name).replace("\\", "\\\\").replace("'", "\\'") for name in path]
    place = "$" + "".join(f"['{name}']" for name in quoted)
    text = F.btrim(F.get_json_object(F.col(RAW), place), F.lit(WHITE))
    # PHP writes an empty object as []; both and "" say that there is nothing.
    return F.coalesce(~text.isin("", "[]", "{}"), F.lit(False))


def misshapen(name: str) -> Column:
    """True where a JSON field the mapping looks inside holds something else than an object or a list."""
    return F.col(ticked(_ODD + name))
