"""Numbers as shops spell them, and times no shop has known: the right value, or a reject with a reason."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nightmarket import sources
from nightmarket.contracts import Contracts

DAY = date(2024, 5, 1)


def items(price: str = "p", **options: Any) -> dict[str, object]:
    return {"files": "*.csv", "format": "csv", "options": {"sep": ";", **options},
            "columns": {"item_id": "id", "title": "t", "price": price}}  # fmt: skip


def priced(outcomes, shop_of, texts: list[str], **options: Any) -> dict[str, Decimal | str]:
    """Price or reject reason by text."""
    lines = ["id;t;p", *(f"i{place};x;{text}" for place, text in enumerate(texts))]
    shop = shop_of(items=items(**options))
    found = outcomes(shop, {"i.csv": "\n".join(lines).encode()}, "items")["i.csv"]
    rows = {row.raw.split(";")[2]: row for row in found.rows}
    return {text: rows[text].reject_reason or rows[text].price for text in texts}


@pytest.mark.parametrize(
    ("options", "right"),
    [
        (
            {"decimal": ",", "thousands": "."},
            {"19,90": "19.9", "1.299,00": "1299", "1.299": "1299", "1.234.567,5": "1234567.5", "7": "7",
             "-5,00": None, "1299,00": "1299", ",5": "0.5", "1,5e2": "150"},
        ),
        ({"decimal": ","}, {"19,90": "19.9", "1299": "1299", "3,": "3", "1.299,00": "1299", "1.299": "1299"}),
        ({"decimal": ",", "thousands": "'"}, {"1'299,50": "1299.5"}),
        (
            {"thousands": ","},
            {"1,234.50": "1234.5", "1,23,456.00": "123456", "999": "999", "12,345": "12345"},
        ),
        (
            {"decimal": ",", "thousands": " "},
            {"1 299,00": "1299", "1\u00a0299,00": "1299", "1\u202f299": "1299"},
        ),
        ({"thousands": "'"}, {"1'299.50": "1299.5", "12’345’678": "12345678"}),
        ({}, {"1.299": "1.299", "1.5E3": "1500", "0": "0", "0.00": "0", "0e5": "0", "19.99999": "20"}),
    ],
)  # fmt: skip
def test_a_number_is_read_as_the_export_spells_it(outcomes, shop_of, options, right) -> None:
    found = priced(outcomes, shop_of, list(right), **options)
    expected = {text: "out_of_range" if value is None else Decimal(value) for text, value in right.items()}
    assert found == expected


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (
            {"decimal": ",", "thousands": "."},
            ["1.29,00", "12.9.900", "1.2345", "19.90", "1,2,3", ".299", "1..299"],
        ),
        ({"decimal": ","}, ["1.29,00", "19.90", ","]),
        ({"decimal": ",", "thousands": "'"}, ["1.299,00", "1.299"]),
        ({"thousands": ","}, ["1,29", "1,2345", "12,34.5", "1,234,56", ","]),
        ({}, ["19,90", "1,234.50", "1.234,50", "NaN", "Infinity", "∞", "1e-7", "0.00001", "1e400", "-"]),
    ],
)  # fmt: skip
def test_a_number_spelt_otherwise_is_no_number(outcomes, shop_of, options, wrong) -> None:
    assert priced(outcomes, shop_of, wrong, **options) == dict.fromkeys(wrong, "bad_value")


def test_a_quantity_has_thousands_too(outcomes, shop_of) -> None:
    columns = {"event_id": "id", "event_name": "'purchase'", "event_at": "'2024-05-01'", "quantity": "q"}
    shop = shop_of(events={"files": "*.csv", "format": "csv", "columns": columns,
                           "options": {"sep": ";", "decimal": ",", "thousands": "."}})  # fmt: skip
    data = b"id;q\na;1.200\nb;3,0\nc;3,5\nd;1.20\n"
    rows = outcomes(shop, {"e.csv": data})["e.csv"].rows
    assert {row.event_id or row.raw[0]: row.quantity for row in rows} == {
        "a": 1200,
        "b": 3,
        "c": None,
        "d": None,
    }
    assert sum(row.reject_reason == "bad_value" for row in rows) == 2


def test_a_typed_number_that_would_be_nothing_is_rejected(outcomes, shop_of, tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b", "c"], "p": [1e-7, 0.0, 2.5]})
    pq.write_table(table, tmp_path / "t.parquet")
    columns = {"item_id": "id", "title": "id", "price": "p"}
    shop = shop_of(items={"files": "*.parquet", "format": "parquet", "columns": columns})
    found = outcomes(shop, {"i.parquet": (tmp_path / "t.parquet").read_bytes()}, "items")["i.parquet"]
    prices = {row.item_id: row.price for row in found.rows}
    assert prices == {"a": None, "b": Decimal(0), "c": Decimal("2.5")}
    assert "price: '1.0E-7' is not decimal" in found.details


@pytest.mark.parametrize(
    ("stored", "right"),
    [
        (pa.array([7.0, 4006381333931.0, None, 2.0**53 - 1, -3.0]),
         ["7", "4006381333931", None, "9007199254740991", "-3"]),
        (pa.array([7.0, 16777215.0], pa.float32()), ["7", "16777215"]),
        (pa.array([Decimal("7.000000000"), Decimal("12345678901234567890123456789.000000000")]),
         ["7", "12345678901234567890123456789"]),
        (pa.array([7.5, 0.1]), ["7.5", "0.1"]),
        (pa.array([Decimal("7.10")]), ["7.10"]),
        (pa.array([18446744073709551615], pa.uint64()), ["18446744073709551615"]),
    ],
)  # fmt: skip
def test_whole_numbers_of_typed_columns_have_no_fraction(
    outcomes, shop_of, tmp_path: Path, stored, right
) -> None:
    pq.write_table(pa.table({"id": [str(n) for n in range(len(stored))], "item": stored}), tmp_path / "t")
    columns = {"event_id": "id", "event_name": "'view_item'", "event_at": "'2024-05-01'", "item_id": "item"}
    shop = shop_of(events={"files": "*", "format": "parquet", "columns": columns})
    found = outcomes(shop, {"a.parquet": (tmp_path / "t").read_bytes()})["a.parquet"]
    assert [row.item_id for row in found.good] == right


def test_a_whole_number_that_a_double_may_have_changed_is_no_identifier(
    outcomes, shop_of, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"id": [2.0**53, 1e300]}), tmp_path / "t")
    columns = {"item_id": "id", "title": "'x'"}
    shop = shop_of(items={"files": "*", "format": "parquet", "columns": columns})
    found = outcomes(shop, {"a.parquet": (tmp_path / "t").read_bytes()}, "items")["a.parquet"]
    assert found.reasons == {"wrong_form": 2}


NO_DATES = ["0001-01-01", "0000-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01",
            "1904-01-01", "1969-12-30", "2200-01-03", "9999-12-31", "0001-01-01 00:00:00",
            "9999-12-31T23:59:59", "9999-12-31T23:59:59.999999-10:00", "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00"]  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_days_that_stand_for_no_date_are_rejected(outcomes, shop_of, zone: str) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "at"}
    shop = shop_of(zone, events={"files": "*.jsonl", "format": "jsonl", "columns": columns})
    good = ["1970-01-01", "1970-01-01T00:00:00Z", "2199-12-31", "2024-02-29 12:00"]
    data = "\n".join(json.dumps({"id": text, "at": text}) for text in [*NO_DATES, *good]).encode()
    found = outcomes(shop, {"a.jsonl": data})["a.jsonl"]
    assert sorted(row.event_id for row in found.good) == sorted(good)
    assert found.reasons == {"good": len(good), "bad_value": len(NO_DATES)}
    assert "event_at: '1753-01-01' is not timestamp of the years 1970 to 2199" in found.details


@pytest.mark.parametrize(
    "expression", ["to_timestamp(at, 'yyyy-MM-dd')", "to_date(at)", "cast(at as timestamp)"]
)
def test_so_are_values_that_are_times_already(outcomes, shop_of, expression: str) -> None:
    columns = {"event_id": "at", "event_name": "'search'", "event_at": expression}
    shop = shop_of("Europe/Berlin", events={"files": "*.jsonl", "format": "jsonl", "columns": columns})
    texts = ["0001-01-01", "1753-01-01", "1899-12-30", "9999-12-31", "2024-05-01"]
    data = "\n".join(json.dumps({"at": text}) for text in texts).encode()
    found = outcomes(shop, {"a.jsonl": data})["a.jsonl"]
    assert [row.event_id for row in found.good] == ["2024-05-01"]
    assert found.reasons == {"good": 1, "bad_value": 4}


@pytest.mark.parametrize(
    "stored", [{"use_deprecated_int96_timestamps": True}, {"coerce_timestamps": "us"}, {}]
)
@pytest.mark.parametrize("unit", ["us", "ns"])
def test_parquet_times_are_read_in_every_form(outcomes, shop_of, tmp_path: Path, stored, unit: str) -> None:
    """INT96 is what Spark, Hive and Impala write; nanoseconds are what pandas writes."""
    ours = datetime.fromisoformat("2026-10-31T12:30:00.123456")
    old = datetime.fromisoformat("1753-01-01")
    times = pa.array([ours, old, ours + timedelta(hours=1)], pa.timestamp(unit))
    pq.write_table(pa.table({"id": ["a", "b", "c"], "t": times}), tmp_path / "t.parquet", **stored)
    columns = {"review_id": "id", "item_id": "id", "text": "id", "written_at": "t"}
    shop = shop_of(reviews={"files": "*.parquet", "format": "parquet", "columns": columns})
    found = outcomes(shop, {"r.parquet": (tmp_path / "t.parquet").read_bytes()}, "reviews")["r.parquet"]
    assert {row.review_id: row.written_at for row in found.good} == {
        "a": ours,
        "c": ours + timedelta(hours=1),
    }
    assert found.reasons == {"good": 2, "bad_value": 1}
    assert "written_at: '1753-01-01 00:00:00' is not timestamp" in found.details


def test_nanoseconds_are_divided_in_whole_numbers(outcomes, shop_of, tmp_path: Path) -> None:
    """As doubles these would lie a microsecond earlier."""
    counts = {"a": 1793527200144272000, "b": -1}
    times = pa.array(list(counts.values()), pa.int64()).cast(pa.timestamp("ns"))
    pq.write_table(pa.table({"id": list(counts), "t": times}), tmp_path / "t.parquet")
    columns = {"review_id": "id", "item_id": "id", "text": "id", "written_at": "t"}
    shop = shop_of(reviews={"files": "*.parquet", "format": "parquet", "columns": columns})
    found = outcomes(shop, {"r.parquet": (tmp_path / "t.parquet").read_bytes()}, "reviews")["r.parquet"]
    epoch = datetime.fromisoformat("1970-01-01")
    assert {row.review_id: row.written_at for row in found.rows} == {
        "a": epoch + timedelta(microseconds=1793527200144272000 // 1000),
        "b": epoch - timedelta(microseconds=1),
    }


def test_parquet_days_before_the_calendar_changed(outcomes, shop_of, tmp_path: Path) -> None:
    days = pa.array([date(1500, 1, 1), date(2026, 10, 31), date(1, 1, 1)])
    pq.write_table(pa.table({"id": ["a", "b", "c"], "d": days}), tmp_path / "t.parquet")
    columns = {"review_id": "id", "item_id": "id", "text": "id", "written_at": "d"}
    shop = shop_of(reviews={"files": "*.parquet", "format": "parquet", "columns": columns})
    found = outcomes(shop, {"r.parquet": (tmp_path / "t.parquet").read_bytes()}, "reviews")["r.parquet"]
    assert [(row.review_id, row.written_at) for row in found.good] == [
        ("b", datetime.fromisoformat("2026-10-31"))
    ]
    assert found.reasons == {"good": 1, "bad_value": 2}


def test_seconds_with_a_fraction(outcomes, shop_of) -> None:
    """Python's time.time(), through the expression the documentation gives."""
    columns = {"event_id": "id", "event_name": "'search'",
               "event_at": "timestamp_seconds(cast(t as decimal(20, 6)))"}  # fmt: skip
    shop = shop_of(events={"files": "*.jsonl", "format": "jsonl", "columns": columns})
    data = b'{"id": 1, "t": 1793527200.123}\n{"id": 2, "t": 1793527200}\n{"id": 3, "t": 1793527200123000}\n'
    found = outcomes(shop, {"a.jsonl": data})["a.jsonl"]
    assert {row.event_id: row.event_at for row in found.good} == {
        "1": datetime.fromisoformat("2026-11-01T10:00:00.123"),
        "2": datetime.fromisoformat("2026-11-01T10:00:00"),
    }  # fmt: skip
    assert found.reasons == {"good": 2, "bad_value": 1}


