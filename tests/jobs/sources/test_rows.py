"""Several rows of one record, records that continue the one before, and rows that are left out."""

import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from nightmarket.errors import SourceError
from nightmarket.spark import readings

COLUMNS = {
    "event_id": "concat_ws('-', id, _position)",
    "event_name": "name",
    "event_at": "'2024-05-01'",
    "item_id": "items.sku",
    "quantity": "items.qty",
    "price": "items.price",
    "order_id": "id",
}
RECORDS = [
    {"id": "o1", "name": "purchase", "items": [
        {"sku": "A", "qty": 2, "price": 10.0},
        {"sku": "B", "qty": 4, "price": 5.5},
        {"sku": "C", "price": 100},
    ]},
    {"id": "o2", "name": "login", "items": []},
    {"id": "o3", "name": "login"},
    {"id": "o4", "name": "purchase", "items": [{"sku": 20000001.0}, None]},
]  # fmt: skip
ROWS = [
    ("o1-1", "A", 2, "10.0000"), ("o1-2", "B", 4, "5.5000"), ("o1-3", "C", None, "100.0000"),
    ("o2-0", None, None, "None"), ("o3-0", None, None, "None"), ("o4-1", "20000001.0", None, "None"),
    ("o4-2", None, None, "None"),
]  # fmt: skip


def jsonl(records: list[dict[str, object]]) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


def events(**keys: object) -> dict[str, object]:
    return {"files": "*", "format": "jsonl", "rows": "items", "columns": COLUMNS, **keys}


def of_rows(rows) -> list[tuple[object, ...]]:
    return [(r.event_id, r.item_id, r.quantity, str(r.price)) for r in rows]


def test_each_element_of_a_list_is_a_row(shop_of, outcomes) -> None:
    found = outcomes(shop_of(events=events()), {"a": jsonl(RECORDS)})["a"]
    assert found.reasons == {"good": 7}, found.details
    assert of_rows(found.rows) == ROWS
    assert {json.loads(row.raw)["id"] for row in found.rows} == {"o1", "o2", "o3", "o4"}


def test_a_list_inside_an_object(shop_of, outcomes) -> None:
    columns = {
        **COLUMNS,
        "item_id": "basket.lines.sku",
        "quantity": "basket.lines.qty",
        "order_id": "basket.no",
    }
    del columns["price"]
    nested = [
        {"id": "x", "name": "purchase", "basket": {"no": 7, "lines": [{"sku": "A", "qty": 1}, {"sku": "B"}]}},
        {"id": "y", "name": "purchase", "basket": {"no": 8}},
        {"id": "z", "name": "purchase"},
    ]
    shop = shop_of(events=events(rows="basket.lines", columns=columns))
    found = outcomes(shop, {"a": jsonl(nested)})["a"]
    assert [(r.event_id, r.item_id, r.quantity, r.order_id) for r in found.good] == [
        ("x-1", "A", 1, "7"), ("x-2", "B", None, "7"), ("y-0", None, None, "8"), ("z-0", None, None, None),
    ]  # fmt: skip


def test_elements_that_are_no_objects(shop_of, outcomes) -> None:
    columns = {"event_id": "concat(id, '/', _position)", "event_name": "name", "event_at": "'2024-05-01'"}
    shop = shop_of(events=events(columns={**columns, "item_id": "items"}))
    found = outcomes(shop, {"a": jsonl([{"id": 1, "name": "view_item", "items": ["A", " B "]}])})["a"]
    assert [(row.event_id, row.item_id) for row in found.good] == [("1/1", "A"), ("1/2", "B")]
    nothing = shop_of(events=events(columns=columns))
    found = outcomes(nothing, {"a": jsonl([{"id": 1, "name": "view_item", "items": ["A", {"b": 1}]}])})["a"]
    assert [row.event_id for row in found.good] == ["1/1", "1/2"]


