"""Values on the very bounds of a contract, and what a sentence about a value may show."""

import pytest

REVIEWS = {"review_id": "id", "item_id": "'i'", "text": "'x'", "stars": "n"}
EVENTS = {"event_id": "id", "event_name": "'purchase'", "event_at": "'2024-05-01'"}


def csv(columns: dict[str, str]) -> dict[str, object]:
    return {"files": "{day}.csv", "format": "csv", "columns": columns}


@pytest.mark.parametrize(
    ("source", "column", "reasons"),
    [
        ("reviews", "stars", {"1": None, "5": None, "0": "is below 1", "6": "is above 5"}),
        ("events", "quantity", {"1": None, "2147483647": None, "0": "is below 1"}),
        ("events", "price", {"0": None, "0.0001": None, "-0.0001": "is below 0"}),
    ],
)
def test_a_value_on_the_bound_is_right_and_the_next_one_is_not(
    shop_of, frame_of, tmp_path, source: str, column: str, reasons: dict[str, str | None]
) -> None:
    columns = (REVIEWS if source == "reviews" else EVENTS) | {column: "n"}
    text = "".join(f"r{number},{value}\n" for number, value in enumerate(reasons))
    files = {"2024-05-01.csv": f"id,n\n{text}".encode()}
    rows = frame_of(shop_of(**{source: csv(columns)}), files, tmp_path, source).collect()
    found = {row.raw.partition(",")[2]: (row.reject_reason, row.reject_detail) for row in rows}
    assert set(found) == set(reasons)
    for value, words in reasons.items():
        reason, detail = found[value]
        assert reason == (words and "out_of_range"), value
        assert words is None or str(detail).endswith(words), detail


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ("order_id", True),  # internal
        ("user_id", False),  # pseudonymous, and may be made from an address
        ("query", False),  # personal
    ],
)
def test_what_names_a_person_is_not_quoted_where_an_expression_fails(
    shop_of, frame_of, tmp_path, column: str, shown: bool
) -> None:
    columns = EVENTS | {column: "cast(cast(mail as int) as string)"}
    files = {"2024-05-01.csv": b"id,mail\ne1,ann@example.com\n"}
    (row,) = frame_of(shop_of(events=csv(columns)), files, tmp_path).collect()
    assert (row.reject_reason, row[column]) == ("bad_value", None)
    quoted = " 'ann@example.com'" if shown else ""
    assert row.reject_detail == f"{column}: nothing from mail{quoted}"
