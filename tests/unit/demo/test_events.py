"""What the behaviour log holds is what its truth says, counted again from the lines themselves."""

import ipaddress
import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from nightmarket.demo import behaviour, blemishes, people
from nightmarket.demo.blemishes import BROKEN, SHARES
from nightmarket.demo.shop import midnight_ms

GAP = timedelta(minutes=30)
GA4 = {
    "view_item_list", "select_item", "view_item", "add_to_wishlist", "add_to_cart", "remove_from_cart",
    "view_cart", "begin_checkout", "add_shipping_info", "add_payment_info", "purchase", "refund", "search",
    "login", "share", "view_promotion", "select_promotion",
}  # fmt: skip


@pytest.fixture(scope="module")
def events(written, days) -> dict:
    return {day: written.events(day) for day in days}


def midnight(day) -> datetime:
    return datetime.fromtimestamp(midnight_ms(day) / 1000, UTC)


def test_sizes(written, days, events) -> None:
    assert [events[day].height for day in days] == [12_000, 8_000, 8_000]
    lines = written.lines(days[0])
    assert 250 < sum(map(len, lines)) / len(lines) < 320


def test_plants_are_as_many_as_stated(written, days, events) -> None:
    for day in days:
        lines = events[day].height
        counts = dict(events[day].drop_nulls("plant")["plant"].value_counts().iter_rows())
        assert counts == {name: n for name, n in written.summaries[day]["plants"].items() if name in counts}
        broken = sum(counts[name] for name in BROKEN)
        for name, share in {**SHARES, "bot_heavy": 0.02}.items():
            found = broken if name == "broken" else counts[name]
            assert found == pytest.approx(share * lines, abs=1.5), name
        assert 0.003 < counts["late"] / lines < 0.02
        assert counts["overnight"] > 5
        assert counts["refund"] >= 2


def test_lines_are_the_events_of_the_truth(days, events) -> None:
    for day in days:
        read = events[day].filter(pl.col("said_id").is_not_null())
        assert read.filter(pl.col("said_id") != pl.col("event_id")).is_empty()
        assert read.filter(pl.col("said_at") != pl.col("event_at")).is_empty()
        assert read.filter(pl.col("user").is_not_null() != pl.col("signed_in")).is_empty()
        names = set(read.filter(pl.col("plant") != "unknown_event")["said_event"])
        assert names <= GA4
        assert set(events[days[0]]["said_event"]) >= GA4


def test_broken_lines_are_those_that_cannot_be_used(days, events) -> None:
    for day in days:
        unusable = (
            pl.col("said_id").is_null() | ~pl.col("said_event").is_in(GA4) | (pl.col("quantity") < 1)
        ) | pl.col("plant").eq("negative_price")
        found = events[day].filter(unusable)["plant"]
        assert sorted(found) == sorted(events[day].filter(pl.col("plant").is_in(BROKEN))["plant"])


def test_negative_prices_are_negative(written, days, events) -> None:
    lines = written.lines(days[0])
    at = events[days[0]].filter(pl.col("plant") == "negative_price")["line"].to_list()
    assert at
    assert all('"price":-' in lines[number - 1] for number in at)
    assert sum('"price":-' in line for line in lines) == len(at)


def test_exact_duplicates_are_repeated_lines(written, days, events) -> None:
    for day in days:
        lines = pl.Series(written.lines(day))
        repeated = lines.len() - lines.n_unique()
        constant = events[day].filter(pl.col("plant") == "not_json").height
        planted = events[day].filter(pl.col("plant") == "duplicate").height
        assert planted <= repeated <= planted + constant


def test_ids_are_unique_but_for_duplicates_and_reuse(days, events) -> None:
    for day in days:
        again = events[day].drop_nulls("event_id").filter(pl.col("event_id").is_duplicated())
        by_id = again.group_by("event_id").agg("plant", pl.col("person").n_unique())
        for plants, people_ in zip(by_id["plant"], by_id["person"], strict=True):
            planted = [plant for plant in plants if plant in {"duplicate", "reused_id"}]
            assert len(planted) == len(plants) - 1
            assert people_ == (2 if "reused_id" in planted else 1)
    ids = pl.concat([events[day].select("event_id", "plant") for day in days]).drop_nulls("event_id")
    ids = ids.filter(~pl.col("plant").is_in(["duplicate", "reused_id"]).fill_null(False))
    assert ids["event_id"].is_unique().all()


def test_near_duplicates_are_the_same_within_a_second(days, events) -> None:
    for day in days:
        usable = events[day].filter(
            pl.col("session").is_not_null()
            & pl.col("item").is_not_null()
            & (pl.col("plant") != "duplicate").fill_null(True)
        )
        ordered = usable.sort("person", "item", "said_event", "event_at")
        same = pl.all_horizontal(
            pl.col(name) == pl.col(name).shift() for name in ("person", "item", "said_event")
        )
        close = ordered.filter(same & (pl.col("event_at").diff() < timedelta(seconds=1)))
        assert close["plant"].to_list() == ["near_duplicate"] * close.height
        assert close.height == events[day].filter(pl.col("plant") == "near_duplicate").height


