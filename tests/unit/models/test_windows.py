"""How texts are cut into runs and windows into batches, at the bounds."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import tiny as tiny_model
import tokenizers
from loose import loose

from nightmarket.errors import ModelError
from nightmarket.models import EncoderModel, entry, registry, routing, windows
from nightmarket.models.origins.built_in import BuiltIn
from nightmarket.models.windows import Tokenizer, Window, _slices, batch

WORDS = ["query", ":", *(f"w{n:02d}" for n in range(50))]
"""Their numbers are 4, 5 and 6 on; 0 and 1 are the marks before and behind a text, 2 pads, 3 is unknown."""
ENTRY = EncoderModel(
    name="small",
    licence="MIT",
    origin=BuiltIn(),
    files={},
    languages=frozenset(),
    dimension=2,
    pooling="mean",
    prefix="query: ",
    max_length=20,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tokenizer")
    tiny_model.write_tokenizer(place, WORDS)
    # As most files say; the windows set their marks themselves.
    file = str(place / "tokenizer.json")
    tokenizer = tokenizers.Tokenizer.from_file(file)
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    tokenizer.save(file)
    return place


def text(*numbers: int) -> str:
    return " ".join(f"w{number:02d}" for number in numbers)


def cut(folder: Path, *texts: str, entry: EncoderModel = ENTRY, prefix: str | None = None) -> list[tuple]:
    windows = Tokenizer(entry, folder).windows(texts, prefix)
    return [(window.text, window.tokens, window.weight) for window in windows]


def test_a_window_has_its_marks_its_prefix_and_its_text(folder: Path) -> None:
    assert cut(folder, text(0, 7)) == [(0, [0, 4, 5, 6, 13, 1], 2)]
    assert cut(folder, text(0, 7), prefix="") == [(0, [0, 6, 13, 1], 2)]
    assert cut(folder, text(0), prefix="w49 ") == [(0, [0, 55, 6, 1], 1)]
    assert cut(folder, "strange w01", prefix=" ") == [(0, [0, 3, 7, 1], 2)]
    # An empty text has a window too, and a weight to be divided by.
    assert cut(folder, "") == [(0, [0, 4, 5, 1], 1)]
    assert cut(folder) == []


@pytest.mark.parametrize(
    ("words", "lengths"),
    [(16, [16]), (17, [8, 9]), (32, [16, 16]), (33, [11, 11, 11]), (40, [13, 13, 14])],
)
def test_a_long_text_is_cut_in_equal_parts(folder: Path, words: int, lengths: list[int]) -> None:
    """Twenty tokens, of which two are marks and two the prefix; files that say "truncate to 8" do not."""
    found = cut(folder, text(*range(words)))
    assert sorted(weight for *_, weight in found) == lengths
    parts = sorted(tokens[3:-1] for _, tokens, _ in found)
    assert [number for part in parts for number in part] == list(range(6, 6 + words))
    assert all(tokens[:3] == [0, 4, 5] and tokens[-1] == 1 for _, tokens, _ in found)


def test_the_longest_come_first_and_equals_by_their_tokens(folder: Path) -> None:
    texts = [text(3), text(1, 2), text(0), text(1, 1)]
    found = cut(folder, *texts, prefix="")
    assert [place for place, *_ in found] == [3, 1, 2, 0]
    turned = cut(folder, *reversed(texts), prefix="")
    assert [tokens for _, tokens, _ in turned] == [tokens for _, tokens, _ in found]


def test_a_prefix_leaves_room_for_eight_tokens(folder: Path) -> None:
    assert len(cut(folder, text(*range(8)), entry=replace(ENTRY, max_length=12))) == 1
    with pytest.raises(ModelError, match="no room for a text in the window of the model small"):
        cut(folder, text(0), entry=replace(ENTRY, max_length=11))


def test_special_tokens_are_known_by_their_names(folder: Path, tmp_path: Path) -> None:
    tokenizer = Tokenizer(ENTRY, folder)
    assert (tokenizer.padding, tokenizer.mark("mask_token"), tokenizer.mark("sep_token")) == (2, 56, 1)
    with pytest.raises(ModelError, match="small names no bos_token; it is not of BERT's kind"):
        tokenizer.mark("bos_token")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    for value in ({}, {"content": "<none>"}, None, "<none>"):
        settings = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": value}
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
        with pytest.raises(ModelError, match="names no pad_token"):
            Tokenizer(ENTRY, tmp_path)


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
    assert [*loose(entry), *loose(registry), *loose(routing), *loose(windows)] == []