@pytest.mark.parametrize("items", [{"0": {"sku": "A"}}, {"sku": "A"}, "A", 7])
def test_what_is_no_list_is_a_reject(shop_of, outcomes, items: object) -> None:
    record = {"id": "o", "name": "purchase", "items": items}
    found = outcomes(shop_of(events=events()), {"a": jsonl([record])})["a"]
    assert found.reasons == {"bad_value": 1}
    assert "item_id: items is not built as the mapping reads it" in found.details
    columns = {**COLUMNS, "item_id": "basket.lines.sku", "quantity": "1", "price": "1"}
    shop = shop_of(events=events(rows="basket.lines", columns=columns))
    found = outcomes(shop, {"a": jsonl([{"id": "o", "name": "purchase", "basket": {"lines": items}}])})["a"]
    assert found.reasons == {"bad_value": 1}
    assert "item_id: basket is not built as the mapping reads it" in found.details


def test_a_broken_record_is_one_reject(shop_of, outcomes) -> None:
    found = outcomes(shop_of(events=events()), {"a": jsonl(RECORDS)[:-9]})["a"]
    assert found.reasons == {"good": 5, "unparseable": 1}


def test_parquet_lists(shop_of, outcomes) -> None:
    sink = pa.BufferOutputStream()
    lines = pa.list_(pa.struct([("sku", pa.string()), ("qty", pa.int64()), ("price", pa.float64())]))
    schema = pa.schema([("id", pa.string()), ("name", pa.string()), ("items", lines)])
    rows = [{**record, "items": record.get("items")} for record in RECORDS[:3]]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows, schema), sink)
    shop = shop_of(events=events(format="parquet"))
    found = outcomes(shop, {"a": sink.getvalue().to_pybytes()})["a"]
    assert of_rows(found.good) == ROWS[:5]
    with pytest.raises(SourceError, match=r"events\.rows: name is no list in a"):
        outcomes(shop_of(events=events(format="parquet", rows="name")), {"a": sink.getvalue().to_pybytes()})


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            {"columns": {**COLUMNS, "item_id": "items[0].sku"}},
            "events.item_id: with rows: items, items is one",
        ),
        ({"rows": "items[0]"}, "events.rows: rows is the name of a list"),
        ({"rows": "upper(items)"}, "events.rows: rows is the name of a list"),
        ({"where": "name"}, "events.where: it gives string and must be a condition"),
        ({"where": "nam ="}, "events.where: "),
        ({"where": "count(*) > 1"}, "events.where: "),
        ({"where": "no_such(name)"}, "events.where: "),
    ],
)
def test_what_cannot_be_meant(shop_of, outcomes, keys: dict[str, object], says: str) -> None:
    with pytest.raises(SourceError) as raised:
        outcomes(shop_of(events=events(**keys)), {"a": jsonl(RECORDS)})
    assert says in str(raised.value)


def test_a_place_without_a_list(shop_of, outcomes) -> None:
    mapping = {"files": "*", "format": "jsonl", "columns": {**COLUMNS, "item_id": "'A'"}}
    with pytest.raises(
        SourceError, match=r"events\.event_id: _position is the place of an element in its list"
    ):
        outcomes(shop_of(events=mapping), {"a": jsonl(RECORDS)})


def test_rows_left_out_are_counted(shop_of, frame_of, tmp_path) -> None:
    readings()
    shop = shop_of(events=events(where="_position > 0 and coalesce(items.qty, '1') <> '4'"))
    frame = frame_of(shop, {"a": jsonl(RECORDS) + b"\n{broken", "b": jsonl(RECORDS[2:3])}, tmp_path)
    rows = frame.collect()
    assert sorted(row.event_id for row in rows if not row.reject_reason) == ["o1-1", "o1-3", "o4-1", "o4-2"]
    assert [row.reject_reason for row in rows if row.reject_reason] == ["unparseable"]
    assert readings() == {"records_left_out": 4}


SHIRTS = """\
Handle,Title,Body,Vendor,Size,SKU,Price,Image
shirt,Linen shirt,"Cool.
Light.",Acme,S,LS-S,49.00,1.jpg
shirt,,,,M,LS-M,49.00,2.jpg
shirt,,,,L,LS-L,54.00,
shirt,,,,,,,3.jpg
gift,Gift card,,,10,GC-10,10.00,
gift,,,,20,GC-20,20.00,
sock,,,,One,SK,9.50,
shirt,,,,XL,LS-XL,59.00,
,,,,lost,NO-1,1.00,
,,,,lost,NO-2,1.00,
"""
SHIRT = {"item_id": "SKU", "title": "Title", "brand": "Vendor", "price": "Price", "description": "Body"}