def checked(spark, contracts: Contracts, shop: sources.Shop, data: bytes, name: str, landing: Path) -> str:
    (landing / name).write_bytes(data)
    report = sources.check(spark, shop, contracts, DAY, landing)
    return "\n".join([*report.problems, *report.notes])


@pytest.mark.parametrize(
    ("expression", "times", "says"),
    [
        ("timestamp_millis(cast(t as bigint))", [1714557600, 1714557601],
         "2 of 2 times lie in 1970; t looks like seconds (2 of 2 values) since 1970, such as '1714557600'; "
         "for seconds write timestamp_seconds(cast(t as decimal(20, 6)))."),
        ("t", [1714557600123, 1714557600124], "t looks like milliseconds (2 of 2 values) since 1970"),
        ("timestamp_seconds(cast(t as bigint))", [1714557600, 1714557600123456],
         "t looks like seconds (1 of 2 values) and microseconds (1 of 2 values)"),
        ("t", ["1970-01-01", "2024-05-01"], "1 of 2 times lie in 1970; a day of 1970 often stands for"),
        ("t", ["2026-05-01", "2024-05-01"], "1 of 2 times lie more than a year after 2024-05-01."),
        ("t", ["45412.5", "2024-05-01"],
         "1 of 2 values look like days of a spreadsheet, such as '45412.5'; write "
         "to_utc_timestamp(timestamp_seconds(round((cast(t as double) - 25569) * 86400)), 'UTC')."),
        ("to_utc_timestamp(timestamp_seconds(round((cast(t as double) - 25569) * 86400)), 'UTC')",
         ["45412.5", "45413"], None),
        ("to_timestamp(t, 'M/d/yyyy')", ["04/05/2024", "05/12/2024"],
         "times lie after 2024-05-01; are day and month of t the other way round, as in '04/05/2024'?"),
        ("to_timestamp(t, 'M/d/yyyy')", ["04/05/2024", "04/13/2024", "05/12/2024"], None),
        ("t", ["2024-05-01", "2024-05-02"], None),
        ("timestamp_seconds(cast(t as bigint))", [1714557600, 1714557601], None),
    ],
)  # fmt: skip
def test_check_names_the_unit_of_times(
    spark, contracts, shop_of, tmp_path: Path, expression, times, says
) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": expression}
    shop = shop_of(events={"files": "*.jsonl", "format": "jsonl", "columns": columns})
    data = "\n".join(json.dumps({"id": place, "t": time}) for place, time in enumerate(times)).encode()
    text = checked(spark, contracts, shop, data, "a.jsonl", tmp_path)
    assert (says in text) if says else ("1970" not in text and "after" not in text), text


