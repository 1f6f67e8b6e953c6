"""The first step of publishing: a frame gets exactly the columns and types its contract names.

Only what loses nothing is done by itself: columns are put in the contract's order, a narrower
number is widened, an untyped null takes the column's type, and NaN in a column that may be null becomes
null, for NaN is how numpy says "missing". Everything else is a problem of the job, and all problems are
reported at once.
"""

from datetime import date
from difflib import get_close_matches

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from nightmarket.contracts import Column, Contract, ddl
from nightmarket.errors import ContractError

REJECT_COLUMNS = ("reject_reason", "reject_detail", "raw", "source_file")
"""The columns that rows with reject reasons have beside their table's own."""

_WHOLE = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
_DIGITS = {T.ByteType: 3, T.ShortType: 5, T.IntegerType: 10, T.LongType: 19}


def conform(frame: DataFrame, contract: Contract) -> DataFrame:
    """The frame with the contract's columns, in its order and of its types; rows are not looked at.

    Whether values are null where they must not be is the audit's question: what Spark says about
    nullability is not trusted here.

    Raises:
        ContractError: columns are missing, unknown, doubled, or of a type that cannot be kept without loss.
    """
    wanted = frame.sparkSession.createDataFrame([], ddl(contract)).schema
    names = frame.columns
    problems = [f"column '{name}' is there more than once" for name in _doubled(names)]
    for name in dict.fromkeys(names):
        if name not in wanted.names:
            near = get_close_matches(name, [n for n in wanted.names if n not in names], n=1)
            hint = (
                f"; did you mean '{near[0]}'?" if near else "; drop it in the job or add it to the contract"
            )
            problems.append(f"column '{name}' is not in the contract{hint}")
    expressions = []
    for column in contract.columns:
        if column.name not in names:
            problems.append(f"column '{column.name}' ({column.type}) is missing")
            continue
        if names.count(column.name) > 1:
            continue
        found, target = frame.schema[column.name].dataType, wanted[column.name].dataType
        if not keeps(found, target):
            problems.append(
                f"column '{column.name}' is {found.simpleString()} and the contract says {column.type}; "
                "cast it in the job, where it can be decided what happens to values that do not fit"
            )
            continue
        expressions.append(_fitted(column, found, target))
    if problems:
        raise ContractError(
            f"{contract.table}: the job's frame does not fit the contract {contract.path.name}:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )
    return frame.select(expressions)


def split(rows: DataFrame, contract: Contract, rejects: Contract) -> tuple[DataFrame, DataFrame]:
    """Rows with reject reasons as two frames: those to keep, and the :data:`REJECT_COLUMNS` of the others.

    Raises:
        ContractError: one of the four is missing.
    """
    missing = [name for name in REJECT_COLUMNS if name not in rows.columns]
    if missing:
        raise ContractError(
            f"{contract.table}: its job declares rejects={rejects.table}, so its frame needs the columns "
            f"{', '.join(REJECT_COLUMNS)} too; missing: {', '.join(missing)}."
        )
    kept = rows.where(F.col("reject_reason").isNull()).drop(*REJECT_COLUMNS)
    return kept, rows.where(F.col("reject_reason").isNotNull()).select(*REJECT_COLUMNS)


def of_rejects(rejected: DataFrame, day: date) -> DataFrame:
    """Rejected rows with the columns of a rejects table."""
    return rejected.select(
        F.col("reject_reason").alias("reason"),
        F.col("reject_detail").alias("detail"),
        "raw",
        "source_file",
        F.lit(day).alias("day"),
    )


def keeps(found: T.DataType, target: T.DataType) -> bool:
    """Whether every value of one type has exactly one value of the other that equals it."""
    if isinstance(found, T.NullType) or found.simpleString() == target.simpleString():
        return True
    if isinstance(found, T.CharType | T.VarcharType):
        return isinstance(target, T.StringType)
    if isinstance(found, _WHOLE) and isinstance(target, _WHOLE):
        return _WHOLE.index(type(found)) < _WHOLE.index(type(target))
    if isinstance(target, T.DecimalType):
        room = target.precision - target.scale
        if isinstance(found, T.DecimalType):
            return found.scale <= target.scale and found.precision - found.scale <= room
        return isinstance(found, _WHOLE) and _DIGITS[type(found)] <= room
    if isinstance(found, T.FloatType):
        return isinstance(target, T.DoubleType)
    if isinstance(found, T.ArrayType) and isinstance(target, T.ArrayType):
        return keeps(found.elementType, target.elementType)
    if isinstance(found, T.MapType) and isinstance(target, T.MapType):
        return keeps(found.keyType, target.keyType) and keeps(found.valueType, target.valueType)
    return False


def _fitted(column: Column, found: T.DataType, target: T.DataType) -> Expression:
    value = F.col(f"`{column.name}`")
    if found.simpleString() != target.simpleString():
        value = value.cast(target)
    if isinstance(target, T.DoubleType | T.FloatType) and not column.required:
        value = F.when(~F.isnan(value), value)
    return value.alias(column.name)


def _doubled(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
