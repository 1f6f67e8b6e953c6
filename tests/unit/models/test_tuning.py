"""A model learns a shop's words from pairs, and is used only when it finds more of those it has not seen."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file
from tiny import PAIRS

from nightmarket import models
from nightmarket.errors import ModelError
from nightmarket.models import EvalSplit, Pair, TrainingConfig, eval_split
from nightmarket.models.tuning import _Guess, _Training, tune

CONFIG = TrainingConfig(cpu_steps=100, epochs=100, rate=3e-3)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models with the tiny one in it."""
    tiny.registered(tmp_path / "models")
    # What is to be computed is so little that threads only wait for each other.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path / "models"


def parted(pairs: list[Pair], *, apart: bool = True) -> EvalSplit:
    return eval_split(pairs, most_held_out=50, candidates=100, apart=apart)


def tried(shop: Path, pairs: list[Pair], **changes: Any) -> models.GateResult:
    least = {"least_pairs": 20, "least_held_out": 5}
    asked: dict[str, Any] = {"current": "tiny", "most_loss": 0.01, **least} | changes
    current = asked.pop("current")
    return models.tune_through_gate(
        "tiny", current, {"title_description": parted(pairs)}, CONFIG, folder=shop, **asked
    )


def test_words_learnt_from_some_pairs_are_found_in_others(shop: Path) -> None:
    result = tried(shop, PAIRS)
    own, whole = result.measured
    assert (own.pairs, whole.pairs) == ("title_description", "all")
    assert own.held_out >= 5
    assert own.learnt + own.held_out == 100
    assert own.candidates == 100
    assert own.ndcg_current is not None
    assert own.ndcg_tuned is not None
    assert own.ndcg_current < 0.4
    assert own.ndcg_tuned > 0.8
    assert whole.least_gain is not None
    assert whole.least_gain > 0
    assert result.accepted
    assert result.steps == 100
    entry = models.model(str(result.tuned), shop)
    assert (entry.origin.kind, entry.languages) == ("tuned", frozenset({"en"}))
    assert entry.digest != models.model("tiny", shop).digest
    assert models.prepare(entry.name, shop) == shop / entry.name


def test_what_learns_nothing_is_not_used_and_not_kept(shop: Path) -> None:
    seconds = [second for _, second in PAIRS]
    mixed = np.random.default_rng(1).permutation(len(seconds))
    result = tried(shop, [(first, seconds[place]) for (first, _), place in zip(PAIRS, mixed, strict=True)])
    assert not result.accepted
    assert result.tuned is not None
    assert list(shop.glob("tiny@*")) == []


def test_one_as_good_as_the_model_in_use_is_not_accepted_and_that_one_stays(shop: Path) -> None:
    first = tried(shop, PAIRS)
    again = tried(shop, PAIRS, current=first.tuned)
    # The same pairs, the same config: the very same weights.
    assert (again.tuned, again.accepted) == (first.tuned, False)
    assert [place.name for place in shop.glob("tiny@*")] == [first.tuned]


def test_too_few_pairs_make_no_model(shop: Path) -> None:
    result = tried(shop, PAIRS, least_pairs=101)
    assert (result.tuned, result.steps, result.accepted) == (None, 0, False)
    assert result.measured[-1].ndcg_current is not None
    assert result.measured[-1].ndcg_tuned is None
    assert tried(shop, []).measured[-1] == models.Measured("all", 0, 0, 0)


