"""Which table of a night is built when, and what a failed one stops; the building itself is a stand-in."""

from collections.abc import Callable
from datetime import date
from threading import Barrier, Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest

from nightmarket.errors import ContendedError, NightMarketError, OutageError
from nightmarket.plan import Plan, commits, job, latest
from nightmarket.runner import night
from nightmarket.runner.announcement import Announcement
from nightmarket.runner.night import Night, slots

DAY = date(2026, 11, 2)


def a_job(table: str, *reads: str, size: Any = "small", all_commits: bool = False) -> Any:
    inputs: dict[str, Any] = {f"r{n}": latest(read, max_age=0) for n, read in enumerate(reads)}
    if all_commits:
        inputs["done"] = commits()
    names = ", ".join(inputs)
    build = eval(f"lambda {names}: None")
    return job(writes=table, size=size, **inputs)(build)


JOBS = [
    a_job("a.first"),
    a_job("a.second", "a.first"),
    a_job("b.alone"),
    a_job("c.last", "a.second", "b.alone"),
    a_job("o.count", all_commits=True),
]


class Java:
    """As much of Spark as a night asks for: its settings, and whether it lives."""

    def __init__(self, **settings: str) -> None:
        self.stopped = False
        self.sparkContext = self
        self._jsc = self
        self._settings = settings

    def getConf(self) -> Any:
        return SimpleNamespace(get=lambda name, default: self._settings.get(name, default))

    def sc(self) -> Any:
        return SimpleNamespace(isStopped=lambda: self.stopped)


class Stage:
    """A night over stand-ins; :attr:`built` are the tables in the order in which they were begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, jobs: list[Any], **settings: str) -> None:
        self.plan = Plan.of({one.writes: one for one in jobs})
        self.built: list[str] = []
        self.said: list[Announcement] = []
        self.acts: dict[str, Callable[[], object]] = {}
        self.java, self._lock = Java(**settings), Lock()
        monkeypatch.setattr(night, "build_table", self._build)

    def _build(self, specification: Any, spark: Any, table: str, day: date, run_key: str) -> Any:
        with self._lock:
            self.built.append(table)
        self.acts.get(table, lambda: None)()
        return SimpleNamespace(in_words=lambda: f"{table} {day} {run_key}")

    def run(self, *tables: str) -> dict[str, str]:
        asked = tables or self.plan.order
        made = Night(None, self.java, self.plan, asked, DAY, "RUN", self.said.append, lambda: "page")  # type: ignore[arg-type]
        made.build()
        return {said.subject: said.state for said in self.said}

    def fails(self, table: str, error: BaseException) -> None:
        def act() -> None:
            raise error

        self.acts[table] = act


def test_every_table_comes_after_what_it_reads_and_the_page_last(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, JOBS)
    assert set(stage.run().values()) == {"published"}
    assert sorted(stage.built) == sorted(stage.plan.order)
    for table in stage.plan.order:
        assert all(stage.built.index(read) < stage.built.index(table) for read in stage.plan.upstream(table))
    assert [said.subject for said in stage.said][-2:] == ["report", "report"]
    done = {said.subject: said for said in stage.said}
    assert done["a.first"].words == "a.first 2026-11-02 RUN"
    assert done["report"].words == "page"
    assert {said.run_key for said in stage.said} == {"RUN"}


def test_what_most_wait_for_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [a_job("a.few"), a_job("b.many"), a_job("c.x", "b.many"), a_job("d.y", "b.many")]
    stage = Stage(monkeypatch, jobs, **{"spark.nightmarket.slots.small": "1"})
    stage.run()
    assert stage.built[0] == "b.many"
    assert stage.built[1:] == ["a.few", "c.x", "d.y"]


def test_independent_tables_are_built_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, [a_job("a.one"), a_job("a.two"), a_job("b.large", size="large")])
    together = Barrier(3, timeout=20)
    for table in stage.plan.order:
        stage.acts[table] = lambda: bool(together.wait())
    assert set(stage.run().values()) == {"published"}, "each waited for the two others"


def test_no_more_than_its_slots_of_a_size_run_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, [a_job(f"a.t{n}", size="large") for n in range(4)])
    lock, running, most = Lock(), [0], [0]

    def act() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        Event().wait(0.02)
        with lock:
            running[0] -= 1

    for table in stage.plan.order:
        stage.acts[table] = act
    stage.run()
    assert most == [1]


def test_a_failed_table_stops_what_reads_it_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, JOBS)
    stage.fails("a.first", NightMarketError("the export is missing"))
    ends = stage.run()
    assert ends == {
        "a.first": "failed", "a.second": "left", "b.alone": "published", "c.last": "left", "o.count": "left",
    }  # fmt: skip
    assert stage.built == ["a.first", "b.alone"]
    failed = next(said for said in stage.said if said.state == "failed")
    assert failed.words == "the export is missing"
    assert failed.retryable is False


@pytest.mark.parametrize(
    ("error", "retryable", "words"),
    [
        (NightMarketError("no"), False, "no"),
        (ContendedError("others"), True, "others"),
        (OutageError("full"), True, "full"),
        (OSError(28, "No space left on device"), True, "the disk is full"),
        (ValueError("a defect\nof two lines"), True, "ValueError: a defect"),
    ],
)
def test_what_may_pass_is_said_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    error: Exception, retryable: bool, words: str,
) -> None:  # fmt: skip
    stage = Stage(monkeypatch, JOBS)
    stage.fails("b.alone", error)
    stage.run()
    failed = next(said for said in stage.said if said.state == "failed")
    assert failed.retryable is retryable
    assert failed.words.startswith(words)
    assert "\n" not in failed.words
    assert ("Traceback" in capsys.readouterr().err) is isinstance(error, ValueError), "a defect keeps its own"


def test_without_java_the_night_ends_and_says_nothing_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, JOBS, **{"spark.nightmarket.slots.small": "1"})

    def act() -> None:
        stage.java.stopped = True
        raise RuntimeError("Answer from Java side is empty")

    stage.acts["a.second"] = act
    with pytest.raises(OutageError, match="Java, in which Spark runs, ended"):
        stage.run()
    assert {said.subject: said.state for said in stage.said}["a.second"] == "started"
    assert "failed" not in {said.state for said in stage.said}
    assert "c.last" not in stage.built


def test_only_some_tables_take_the_rest_for_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, JOBS)
    assert stage.run("c.last", "o.count") == {
        "c.last": "published", "o.count": "published", "report": "published"
    }  # fmt: skip
    assert stage.built == ["c.last", "o.count"]


def test_a_page_that_fails_is_no_failed_night(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, JOBS[:1])

    def page() -> str:
        raise NightMarketError("no place for it")

    Night(None, stage.java, stage.plan, stage.plan.order, DAY, "RUN", stage.said.append, page).build()  # type: ignore[arg-type]
    assert [(said.subject, said.state) for said in stage.said][-1] == ("report", "failed")


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", ""])
def test_slots_that_are_no_number_are_refused_by_name(given: str) -> None:
    with pytest.raises(NightMarketError, match=r"spark\.nightmarket\.slots\.large is '"):
        slots(Java(**{"spark.nightmarket.slots.large": given}), "large")  # type: ignore[arg-type]


def test_slots_are_the_configurations_or_else_ours() -> None:
    java = Java(**{"spark.nightmarket.slots.large": "3"})
    assert [slots(java, size) for size in ("small", "medium", "large")] == [2, 1, 3]  # type: ignore[arg-type, list-item]
