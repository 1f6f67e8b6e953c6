"""The plan orders jobs by the tables they read, and says why when it cannot."""

from pathlib import Path

import pytest
from loose import loose

from nightmarket import plan
from nightmarket.errors import PlanError
from nightmarket.plan import (
    Job,
    Plan,
    before,
    commits,
    computed,
    days,
    discover,
    encoder,
    image_encoder,
    job,
    latest,
    parameter_of,
    previous,
    source,
)


def a_job(writes: str, rejects: str | None = None, **inputs) -> Job:
    names = ", ".join(inputs)
    scope: dict = {}
    exec(f"def build({names}): return None", scope)
    return job(writes=writes, rejects=rejects, **inputs)(scope["build"])


def jobs(*all_jobs: Job) -> dict[str, Job]:
    return {one.writes: one for one in all_jobs}


SHOP = jobs(
    a_job("a.events", rejects="a.rejects", log=source("events")),
    a_job("b.items", dump=source("items"), known=previous()),
    a_job("c.vectors", items=latest("b.items", max_age=3), known=computed(days=7)),
    a_job("d.ranked", events=days("a.events", 30), vectors=latest("c.vectors", max_age=3)),
    a_job("ops.metrics", published=commits()),
)


def test_each_table_comes_after_all_it_reads() -> None:
    assert Plan.of(SHOP).order == ("a.events", "b.items", "c.vectors", "d.ranked", "ops.metrics")


def test_the_order_does_not_depend_on_the_order_of_discovery() -> None:
    assert Plan.of(dict(reversed(SHOP.items()))).order == Plan.of(SHOP).order


def test_reading_oneself_is_no_edge() -> None:
    assert Plan.of(SHOP).upstream("b.items") == ()


def test_a_cadence_takes_its_own_jobs_and_none_takes_all() -> None:
    weekly = job(writes="e.tuned", vectors=latest("c.vectors", max_age=7), every="week")(lambda vectors: None)
    both = {**SHOP, **jobs(weekly)}
    assert (weekly.every, SHOP["a.events"].every, SHOP["a.events"].size) == ("week", "day", "small")
    assert Plan.of(both).order == ("a.events", "b.items", "c.vectors", "d.ranked", "e.tuned", "ops.metrics")
    assert Plan.of(both, every="week").order == ("e.tuned",)
    assert Plan.of(both, every="day").order == Plan.of(SHOP).order
    # What the other cadence writes is not left out: it is written at another time.
    assert Plan.of(both, every="week").left_out == {}
    assert Plan.of(both, every="week").upstream("e.tuned") == ()


def test_tables_that_are_free_at_once_come_by_name() -> None:
    alone = [a_job(f"{name}.t", log=source("events")) for name in "dbca"]
    after = a_job("a.first", x=latest("d.t", max_age=1), y=latest("a.t", max_age=1))
    plan = Plan.of(jobs(after, *alone))
    assert plan.order == ("a.t", "b.t", "c.t", "d.t", "a.first")
    assert plan.upstream("a.first") == ("a.t", "d.t")
    assert plan.tables == ("a.first", "a.t", "b.t", "c.t", "d.t")


def test_earlier_days_are_no_edge_so_a_table_may_read_those_of_one_that_follows_from_it() -> None:
    plan = Plan.of(
        jobs(
            a_job("a.events", log=source("events"), open=before("a.sessions", days=7)),
            a_job("a.sessions", events=days("a.events", 1), open=before("a.sessions", days=7)),
        )
    )
    assert plan.order == ("a.events", "a.sessions")
    assert plan.upstream("a.events") == ()
    assert plan.upstream("a.sessions") == ("a.events",)


def test_metrics_follow_everything() -> None:
    plan = Plan.of(SHOP)
    assert plan.upstream("ops.metrics") == ("a.events", "b.items", "c.vectors", "d.ranked")
    assert plan.downstream("c.vectors") == {"c.vectors", "d.ranked", "ops.metrics"}


def test_a_missing_export_leaves_out_what_follows_and_says_why() -> None:
    plan = Plan.of(SHOP, sources={"events"})
    assert plan.order == ("a.events", "ops.metrics")
    assert plan.left_out == {
        "b.items": "the shop's mapping has no source 'items'",
        "c.vectors": "it reads b.items, which is left out",
        "d.ranked": "it reads c.vectors, which is left out",
    }
    with pytest.raises(PlanError, match=r"d\.ranked is left out: it reads c\.vectors"):
        plan.downstream("d.ranked")


def test_a_table_is_read_where_there_is_one_and_done_without_where_there_is_none() -> None:
    more = {
        **SHOP,
        **jobs(
            a_job("c.looks", rejects="c.rejects", files=source("pictures"), known=computed(days=7)),
            a_job(
                "d.alike",
                vectors=latest("c.vectors", max_age=3),
                looks=latest("c.looks", max_age=3, optional=True),
            ),
        ),
    }
    whole = Plan.of(more)
    assert whole.upstream("d.alike") == ("c.looks", "c.vectors")
    assert "d.alike" in whole.downstream("c.looks")
    without = Plan.of(more, sources={"events", "items"})
    assert without.upstream("d.alike") == ("c.vectors",)
    assert without.left_out == {"c.looks": "the shop's mapping has no source 'pictures'"}
    assert Plan.of(more, sources={"events", "pictures"}).left_out["d.alike"] == (
        "it reads c.vectors, which is left out"
    )
    with pytest.raises(PlanError, match=r"d\.alike reads c\.looks, which no job writes"):
        Plan.of({name: job for name, job in more.items() if name != "c.looks"})


