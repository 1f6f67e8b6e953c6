"""Failures from beneath: what is recognised is one sentence, everything else stays a defect."""

import errno

import pytest
from py4j.protocol import Py4JError, Py4JNetworkError

from nightmarket import outage
from nightmarket.errors import OutageError, WarehouseError

JOB = "An error occurred while calling o1.x.\n: org.apache.spark.SparkException\n\tat org.apache.iceberg.a\n"


@pytest.mark.parametrize(
    "text",
    [
        JOB + "Caused by: java.io.IOException: No space left on device\n\tat java.base/x",
        "[Errno 28] No space left on device",
        JOB + "Caused by: java.io.IOException: Disk quota exceeded",
    ],
)
def test_a_full_disk_is_told(text: str) -> None:
    told = outage.explained(RuntimeError(text))
    assert isinstance(told, OutageError)
    assert str(told).startswith("the disk is full; make room")


def test_a_full_disk_of_our_own_writing_names_the_file() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        told = outage.explained(OSError(number, "full", "/home/x/report.html"))
        assert isinstance(told, OutageError)
        assert str(told).startswith("the disk is full at /home/x/report.html; make room")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (JOB + "Caused by: java.lang.OutOfMemoryError: Java heap space", "Spark ran out of memory"),
        (
            JOB + "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)",
            "was killed or ran",
        ),
    ],
)
def test_memory_that_ran_out_is_told(text: str, says: str) -> None:
    told = outage.explained(RuntimeError(text))
    assert isinstance(told, OutageError)
    assert says in str(told)
    assert "NIGHTMARKET_DRIVER_MEMORY" in str(told)


@pytest.mark.parametrize(
    "error",
    [
        Py4JNetworkError("Answer from Java side is empty"),
        Py4JNetworkError("Error while sending or receiving"),
        Py4JError("org does not exist in the JVM"),
        Py4JError("An error occurred while calling o45.count"),
        RuntimeError("An error occurred while trying to connect to the Java server (127.0.0.1:33333)"),
    ],
)
def test_java_that_ended_is_told(error: Exception) -> None:
    told = outage.explained(error)
    assert isinstance(told, OutageError)
    assert str(told).startswith("Java, in which Spark runs, ended in the middle of the work")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "Failed to read file: s3://shop/w/reviews/clean/metadata/00012-ab.metadata.json",
            "reviews.clean: a file is damaged, s3://shop/w/reviews/clean/metadata/00012-ab.metadata.json; "
            "restore it from a backup, or move s3://shop/w/reviews/clean away and run "
            "the table's days again.",
        ),
        (
            "File does not exist: /data/my w/reviews/clean/data/day=2026-03-02/0-1.parquet",
            "reviews.clean: a file is missing, /data/my w/reviews/clean/data/day=2026-03-02/0-1.parquet; "
            "restore it from a backup, or run that day again (nightmarket run reviews.clean --day "
            "2026-03-02).",
        ),
        (
            "Metadata file for version 16 is missing under /data/my w/reviews/clean/metadata",
            "reviews.clean: the newest metadata is missing, /data/my w/reviews/clean/metadata; "
            "restore it from a backup, or move /data/my w/reviews/clean away and run the table's days again.",
        ),
    ],
)
def test_damage_names_table_file_and_remedy(line: str, says: str) -> None:
    told = outage.explained(
        RuntimeError(f"o1.x.\n: org.apache.iceberg.exceptions.SomeException: {line}\n\tat x")
    )
    assert isinstance(told, WarehouseError)
    assert str(told) == says


def test_what_the_user_may_not_do_is_told() -> None:
    told = outage.explained(PermissionError(errno.EACCES, "Permission denied", "/w/x.lock"))
    assert str(told) == "/w/x.lock: Permission denied; give the night's user the right, then run it again."
    told = outage.explained(
        RuntimeError(f"{JOB}java.io.FileNotFoundException: /w/a/b/metadata/v1 (Permission denied)")
    )
    assert isinstance(told, WarehouseError)
    assert "/w/a/b/metadata/v1 (Permission denied)" in str(told)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a defect"),
        Py4JError("org.apache.spark.NoSuchClass does not exist in the JVM"),
        KeyError("x"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/w/x"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        RuntimeError("Failed to read file: /landing/a/data/x.parquet"),
    ],
)
def test_everything_else_keeps_its_traceback(error: Exception) -> None:
    assert outage.explained(error) is None