def parted_by_the_gap_alone(frame: pl.DataFrame, person: str, session: str) -> bool:
    """Whether a gap of 30 minutes of a person, and nothing else, parts the sessions."""
    ordered = frame.filter(pl.col(session).is_not_null()).sort(person, "event_at", session)
    first = ((pl.col(person) != pl.col(person).shift()) | (pl.col("event_at").diff() > GAP)).fill_null(True)
    found = ordered.with_columns(found=first.cum_sum())
    both = found.select(session, "found").n_unique()
    return found[session].n_unique() == found["found"].n_unique() == both


def test_sessions_of_one_export(days, events) -> None:
    for day in days:
        assert parted_by_the_gap_alone(events[day], "person", "session")
        known = events[day].with_columns(known=pl.coalesce("user", "device"))
        signed = known.filter(pl.col("known").is_not_null())
        assert parted_by_the_gap_alone(signed, "known", "session_unstitched")


def test_sessions_over_midnight_and_late_days(days, events) -> None:
    every = pl.concat([events[day].with_columns(day=pl.lit(day)) for day in days])
    whole = every.filter(pl.col("event_at") >= midnight(days[0]))
    assert parted_by_the_gap_alone(whole, "person", "session")
    spread = (
        whole.drop_nulls("session")
        .group_by("session")
        .agg(pl.col("day").n_unique(), pl.col("plant").unique())
    )
    spread = spread.filter(pl.col("day") > 1)
    plants = spread["plant"].explode().drop_nulls().to_list()
    assert plants.count("overnight") >= 10
    assert plants.count("late") >= 10


def test_late_and_foreign_times(days, events) -> None:
    for day in days:
        begins, ends = midnight(day), midnight(day) + timedelta(1)
        for plant, low, high in (
            ("late", begins - timedelta(3), begins),
            ("overnight", begins, begins + timedelta(hours=2)),
            ("future", ends + timedelta(2), ends + timedelta(403)),
            ("ancient", begins - timedelta(4001), begins - timedelta(399)),
        ):
            at = events[day].filter(pl.col("plant") == plant)["said_at"]
            assert at.is_between(low, high).all(), plant
        ordinary = events[day].filter(~pl.col("plant").is_in(["late", "future", "ancient"]).fill_null(False))
        assert ordinary["event_at"].is_between(begins, ends).all()


def test_late_rows_lie_among_the_others(days, events) -> None:
    late = events[days[1]].filter(pl.col("plant") == "late")["line"]
    assert late.min() < 3_000
    assert late.max() > 5_000


def test_bots(days, events) -> None:
    for day in days:
        by_agent = events[day].filter(pl.col("ua").is_in(people.BOTS))
        assert set(by_agent["plant"]) == {"bot_agent"}
        assert by_agent.height == events[day].filter(pl.col("plant") == "bot_agent").height
        machine = (
            events[day].filter(pl.col("plant").is_in(["bot_rate", "bot_heavy"])).sort("person", "event_at")
        )
        for _, own in machine.group_by("person"):
            gaps = own["event_at"].diff().drop_nulls().dt.total_milliseconds()
            assert own.height >= 80
            assert gaps.max() - gaps.min() <= 20
        assert machine.filter(pl.col("plant") == "bot_heavy")["device"].n_unique() == 1


def test_people_are_not_regular(days, events) -> None:
    human = (
        events[days[0]]
        .filter(pl.col("plant").is_null() | (pl.col("plant") == "reseller"))
        .sort("person", "event_at")
    )
    spread = human.group_by("person").agg(pl.col("event_at").diff().dt.total_milliseconds().std(), pl.len())
    assert spread.filter(pl.col("len") > 20)["event_at"].min() > 5_000


def test_addresses_are_nobodys(days, events) -> None:
    safe = [ipaddress.ip_network(net) for net in ("198.18.0.0/15", "203.0.113.0/24", people.INTERNAL)]
    read = events[days[0]].drop_nulls("ip")
    homes = {ip: [net for net in safe if ipaddress.ip_address(ip) in net] for ip in set(read["ip"])}
    assert all(homes.values())
    inside = {ip for ip, nets in homes.items() if str(nets[0]) == people.INTERNAL}
    assert set(read.filter(pl.col("ip").is_in(inside))["plant"]) == {"internal"}
    assert read.filter(pl.col("ip").is_in(inside)).height == read.filter(pl.col("plant") == "internal").height


def test_items_are_known_but_for_the_unknown(written, days, events) -> None:
    for day in days:
        known = set(written.items(day)["item_id"])
        told = events[day].filter(~pl.col("plant").is_in(["late", "overnight", "refund"]).fill_null(False))
        strangers = told.drop_nulls("item").filter(~pl.col("item").is_in(known))
        assert set(strangers["plant"]) == {"unknown_item"}
        assert strangers.height == events[day].filter(pl.col("plant") == "unknown_item").height


