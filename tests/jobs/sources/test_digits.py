"""JSON numbers arrive as texts, digit for digit, wherever a mapping reads them."""

import pytest

from nightmarket.sources import Shop

LINES = (
    # number as the file spells it, in every place that is read
    "20000001.0", "9007199254740993", "9007199254740993.0", "1.10", "1e-7", "1E5", "0.0001", "12345678.95",
    "19.9", "3", "-2.50", "123456789012345678901234567890", "0.1000000000000000055511151231257827",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(shop_of) -> Shop:
    columns = {
        "event_id": "id",
        "event_name": "'search'",
        "event_at": "'2024-05-01'",
        "user_id": "user.id",
        "device_id": "ids[1]",
        "order_id": "order",
        "query": "concat('<', lines[0].no, '>')",
        "user_agent": "whole",
        "item_id": "if(name rlike '^plain', n, null)",
    }
    return shop_of(events={"files": "{day}/*", "format": "jsonl", "columns": columns})


def test_each_place_keeps_each_number(shop: Shop, outcomes) -> None:
    rows = [
        f'{{"id": "{place}", "user": {{"id": {n}}}, "ids": [7, {n} ], "order" :{n}, "lines": [{{"no": {n}}}],'
        f' "whole": {{"a": {n}, "b": [ {n},"{n}", ": {n},"]}}, "n": {n}, "name": "plain \\"{n}, 1.50"}}'
        for place, n in enumerate(LINES)
    ]
    found = outcomes(shop, {"2024-05-01/a": "\n".join(rows).encode()})["2024-05-01/a"]
    assert found.reasons == {"good": len(LINES)}, found.details
    for row in found.good:
        n = LINES[int(row.event_id)]
        assert (row.user_id, row.device_id, row.order_id) == (n, n, n)
        assert row.query == f"<{n}>"
        assert row.item_id == n
        assert row.user_agent == f'{{"a":{n},"b":[{n},"{n}",": {n},"]}}'


def test_a_map_keeps_them_too(shop_of, outcomes) -> None:
    columns = {"item_id": "id", "title": "'t'", "attributes": "facts", "price": "price"}
    shop = shop_of(items={"files": "a", "format": "jsonl", "columns": columns})
    lines = (
        '{"id": 1, "facts": {"size": 1.50, "no": 20000001.0, "in": {"x": 1e3}}, "price": 19.90}\n'
        '{"id": 2, "facts": {"size": 2}, "price": 12345678901234.5678}\n'
        '{"id": 3, "price": 10000000000000.0001}\n'
    )
    found = outcomes(shop, {"a": lines.encode()}, "items")["a"]
    assert [row.attributes for row in found.good] == [
        {"size": "1.50", "no": "20000001.0", "in": '{"x":1e3}'},
        {"size": "2"},
        None,
    ]
    assert [str(row.price) for row in found.good] == ["19.9000", "12345678901234.5678", "10000000000000.0001"]


def test_dialects(shop_of, outcomes) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "'2024-05-01'", "order_id": "n"}
    flags = {"allowSingleQuotes": True, "allowUnquotedFieldNames": True, "allowComments": True}
    shop = shop_of(events={"files": "*", "format": "jsonl", "options": flags, "columns": columns})
    lines = [
        "{id: 'it\\'s 1.50', n: 1.50}",
        '{"id": "b", /* it\'s " 2.50 */ "n": 2.50 /* 3.50 " */}',
        "{id: 'c', 1e5: 7, n: 4.50}",
        "{id: 'd', m: NaN, o: -Infinity, n: 5.50}",
    ]
    found = outcomes(shop, {"a": "\n".join(lines).encode()})["a"]
    assert [(row.event_id, row.order_id) for row in found.rows] == [
        ("it's 1.50", "1.50"), ("b", "2.50"), ("c", "4.50"), ("d", "5.50"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value", ["01.50", "1.", ".50", "+1.50", "- 1.50", "1.50x", "1.50.5", "1.50e", '"b" 1.50', '"1.50']
)
def test_what_is_no_json_stays_none(shop_of, outcomes, value: str) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "'2024-05-01'", "order_id": "n"}
    shop = shop_of(events={"files": "*", "format": "jsonl", "columns": columns})
    line = f'{{"id": 20000001.0, "n": {value}}}'
    assert outcomes(shop, {"a": line.encode()})["a"].reasons == {"unparseable": 1}


def test_a_name_that_is_a_number_is_no_json(shop_of, outcomes) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "'2024-05-01'"}
    shop = shop_of(events={"files": "*", "format": "jsonl", "columns": columns})
    assert outcomes(shop, {"a": b'{"id": 20000001.0, 1.50: 2}'})["a"].reasons == {"unparseable": 1}


def test_a_long_record_is_read_through(shop_of, outcomes) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "'2024-05-01'", "order_id": "n"}
    shop = shop_of(events={"files": "*", "format": "jsonl", "columns": columns})
    many = ",".join(f'{{"k{place}": {place}.50, "t": "\\u00e9 \\\\ {place}"}}' for place in range(50_000))
    found = outcomes(shop, {"a": f'{{"x": [{many}], "id": 1.50, "n": 9.90}}'.encode()})["a"]
    assert [(row.event_id, row.order_id) for row in found.rows] == [("1.50", "9.90")]
