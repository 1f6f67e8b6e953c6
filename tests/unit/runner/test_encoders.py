"""Which models a job reads with: by what the shop says, and by what earlier trials accepted."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from nightmarket.errors import ModelError, PlanError
from nightmarket.plan import Encoder, encoder, image_encoder, job
from nightmarket.runner.encoders import routes
from nightmarket.runner.parameters import parameters

DAY = date(2026, 3, 10)
BASE, WEIGHTS = "all-minilm-l6-v2", "0" * 64
TUNED = f"{BASE}@{WEIGHTS}"


class Trials:
    """A warehouse whose one table has a row of a trial of the day before."""

    def __init__(self, accepted: bool) -> None:
        self.rows = [(date(2026, 3, 9), BASE, TUNED)] if accepted else []
        self.read: list[tuple[str, date, date]] = []

    def days(self, table: str, first: date, last: date) -> SimpleNamespace:
        self.read.append((table, first, last))
        rows = [SimpleNamespace(day=day, base=base, tuned=tuned) for day, base, tuned in self.rows]
        selected = SimpleNamespace(collect=lambda: [Row((row.day, row.base, row.tuned)) for row in rows])
        accepted = SimpleNamespace(select=lambda *columns: selected)
        return SimpleNamespace(where=lambda condition: accepted)


class Row(tuple):
    @property
    def tuned(self) -> str:
        return self[2]


@job(writes="a.items", readers=encoder(tuned_by="a.trials"))
def items(readers, *, per_part=7): ...


@job(writes="a.queries", readers=encoder(of="a.items", tuned_by="a.trials"))
def queries(readers): ...


@job(writes="a.trials", readers=encoder(of="a.items", tuned_by="a.trials", only_ready=True))
def trials(readers): ...


@job(writes="a.looks", readers=image_encoder())
def looks(readers): ...


@job(writes="a.odd", readers=Encoder("oracle", {"model": None}))
def odd(readers): ...


JOBS = {each.writes: each for each in (items, queries, trials, looks, odd)}


def of_shop(**said: object) -> SimpleNamespace:
    shop = SimpleNamespace(path="shop.yaml", parameters={"a.items": {"model": BASE} | said}, languages=None)
    return SimpleNamespace(shop=shop, job=JOBS.__getitem__)


def read_with(table: str, accepted: bool = False, **said: object) -> list[tuple[str, str]]:
    found = routes(JOBS[table], DAY, of_shop(**said), Trials(accepted))  # type: ignore[arg-type]
    return [(route.name, route.precision) for route in found["readers"]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    monkeypatch.setenv("NIGHTMARKET_IMAGE_ENCODER", "stand-in-images")
    (tmp_path / TUNED).mkdir()
    return tmp_path


def test_a_table_that_goes_by_another_reads_with_the_same_models() -> None:
    for table in ("a.items", "a.queries", "a.trials"):
        assert read_with(table, model="stand-in", precision="int8") == [("stand-in", "int8")]
        assert read_with(table, model="stand-in", by_language={"en": BASE}) == [
            ("stand-in", "fp32"),
            (BASE, "fp32"),
        ]
    assert read_with("a.looks") == [("stand-in-images", "fp32")]


def test_build_takes_no_tuning_value_of_its_models() -> None:
    specification = of_shop(per_part=3, precision="bf16")
    assert parameters(items, specification) == {"per_part": 3}  # type: ignore[arg-type]
    assert parameters(queries, specification) == {}  # type: ignore[arg-type]
    specification.shop.parameters["a.queries"] = {"model": "stand-in"}
    with pytest.raises(PlanError, match=r"model is set for a\.items, and a\.queries goes by it"):
        routes(queries, DAY, specification, Trials(False))  # type: ignore[arg-type]


def test_an_accepted_model_reads_unless_the_shop_says_no() -> None:
    for table in ("a.items", "a.queries"):
        assert read_with(table, accepted=True) == [(TUNED, "fp32")]
        assert read_with(table, accepted=False) == [(BASE, "fp32")]
        assert read_with(table, accepted=True, tuned=False) == [(BASE, "fp32")]
    warehouse = Trials(True)
    routes(items, DAY, of_shop(), warehouse)  # type: ignore[arg-type]
    assert warehouse.read == [("a.trials", date(2016, 3, 12), date(2026, 3, 9))]


def test_one_that_is_gone_stops_a_table_unless_it_is_to_be_passed_over(folder: Path) -> None:
    (folder / TUNED).rmdir()
    with pytest.raises(ModelError, match=r"the tuned model all-minilm-l6-v2@0+ is not in"):
        read_with("a.items", accepted=True)
    assert read_with("a.trials", accepted=True) == [(BASE, "fp32")]


def test_an_unknown_kind_is_refused_with_those_known() -> None:
    with pytest.raises(ModelError, match="no kind of model named 'oracle'; known are encoder, image-encoder"):
        read_with("a.odd")