def test_the_reseller_buys_most(written, days, events) -> None:
    bought = (
        events[days[0]]
        .filter(pl.col("said_event") == "purchase")
        .group_by("user")
        .agg(pl.col("quantity").sum())
    )
    top = bought.sort("quantity", descending=True)
    assert top["user"][0].startswith("u")
    assert top["quantity"][0] > 20 * top["quantity"][1]
    assert f'"{top["user"][0]}"' in (written.truth / "plants.json").read_text()


def test_buying_follows_looking(days, events) -> None:
    own = events[days[0]].filter(pl.col("plant").is_null()).sort("person", "event_at")
    steps = ["view_item", "add_to_cart", "begin_checkout", "purchase"]
    by_session = own.group_by("session").agg(pl.col("said_event"))
    reached = [sum(step in names for names in by_session["said_event"].to_list()) for step in steps]
    assert reached == sorted(reached, reverse=True)
    assert reached[-1] > 100
    orders = own.filter(pl.col("said_event") == "purchase")
    assert orders["order"].null_count() == orders["quantity"].null_count() == 0
    for names in by_session.filter(pl.col("said_event").list.contains("purchase"))["said_event"].to_list():
        assert names.index("add_to_cart") < names.index("purchase")
    assert own.filter(pl.col("said_event") == "search")["query"].null_count() == 0


def test_refunds_return_an_order(shop, days) -> None:
    later = days[0] + timedelta(4)
    rows = behaviour.events(shop, later, 0)
    refunds = rows.take(rows.plant == blemishes.PLANT["refund"])
    sold = [behaviour.events(shop, later - timedelta(back), 0) for back in behaviour.REFUND_AFTER[:2]]
    orders = {order for day in sold for order in day.order[day.order >= 0].tolist()}
    recent = [order for order in refunds.order.tolist() if order in orders]
    assert len(recent) >= 3
    assert (refunds.quantity > 0).all()


def test_devices_sign_in(days, events) -> None:
    own = events[days[0]].filter(pl.col("plant").is_null())
    turned = own.group_by("session").agg(
        pl.col("signed_in").n_unique(), pl.col("said_event"), pl.col("device").n_unique()
    )
    turned = turned.filter(pl.col("signed_in") == 2)
    assert turned.height > 30
    assert turned["said_event"].list.contains("login").all()
    assert own.group_by("session").agg(pl.col("device").n_unique())["device"].max() == 1
    assert own.filter(~pl.col("signed_in")).height / own.height > 0.15


def test_both_languages_search(days, events) -> None:
    queries = events[days[0]].drop_nulls("query")["query"]
    chinese = queries.str.contains(r"\p{Han}")
    assert chinese.sum() > 100
    assert (~chinese).sum() > 100
    private = events[days[0]].filter(pl.col("plant") == "private_query")["query"].to_list()
    assert all(re.search(r"@example\.com|020 7946 0\d{3}|1540000\d{4}", query) for query in private)


def test_people_look_at_what_their_group_prefers(written, days, shop, events) -> None:
    users = pl.read_parquet(written.truth / "users.parquet")
    items = written.items(days[0]).select(pl.col("item_id").alias("item"), "category_true", "brand_true")
    wanted = pl.DataFrame(
        [
            {"group": told["group"], "category_true": taste["category"], "brand_true": brand, "hit": True}
            for told in people.record(shop)
            for taste in told["prefers"]
            for brand in taste["brands"]
        ]
    )
    viewed = (
        events[days[0]].filter(pl.col("plant").is_null() & (pl.col("said_event") == "view_item"))
        .join(users, on="person").join(items, on="item")
        .join(wanted, on=["group", "category_true", "brand_true"], how="left")
    )  # fmt: skip
    assert viewed.height > 2_000
    assert viewed["hit"].is_not_null().mean() > 0.7
    by_group = viewed.group_by("group").agg(pl.col("hit").is_not_null().mean())
    assert by_group["hit"].min() > 0.65
    chance = (
        viewed.select("item")
        .join(items, on="item")
        .join(wanted.filter(pl.col("group") == 0), on=["category_true", "brand_true"], how="left")
    )
    assert chance["hit"].is_not_null().mean() < 0.35


def test_active_users_have_several_interactions_on_the_first_day(days, events) -> None:
    own = events[days[0]].filter(
        pl.col("plant").is_null() & pl.col("user").is_not_null() & pl.col("item").is_not_null()
    )
    each = own.group_by("user").agg(pl.len())["len"]
    assert each.len() > 350
    assert each.median() >= 6


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_line_is_broken(kind: str) -> None:
    line = (
        '{"id":"00ff00ff00ff00ff","event":"add_to_cart","ts":"2026-11-01T08:00:00.000+08:00","user":{"id":"u00000001"},'
        '"device":"d0123456789ab","item":{"id":"NM1000001","price":99.00,"currency":"CNY","qty":1},"ua":"x","ip":"y"}'
    )
    for luck in range(200):
        told = blemishes.broken(line, kind, luck)
        assert told != line
        assert "\n" not in told
