"""Encoders: unit vectors in the texts' order, whatever the batches, and no text cut off."""

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import registered, write
from torch.nn.attention.varlen import varlen_attn

from nightmarket import models
from nightmarket.errors import ModelError
from nightmarket.models import EncoderModel, StandInEncoder
from nightmarket.models.network import Network, OutOfMemory
from nightmarket.models.openvino_network import OpenvinoNetwork, computed
from nightmarket.models.torch_network import TorchNetwork
from nightmarket.models.transformer import TransformerEncoder
from nightmarket.models.windows import Window
from nightmarket.text import normalise

TEXTS = [
    "red dress",
    "the red dress and the blue shirt",
    "shoes",
    "red  <b>dress</b>",
    "",
    "blue shirt and blue shoes " * 3,
    "unknown words only",
    "\x00\ud800",
    "红色连衣裙",
]
EntryOf = Callable[..., EncoderModel]


def reference(folder: Path, text: str, room: int = 16) -> np.ndarray:
    """A text's vector by the definition, one window at a time, through transformers' own classes."""
    import torch
    from transformers import BertModel, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    network = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    ids = (
        tokenizer(text, add_special_tokens=False, truncation=False, padding=False)["input_ids"]
        if text
        else []
    )
    count = max(1, -(-len(ids) // room))
    edges = [len(ids) * part // count for part in range(count + 1)]
    total = np.zeros(16)
    for begin, end in pairwise(edges):
        with torch.no_grad():
            states = network(torch.tensor([[0, 4, 5, *ids[begin:end], 1]])).last_hidden_state[0]
        total += states.mean(0).numpy() * max(1, end - begin)
    return total / np.linalg.norm(total)


@pytest.fixture(scope="module", params=["openvino", "torch"])
def encoder(tiny: Path, entry_of: EntryOf, request: pytest.FixtureRequest) -> TransformerEncoder:
    """Both that can compute it; the machine decides between them only by what it has."""
    entry = entry_of(tiny)
    encoder = TransformerEncoder(entry, tiny, device="cpu")
    assert isinstance(encoder._network, OpenvinoNetwork)
    if request.param == "torch":
        encoder._network = TorchNetwork(entry, tiny, encoder._tokenizer.padding, device="cpu", threads=1)
    return encoder


def test_vectors_are_those_of_the_definition(encoder: TransformerEncoder, tiny: Path) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose(vector, reference(tiny, normalise(text)), atol=1e-5), text


def test_a_long_text_is_read_to_its_end(encoder: TransformerEncoder, tiny: Path) -> None:
    long = "red dress " * 40
    for text in (long, long + "blue shoes " * 20, long + "shirt"):
        (vector,) = encoder.encode([text])
        assert np.allclose(vector, reference(tiny, text.strip()), atol=1e-5)
    one, other = encoder.encode([long + "and a blue shirt", long + "and red the the"])
    assert np.abs(one - other).max() > 1e-3


def test_the_first_token_stands_for_a_text_where_the_model_says_so(tiny: Path, entry_of: EntryOf) -> None:
    import torch
    from transformers import BertModel

    (vector,) = TransformerEncoder(entry_of(tiny, pooling="cls"), tiny, device="cpu").encode(["red dress"])
    network = BertModel.from_pretrained(tiny, add_pooling_layer=False).eval()
    with torch.no_grad():
        first = network(torch.tensor([[0, 4, 5, 6, 8, 1]])).last_hidden_state[0, 0].numpy()
    assert np.allclose(vector, first / np.linalg.norm(first), atol=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(TEXTS), max_size=12), st.sampled_from([1, 16, 50, 4096]), st.randoms())
def test_a_vector_depends_on_its_text_alone(
    tiny: Path,
    entry_of: EntryOf,
    encoder: TransformerEncoder,
    texts: list[str],
    budget: int,
    shuffled: random.Random,
) -> None:
    alone = {text: encoder.encode([text])[0] for text in set(texts)}
    shuffled.shuffle(texts)
    before, encoder._budget = encoder._budget, budget
    try:
        vectors = encoder.encode(texts)
    finally:
        encoder._budget = before
    assert vectors.shape == (len(texts), 16)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.allclose(vector, alone[text], atol=1e-5)


class Watched:
    """A network that notes the rows it is given, and has memory for so many tokens. Once it ran out, all it
    computes is wrong until it is renewed."""

    def __init__(self, network: Network, memory: int = 1_000_000) -> None:
        self.network, self.memory = network, memory
        self.budget, self.lanes = network.budget, network.lanes
        self.seen: list[list[int]] = []
        self.spoilt = False

    def pooled(self, batch: Sequence[Window]) -> np.ndarray:
        self.seen.append([len(window.tokens) for window in batch])
        if len(batch) * len(batch[0].tokens) > self.memory:
            self.spoilt = True
            raise OutOfMemory
        return self.network.pooled(batch) * np.float32(1 - 2 * self.spoilt)

    def renew(self) -> None:
        self.network.renew()
        self.spoilt = False


def test_too_little_memory_is_answered_by_smaller_batches(
    encoder: TransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{'red ' * (n % 9)}dress {'blue ' * (n // 9)}" for n in range(60)]
    expected = encoder.encode(texts)
    network = Watched(encoder._network, memory=100)
    monkeypatch.setattr(encoder, "_network", network)
    monkeypatch.setattr(encoder, "_budget", 4096)
    assert np.allclose(encoder.encode(texts), expected, atol=1e-5)
    assert encoder._budget <= 100
    refused = [sizes for sizes in network.seen if len(sizes) * max(sizes) > 100]
    # Halved until it fits, once; what follows is cut by what was learnt.
    assert 1 <= len(refused) <= network.lanes * 6
    before = len(network.seen)
    assert np.allclose(encoder.encode(texts), expected, atol=1e-5)
    assert not [sizes for sizes in network.seen[before:] if len(sizes) * max(sizes) > 100]
    network.memory = 10
    with pytest.raises(ModelError, match="not enough memory for one text of"):
        encoder.encode(texts)


def test_a_small_batch_refused_beside_a_large_one_makes_no_smaller_ones(
    tiny: Path, entry_of: EntryOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = TransformerEncoder(entry_of(tiny), tiny, device="cpu")
    large, small = ([Window(0, [5] * length, 1)] * rows for rows, length in ((8, 10), (2, 3)))
    monkeypatch.setattr(encoder, "_budget", 100)
    encoder._halve([small, large])
    assert encoder._budget == 40


def test_what_failed_once_computes_nothing_until_it_is_renewed(
    tiny: Path, entry_of: EntryOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = TransformerEncoder(entry_of(tiny), tiny, device="cpu")
    expected = encoder.encode(TEXTS)

    def failing(*_: object) -> None:
        raise RuntimeError("Failed to allocate 12 bytes of memory")

    with monkeypatch.context() as patched:
        patched.setattr(OpenvinoNetwork, "_pooled", failing)
        patched.setattr(OpenvinoNetwork, "renew", failing)
        with pytest.raises(ModelError, match="not enough memory for the model tiny"):
            encoder.encode(TEXTS)
    with pytest.raises(OutOfMemory):
        encoder._network.pooled([])
    requests = encoder._network._idle
    assert np.allclose(encoder.encode(TEXTS), expected, atol=1e-5)
    assert encoder._network._idle is not requests


@pytest.mark.parametrize(("precision", "least"), [("bf16", 0.999), ("int8", 0.99)])
@pytest.mark.parametrize("has_instructions", [True, False])
def test_a_shorter_number_form_is_near_and_computed_in_fp32_where_the_cpu_has_none(
    roberta: Path,
    entry_of: EntryOf,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    least: float,
    has_instructions: bool,
) -> None:
    if not has_instructions:
        monkeypatch.setattr("nightmarket.models.openvino_network._flags", frozenset)
    full, entry = entry_of(roberta, dimension=128), entry_of(roberta, dimension=128, precision=precision)
    assert entry.digest != full.digest
    vectors = TransformerEncoder(entry, roberta, device="cpu").encode(TEXTS)
    exact = TransformerEncoder(full, roberta, device="cpu").encode(TEXTS)
    assert (vectors * exact).sum(axis=1).min() > least
    assert np.array_equal(vectors, exact) == (computed(precision) == "fp32")


def test_a_roberta_in_float16_counts_its_positions_as_it_was_trained(
    roberta: Path, entry_of: EntryOf
) -> None:
    import torch
    from transformers import XLMRobertaModel

    encoder = TransformerEncoder(entry_of(roberta, dimension=128), roberta, device="cpu")
    assert isinstance(encoder._network, OpenvinoNetwork)
    (vector,) = encoder.encode(["red dress"])
    network = XLMRobertaModel.from_pretrained(roberta, add_pooling_layer=False, dtype=torch.float32).eval()
    with torch.no_grad():
        mean = network(torch.tensor([[0, 4, 5, 6, 8, 1]])).last_hidden_state[0].mean(0).numpy()
    assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_there_is_no_fourth_precision() -> None:
    with pytest.raises(ModelError, match="'int4' is no precision; it is one of fp32, bf16, int8"):
        models.load(models.EncoderModel, "stand-in", precision="int4")


def test_nobody_is_told_that_a_model_was_loaded(tmp_path: Path) -> None:
    """OpenVINO reports each import over the network, and leaves a number to be known by in the home."""
    registered(tmp_path / "models")
    load = (
        "import sys\n"
        "from nightmarket import models\n"
        "models.load(models.EncoderModel, 'tiny', device='cpu').encode(['red dress'])\n"
        "assert 'openvino' in sys.modules and sys.modules['openvino_telemetry'] is None\n"
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry.')]\n"
    )
    (home := tmp_path / "home").mkdir()
    named = {"HOME": str(home), "NIGHTMARKET_MODELS": str(tmp_path / "models"), "OMP_NUM_THREADS": "1"}
    # Where these say that nobody is there but a machine, it is silent anyway.
    machines = {"CI", "TF_BUILD", "JENKINS_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in machines} | named
    done = subprocess.run([sys.executable, "-c", load], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(home.iterdir()) == []


def apart(query, key, value, edges, edges_of_keys, longest, longest_of_keys, *, scale):
    """What torch's kernel computes for texts laid end to end, for a CPU, which has none."""
    import torch

    parts = (of.split(edges.diff().tolist()) for of in (query, key, value))
    seen = [
        torch.nn.functional.scaled_dot_product_attention(*(of.transpose(0, 1) for of in text), scale=scale)
        for text in zip(*parts, strict=True)
    ]
    return torch.cat([of.transpose(0, 1) for of in seen])


def wrong(*given, **named):
    """A kernel that is wrong, by so much that a model of one layer with weights near 0 shows it."""
    return -50 * apart(*given, **named)


def wrong_behind_a_block(*given, **named):
    """One that does wrong only from the 129th token of a text on."""
    edges = given[3].tolist()
    seen = apart(*given, **named)
    for first, last in pairwise(edges):
        seen[first + 128 : max(first + 128, last)] *= -50
    return seen


def unlike_any(query):
    """One of another torch, which takes something else."""


KERNEL = "torch.nn.attention.varlen.varlen_attn"


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("family", ["tiny", "roberta"])
def test_laid_end_to_end_texts_have_the_vectors_they_have_side_by_side(
    family: str,
    pooling: str,
    entry_of: EntryOf,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = request.getfixturevalue(family)
    entry = entry_of(folder, dimension=16 if family == "tiny" else 128, pooling=pooling)
    encoder = TransformerEncoder(entry, folder, device="cpu")
    expected = encoder.encode(TEXTS)
    encoder._network = network = TorchNetwork(
        entry, folder, encoder._tokenizer.padding, device="cpu", threads=1
    )
    assert not network._unpadded
    monkeypatch.setattr(KERNEL, create_autospec(varlen_attn, side_effect=apart))
    network._unpadded = network._same_unpadded(entry.max_length)
    assert network._unpadded
    assert np.allclose(encoder.encode(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("kernel", [wrong, wrong_behind_a_block, unlike_any, None])
def test_a_gpu_that_computes_something_else_end_to_end_is_given_texts_side_by_side(
    tmp_path: Path, entry_of: EntryOf, monkeypatch: pytest.MonkeyPatch, kernel: Callable | None
) -> None:
    write(tmp_path, ["red", "dress"], positions=512)
    entry = entry_of(tmp_path, max_length=300)
    encoder = TransformerEncoder(entry, tmp_path, device="cpu")
    expected = encoder.encode(TEXTS)
    network = TorchNetwork(entry, tmp_path, encoder._tokenizer.padding, device="cpu", threads=1)
    if kernel:  # without, torch's own says that it is for GPUs
        monkeypatch.setattr(KERNEL, kernel)
    assert not network._same_unpadded(entry.max_length)
    encoder._network = network
    assert np.allclose(encoder.encode(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("precision", ["int8", "bf16"])
def test_what_is_no_bert_is_computed_by_torch_and_only_in_fp32(
    tiny: Path, tmp_path: Path, entry_of: EntryOf, precision: str
) -> None:
    copy = damaged(tiny, tmp_path, config={"hidden_act": "relu"})
    assert isinstance(TransformerEncoder(entry_of(copy), copy, device="cpu")._network, TorchNetwork)
    with pytest.raises(ModelError, match=f"cannot be computed in {precision}: only BERT models"):
        TransformerEncoder(entry_of(copy, precision=precision), copy, device="cpu")


def test_batches_drawn_one_by_one_are_answered_in_their_turn(encoder: TransformerEncoder) -> None:
    batches = [["red dress", "shoes"], [], ["the blue shirt " * 9, "red dress"], [""]]
    answers = list(encoder.encode_each(iter(batches)))
    assert [len(vectors) for vectors in answers] == [2, 0, 2, 1]
    for batch, vectors in zip(batches, answers, strict=True):
        assert np.allclose(vectors, encoder.encode(batch), atol=1e-5)
    assert list(encoder.encode_each([])) == []


def test_batches_stay_within_the_budget_and_equal_texts_are_computed_once(
    encoder: TransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Watched(encoder._network)
    monkeypatch.setattr(encoder, "_network", network)
    monkeypatch.setattr(encoder, "_budget", 40)
    encoder.encode(["red dress", " red\tdress", "<p>red dress</p>", *TEXTS, *TEXTS])
    seen = network.seen
    assert all(len(sizes) * max(sizes) <= 40 for sizes in seen)
    assert [sizes for sizes in seen if sizes != sorted(sizes, reverse=True)] == []
    # Seven different texts; the one of 15 words and 3 of prefix and marks fits one window.
    assert sum(len(sizes) for sizes in seen) == len({normalise(text) for text in TEXTS})


def test_the_prefix_goes_before_every_text(encoder: TransformerEncoder, tiny: Path) -> None:
    assert np.array_equal(encoder.encode(["red dress"]), encoder.encode(["red dress"], prefix="query: "))
    (bare,) = encoder.encode(["query: red dress"], prefix="")
    assert np.allclose(bare, encoder.encode(["red dress"])[0], atol=1e-6)
    assert not np.allclose(encoder.encode(["red dress"], prefix="")[0], bare, atol=1e-3)


@pytest.mark.parametrize("which", ["tiny", "stand-in"])
def test_a_language_the_model_does_not_name_is_refused(encoder: TransformerEncoder, which: str) -> None:
    asked = encoder if which == "tiny" else models.load(models.EncoderModel, "stand-in")
    unnamed = "zh" if which == "tiny" else "tlh"
    assert asked.encode(["red", "12"], languages=["en", "und"]).shape[0] == 2
    with pytest.raises(ModelError, match=f"does not name {unnamed} among its languages, and 1 of 2 texts"):
        asked.encode(["red", "红"], languages=["en", unnamed])
    with pytest.raises(ValueError, match="2 texts and 1 languages"):
        asked.encode(["red", "红"], languages=["en"])


def test_nothing_in_nothing_out(encoder: TransformerEncoder) -> None:
    assert encoder.encode([]).shape == (0, 16)
    assert StandInEncoder().encode([]).shape == (0, 64)


def damaged(tiny: Path, folder: Path, *, config: dict | None = None) -> Path:
    copy = folder / "copy"
    shutil.copytree(tiny, copy)
    if config is not None:
        settings = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps(settings | config))
    return copy


def test_pickled_weights_are_refused(tiny: Path, tmp_path: Path, entry_of: EntryOf) -> None:
    copy = damaged(tiny, tmp_path)
    (copy / "model.safetensors").rename(copy / "kept")
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        TransformerEncoder(entry_of(copy), copy, device="cpu")


def test_code_of_the_model_is_never_run(tiny: Path, tmp_path: Path, entry_of: EntryOf) -> None:
    copy = damaged(
        tiny,
        tmp_path,
        config={"model_type": "mine", "auto_map": {"AutoConfig": "mine.C", "AutoModel": "mine.M"}},
    )
    ran = tmp_path / "ran"
    (copy / "mine.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    with pytest.raises(ModelError, match="without running code of its own"):
        TransformerEncoder(entry_of(copy), copy, device="cpu")
    assert not ran.exists()


def test_weights_that_do_not_fit_are_refused(tiny: Path, tmp_path: Path, entry_of: EntryOf) -> None:
    with pytest.raises(ModelError, match="16 dimensions, but its entry says 32"):
        TransformerEncoder(entry_of(tiny, dimension=32), tiny, device="cpu")
    copy = damaged(tiny, tmp_path, config={"num_hidden_layers": 2})
    with pytest.raises(ModelError, match=r"lacks .*encoder\.layer\.1"):
        TransformerEncoder(entry_of(copy), copy, device="cpu")


def test_a_folder_of_yours_is_loaded_by_name_and_checked(
    tiny: Path, tmp_path: Path, entry_of: EntryOf
) -> None:
    shutil.copytree(tiny, tmp_path / "mine")
    entry = entry_of(tmp_path / "mine")
    lines = [
        "mine:",
        "  {kind: encoder, languages: [en], dimension: 16, pooling: mean, prefix: '', max_length: 20,",
        "   licence: MIT, origin: {kind: folder, path: mine},",
        f"   files: {json.dumps(dict(entry.files))}}}",
    ]
    (tmp_path / "registry.yaml").write_text("\n".join(lines))
    loaded = models.load(models.EncoderModel, "mine", tmp_path)
    assert (
        loaded
        is models.load(models.EncoderModel, "mine", tmp_path)
        is models.loader(models.EncoderModel, "mine", tmp_path)()
    )
    assert loaded.encode(["red"]).shape == (1, 16)
    (tmp_path / "mine" / "tokenizer_config.json").write_text("{}")
    with pytest.raises(ModelError, match="is not the file pinned"):
        models.prepare("mine", tmp_path)


def test_the_stand_in_is_stable_and_texts_that_share_words_are_similar() -> None:
    encoder = models.load(models.EncoderModel, "stand-in")
    assert encoder is models.load(models.EncoderModel, "stand-in")
    red, same, near, far, empty = encoder.encode(
        ["red dress", "Red <b>dress</b>", "red dresses", "steel bottle", ""]
    )
    assert np.array_equal(red, same)
    assert red @ near > 0.6 > 0.4 > red @ far
    assert np.linalg.norm(empty) == pytest.approx(1)
    # The same on every machine: these places and signs are the hash's own.
    assert np.flatnonzero(encoder.encode(["a"])[0]).tolist() == PLACES_OF_A
    assert (encoder.name, encoder.dimension, len(encoder.digest)) == ("stand-in", 64, 64)


PLACES_OF_A = [0, 15, 36, 53]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=30), max_size=6))
def test_any_text_gets_a_unit_vector(texts: list[str]) -> None:
    vectors = StandInEncoder().encode(texts)
    assert vectors.shape == (len(texts), 64)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("variable", "name"), [("", "multilingual-e5-small"), ("stand-in", "stand-in")])
def test_the_default_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    monkeypatch.setenv("NIGHTMARKET_ENCODER", variable)
    assert models.EncoderModel.default_name() == name
