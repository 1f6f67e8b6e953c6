"""behaviour.searches: what came of a search is what its visit did until the next, purchases until its end."""

import pytest
from drawn import rows

FOLLOWED = ("event_id", "results_clicked", "clicked_items", "added", "bought")


@pytest.fixture(scope="module")
def build(job, drawn):
    declared = job("behaviour.searches")
    return lambda drawing, **tuning: declared.build(drawn("behaviour.events", drawing), **tuning)


def test_clicks_and_carts_belong_to_the_search_before_them(build) -> None:
    searches = build("""
        | event_id | session_id | user_id | event_at            | event_name     | item_id | query |
        | 0        | s          | ann     | 2026-03-31 09:59:00 | view_item      | early   |       |
        | 1        | s          | ann     | 2026-03-31 10:00:00 | search         |         | lamp  |
        | 2        | s          | ann     | 2026-03-31 10:00:01 | view_item_list |         |       |
        | 4        | s          | ann     | 2026-03-31 10:00:10 | select_item    | red     |       |
        | 3        | s          | ann     | 2026-03-31 10:00:11 | view_item      | red     |       |
        | 5        | s          | ann     | 2026-03-31 10:00:30 | view_item      | blue    |       |
        | 6        | s          | ann     | 2026-03-31 10:00:40 | add_to_cart    | blue    |       |
        | 7        | s          | ann     | 2026-03-31 10:01:00 | search         |         | bulb  |
        | 8        | s          | ann     | 2026-03-31 10:01:10 | view_item      | led     |       |
        | 9        | r          | ann     | 2026-03-31 10:00:05 | view_item      | other   |       |
    """)
    assert rows(searches, *FOLLOWED) == [
        ("1", 3, ["red", "blue"], 1, 0),
        ("7", 1, ["led"], 0, 0),
    ]
    assert rows(searches, "event_id", "searched_at", "session_id", "user_id", "query") == [
        ("1", "2026-03-31 10:00:00", "s", "ann", "lamp"),
        ("7", "2026-03-31 10:01:00", "s", "ann", "bulb"),
    ]


def test_a_purchase_counts_for_every_search_whose_click_led_to_it(build) -> None:
    searches = build("""
        | event_id | session_id | event_at            | event_name | item_id | query |
        | 0        | s          | 2026-03-31 09:59:00 | purchase   | red     |       |
        | 1        | s          | 2026-03-31 10:00:00 | search     |         | lamp  |
        | 2        | s          | 2026-03-31 10:01:00 | view_item  | red     |       |
        | 3        | s          | 2026-03-31 10:02:00 | search     |         | bulb  |
        | 4        | s          | 2026-03-31 10:03:00 | view_item  | led     |       |
        | 5        | s          | 2026-03-31 10:04:00 | search     |         | lamps |
        | 6        | s          | 2026-03-31 10:05:00 | view_item  | red     |       |
        | 7        | s          | 2026-03-31 10:06:00 | purchase   | red     |       |
        | 8        | s          | 2026-03-31 10:06:00 | purchase   | led     |       |
        | 9        | s          | 2026-03-31 10:06:00 | purchase   | never   |       |
        | 10       | s          | 2026-03-31 10:06:00 | purchase   |         |       |
        | 11       | s          | 2026-03-31 10:07:00 | search     |         | cord  |
        | 12       | s          | 2026-03-31 10:08:00 | view_item  | led     |       |
        | 13       | r          | 2026-03-31 10:09:00 | purchase   | led     |       |
    """)
    assert rows(searches, "event_id", "bought") == [("1", 1), ("11", 0), ("3", 1), ("5", 1)]


def test_events_of_one_moment_follow_their_search(build) -> None:
    searches = build("""
        | event_id | session_id | event_at            | event_name  | item_id | query |
        | d        | s          | 2026-03-31 10:00:00 | search      |         | lamp  |
        | b        | s          | 2026-03-31 10:00:00 | add_to_cart | red     |       |
        | a        | s          | 2026-03-31 10:00:00 | purchase    | red     |       |
        | c        | s          | 2026-03-31 10:00:00 | select_item | red     |       |
    """)
    assert rows(searches, *FOLLOWED) == [("d", 1, ["red"], 1, 1)]


@pytest.mark.parametrize(
    ("query", "normalised", "language"),
    [
        ("Red  Shoes", "red shoes", "en"),
        ("ＲＥＤ ｓｈｏｅｓ", "red shoes", "en"),
        ("<b>Red</b> shoes &amp; boots", "red shoes & boots", "en"),
        ("红色 连衣裙", "红色 连衣裙", "zh"),
        ("ｉＰｈｏｎｅ　手机壳", "iphone 手机壳", "zh"),
        ("ランニングシューズ", "ランニングシューズ", "ja"),
        ("STRASSE", "strasse", "und"),
        ("4711", "4711", "und"),
        ("''", None, None),
        ("<br>", None, None),
        ("", None, None),
    ],
)
def test_queries_have_one_spelling_and_a_language(build, query, normalised, language) -> None:
    searches = build(f"""
        | event_id | session_id | event_at            | event_name | query   |
        | 1        | s          | 2026-03-31 10:00:00 | search     | {query} |
    """)
    assert rows(searches, "normalised_query", "language", "abandoned") == [(normalised, language, True)]