@pytest.mark.parametrize(
    ("prices", "options", "says"),
    [
        (["19,90", "1.299,00"], {}, "items.price: 2 of 2 values have a decimal comma, such as '19,90'"),
        (["1,299.00", "5.00"], {}, "1 of 2 values have a comma before thousands, such as '1,299.00'"),
        (["1.299", "2.450", "7"], {}, "such as '1.299', which is read as 1.299 and not as 1299"),
        (["1.299", "2.45"], {}, None),
        (["19,90"], {"decimal": ","}, None),
        (["1,23,456.00", "99"], {}, "1 of 2 values have a comma before thousands, such as '1,23,456.00'"),
        (["1'234.50", "7"], {}, "1 of 2 values have a sign before thousands, such as '1'234.50'; say"),
        (["1\u00a0234,50"], {"decimal": ","}, 'say so with the option thousands: " ".'),
        (["1 234,50", "9"], {"decimal": ",", "thousands": " "}, None),
        (["CHF 12.00", "7"], {"thousands": ","}, "1 of 2 values have other signs beside the number, such as"),
        (["12.-", "3,10 €"], {"decimal": ","}, "2 of 2 values have other signs beside the number"),
        (["NULL", "7,00"], {"decimal": ","}, "1 of 2 values are words for nothing, such as 'NULL', and are "
         "taken for what they say; write nullif(p, 'NULL')."),
        (["-7", "+7"], {"decimal": ","}, None),
    ],
)  # fmt: skip
def test_check_names_how_numbers_are_spelt(
    spark, contracts, shop_of, tmp_path: Path, prices, options, says
) -> None:
    shop = shop_of(items=items("replace(p, ',', '')" if not options else "p", **options))
    data = "\n".join(["id;t;p", *(f"{place};x;{price}" for place, price in enumerate(prices))]).encode()
    text = checked(spark, contracts, shop, data, "i.csv", tmp_path)
    assert (says in text) if says else not text, text


