"""How texts are cut into runs and windows into batches, at the bounds."""

import pytest
from loose import loose

from nightmarket.models import registry, routing, windows
from nightmarket.models.windows import Window, _slices, batch


def window(length: int) -> Window:
    return Window(0, [1] * length, length)


@pytest.mark.parametrize(
    ("budget", "many"), [(1, 1), (9, 1), (10, 1), (19, 1), (20, 2), (29, 2), (30, 3), (1000, 3)]
)
def test_a_batch_is_within_its_budget_and_one_at_least(budget: int, many: int) -> None:
    windows = [window(50), window(10), window(9), window(2)]
    assert len(batch(windows, 1, budget)) == many
    assert batch(windows, 1, budget)[0] is windows[1]


def test_runs_of_texts_are_of_so_many_texts() -> None:
    runs = list(_slices(["a"] * 4097))
    assert [(start, len(run)) for start, run in runs] == [(0, 2048), (2048, 2048), (4096, 1)]
    assert [(start, len(run)) for start, run in _slices(["a"] * 2048)] == [(0, 2048)]
    assert list(_slices([])) == []


def test_runs_of_texts_are_of_so_many_characters() -> None:
    half, whole = "a" * 2_000_000, "a" * 4_000_001
    assert [(start, len(run)) for start, run in _slices([half, half, "b"])] == [(0, 2), (2, 1)]
    # One that is too long by itself is a run of its own.
    assert [(start, len(run)) for start, run in _slices([whole, "b", whole, whole])] == [
        (0, 1), (1, 1), (2, 1), (3, 1)
    ]  # fmt: skip


def test_values_of_the_room_cannot_be_changed() -> None:
    assert [*loose(registry), *loose(routing), *loose(windows)] == []
