"""Tuned models go when no night that can be run again reads with them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from drawn import table

from nightmarket.contracts import ddl
from nightmarket.plan import discover as jobs
from nightmarket.upkeep import Site, models
from nightmarket.warehouse import Run, Warehouse

BASE = "multilingual-e5-small"
DAY = date(2026, 3, 2)


def name(digit: str) -> str:
    return f"{BASE}@{digit * 64}"


@pytest.fixture
def tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models with five tuned ones, one of them another shop's."""
    for digit in "abcde":
        place = tmp_path / "models" / name(digit)
        place.mkdir(parents=True)
        (place / "model.safetensors").write_bytes(b"x" * 100)
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("NIGHTMARKET_ENCODER", raising=False)
    return tmp_path / "models"


@pytest.fixture
def trials(spark, catalog, contracts, root, site):
    """Publish trials (days before DAY, the model's digit, whether accepted) and give a site over them."""

    def made(*rows: tuple[int, str, str], **more: object) -> Site:
        contract = contracts.tables["embeddings.encoders"]
        for days, digit, accepted in rows:
            day = DAY - timedelta(days=days)
            drawing = f"""
            | base   | current | tuned         | accepted   | steps | learnt | held_out | pairs | day   |
            | {BASE} | {BASE}  | {name(digit)} | {accepted} | 9     | 9      | 9        | all   | {day} |
            """
            run = Run(day, f"week {days}", "1", datetime(2026, 3, 5, 2, tzinfo=UTC))
            Warehouse(spark, contracts).publish(
                contract, table(spark, ddl(contract), drawing).fillna(9, ["candidates"]), run
            )
        return site(day=DAY, contracts=contracts, jobs=jobs(root), **more)

    return made


def left(folder: Path) -> str:
    return "".join(sorted(path.name[-1] for path in folder.iterdir() if "@" in path.name))


def test_a_model_stays_while_a_day_on_which_it_read_is_kept(trials, tuned):
    # Items and searches, which vectors are made from, are kept for 730 days: a night of the first of them
    # reads with what was accepted before it. c is asked for by 730 days ago, b only before that.
    of = trials((800, "a", "true"), (740, "b", "true"), (731, "c", "true"), (10, "d", "true"))
    (due,) = models.plan(of)
    assert (due.where, due.count, due.bytes, due.names) == (str(tuned), 2, 200, (name("a"), name("b")))
    assert left(tuned) == "abcde"
    models.apply(of, due)
    assert left(tuned) == "cde"
    assert models.plan(of) == []


def test_the_model_that_reads_stays_however_old_it_is(trials, tuned):
    of = trials((3000, "a", "true"), (2000, "b", "true"), (1000, "c", "false"))
    (due,) = models.plan(of)
    assert due.names == (name("a"),)


def test_a_model_somebody_names_stays(trials, tuned, monkeypatch):
    of = trials((3000, "a", "true"), (2900, "b", "true"), (2800, "c", "true"), (2000, "d", "true"))
    assert models.superseded(of) == [name("a"), name("b"), name("c")]
    monkeypatch.setenv("NIGHTMARKET_ENCODER", name("a"))
    assert models.superseded(of) == [name("b"), name("c")]
    named = {"embeddings.items": {"model": None, "by_language": {"en": name("b")}}}
    shop = replace(of.shop, parameters=named)
    assert models.superseded(trials(shop=shop)) == [name("c")]


def test_a_model_that_rows_name_stays(trials, tuned, spark, contracts):
    of = trials((3000, "a", "true"), (2000, "b", "true"))
    contract = contracts.tables["embeddings.queries"]
    columns = [c.name for c in contract.columns]
    row = {"normalised_query": "tea", "content_hash": "0" * 64, "language": "en", "model": name("a")}
    row |= {"model_digest": "0" * 64, "day": DAY, "vector": [1.0] + [0.0] * 383}
    frame = spark.createDataFrame([tuple(row.get(c) for c in columns)], ddl(contract))
    create(spark, contract, frame)
    assert models.plan(of) == [], "tables of the site are looked up once"
    assert models.superseded(trials()) == []


def create(spark, contract, frame) -> None:
    """The rows as they are: no audit asks a vector for more than the model op reads."""
    spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {contract.domain}")
    frame.writeTo(contract.table).partitionedBy("day").create()


def test_without_trials_or_models_nothing_is_due(site, contracts, root, tuned, trials):
    assert models.plan(site(contracts=contracts, jobs=jobs(root))) == []
    of = trials((3000, "f", "true"), (2000, "e", "true"))
    assert models.plan(of) == []
