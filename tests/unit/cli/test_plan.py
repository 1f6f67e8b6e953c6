"""``nightmarket plan`` on a small shop: what is drawn, and why tables are left out."""

from nightmarket.cli.look import drawn, wave_of
from nightmarket.plan import Job, Plan, before, commits, days, latest, source


def job(writes: str, rejects: str | None = None, **inputs) -> Job:
    return Job(writes, lambda: None, inputs, {}, {}, {}, False, rejects, "day", "small", "")


JOBS = {
    made.writes: made
    for made in (
        job("behaviour.events", rejects="behaviour.rejects", events=source("events")),
        job("catalogue.items", items=source("items")),
        job(
            "recommendation.ranked",
            events=days("behaviour.events", 90),
            items=latest("catalogue.items", max_age=3),
            shown=before("recommendation.ranked", days=7),
        ),
        job("reviews.clean", reviews=source("reviews")),
        job("reviews.sentiment", reviews=days("reviews.clean", 30)),
        job("ops.metrics", commits=commits()),
    )
}


def test_a_wave_follows_all_it_waits_for():
    assert wave_of(Plan.of(JOBS)) == {
        "behaviour.events": 1,
        "catalogue.items": 1,
        "reviews.clean": 1,
        "recommendation.ranked": 2,
        "reviews.sentiment": 2,
        "ops.metrics": 3,
    }


def test_the_plan_says_every_edge_and_every_reason(capsys):
    drawn(Plan.of(JOBS, {"events", "items"}), "corner", ["events", "items"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Shop corner: 4 tables in 3 waves" in said
    assert "behaviour.events ← source.events small day + behaviour.rejects" in said
    assert "2 recommendation.ranked ← behaviour.events, 90 days small day" in said
    assert "← catalogue.items, newest, at most 3 days old" in said
    assert "← recommendation.ranked, 7 days before" in said
    assert "ops.metrics ← every publish of the night" in said
    assert "reviews.clean: the shop's mapping has no source 'reviews'" in said
    assert "reviews.sentiment: it reads reviews.clean, which is left out" in said
