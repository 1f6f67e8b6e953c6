"""Records and rows counted for ``sources check``, and lists of which only the first elements are read."""

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StringType

from nightmarket.sources.expressions import Reach, at
from nightmarket.sources.fit import Source
from nightmarket.sources.rows import LEFT_OUT, POSITION


def tallied(source: Source, frame: DataFrame) -> tuple[Row | None, list[str]]:
    """How many ``records`` there are and how many rows are ``left_out``; and lists of which the expressions
    read the first elements while some are longer. None where a record is a row and no list is read."""
    first = F.col(POSITION) <= 1 if source.rows else F.lit(True)
    out = F.col(LEFT_OUT) if source.where else F.lit(False)
    last: dict[tuple[Reach, str], int] = {}
    for element in (each for e in source.every for each in e.elements):
        place = element.reach, element.path
        last[place] = max(element.number, last.get(place, 0))
    if not (source.rows or source.where or last):
        return None, []
    longer = [
        F.count_if(first & (_length(frame, *place) > step + 1)).alias(f"longer_{number}")
        for number, (place, step) in enumerate(last.items())
    ]
    counts = [F.count_if(first).alias("records"), F.count_if(out).alias("left_out")]
    found = frame.agg(*counts, *longer).collect()[0]
    notes = []
    for number, ((reach, path), step) in enumerate(last.items()):
        inside = [str(each) for each in reach if each != "_record"] + path.split(".")[1:]
        name, count = ".".join(inside).replace(".[", "["), found[f"longer_{number}"]
        if count:
            of_each = source.mapping.format in {"jsonl", "parquet"} and "[" not in name
            notes.append(
                f"{source.shop.path}: {source.mapping.source}: {name}[{step}] is the last element read of "
                f"{name}, and {100 * count / found.records:.0f}% of the records ({count}) have more"
                + (f"; rows: {name} makes a row of each." if of_each and not source.rows else ".")
            )
    return found, notes


def _length(frame: DataFrame, reach: Reach, path: str) -> Column:
    """How long a list is; null where there is none."""
    form = frame.select(at(reach)).schema[0].dataType
    if isinstance(form, ArrayType) and not path:
        return F.size(at(reach))
    if isinstance(form, StringType) and path:
        return F.json_array_length(F.get_json_object(at(reach), path))
    return F.lit(0)