def test_reject_tables_belong_to_the_plan() -> None:
    assert "a.rejects" in Plan.of(SHOP).tables


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (jobs(a_job("a.x", y=latest("a.y", max_age=1)), a_job("a.y", x=days("a.x", 1))), "read in a circle"),
        (jobs(a_job("a.x", y=latest("a.y", max_age=1))), "a.x reads a.y, which no job writes"),
        (jobs(a_job("a.x", y=before("a.y", days=1))), "a.x reads a.y, which no job writes"),
        (
            jobs(a_job("a.x", rejects="a.r", e=source("e")), a_job("a.y", rejects="a.r", e=source("e"))),
            "both write a.r",
        ),
    ],
)
def test_what_is_no_plan_is_refused(broken: dict[str, Job], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        Plan.of(broken)


def test_an_unknown_table_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PlanError, match=r"no table d\.rank; the plan has a\.events"):
        Plan.of(SHOP).downstream("d.rank")


def test_inputs_and_parameters_must_agree() -> None:
    with pytest.raises(PlanError, match="build takes events but @job declares log"):

        @job(writes="a.events", log=source("events"))
        def build(events): ...


def test_a_tuning_value_needs_a_default() -> None:
    with pytest.raises(PlanError, match="'gap' of build needs a default"):

        @job(writes="a.events", log=source("events"))
        def build(log, *, gap): ...


def test_a_borrowed_value_is_set_where_it_is_borrowed_from() -> None:
    @job(writes="a.sessions", events=days("a.events", 1), gap=parameter_of("a.events"))
    def sessions(events, *, gap, least=2): ...

    assert (sessions.upstream, sessions.parameters) == (("a.events",), {"least": 2})
    with pytest.raises(PlanError, match=r"a\.sessions borrows gap of a\.events, which has none"):
        Plan.of(jobs(sessions, a_job("a.events", log=source("events"))))

    @job(writes="a.events", log=source("events"))
    def events(log, *, gap=30): ...

    assert Plan.of(jobs(sessions, events)).order == ("a.events", "a.sessions")

    @job(writes="a.visits", events=days("a.events", 1), gap=parameter_of("a.logs"))
    def visits(events, *, gap): ...

    with pytest.raises(PlanError, match=r"a\.visits borrows gap of a\.logs, which has none"):
        Plan.of(jobs(visits, events))
    with pytest.raises(PlanError, match="borrows gap, which build does not take"):

        @job(writes="a.sessions", gap=parameter_of("a.events"))
        def build(): ...


def test_an_encoder_has_tuning_values_and_edges_that_build_does_not_take() -> None:
    @job(writes="a.items", log=source("events"), readers=encoder(tuned_by="a.trials"))
    def items(log, readers, *, most=2): ...

    @job(writes="a.queries", readers=encoder(of="a.items", tuned_by="a.trials"))
    def queries(readers): ...

    @job(writes="a.trials", items=days("a.items", 1), readers=encoder(of="a.items"), every="week")
    def trials(items, readers): ...

    values = {"model": None, "by_language": None, "precision": "fp32"}
    assert items.parameters == {"most": 2, "tuned": True, **values}
    assert (queries.parameters, set(queries.borrowed)) == ({}, {*values, "tuned"})
    assert set(trials.borrowed) == set(values)
    assert (items.earlier, items.upstream, items.sources) == (("a.trials",), (), ("events",))
    assert set(items.inputs) == {"log"}
    assert Plan.of(jobs(items, queries, trials)).order == ("a.items", "a.queries", "a.trials")
    with pytest.raises(PlanError, match=r"a\.items reads a\.trials, which no job writes"):
        Plan.of(jobs(items, queries))
    with pytest.raises(PlanError, match=r"a\.queries borrows (\w+) of a\.items, which has none"):
        Plan.of(jobs(queries, trials, a_job("a.items", log=source("events"))))
    with pytest.raises(PlanError, match="build takes no frames but @job declares readers"):

        @job(writes="a.items", readers=image_encoder())
        def unread(): ...

    with pytest.raises(PlanError, match="an encoder has the tuning value model, which is there already"):

        @job(writes="a.items", readers=image_encoder())
        def twice(readers, *, model=None): ...


def test_inputs_that_say_the_same_are_equal() -> None:
    assert commits() == commits()
    assert previous() == previous()
    assert latest("a.b", max_age=3) == latest("a.b", max_age=3, optional=False)
    assert latest("a.b", max_age=3) != latest("a.b", max_age=4)


def test_discovery_refuses_a_job_out_of_place(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "stall").mkdir(parents=True)
    path = tmp_path / "jobs" / "stall" / "noodles.py"
    text = (
        "from nightmarket.plan import job, source\n\n"
        "@job(writes='stall.soup', log=source('events'))\ndef build(log): ...\n"
    )
    path.write_text(text)
    with pytest.raises(PlanError, match=r"writes stall\.soup; its place says stall\.noodles"):
        discover(tmp_path)
    path.write_text("")
    with pytest.raises(PlanError, match="declares 0 jobs"):
        discover(tmp_path)
    path.write_text(text + text.partition("\n\n")[2].replace("build", "another"))
    with pytest.raises(PlanError, match="declares 2 jobs"):
        discover(tmp_path)


def test_values_of_the_room_cannot_be_changed() -> None:
    assert loose(plan) == []