@pytest.mark.parametrize(
    ("stars", "says"),
    [
        (
            ["4.5", "5", "4.0"],
            "1 of 3 values have a fraction, such as '4.5', and whole numbers are wanted",
        ),
        (
            ["4 out of 5 stars", "3/5", "5"],
            "2 of 3 values name a number out of another, such as '4 out of 5 sta",
        ),
        (["4.0", "5"], None),
    ],
)
def test_check_names_stars_that_are_no_whole_numbers(
    spark, contracts, shop_of, tmp_path: Path, stars, says
) -> None:
    columns = {"review_id": "id", "item_id": "'i'", "text": "'x'", "stars": "s"}
    shop = shop_of(reviews={"files": "*.csv", "format": "csv", "columns": columns})
    data = "\n".join(["id,s", *(f"{place},{given}" for place, given in enumerate(stars))]).encode()
    text = checked(spark, contracts, shop, data, "r.csv", tmp_path)
    assert (says in text) if says else not text, text


def test_check_names_words_for_nothing_among_texts(spark, contracts, shop_of, tmp_path: Path) -> None:
    columns = {"item_id": "id", "title": "t", "brand": "concat(b, '')"}
    shop = shop_of(items={"files": "*.csv", "format": "csv", "columns": columns})
    data = b"id,t,b\n1,nan,Acme\n2,Mug,#N/A\n3,Nan bread,\n"
    text = checked(spark, contracts, shop, data, "i.csv", tmp_path)
    assert [line.partition("items.")[2] for line in text.splitlines()] == [
        "title: 1 of 3 values are words for nothing, such as 'nan', and are taken for what they say; write "
        "nullif(t, 'nan').",
        "brand: 1 of 2 values are words for nothing, such as '#N/A', and are taken for what they say; write "
        "nullif(concat(b, ''), '#N/A').",
    ]
