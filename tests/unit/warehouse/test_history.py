"""What a table's metadata says of its past."""

from datetime import UTC, date, datetime

import pytest

from nightmarket.warehouse.history import parse

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def snapshot(number, parent=None, **said):
    summary = {"operation": "append"} | {f"nightmarket.{key}": value for key, value in said.items()}
    known = {"snapshot-id": number, "timestamp-ms": 1_000 * number, "summary": summary}
    return known | ({"parent-snapshot-id": parent} if parent else {})


def metadata(*snapshots, main=None, fields=((2, "identity"),), **branches):
    refs = {"main": main, **branches} if main else branches
    return {
        "current-schema-id": 1,
        "schemas": [
            {"schema-id": 0, "fields": [{"id": 2, "name": "then"}]},
            {"schema-id": 1, "fields": [{"id": 1, "name": "id"}, {"id": 2, "name": "day"}]},
        ],
        "default-spec-id": 0,
        "partition-specs": [
            {"spec-id": 0, "fields": [{"source-id": source, "transform": how} for source, how in fields]}
        ],
        "properties": {"owner": "tests"},
        "refs": {name: {"snapshot-id": head, "type": "branch"} for name, head in refs.items()}
        | {"kept": {"snapshot-id": 1, "type": "tag"}},
        "snapshots": list(snapshots),
    }


def test_a_new_table_has_no_past():
    history = parse(metadata() | {"refs": {}})
    assert history.main is None
    assert history.published(MONDAY, "a") is None
    assert list(history.ancestors(None)) == []
    assert history.descends(7, None)


def test_only_ancestors_of_main_are_published():
    monday, again = {"run_key": "a", "day": "2026-03-02"}, {"run_key": "b", "day": "2026-03-02"}
    history = parse(
        metadata(
            snapshot(1),
            snapshot(2, 1, **monday),
            snapshot(3, 2, **again),
            snapshot(4, 2, run_key="c", day="2026-03-03"),
            main=3,
            run_x=4,
        )
    )
    assert history.branches == {"main": 3, "run_x": 4}
    assert history.published(MONDAY, "a").id == 2
    assert history.published(TUESDAY, "a") is None
    assert history.published(TUESDAY, "c") is None
    assert history.sealed(history.main, MONDAY).id == 3
    assert history.sealed(2, MONDAY).id == 2
    assert history.descends(3, 1)
    assert not history.descends(4, 3)
    assert history.snapshots[2].committed_at == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)


def test_a_past_that_has_expired_ends_where_it_is_kept():
    history = parse(metadata(snapshot(5, 4, run_key="a", day="2026-03-02"), main=5))
    assert [known.id for known in history.ancestors(history.main)] == [5]


@pytest.mark.parametrize(
    ("fields", "spelled"),
    [
        ((), ()),
        (((2, "identity"),), ("day",)),
        (((2, "month"), (1, "bucket[16]")), ("month(day)", "bucket[16](id)")),
    ],
)
def test_a_partition_is_its_columns_plain_value_or_says_what_it_is(fields, spelled):
    assert parse(metadata(fields=fields)).partitioned_by == spelled


def test_the_newest_published_day_is_a_sealed_ancestors_and_not_ahead():
    said = [{"run_key": "a", "day": day} for day in ("2026-03-03", "2026-03-02", "2026-03-05")]
    history = parse(
        metadata(
            snapshot(1, **said[0]),
            snapshot(2, 1, **said[1]),
            snapshot(3, 2, day="2026-03-04"),
            snapshot(4, 3, **said[2]),
            main=3,
            run_b=4,
        )
    )
    assert history.newest(3, date(2026, 3, 9)) == TUESDAY, "also where an older day was published after it"
    assert history.newest(3, TUESDAY) == TUESDAY
    assert history.newest(3, MONDAY) == MONDAY
    assert history.newest(3, date(2026, 3, 1)) is None
    assert history.newest(4, date(2026, 3, 9)) == date(2026, 3, 5)
    assert history.newest(None, TUESDAY) is None
