"""One export of one day as a frame: the source contract's columns and a reject reason, one row per record.

Nothing is dropped and nothing is guessed. What stops a source is said in one error before any row is read,
except what only Spark's work can bring to light: see :func:`nightmarket.sources.failure.explained`.
"""

from datetime import date
from functools import reduce
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from nightmarket.contracts import Contracts, ddl
from nightmarket.errors import SourceError
from nightmarket.sources import jsonl, records
from nightmarket.sources.conversion import Spelling
from nightmarket.sources.failure import explained
from nightmarket.sources.fit import Source, lacking, misfits, prepared
from nightmarket.sources.grouping import groups
from nightmarket.sources.mapping import Shop
from nightmarket.sources.rows import LEFT_OUT, exploded, filled
from nightmarket.sources.shape import Shape
from nightmarket.sources.typed import clock, computed, typed
from nightmarket.spark import counted

_SETTINGS = {
    # What reading depends on; each may be changed at run time, so a session made elsewhere serves too.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    # pandas writes times in nanoseconds, which Spark refuses to read as times; we divide them ourselves.
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    # ${env:…} in an expression would put the machine's variables, keys among them, into a table.
    "spark.sql.variable.substitute": "false",
    # A file of today may hold a day of 1582, and is not of a Spark that counted days otherwise.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # An object that names a key twice is one bad habit, not a reason to stop the night.
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    # Not for the meaning: a folder of pictures is looked through in some tasks, not in one for each file.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "32",
}


def read(
    spark: SparkSession, shop: Shop, contracts: Contracts, source: str, day: date, landing: Path | str
) -> DataFrame:
    """The day's export of ``source``, every record once.

    Columns: those of the source contract (null where a value did not parse), then ``raw`` (the record as
    text, at most 32 kB), ``source_file`` (under the landing zone), ``reject_reason`` (null for a good record,
    else one of ``nightmarket.contracts.reasons.OF_SOURCES``) and ``reject_detail``.

    Raises:
        SourceError: the mapping does not fit its contract or the files, no file is there, or one is damaged;
            one line per problem.
    """
    settle(spark)
    of, problems = prepared(spark, shop, contracts, source)
    if problems:
        raise SourceError("\n".join(problems))
    frames = []
    for group in groups(spark, of.mapping, day, landing):
        absent, _ = lacking(of, group)
        if absent:
            problems += absent
            continue
        frame = parsed(of, group, day, landing)
        problems += misfits(of, frame)
        if not problems:
            frames.append(typed_records(of, _counted(chosen(of, frame))))
    if problems:
        raise SourceError("\n".join(dict.fromkeys(problems)))
    if not frames:
        more = "raw string, source_file string, reject_reason string, reject_detail string"
        return spark.createDataFrame([], f"{ddl(of.contract)}, {more}")
    # Spark pushes a filter on the reason down by copying what it is made of, and each copy of a copy would
    # parse the record again, hundreds of times. It does not push it past a count of the rows.
    records = F.count(F.lit(1)).alias("records")
    return reduce(DataFrame.unionByName, frames).observe(f"records of {source}", records)


def settle(spark: SparkSession) -> None:
    """Set what the meaning of a read depends on."""
    for key, value in _SETTINGS.items():
        if spark.conf.get(key) != value:
            spark.conf.set(key, value)


def _counted(frame: DataFrame) -> DataFrame:
    """The frame without what is left out, which a night counts as it goes by."""
    if LEFT_OUT not in frame.columns:
        return frame
    return counted(frame, "records_left_out", where=F.col(LEFT_OUT)).where(~F.col(LEFT_OUT))


def parsed(
    source: Source, group: records.Group, day: date, landing: Path | str, limit: int | None = None
) -> DataFrame:
    """The group's records with every column the expressions read, at most ``limit`` of them; a row for each,
    or for each element of the list that the mapping names.

    Raises:
        SourceError: that is no list.
    """
    record, _ = source.shape
    names = list(record.parts)
    root = landing if isinstance(landing, str) else landing.absolute()
    if source.mapping.format == "parquet":
        try:
            frame = records.parquet(source.spark, group, root, record, names, limit)
        except (PySparkException, Py4JJavaError) as error:
            raise explained(error) or error from error
    elif source.mapping.format == "binary":
        frame = records.binary(source.spark, group, root, limit)
    else:
        frame = records.lines(source.spark, group, root, source.mapping, limit)
        if group.header is not None:
            frame = records.csv(frame, group.header, source.mapping, names)
        else:
            frame = jsonl.objects(frame, source.mapping, record, names, source.rows)
    if source.mapping.fill_down:
        frame = filled(frame, source.mapping.fill_down)
    if source.rows:
        try:
            frame = exploded(frame, source.rows)
        except AnalysisException:
            name = ".".join(map(str, source.rows))
            raise SourceError(f"{source.place('rows')}{name} is no list in {group.files[0].name}.") from None
    good = F.col(records.BROKEN).isNull()
    return frame.select(
        "*",
        F.lit(day).alias("_day"),
        F.col(records.FILE).alias("_file"),
        F.when(good, F.col(records.RAW)).alias("_record"),
    )


def chosen(source: Source, frame: DataFrame) -> DataFrame:
    """What :func:`parsed` gave, and :data:`LEFT_OUT` where the mapping names a condition. A broken record is
    never left out: it is a reject."""
    if source.where is None:
        return frame
    with clock(source.spark, source.shop.timezone):
        counts = F.coalesce(computed(source.spark, source.where), F.lit(False))
        return frame.withColumn(LEFT_OUT, F.col(records.BROKEN).isNull() & ~counts)


def typed_records(source: Source, frame: DataFrame) -> DataFrame:
    """What :func:`parsed` gave in the contract's columns, with a reject reason where something is wrong."""
    nested = source.shape[0] if source.mapping.format == "jsonl" else Shape()
    shop, options = source.shop, source.mapping.options
    decimal = str(options.get("decimal", "."))
    # Where a comma is the decimal sign, a dot can only stand before thousands.
    spelling = Spelling(decimal, str(options.get("thousands", "." if decimal == "," else "")))
    return typed(
        frame,
        source.contract,
        source.expressions,
        nested,
        shop.timezone,
        shop.currency,
        spelling,
        source.mapping.nobody,
    )
