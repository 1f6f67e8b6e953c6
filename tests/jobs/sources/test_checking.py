"""``sources check``: every problem at once, samples without personal data."""

import json
from datetime import date
from pathlib import Path

import pytest

from nightmarket import sources
from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError

DAY = date(2024, 5, 1)


def csv(columns: dict[str, str], files: str = "{day}.csv") -> dict[str, object]:
    return {"files": files, "format": "csv", "columns": columns}


def test_every_problem_at_once(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    shop = shop_of(
        events=csv({
            "event_id": "eventid",
            "event_name": "upper(name",
            "event_at": "to_timestmp(at)",
            "user_id": "usr",
            "item": "x",
            "quantity": "count(*)",
            "price": "array(1)[name]",
        }),
        items=csv({"item_id": "id"}, "nowhere.csv"),
        reviews={"files": "{day}.jsonl", "format": "jsonl",
                 "columns": {"review_id": "idd", "item_id": "item", "text": "body.txt"}},
    )  # fmt: skip
    (tmp_path / "2024-05-01.csv").write_text("event_id,name,at,user\ne1,x,2024-05-01,u\n")
    (tmp_path / "2024-05-01.jsonl").write_text('{"id": 1, "item": 2, "body": {"text": "x"}}\n')
    report = sources.check(spark, shop, contracts, DAY, tmp_path)
    text = "\n".join(report.problems)
    assert not report.ok
    for part in (
        "no column 'eventid' in 2024-05-01.csv; did you mean 'event_id'?",
        "events.event_name: Syntax error",
        "to_timestmp",
        "events.item: no such column in the contract; did you mean 'item_id'?",
        "events.quantity: count is for many records",
        "events.price: ",
        "items gives no expression for title",
        "no file of items for 2024-05-01: looked for nowhere.csv",
        "reviews.review_id: no field 'idd' in the first 1 records; did you mean 'id'?",
        "reviews.text: no field 'body.txt' in the first 1 records; did you mean 'text'?",
    ):
        assert part in text, text
    assert "did you mean 'user'" in "\n".join(report.notes)
    assert all("\n" not in problem for problem in report.problems)
    assert f"shop.yaml:{shop.sources['events'].lines['item']}: " in text
    assert all(problem in report.in_words() for problem in report.problems)


@pytest.mark.parametrize(
    ("column", "expression", "given"),
    [
        ("price", "map(name, 'x')", "map<string,string>"),
        ("price", "split(name, ',')", "array<string>"),
        ("quantity", "named_struct('a', name)", "struct<a:string>"),
        ("event_at", "array(name)", "array<string>"),
    ],
)
def test_several_values_in_place_of_one_are_refused_by_their_type(
    spark, contracts: Contracts, shop_of, tmp_path: Path, column: str, expression: str, given: str
) -> None:
    good = {"event_id": "id", "event_name": "name", "event_at": "at"}
    shop = shop_of(events=csv(good | {column: expression}))
    (tmp_path / "2024-05-01.csv").write_text("id,name,at\ne1,x,2024-05-01\n")
    wanted = contracts.sources["events"].column(column).type
    sentence = f"events.{column}: it gives {given} and the column is {wanted}; name the value in it."
    (problem,) = sources.check(spark, shop, contracts, DAY, tmp_path).problems
    assert problem.endswith(sentence)
    with pytest.raises(SourceError) as raised:
        sources.read(spark, shop, contracts, "events", DAY, tmp_path)
    assert sentence in str(raised.value)


def test_several_values_are_a_text(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "at", "query": "split(name, ' ')"}
    (tmp_path / "2024-05-01.csv").write_text("id,name,at\ne1,red socks,2024-05-01\n")
    (row,) = sources.read(spark, shop_of(events=csv(columns)), contracts, "events", DAY, tmp_path).collect()
    assert row.query == '["red","socks"]'


def test_samples_mask_what_is_personal(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "at", "user_id": "user", "query": "q"}
    rows = [
        "id,at,user,q",
        *(f"e{n},2024-05-01,ann,secret" for n in range(3)),
        "e9,soon,ann,secret",
        "broken secret",
    ]
    (tmp_path / "2024-05-01.csv").write_text("\n".join(rows))
    report = sources.check(spark, shop_of(events=csv(columns)), contracts, DAY, tmp_path)
    assert report.ok, report.problems
    found = report.sources["events"]
    assert (found.sampled, found.rejected) == (5, {"bad_value": 1, "unparseable": 1})
    assert {sample.reason for sample in report.samples} == {"bad_value", "unparseable"}
    assert "secret" not in report.in_words()
    assert "ann" not in report.in_words()
    assert "'soon'" in report.in_words()


def test_a_mapping_that_rejects_everything_is_a_problem(
    spark, contracts: Contracts, shop_of, tmp_path: Path
) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "at"}
    (tmp_path / "2024-05-01.csv").write_text("id,at\ne1,1.5.2024\ne2,2.5.2024\n")
    report = sources.check(spark, shop_of(events=csv(columns)), contracts, DAY, tmp_path)
    assert len(report.problems) == 1
    assert (
        "all 2 records sampled are rejected; first: bad_value, event_at: '1.5.2024' is not timestamp"
        in report.problems[0]
    )