def test_a_word_is_in_the_language_of_the_shop_or_of_the_other_queries(build) -> None:
    german = [
        "damen winterstiefel",
        "kaffeemaschine mit mahlwerk",
        "gartenschlauch",
        "kinderschuhe",
        "bettwäsche",
    ]
    queries = [*german, "herrenjacke wasserdicht", "schreibtischlampe", "bratpfanne beschichtet", "lampe"]
    lines = [f"| {n} | s{n} | 2026-03-31 10:00:00 | search | {q} |" for n, q in enumerate(queries)]
    drawing = "\n".join(["| event_id | session_id | event_at | event_name | query |", *lines])
    assert set(rows(build(drawing), "language")) == {("de",)}
    assert dict(rows(build(drawing, languages=["sv"]), "normalised_query", "language"))["lampe"] == "sv"


@pytest.mark.parametrize(
    ("between", "second", "becomes"),
    [
        ("", "2026-03-31 10:01:00 | 红色 长裙", "红色 长裙"),
        ("", "2026-03-31 10:02:00 | RED dress", "RED dress"),
        ("", "2026-03-31 10:02:01 | red dress", None),  # too late: another wish
        ("", "2026-03-31 10:01:00 | ｄｒｅｓｓ", None),  # the same words: the second page
        ("", "2026-03-31 10:01:00 |  ", None),  # nothing was typed
        ("view_item", "2026-03-31 10:01:00 | red dress", None),  # something was found
        ("select_item", "2026-03-31 10:01:00 | red dress", None),
        ("add_to_cart", "2026-03-31 10:01:00 | red dress", "red dress"),
        ("view_item_list", "2026-03-31 10:01:00 | red dress", "red dress"),
    ],
)
def test_a_search_is_reformulated_soon_without_a_click_and_in_other_words(
    build, between: str, second: str, becomes: str | None
) -> None:
    step = f"| 2 | s | {between} | a | 2026-03-31 10:00:30 | |" if between else ""
    searches = build(f"""
        | event_id | session_id | event_name | item_id | event_at            | query |
        | 1        | s          | search     |         | 2026-03-31 10:00:00 | Dress |
        {step}
        | 3        | s          | search     |         | {second} |
        | 4        | r          | search     |         | 2026-03-31 10:00:40 | shoes |
    """)
    assert rows(searches.where("event_id = 1"), "reformulated_to") == [(becomes,)]


def test_abandoned_is_what_led_to_no_click_no_cart_and_no_other_query(build) -> None:
    searches = build("""
        | event_id | session_id | event_at            | event_name  | item_id | query |
        | clicked  | a          | 2026-03-31 10:00:00 | search      |         | lamp  |
        | 1        | a          | 2026-03-31 10:01:00 | view_item   | red     |       |
        | added    | b          | 2026-03-31 10:00:00 | search      |         | lamp  |
        | 2        | b          | 2026-03-31 10:01:00 | add_to_cart | red     |       |
        | retyped  | c          | 2026-03-31 10:00:00 | search      |         | lamp  |
        | left     | c          | 2026-03-31 10:01:00 | search      |         | lamps |
    """)
    assert rows(searches, "event_id", "abandoned") == [
        ("added", False),
        ("clicked", False),
        ("left", True),
        ("retyped", False),
    ]


def test_strangers_do_not_follow_each_other(build) -> None:
    searches = build("""
        | event_id | session_id | event_at            | event_name  | item_id | query |
        | 1        |            | 2026-03-31 10:00:00 | search      |         | lamp  |
        | 2        |            | 2026-03-31 10:00:05 | select_item | red     |       |
        | 3        |            | 2026-03-31 10:00:10 | search      |         | 台灯  |
        | 4        |            | 2026-03-31 10:00:15 | purchase    | red     |       |
    """)
    assert rows(searches, *FOLLOWED, "language", "reformulated_to", "abandoned") == [
        ("1", 0, [], 0, 0, "und", None, None),
        ("3", 0, [], 0, 0, "zh", None, None),
    ]


def test_machines_are_left_out_and_people_of_their_visit_are_not(build) -> None:
    searches = build("""
        | event_id | session_id | event_at            | event_name  | item_id | query | bot  |
        | 1        | s          | 2026-03-31 10:00:00 | search      |         | lamp  | rate |
        | 2        | r          | 2026-03-31 10:00:00 | search      |         | lamp  |      |
        | 3        | r          | 2026-03-31 10:00:05 | select_item | red     |       | rate |
    """)
    assert rows(searches, *FOLLOWED) == [("2", 0, [], 0, 0)]


def test_a_visit_goes_on_across_midnight_and_a_late_search_finds_its_place(build) -> None:
    searches = build("""
        | event_id | session_id | event_at            | event_name | item_id | query |
        | 1        | s          | 2026-03-30 23:58:00 | search     |         | lamp  |
        | 2        | s          | 2026-03-31 00:01:00 | view_item  | red     |       |
        | 3        | t          | 2026-03-28 12:00:00 | search     |         | sofa  |
    """)
    assert rows(searches, *FOLLOWED) == [("1", 1, ["red"], 0, 0), ("3", 0, [], 0, 0)]


def test_split_and_order_change_no_bit(job, drawn) -> None:
    deeds = ["search", "view_item", "select_item", "search", "purchase"]
    lines = [
        f"| {n} | s{n % 7} | 2026-03-31 10:{n % 4:02d}:00 | {deeds[n % 5]} | i{n % 3} | q{n % 6} |"
        for n in range(100)
    ]
    header = "| event_id | session_id | event_at | event_name | item_id | query |"
    events = drawn("behaviour.events", "\n".join([header, *lines]))
    build = job("behaviour.searches").build
    answers = {str(rows(build(events.repartition(n)))) for n in (1, 2, 5)}
    assert len(answers) == 1