def test_a_kind_of_pairs_may_not_lose_what_the_others_gain(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {("tiny", "a"): 200, ("tiny", "b"): 400, ("tiny@", "a"): 400, ("tiny@", "b"): 360}
    of = {kind: EvalSplit([("x", "y")], [("x", "y")] * 400, [kind], [0] * 400, [[]] * 400) for kind in "ab"}

    def worth(name: str, of: EvalSplit) -> np.ndarray:
        return np.where(np.arange(400) < found[name[:5], of.candidates[0]], 1, 11)

    monkeypatch.setattr("nightmarket.models.gate._worth", worth)
    monkeypatch.setattr("nightmarket.models.gate.load", lambda kind, name, *_: name)
    monkeypatch.setattr("nightmarket.models.gate.tune", lambda *_: models.Tuned("tiny@" + "0" * 64, True, 1))
    monkeypatch.setattr("nightmarket.models.gate.forget", lambda *_: None)
    result = models.tune_through_gate(
        "tiny", "tiny", of, CONFIG, least_pairs=1, least_held_out=1, most_loss=0.01, folder=shop
    )
    assert result.measured[-1].least_gain is not None
    assert result.measured[-1].least_gain > 0
    assert not result.accepted


def test_few_questions_prove_nothing(shop: Path) -> None:
    assert not tried(shop, PAIRS, least_held_out=50).accepted


def test_a_model_that_went_astray_is_not_accepted(shop: Path) -> None:
    of = {"title_description": parted(PAIRS)}
    least: dict[str, Any] = {"least_pairs": 20, "least_held_out": 5, "most_loss": 0.01}
    result = models.tune_through_gate("tiny", "tiny", of, replace(CONFIG, rate=1e4), folder=shop, **least)
    assert not result.accepted
    assert result.measured[-1].ndcg_tuned == 0


def test_what_was_there_before_is_not_removed(shop: Path) -> None:
    first = tried(shop, PAIRS)
    again = tried(shop, PAIRS, least_held_out=50)
    assert (again.tuned, again.accepted) == (first.tuned, False)
    assert models.ready(str(first.tuned), shop)


def test_a_query_with_many_answers_is_one_question() -> None:
    first, second = parted(PAIRS).held_out[0]
    many = [*PAIRS, *((first, f"{second} {n}") for n in range(100))]
    of = parted(many)
    assert [pair[0] for pair in of.held_out] == [pair[0] for pair in parted(PAIRS).held_out]
    place = [pair[0] for pair in of.held_out].index(first)
    rights = {of.candidates[n] for n in of.also[place]} | {of.held_out[place][1]}
    assert rights == {answer for question, answer in many if question == first} & set(of.candidates)


def test_a_cut_text_keeps_the_mark_at_its_end(shop: Path) -> None:
    entry = models.model("tiny", shop)
    training = _Training(entry, shop / "tiny-files", replace(CONFIG, tokens=6), "cpu")
    ids, seen = training._read(["red dress red dress red dress red", "red"])
    end = training._tokenizer.mark("sep_token")
    assert ids.shape == (2, 6)
    assert ids[0, -1] == end
    assert ids[1, seen[1].sum() - 1] == end


def test_a_model_whose_tensors_have_a_name_before_theirs_is_tuned(shop: Path) -> None:
    files = shop / "tiny-files"
    tensors = load_file(files / "model.safetensors")
    save_file({f"bert.{name}": tensor for name, tensor in tensors.items()}, files / "model.safetensors")
    tiny.register(shop)
    tuned = tune("tiny", PAIRS, TrainingConfig(cpu_steps=1), shop)
    assert all(name.startswith("bert.") for name in load_file(shop / tuned.name / "model.safetensors"))
    assert models.load(models.EncoderModel, tuned.name, shop).encode(["red dress"]).shape == (1, 64)


def test_a_model_without_weights_cannot_be_tuned(shop: Path) -> None:
    with pytest.raises(ModelError, match="stand-in has no weights"):
        tune("stand-in", PAIRS, CONFIG, shop)


def test_whoever_may_read_the_model_may_read_what_was_made_of_it(shop: Path) -> None:
    (shop / "tiny-files" / "model.safetensors").chmod(0o640)
    tuned = tune("tiny", PAIRS, TrainingConfig(cpu_steps=1), shop)
    assert (shop / tuned.name / "model.safetensors").stat().st_mode & 0o777 == 0o640


def test_nothing_that_is_asked_for_is_learnt_from() -> None:
    shared = [*PAIRS, *((f"{first} sale", second) for first, second in PAIRS)]
    of = parted(shared)
    assert not {first for first, _ in of.held_out} & {first for first, _ in of.training_set}
    assert not {second for _, second in of.held_out} & {second for _, second in of.training_set}
    for (first, second), own, also in zip(of.held_out, of.own, of.also, strict=True):
        assert of.candidates[own] == second
        assert {of.candidates[place] for place in also} == {s for f, s in shared if f == first} - {second}
    loose = parted(shared, apart=False)
    assert {second for _, second in loose.held_out} & {second for _, second in loose.training_set}
    # The same words in capitals are the same question.
    titled = [(first.title(), second) for first, second in PAIRS]
    lower = [first.lower() for first, _ in parted(titled).held_out]
    assert lower == [first for first, _ in parted(PAIRS).held_out]


def test_new_pairs_move_no_old_one_from_one_side_to_the_other() -> None:
    few, many = parted(PAIRS[:60]), parted(PAIRS)
    assert set(few.held_out) <= set(many.held_out)


def test_word_embeddings_and_whatever_else_was_not_learnt_stay(shop: Path) -> None:
    tuned = tune("tiny", PAIRS, CONFIG, shop)
    before = load_file(shop / "tiny-files" / "model.safetensors")
    after = load_file(shop / tuned.name / "model.safetensors")
    assert before.keys() == after.keys()
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert same == {"embeddings.word_embeddings.weight"}


def test_hidden_words_are_guessed_beside_it(shop: Path) -> None:
    config = replace(CONFIG, mlm_weight=1.0)
    assert tune("tiny", PAIRS, config, shop).name != tune("tiny", PAIRS, CONFIG, shop).name
    torch.manual_seed(0)
    losses = _Training(models.model("tiny", shop), shop / "tiny-files", config, "cpu").train(PAIRS, 100)
    # Of guesses among 25 words, and of 32 pairs told from each other: chance is 3.2 and 3.5.
    assert np.mean(losses[:5]) > 5
    assert np.mean(losses[-5:]) < 4


def test_the_marks_and_the_padding_are_never_hidden() -> None:
    torch.manual_seed(0)
    words = torch.zeros(100, 8)
    ids = torch.arange(7, 47).repeat(500, 1)
    seen = (torch.arange(40) < torch.arange(500)[:, None] % 39 + 2).long()
    hidden, where = _Guess(words, 99).hide(ids, seen)
    lengths = seen.sum(1)
    assert not where[:, 0].any()
    assert not where[torch.arange(500), lengths - 1].any()
    assert not (where & (seen == 0)).any()
    assert torch.equal(hidden[~where], ids[~where])
    inner = (lengths - 2).sum()
    assert where.sum() / inner == pytest.approx(0.15, abs=0.02)
    assert (hidden[where] == 99).float().mean() == pytest.approx(0.8, abs=0.05)


def test_a_tuned_model_that_is_gone_or_was_changed_is_refused(shop: Path) -> None:
    tuned = tune("tiny", PAIRS, TrainingConfig(cpu_steps=1), shop)
    weights = shop / tuned.name / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(ModelError, match=r"is not the file pinned.*tuned: false"):
        models.load(models.EncoderModel, tuned.name, shop)
    with pytest.raises(ModelError, match=r"the tuned model tiny@\w+ is not in .*tuned: false"):
        models.model("tiny@" + "0" * 64, shop)


def test_the_newest_accepted_model_reads_in_place_of_its_base(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(shop))
    one, two = (tune("tiny", PAIRS, TrainingConfig(cpu_steps=steps), shop).name for steps in (1, 2))
    accepted = [(date(2026, 3, 8), "tiny", two), (date(2026, 3, 1), "tiny", one)]
    (route,) = models.routes(models.EncoderModel, "tiny", tuned=accepted)
    assert (route.name, route.base, route.digest) == (two, "tiny", models.model(two, shop).digest)
    (route,) = models.routes(models.EncoderModel, "tiny", tuned=[(date(2026, 3, 8), "another", two)])
    assert (route.name, route.base) == ("tiny", "tiny")