def test_more_rejects_than_a_table_allows_are_a_problem(
    spark, contracts: Contracts, shop_of, tmp_path: Path
) -> None:
    shop = shop_of(items=csv({"item_id": "sku", "title": "name"}))
    (tmp_path / "2024-05-01.csv").write_text("sku,name\nT-S,Tee\nT-M,\nT-L,\nC-1,Cap\n")
    table = "catalogue.items"

    def problems(most: float) -> tuple[str, ...]:
        return sources.check(spark, shop, contracts, DAY, tmp_path, limits={"items": (table, most)}).problems

    assert problems(0.5) == ()
    (problem,) = problems(0.4)
    assert problem == (
        f"{shop.path}: items: 2 of 4 records sampled are rejected (50.0%), and catalogue.items stops "
        "above 40.0%; where blank columns continue the record before, say so with fill_down and where; mend "
        "them, or let the mapping say most_rejected."
    )


def test_a_first_line_that_is_a_record_is_named(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    shop = shop_of(items=csv({"item_id": "sku", "title": "name"}))
    (tmp_path / "2024-05-01.csv").write_text("17,Tee,2024\n18,Cap,2024\n")
    report = sources.check(spark, shop, contracts, DAY, tmp_path)
    assert report.problems[0].endswith(
        "items.item_id: no column 'sku' in 2024-05-01.csv, whose first line looks like a record: 17, Tee, "
        "2024; list the names of its columns under 'header'."
    )


def test_a_pattern_of_a_time_that_is_none(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "to_timestamp(at, 'YYYY-mm-dd')"}
    (tmp_path / "2024-05-01.csv").write_text("id,at\ne1,2024-05-01\n")
    report = sources.check(spark, shop_of(events=csv(columns)), contracts, DAY, tmp_path)
    assert "events.event_at: 'YYYY-mm-dd' is no pattern of a time: a year is yyyy" in report.problems[0]


def test_unknown_parameters(spark, contracts: Contracts, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(
        "shop: S\ntimezone: UTC\ncurrency: EUR\n"
        "sources: {items: {files: i.jsonl, format: jsonl, columns: {item_id: id, title: t}}}\n"
        "parameters: {catalogue.items: {delist_after: 3}}\n"
    )
    (tmp_path / "i.jsonl").write_text(json.dumps({"id": 1, "t": "x"}))
    shop = sources.load(path, contracts)
    assert sources.check(spark, shop, contracts, DAY, tmp_path).ok
    known = {"catalogue.items": ["delist_after_days"]}
    report = sources.check(spark, shop, contracts, DAY, tmp_path, known)
    assert "no parameter 'delist_after'; did you mean 'delist_after_days'?" in report.problems[0]


def times(minutes: int, *, seconds: int = 0) -> str:
    """Twenty events ``minutes`` apart from midnight on, the last with ``seconds``."""
    rows = [f"e{n},2024-05-01 {n * minutes // 60:02}:{n * minutes % 60:02}:00" for n in range(19)]
    return "\n".join(["id,at", *rows, f"e19,2024-05-01 23:00:{seconds:02}\n"])


def test_a_clock_without_seconds_is_named(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    columns = {"event_id": "id", "event_name": "'search'", "event_at": "at"}
    shop = shop_of("Asia/Kolkata", events=csv(columns, "*.csv"))
    for name, text in {
        "hours": times(60),
        "minutes": times(7),
        "nearly": times(7, seconds=1),
        "seconds": times(7).replace(":00\ne3", ":01\ne3").replace(":00\ne4", ":01\ne4"),
        "few": "\n".join(times(60).splitlines()[:-1]),
    }.items():
        (tmp_path / f"{name}.csv").write_text(text)
    report = sources.check(spark, shop, contracts, DAY, tmp_path)
    place = f"{shop.path}:{shop.sources['events'].lines['event_at']}: events.event_at: the times of"
    assert report.ok
    assert [
        note.partition(":")[0] + note[note.index(": the times") :].partition("are not")[0]
        for note in report.notes
        if ": the times" in note
    ] == [
        f"{shop.path}: the times of hours.csv are full hours: seconds ",
        f"{shop.path}: the times of minutes.csv are full minutes: seconds ",
        f"{shop.path}: the times of nearly.csv are full minutes: seconds ",
    ]
    assert sum(note.startswith(place) for note in report.notes) == 3


def test_stars_out_of_ten_are_named(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    columns = {"review_id": "id", "item_id": "'i'", "text": "'x'", "stars": "s"}
    shop = shop_of(reviews=csv(columns))

    def check(*stars: int) -> sources.Report:
        text = "".join(f"r{n},{given}\n" for n, given in enumerate(stars))
        (tmp_path / "2024-05-01.csv").write_text(f"id,s\n{text}")
        return sources.check(spark, shop, contracts, DAY, tmp_path)

    whole = check(1, 7, 8, 3, 10, 9)
    assert [p.partition("stars: ")[2] for p in whole.problems] == [
        "4 of 6 records sampled have more than 5, up to 10: this looks like a scale of 10; "
        "write `stars: greatest(1, ceil((s) / 2))`."
    ]
    assert "a scale of 100; write `stars: greatest(1, ceil((s) / 20))`" in check(100, 80, 20).problems[0]
    some = check(*[5] * 8, 6, 10)
    assert (some.problems, len(some.notes)) == ((), 1)
    for right in ([1, 2, 3, 4, 5] * 2, [5] * 99 + [6], [5, 5, 500]):
        report = check(*right)
        assert (report.problems, report.notes) == ((), ()), right
