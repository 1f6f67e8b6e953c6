"""Expressions that raise an error on a record: that record is rejected, and all others are as they were."""

import json
from datetime import date
from pathlib import Path

import pytest

from nightmarket import sources
from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError

DAY = date(2024, 5, 1)
BASE = {"event_id": "id", "event_name": "'search'", "event_at": "at"}
GOOD = {"at": "2024-05-01", "q": "1", "w": "a"}


def jsonl(**columns: str) -> dict[str, object]:
    return {"files": "*.jsonl", "format": "jsonl", "columns": {**BASE, **columns}}


def lines(*records: dict[str, object]) -> bytes:
    return "\n".join(json.dumps({**GOOD, "id": f"e{n}", **more}) for n, more in enumerate(records)).encode()


@pytest.mark.parametrize(
    ("expression", "bad", "says"),
    [
        ("url_decode(q)", "50% off", "item_id: url_decode fails on q '50% off'"),
        ("upper(url_decode(q))", "%", "item_id: url_decode fails on q '%'"),
        ("coalesce(url_decode(q), 'none')", "%zz", "item_id: url_decode fails on q '%zz'"),
        ("string(timestamp_millis(bigint(q)))", "9223372036854775807", None),
        ("string(timestamp_seconds(bigint(q)))", "1793527200123000", "fails on q"),
        ("element_at(array('x', 'y'), cast(q as int))", "0", "item_id: its expression fails on q '0'"),
        ("if(q = 'x', raise_error('no x here'), q)", "x", "item_id: raise_error fails on q 'x'"),
        ("coalesce(assert_true(coalesce(q, '') != 'x'), q, 'none')", "x", "assert_true fails on q 'x'"),
        ("cast(to_number(q, '999') as string)", "1e400", "fails on q '1e400'"),
        ("regexp_replace(w, q, '-')", "[", "item_id: regexp_replace fails on w 'a', q '['"),
        ("if(w rlike q, 'yes', 'no')", "(", "item_id: its expression fails on w 'a', q '('"),
        ("regexp_replace(q, '(x)|1', '$1')", None, ""),
        ("regexp_replace(q, 'x', '$1')", "x", "item_id: regexp_replace fails on q 'x'"),
        ("regexp_extract(w, '(a)', if(q = '7', 7, 1))", "7", "item_id: regexp_extract fails"),
        ("regexp_replace(q, '(a|b)*c', '')", "ab" * 200_000, "item_id: regexp_replace fails on q 'abab"),
        ("if(q rlike '^(a|b)*$', 'yes', q)", "ab" * 20_000, "item_id: its expression fails on q 'abab"),
        ("cast(map_from_arrays(array(q), split('a,b', if(q = 'x', ',', ';'))) as string)", "x", "fails"),
        ("cast(date'2024-05-01' + make_interval(cast(q as int)) as string)", "2000000000", "nothing from q"),
        ("decode(unhex('41'), if(q = 'x', 'no-such', 'UTF-8'))", "x", "fails on q 'x'"),
        ("cast(sequence(1, cast(q as int)) as string)", "-1", None),
        ("repeat(w, q)", "2000000000", "item_id: repeat fails on w 'a', q '2000000000'"),
        ("repeat(w, 100000)", None, ""),
        ("concat(w, lpad(w, cast(q as int), '0'))", "16777217", "item_id: lpad fails on w 'a', q '16777217'"),
        ("concat(w, space(cast(q as int)), w)", "99999999", "item_id: space fails on w 'a', q '99999999'"),
    ],
)  # fmt: skip
def test_the_record_is_rejected_and_no_other(
    outcomes, shop_of, expression: str, bad: str | None, says
) -> None:
    shop = shop_of(events=jsonl(item_id=expression))
    data = lines({}, {} if bad is None else {"q": bad}, {"q": "3"}, {"q": None})
    found = outcomes(shop, {"a.jsonl": data})["a.jsonl"]
    assert len(found.rows) == 4
    by_id = {json.loads(row.raw)["id"] if len(row.raw) < 9000 else "e1": row for row in found.rows}
    assert [by_id[event].reject_reason for event in ("e0", "e2", "e3")] == [None] * 3, found.details
    if bad is not None and says is not None:
        assert by_id["e1"].reject_reason == "bad_value"
        assert says in by_id["e1"].reject_detail


