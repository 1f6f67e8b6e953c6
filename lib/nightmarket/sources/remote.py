"""Exports on any of Hadoop's file systems (``s3a://``, ``hdfs://``, …), reached as Spark reaches them.

What is said of files before Spark reads them (which there are, whether archives are whole, their headers and
schemas) is said of copies on the driver, which go when that is done. The records are read by Spark from where
the files lie.
"""

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from nightmarket.errors import SourceError
from nightmarket.sources.expressions import one_line
from nightmarket.sources.files import ExportFile, find
from nightmarket.sources.mapping import SourceMapping


@contextmanager
def located(
    spark: SparkSession, mapping: SourceMapping, day: date, landing: Path | str
) -> Iterator[tuple[ExportFile, ...]]:
    """The day's files, on this machine for as long as the context lasts; ``landing`` is a folder, or an
    address as Hadoop spells it.

    Raises:
        SourceError: as :func:`nightmarket.sources.files.find`, or the file system cannot be read.
    """
    if isinstance(landing, Path):
        yield find(mapping, day, landing)
        return
    with TemporaryDirectory(prefix="nightmarket-exports-") as copies:
        try:
            _fetch(spark, mapping, day, landing, Path(copies))
        except Py4JJavaError as error:
            said = one_line(error.java_exception.toString())[:300]
            raise SourceError(
                f"{landing} cannot be read ({said}); are its file system's jars in spark.jars, and its "
                "settings and rights in the spark-defaults.conf?"
            ) from None
        try:
            found = find(mapping, day, Path(copies))
        except SourceError as error:
            raise SourceError(str(error).replace(copies, landing)) from None
        yield tuple(replace(file, address=f"{landing}/{file.name}") for file in found)


def _fetch(spark: SparkSession, mapping: SourceMapping, day: date, landing: str, folder: Path) -> None:
    jvm: Any = spark._jvm
    at = jvm.org.apache.hadoop.fs.Path
    system = at(landing).getFileSystem(spark._jsc.hadoopConfiguration())
    root = system.makeQualified(at(landing)).toUri().getPath().rstrip("/")
    for pattern in mapping.patterns(day):
        # Python's patterns know more than Hadoop's, so they are tried on empty files of the same names.
        fixed = pattern
        while glob.has_magic(fixed):
            fixed = fixed.rpartition("/")[0]
        start = at(f"{landing}/{fixed}" if fixed else landing)
        if not system.exists(start):
            continue
        there = {}
        listed = system.listFiles(start, True)
        while listed.hasNext():
            path = listed.next().getPath()
            name = path.toUri().getPath().removeprefix(f"{root}/")
            there[name] = path
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        for name in {pattern, *glob.glob(pattern, root_dir=folder, recursive=True)} & set(there):
            (folder / name).unlink()
            system.copyToLocalFile(False, there[name], at(str(folder / name)), True)
