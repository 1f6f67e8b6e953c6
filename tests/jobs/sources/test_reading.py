"""Reading good files: clocks, Parquet, expressions, and what a null means."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from pyspark.sql import functions as F

from nightmarket import sources
from nightmarket.errors import SourceError

COLUMNS = {"event_id": "id", "event_name": "'view_item'", "event_at": "at"}


def csv(files: str = "*.csv", **columns: str) -> dict[str, object]:
    return {"files": files, "format": "csv", "columns": COLUMNS | columns}


@pytest.mark.parametrize(
    ("expression", "value", "utc"),
    [
        ("at", "2024-07-01 12:00:00", "2024-07-01 10:00:00"),
        ("at", "2024-01-01 12:00:00", "2024-01-01 11:00:00"),
        ("at", "2024-07-01T12:00:00Z", "2024-07-01 12:00:00"),
        ("at", "2024-07-01 12:00:00-05:00", "2024-07-01 17:00:00"),
        ("at", "2024-07-01T12:00:00.123456+05:30", "2024-07-01 06:30:00.123456"),
        ("at", "2024-07-01T00:30:00-17:59", "2024-07-01 18:29:00"),
        ("at", "2024-07-01T12:00:00+18:00", "2024-06-30 18:00:00"),
        ("at", "2024-03-31T02:30:00Z", "2024-03-31 02:30:00"),  # no such time on the shop's own clock
        ("at", "2024-07-01", "2024-06-30 22:00:00"),
        ("at", "2024-03-31 02:30:00", "2024-03-31 01:30:00"),  # skipped by summer time
        ("at", "2024-10-27 02:30:00", "2024-10-27 00:30:00"),  # came twice
        ("to_timestamp(at, 'd.M.yyyy HH:mm')", "1.7.2024 12:00", "2024-07-01 10:00:00"),
        ("to_timestamp_ntz(at, 'd.M.yyyy HH:mm')", "1.7.2024 12:00", "2024-07-01 10:00:00"),
        ("timestamp_seconds(cast(at as bigint))", "1719835200", "2024-07-01 12:00:00"),
        ("timestamp_millis(cast(at as bigint))", "1719835200123", "2024-07-01 12:00:00.123000"),
    ],
)
def test_clock_of_the_shop(shop_of, outcomes, expression: str, value: str, utc: str) -> None:
    shop = shop_of("Europe/Berlin", events=csv(event_at=expression))
    row = outcomes(shop, {"a.csv": f"id,at\ne1,{value}\n".encode()})["a.csv"].rows[0]
    assert (row.reject_detail, str(row.event_at)) == (None, utc)


def test_session_keeps_its_own_zone(spark, shop_of, outcomes) -> None:
    outcomes(shop_of("Asia/Shanghai", events=csv()), {"a.csv": b"id,at\ne1,2024-07-01\n"})
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"


@pytest.mark.parametrize(
    ("expression", "value", "reason"),
    [
        ("to_timestamp(x, 'd/M/yyyy')", "31/12/2024", None),
        ("to_timestamp(x, 'd/M/yyyy')", "12-31-2024", "bad_value"),
        ("to_timestamp(x, 'd/M/yyyy')", "1/2/24", "bad_value"),
        ("to_timestamp(x, 'd/M/yyyy')", "", "missing_required"),
        ("to_timestamp(concat(x, ' ', y), 'd/M/yyyy H:mm')", "1/2/2024", "missing_required"),
        ("if(x = 'never', null, to_timestamp(x, 'd/M/yyyy'))", "never", "missing_required"),
        ("if(x = 'never', null, to_timestamp(x, 'd/M/yyyy'))", "soon", "bad_value"),
        ("case when x = 'never' then null else cast(x as timestamp) end", "never", "missing_required"),
        ("case x when 'a' then cast('2024-01-01' as timestamp) end", "b", "missing_required"),
        ("cast(nullif(x, '-') as timestamp)", "-", "missing_required"),
        ("cast(nullif(x, '-') as timestamp)", "+", "bad_value"),
        ("coalesce(to_timestamp(x, 'd/M/yyyy'), to_timestamp(x, 'd.M.yyyy'))", "31.12.2024", None),
        ("coalesce(to_timestamp(x, 'd/M/yyyy'), to_timestamp(x, 'd.M.yyyy'))", "2024", "bad_value"),
        ("timestamp_seconds(cast(x as bigint))", "1719835200123", "bad_value"),
        ("get_json_object(x, '$.at')", '"{""by"": 1}"', "missing_required"),
        ("cast(split(x, ';')[1] as timestamp)", "only one", "missing_required"),
        ("_day", "", None),
        ("cast(substr(_file, 1, 10) as timestamp)", "", None),
    ],
)
def test_nothing_is_told_from_failure(
    shop_of, outcomes, expression: str, value: str, reason: str | None
) -> None:
    shop = shop_of(events=csv(event_at=expression))
    name = "2024-05-01.csv"
    row = outcomes(shop, {name: f"id,x,y\ne1,{value},\n".encode()})[name].rows[0]
    assert row.reject_reason == reason, row.reject_detail


def test_maps_leave_out_what_is_blank(shop_of, outcomes) -> None:
    mapping = {"files": "*", "format": "csv", "options": {"quote": "'"}}
    columns = {"item_id": "id", "title": "'x'", "attributes": "map('colour', colour, 'size', size)"}
    made = outcomes(shop_of(items=mapping | {"columns": columns}),
                    {"a": b"id,colour,size\n1,red,\n2,,\n"}, "items")["a"].rows  # fmt: skip
    assert [row.attributes for row in made] == [{"colour": "red"}, None]
    columns["attributes"] = "colour"
    given = b'id,colour\n1,\'{"a": 1, "b": ""}\'\n2,\'{"a":\'\n3,{}\n4,\'{"a":1,"a":2}\'\n'
    read = outcomes(shop_of(items=mapping | {"columns": columns}), {"a": given}, "items")["a"].rows
    assert [(row.attributes, row.reject_reason) for row in read] == [
        ({"a": "1"}, None),
        (None, "bad_value"),
        (None, None),
        ({"a": "2"}, None),
    ]


def write(path: Path, **columns: pa.Array) -> bytes:
    pyarrow.parquet.write_table(pa.table(columns), path)
    return path.read_bytes()


def test_parquet_in_any_type(shop_of, outcomes, tmp_path: Path) -> None:
    at = datetime(2024, 7, 1, 12)  # noqa: DTZ001 (a wall clock is the point)
    wall, instant = pa.array([at] * 2, pa.timestamp("ns")), pa.array([at] * 2, pa.timestamp("us", "UTC"))
    lists, none, path = pa.array([[1], None]), pa.array([], pa.string()), tmp_path / "f"
    texts = {"id": pa.array(["e1", " "]), "at": pa.array(["2024-07-01", "?"]), "qty": pa.array(["2", "x"])}
    files = {
        "day/texts.parquet": write(path, **texts),
        "day/wall clock.parquet": write(path, id=pa.array([1, 2]), at=wall, qty=pa.array([2.0, 2.5])),
        "day/instants.parquet": write(
            path, ID=pa.array([1, 2]), at=instant, qty=pa.array([3, 1 << 40]), more=lists
        ),
        "day/none.parquet": write(path, id=none, at=none),
    }
    columns = COLUMNS | {"quantity": "qty", "event_name": "'view_item'"}
    shop = shop_of("Europe/Berlin", events={"files": "day/*", "format": "parquet", "columns": columns})
    found = outcomes(shop, files)
    assert found["day/texts.parquet"].reasons == {"good": 1, "bad_value": 1}
    assert (
        "event_at: '?' is not timestamp; quantity: 'x' is not int; event_id is missing"
        in found["day/texts.parquet"].details
    )
    good = [found[name].good[0] for name in ("day/wall clock.parquet", "day/instants.parquet")]
    assert [(r.event_id, r.event_at.hour, r.quantity) for r in good] == [("1", 10, 2), ("1", 12, 3)]
    assert "quantity: '2.5' is not int" in found["day/wall clock.parquet"].details
    assert "quantity: '1099511627776' is not int" in found["day/instants.parquet"].details
    assert found["day/none.parquet"].rows == []
    assert '"ID":2' in found["day/instants.parquet"].rows[1].raw


def test_reading_twice_gives_the_same_rows(shop_of, frame_of, tmp_path: Path) -> None:
    files = {f"{n}.csv": f"id,at\ne{n},2024-05-01\nbad,x\n".encode() for n in range(5)}
    shop = shop_of(events=csv())
    first, second = (sorted(map(str, frame_of(shop, files, tmp_path).collect())) for _ in range(2))
    assert first == second
    assert len(first) == 10


def test_a_filter_on_the_verdict_parses_each_record_once(shop_of, frame_of, tmp_path: Path) -> None:
    """Spark would copy the parser into the filter dozens of times; seen on real files as lost memory."""
    frame = frame_of(shop_of(events=csv()), {"a.csv": b"id,at\ne1,2024-05-01\n"}, tmp_path)
    plan = frame.where(F.col("reject_reason").isNull())._jdf.queryExecution().optimizedPlan().toString()
    assert plan.count("from_csv") == 1


def test_every_problem_of_a_mapping_is_told_at_once(shop_of, frame_of, tmp_path: Path) -> None:
    columns = {"event_id": "uuid()", "evnt_name": "x", "event_at": "to_timestamp(at,", "price": "(select 1)"}
    shop = shop_of(events={"files": "a.csv", "format": "csv", "columns": columns})
    with pytest.raises(SourceError) as raised:
        frame_of(shop, {"a.csv": b"id,at\n"}, tmp_path)
    text = str(raised.value)
    for part in ("did you mean 'event_name'", "no expression for event_name", "uuid changes from run to run",
                 "events.event_at: ", "Syntax error", "a subquery reads other data"):  # fmt: skip
        assert part in text


def test_a_failure_while_reading_is_explained() -> None:
    explained = sources.explained(RuntimeError("Lost task 1.0\njava.lang.StackOverflowError\n\tat x"))
    assert explained is not None
    assert "larger stack" in str(explained)
    assert "\n" not in str(explained)
    assert sources.explained(ValueError("something else")) is None


@pytest.mark.parametrize(
    "failure",
    [
        "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)\njava.io.EOFException",
        "java.io.FileNotFoundException: /tmp/blockmgr-1/0c/shuffle_0_5_0.data (No such file or directory)",
        "Branch does not exist: run_20261101_abc",
    ],
)
def test_a_failure_of_the_machine_is_not_blamed_on_the_export(failure: str) -> None:
    assert sources.explained(RuntimeError(failure)) is None


def test_a_page_that_cannot_be_read_is_explained(shop_of, frame_of, tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    pyarrow.parquet.write_table(pa.table({"id": ["e1"], "at": ["2024-05-01"]}), path)
    data = path.read_bytes()
    source = csv() | {"format": "parquet", "files": "a.parquet"}
    damaged = data[:4] + bytes(24) + data[28:]
    frame = frame_of(shop_of(events=source), {"a.parquet": damaged}, tmp_path)
    with pytest.raises(Exception, match="Encountered error while reading file") as raised:
        frame.collect()
    text = str(sources.explained(raised.value))
    assert "a.parquet: the file is damaged inside; deliver it again" in text
    assert "\n" not in text


def test_a_file_that_vanishes_is_explained(shop_of, frame_of, tmp_path: Path) -> None:
    frame = frame_of(shop_of(events=csv()), {"a.csv": b"id,at\ne1,2024-05-01\n"}, tmp_path)
    (tmp_path / "a.csv").unlink()
    with pytest.raises(Exception, match=r"does not exist|FileNotFound") as raised:
        frame.collect()
    assert "vanished" in str(sources.explained(raised.value))