def products(**keys: object) -> dict[str, object]:
    return {"files": "*", "format": "csv", "options": {"multiLine": True}, "columns": SHIRT, **keys}


def test_variants_take_over_what_they_leave_blank(shop_of, outcomes) -> None:
    fill = {"columns": ["Title", "Vendor", "Body"], "by": "Handle"}
    shop = shop_of(items=products(fill_down=fill, where="SKU is not null"))
    other = SHIRTS.split("\n", 1)[0] + "\nsock,,,,Two,SK-2,9.50,\nshirt,,,,S,LS-S2,1.00,\n"
    found = outcomes(shop, {"a.csv": SHIRTS.encode(), "b.csv": other.encode()}, "items")
    rows = {row.item_id: row for each in found.values() for row in each.rows}
    for size in ("S", "M", "L", "XL"):
        row = rows[f"LS-{size}"]
        assert (row.title, row.brand, row.description) == ("Linen shirt", "Acme", "Cool.\nLight.")
    assert [str(rows[f"LS-{size}"].price) for size in ("S", "L", "XL")] == ["49.0000", "54.0000", "59.0000"]
    assert [(rows[i].title, rows[i].brand) for i in ("GC-10", "GC-20")] == [("Gift card", None)] * 2
    lacking = {"SK", "NO-1", "NO-2", "SK-2", "LS-S2"}
    assert {i for i, row in rows.items() if row.reject_reason == "missing_required"} == lacking
    assert len(rows) == 11


def test_without_a_key_a_record_begins_where_the_first_column_is_given(shop_of, outcomes) -> None:
    text = (
        "sku,name,brand,shop\n,none,,1\nA,Lamp,Acme,1\n,,,2\n,,Other,3\nB,,,1\n,Shade,,2\n"
        "C,broken,x,1,1\n,,,2\n"
    )
    columns = {"item_id": "concat(sku, '/', shop)", "title": "name", "brand": "brand"}
    keys = {"options": {}, "columns": columns, "fill_down": {"columns": ["sku", "name", "brand"]}}
    found = outcomes(shop_of(items=products(**keys)), {"a": text.encode()}, "items")["a"]
    assert [(row.item_id, row.title, row.brand) for row in found.good] == [
        ("A/1", "Lamp", "Acme"), ("A/2", "Lamp", "Acme"), ("A/3", "Lamp", "Other"), ("B/2", "Shade", None),
    ]  # fmt: skip
    assert found.reasons == {"good": 4, "missing_required": 3, "unparseable": 1}


def test_a_file_in_many_pieces_is_filled_in_its_order(spark, shop_of, outcomes) -> None:
    lines = ["Handle,Title,Vendor,SKU,Price,Body"]
    for product in range(400):
        lines.append(f"h{product % 40},title {product},,p{product}-0,1,")
        lines += [f"h{product % 40},,,p{product}-{variant},1,{'x' * 200}" for variant in range(1, 5)]
    before = spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "16k")
    try:
        shop = shop_of(items=products(options={}, fill_down={"columns": ["Title"], "by": "Handle"}))
        found = outcomes(shop, {"a": "\n".join(lines).encode()}, "items")["a"]
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", before)
    assert found.reasons == {"good": 2000}
    assert {row.item_id: row.title for row in found.rows} == {
        f"p{product}-{variant}": f"title {product}" for product in range(400) for variant in range(5)
    }


def test_columns_that_the_file_lacks(shop_of, outcomes) -> None:
    shop = shop_of(
        items=products(fill_down={"columns": ["Titel"], "by": "Handel"}, where="Size > 1 or Colour")
    )
    with pytest.raises(SourceError) as raised:
        outcomes(shop, {"a": SHIRTS.encode()}, "items")
    for name in (
        "no column 'Titel' in a; did you mean 'Title'?",
        "'Handel' in a; did you mean 'Handle'?",
        "'Colour'",
    ):
        assert name in str(raised.value)
