"""Records → rows: what a record takes over from the one it continues, the list each element of which is a
row, and which rows are left out."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.sources.expressions import Reach, at
from nightmarket.sources.mapping import FillDown
from nightmarket.sources.records import BROKEN, FILE, PLACE, ticked

POSITION = "_position"
"""The place of a row's element in its list, from 1; 0 of a record that has none."""

LEFT_OUT = "_market_left_out"
"""Whether the mapping's condition leaves a row out."""

_KEY, _ELEMENT, _NTH = "_market_key", "_market_element", "_market_nth"


def filled(frame: DataFrame, fill: FillDown) -> DataFrame:
    """Blank columns of a record take the last value above it, among records of one file and one key.

    Nothing is taken over from a record that is broken, nor past one: where a key is not repeated on every
    record, what follows a broken record may continue that one.
    """
    if fill.by:
        key = F.col(ticked(fill.by))
    else:
        above = Window.partitionBy(FILE).orderBy(PLACE).rowsBetween(Window.unboundedPreceding, 0)
        begins = F.col(ticked(fill.columns[0])).isNotNull() | F.col(BROKEN).isNotNull()
        key = F.nullif(F.count(F.when(begins, 1)).over(above), F.lit(0))
    frame = frame.withColumn(_KEY, key)
    among = Window.partitionBy(FILE, _KEY).orderBy(PLACE).rowsBetween(Window.unboundedPreceding, 0)

    def value(name: str) -> Column:
        own = F.col(ticked(name))
        last = F.last(F.when(F.col(BROKEN).isNull(), own), ignorenulls=True).over(among)
        return F.coalesce(own, F.when(F.col(_KEY).isNotNull(), last))

    # One projection, so that no column sees what another has become.
    wanted = {name.casefold() for name in fill.columns}
    names = [name for name in frame.columns if name not in {_KEY, PLACE}]
    return frame.select(*[value(n).alias(n) if n.casefold() in wanted else F.col(ticked(n)) for n in names])


def exploded(frame: DataFrame, path: Reach) -> DataFrame:
    """A row for each element of the list at ``path``, which stands there in the list's place; a record whose
    list is empty or absent is one row, with nothing there."""
    frame = frame.select("*", F.posexplode_outer(at(path)).alias(_NTH, _ELEMENT))
    top, *inner = (str(step) for step in path)
    element = F.col(_ELEMENT)
    if inner:
        element = F.col(ticked(top)).withField(".".join(map(ticked, inner)), element)
    names = [name for name in frame.columns if name not in {_NTH, _ELEMENT}]
    columns = [element.alias(n) if n == top else F.col(ticked(n)) for n in names]
    return frame.select(*columns, F.coalesce(F.col(_NTH) + 1, F.lit(0)).alias(POSITION))