def test_what_is_shared_by_two_columns_is_guarded_too(outcomes, shop_of, tmp_path: Path) -> None:
    """Spark computes a common part of two expressions once, ahead of both."""
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({
        "id": ["e1", "e2"], "at": ["2024-05-01"] * 2, "q": ["a%20b", "100%"],
    })  # fmt: skip
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    columns = {**BASE, "item_id": "upper(url_decode(q))", "order_id": "concat('o', url_decode(q))"}
    shop = shop_of(events={"files": "*.parquet", "format": "parquet", "columns": columns})
    found = outcomes(shop, {"a.parquet": (tmp_path / "t.parquet").read_bytes()})["a.parquet"]
    assert [row.item_id for row in found.good] == ["A B"]
    assert found.reasons == {"good": 1, "bad_value": 1}
    assert "item_id: url_decode fails on q '100%'" in found.details
    assert "order_id: url_decode fails on q '100%'" in found.details


def test_what_is_personal_is_not_told(outcomes, shop_of) -> None:
    shop = shop_of(events=jsonl(user_id="url_decode(q)"))
    found = outcomes(shop, {"a.jsonl": lines({"q": "ann%@example.org"})})["a.jsonl"]
    assert found.reasons == {"bad_value": 1}
    assert "user_id: url_decode fails on q" in found.details
    assert "ann" not in found.details


@pytest.mark.parametrize(
    "expression",
    [
        "map(n1, v1, n2, v2)",
        "map_from_arrays(array(n1, n2), array(v1, v2))",
        "coalesce(map(n1, v1, n2, v2), map('a', 'b'))",
        "map_filter(map(n1, v1, n2, v2), (k, v) -> k != 'x')",
    ],
)
def test_an_attribute_without_a_name_is_left_out(outcomes, shop_of, expression: str) -> None:
    shop = shop_of(items={
        "files": "*.csv", "format": "csv",
        "columns": {"item_id": "id", "title": "t", "attributes": expression},
    })  # fmt: skip
    data = b"id,t,n1,v1,n2,v2\ni1,a,colour,red,size,L\ni2,b,,red,size,M\ni3,c,,,,\ni4,d,colour,,size,S\n"
    found = outcomes(shop, {"i.csv": data}, "items")["i.csv"]
    assert {row.item_id: row.attributes for row in found.good} == {
        "i1": {"colour": "red", "size": "L"},
        "i2": {"size": "M"},
        "i3": None,
        "i4": {"size": "S"},
    }


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("if(q rlike '[', 'x', q)", "item_id: '[' is no regular expression: Unclosed character class"),
        ("split(q, '(')[0]", "item_id: '(' is no regular expression: Unclosed group"),
        ("cast(to_timestamp(q, 'YYYY bbb') as string)", "item_id: All week-based patterns are unsupported"),
        ("date_format(at, 'bbbb')", "item_id: Unknown pattern letter: b"),
        ("url_decode('%')", "item_id: The provided URL cannot be decoded"),
        ("element_at(array('a'), 0)", "item_id: The index 0 is invalid"),
        ("to_json(from_json(q, 'a b c d'))", "item_id: Syntax error at or near 'b'"),
        ("cast(to_number(q, 'S$') as string)", "item_id: The format is invalid"),
        ("(" * 20_000 + "q" + ")" * 20_000, "item_id: "),
        ("not " * 1_000 + "true", "item_id: "),
    ],
)
def test_an_expression_wrong_whatever_the_record_is_one_sentence(
    spark, contracts: Contracts, shop_of, tmp_path: Path, expression: str, says: str
) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines({}, {}))
    shop = shop_of(events=jsonl(item_id=expression))
    with pytest.raises(SourceError) as raised:
        sources.read(spark, shop, contracts, "events", DAY, tmp_path)
    assert f"shop.yaml:{shop.sources['events'].lines['item_id']}: events.{says}" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    report = sources.check(spark, shop, contracts, DAY, tmp_path)
    assert list(report.problems) == [str(raised.value)]


def test_check_rejects_what_the_night_rejects(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines({"q": "%"}, {"q": "a%20b"}, {}))
    shop = shop_of(events=jsonl(item_id="url_decode(q)"))
    report = sources.check(spark, shop, contracts, DAY, tmp_path)
    assert report.ok
    assert report.sources["events"].rejected == {"bad_value": 1}
    assert "url_decode fails on q" in report.in_words()
