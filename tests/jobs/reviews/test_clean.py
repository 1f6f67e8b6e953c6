"""reviews.clean: each opinion once, no personal data, in a known language."""

import pytest
from drawn import rows


@pytest.fixture(scope="module")
def build(job, export):
    declared = job("reviews.clean")
    return lambda drawing: declared.build(export("reviews", drawing)).cache()


def test_personal_data_is_taken_out_and_counted(build) -> None:
    english, chinese = (
        build("""
        | review_id | item_id | stars | title       | text                                     |
        | r1        | i1      | 5     | Love it     | Mail me at ann@example.com or 415-555-2671 |
        | r2        | i1      |       |             | 质量很好，电话13812345678                |
    """)
        .orderBy("review_id")
        .collect()
    )
    assert english.text == "Love it. Mail me at [email] or [phone]"
    assert (english.language, english.redactions, english.stars) == ("en", 2, 5)
    assert "13812345678" not in chinese.text
    assert (chinese.language, chinese.redactions, chinese.stars) == ("zh", 1, None)


def test_a_telephone_number_does_not_change_the_content_hash(build) -> None:
    first, second, third = (
        build("""
        | review_id | item_id | text                        |
        | r1        | i1      | Call 415-555-2671, love it! |
        | r2        | i1      | Call 415-555-9999, love it! |
        | r3        | i1      | Call 415-555-9999, hate it! |
    """)
        .orderBy("review_id")
        .collect()
    )
    assert first.content_hash == second.content_hash != third.content_hash


def test_a_title_that_repeats_the_text_is_said_once(build) -> None:
    found = build("""
        | review_id | item_id | title        | text             |
        | r1        | i1      | Nice lamp... | Nice lamp indeed |
        | r2        | i1      | Nice!        | Lights well      |
        | r3        | i1      | Only a title | ''               |
    """)
    assert rows(found, "text") == [("Nice lamp indeed",), ("Nice! Lights well",), ("Only a title.",)]


def test_every_refused_review_says_why(build) -> None:
    found = build("""
        | review_id | item_id | user_id | text          | written_at          | reject_reason | raw |
        | r1        | i1      | ann     | First version | 2026-03-01 10:00:00 |               | a   |
        | r1        | i1      | ann     | Edited later  | 2026-03-02 10:00:00 |               | b   |
        | r2        | i1      | bob     | Great!        | 2026-03-02 10:00:00 |               | c   |
        | r3        | i1      | bob     | Great!        | 2026-03-01 10:00:00 |               | d   |
        | r4        | i2      | bob     | Great!        | 2026-03-03 10:00:00 |               | e   |
        | r5        | i1      | cid     | Great!        | 2026-03-03 10:00:00 |               | f   |
        | r6        | i1      |         | Great!        | 2026-03-03 10:00:00 |               | g   |
        | r7        | i1      | ''      | Great!        | 2026-03-03 10:00:00 |               | h   |
        | r8        | i1      | dan     | <br>          | 2026-03-03 10:00:00 |               | i   |
        |           |         |         |               |                     | unparseable   | j   |
        | r9        | i1      | bob     | Great!        | 2026-03-01 09:00:00 | out_of_range  | k   |
    """)
    assert rows(found, "raw", "reject_reason") == [
        ("a", "duplicate"),
        ("b", None),
        ("c", "duplicate_text"),
        ("d", None),
        ("e", None),
        ("f", None),
        ("g", None),
        ("h", None),
        ("i", "missing_required"),
        ("j", "unparseable"),
        ("k", "out_of_range"),
    ]


def test_rows_of_one_id_that_are_no_versions_of_one_review_are_conflicting(build) -> None:
    found = build("""
        | review_id | item_id | user_id | text  | written_at          | raw |
        | r1        | i1      | ann     | Good  | 2026-03-03 10:00:00 | a   |
        | r1        | i1      | ann     | Fine  | 2026-03-02 10:00:00 | b   |
        | r1        | i1      |         | Fine  | 2026-03-02 10:00:00 | c   |
        | r1        | i1      | ann     | Bad   |                     | d   |
        | r1        | i2      | ann     | Good  | 2026-03-02 10:00:00 | e   |
        | r1        | i1      | bob     | Good  | 2026-03-02 10:00:00 | f   |
        | r2        | i1      | ann     | Good  |                     | g   |
        | r2        | i1      | ann     | Bad   |                     | h   |
        | r3        | i1      | cid     | Same  |                     | i   |
        | r3        | i1      | cid     | Same  |                     | j   |
        | r4        | i3      | ann     | Same  | 2026-03-03 10:00:00 | k   |
        | r4        | i3      | ann     | Other | 2026-03-03 10:00:00 | l   |
    """)
    assert rows(found.where("reject_reason is not null"), "raw", "reject_reason") == [
        ("b", "duplicate"),
        ("c", "duplicate"),
        ("d", "duplicate"),
        ("e", "conflicting"),
        ("f", "conflicting"),
        ("g", "conflicting"),
        ("i", "duplicate"),
        ("k", "conflicting"),
    ]
    (detail,) = [row.reject_detail for row in found.collect() if row.raw == "k"]
    assert detail == "review_id: another review has 'r4' and was kept"
