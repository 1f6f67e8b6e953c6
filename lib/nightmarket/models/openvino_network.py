"""BERT on a CPU, by OpenVINO: its fused kernels come near to the machine's matrix rate.

The graph is built from the model's own safetensors whenever it is loaded, so there is no exported file to
keep, to check or to trust. The word embeddings stay out of it: rows of them are gathered from the file, which
is mapped into memory, and all workers of a machine share its pages.

bf16 multiplies bfloat16 and adds up in float32. int8 measures both sides of a product by groups of values,
those of each token as they come: a few values are far beyond the others and would take the range from all.
Both are computed in float32 by a processor that has no instructions for them.
"""

import json
import struct
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from nightmarket.errors import ModelError
from nightmarket.models.entry import Precision
from nightmarket.models.kinds.encoder import EncoderModel
from nightmarket.models.network import FAMILIES, OutOfMemory, first_position, padded
from nightmarket.models.vectors import Vectors
from nightmarket.models.windows import Window

_BUDGET = {"fp32": 512, "bf16": 1024, "int8": 512}
"""Tokens of a batch that are fastest: what they compute stays near a core."""
_GROUP = 64
"""Values that share a scale in eight bits; all of a row whose length is no multiple of it."""
_INSTRUCTIONS = {"bf16": {"amx_bf16"}, "int8": {"avx512_vnni", "avx_vnni"}}
"""Any of which a processor must have to be fast at it."""
_OUT_OF_MEMORY = ("bytes of memory", "can't alloc", "bad_alloc", "could not create a memory")
"""What OpenVINO and oneDNN say of it; of registers they say that they cannot allocate them, too."""
_FORMS = {"F16": "<f2", "F32": "<f4"}
"""Of tensors numpy can read; positions counted in I64, which some files hold, are not read."""


def supported(folder: Path) -> bool:
    """Whether the model is a BERT of the usual kind, all of which this can compute. A folder without whole
    safetensors is, too: what is wrong with it is said when it is loaded."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return (
        config.get("model_type") in FAMILIES
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
        and _forms(folder / "model.safetensors") <= set(_FORMS)
    )


def refuse_other_than_bert(entry: EncoderModel, folder: Path) -> None:
    """Raise when a model cannot be computed in its precision."""
    if entry.precision != "fp32" and not supported(folder):
        raise ModelError(
            f"the model {entry.name} cannot be computed in {entry.precision}: only BERT models with weights "
            "in float32 or float16 can; leave the precision out."
        )


class OpenvinoNetwork:
    """See :class:`nightmarket.models.network.Network`.

    Raises:
        ModelError: the folder's tensors are not those its configuration speaks of.
    """

    def __init__(self, entry: EncoderModel, folder: Path, padding: int, *, threads: int) -> None:
        self._config = json.loads((folder / "config.json").read_text("utf-8"))
        self._padding, self._pooling = padding, entry.pooling
        self._precision = computed(entry.precision)
        self.budget, self.lanes = _BUDGET[self._precision], threads
        self._tensors = tensors = _Tensors(folder / "model.safetensors", entry.name)
        if self._config["hidden_size"] != entry.dimension:
            raise ModelError(
                f"the model {entry.name} has {self._config['hidden_size']} dimensions, but its entry says "
                f"{entry.dimension}; correct the entry."
            )
        self._words = tensors.mapped("embeddings.word_embeddings.weight")
        positions = tensors["embeddings.position_embeddings.weight"]
        types = tensors["embeddings.token_type_embeddings.weight"]
        self._places = positions[first_position(self._config) :] + types[0]
        if entry.max_length > len(self._places):
            raise ModelError(
                f"the model {entry.name} has {len(self._places)} positions, but its entry says windows of "
                f"{entry.max_length}; correct max_length."
            )
        self._idle, self._failed = self._requests(), False

    def pooled(self, batch: Sequence[Window]) -> Vectors:
        if self._failed:
            raise OutOfMemory
        idle = self._idle
        request = idle.get()
        try:
            return self._pooled(request, batch)
        except (MemoryError, RuntimeError) as error:
            # The graph may be half fitted to the batch's shape, and is taken for fitted by what comes next.
            self._failed = True
            # OpenVINO has no class of its own for it.
            if isinstance(error, MemoryError) or any(said in str(error) for said in _OUT_OF_MEMORY):
                raise OutOfMemory from error
            raise
        finally:
            idle.put(request)

    def renew(self) -> None:
        # What there is goes before anything new is made.
        self._idle = SimpleQueue()
        self._idle = self._requests()
        self._failed = False

    def _requests(self) -> "SimpleQueue[Any]":
        """One for each lane, of the graph compiled for them."""
        settings = {
            # A batch is computed by one thread: it stays near that core, and no thread waits for another.
            "NUM_STREAMS": self.lanes,
            "INFERENCE_NUM_THREADS": self.lanes,
            # Spark's workers are processes of one thread each, and would all be pinned to the same core.
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": "bf16" if self._precision == "bf16" else "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": _GROUP if self._precision == "int8" else 0,
        }
        graph = _bert(self._config, self._tensors, in_eight_bits=self._precision == "int8")
        compiled = _core().compile_model(graph, "CPU", settings)
        requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self.lanes):
            requests.put(compiled.create_infer_request())
        return requests

    def _pooled(self, request: Any, batch: Sequence[Window]) -> Vectors:
        ids, lengths = padded(batch, self._padding)
        embedded = self._words[ids].astype(np.float32)
        embedded += self._places[: ids.shape[1]]
        seen = np.arange(ids.shape[1]) < lengths[:, None]
        unseen = np.where(seen, np.float32(0), np.float32(-1e9))[:, None, None, :]
        request.infer([embedded, unseen], share_inputs=True, share_outputs=True)
        states = request.get_output_tensor().data
        if self._pooling == "cls":
            return np.array(states[:, 0])
        # As one small matrix product per row, which reads the states once.
        weights = (seen / lengths[:, None]).astype(np.float32)
        pooled: Vectors = np.matmul(weights[:, None, :], states)[:, 0]
        return pooled


def _openvino() -> Any:
    """The package, always imported from here."""
    # It tells its makers of each import, unless the package that does the telling is not there.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino


@cache
def _core() -> Any:
    return _openvino().Core()


def computed(precision: Precision) -> Precision:
    """What this CPU computes in for a precision: in that when it has instructions for it.

    Matrices of bfloat16 are multiplied seven times as fast as in float32 by Intel's AMX. What others do with
    them, and OpenVINO calls a capability, is slower than float32, up to thirty times. Products of eight bits
    are summed by VNNI, which Intel and AMD have.
    """
    return precision if _flags() & _INSTRUCTIONS.get(precision, set()) else "fp32"


@cache
def _flags() -> frozenset[str]:
    """What the processor can do, as Linux names it; nothing where nobody says."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.split() for line in lines if line.startswith("flags")), []))


class _Tensors:
    """The tensors of a safetensors file as float32, whether or not they are named with the family before."""

    def __init__(self, path: Path, model: str) -> None:
        from safetensors import SafetensorError, safe_open

        self._path, self._model = path, model
        try:
            self._file: Any = safe_open(path, framework="numpy")
        except (OSError, SafetensorError) as error:
            raise ModelError(
                f"the model {model} in {path.parent} cannot be loaded, for only safetensors are read: {error}"
            ) from error
        names = list(self._file.keys())
        self._names = {name.removeprefix("bert.").removeprefix("roberta."): name for name in names}

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self._file.get_tensor(self._name(name)), np.float32)

    def _name(self, name: str) -> str:
        if name not in self._names:
            raise ModelError(f"the model {self._model} in {self._path.parent} lacks the tensor {name}.")
        return self._names[name]

    def mapped(self, name: str) -> np.ndarray:
        """A tensor where it lies in the file, in the form it has there."""
        begin, header = _header(self._path)
        tensor = header[self._name(name)]
        form, shape = _FORMS[tensor["dtype"]], tuple(tensor["shape"])
        return np.memmap(self._path, form, "r", begin + tensor["data_offsets"][0], shape)


def _header(path: Path) -> tuple[int, dict[str, Any]]:
    """Where the values begin in a safetensors file, and what it says of each tensor."""
    with path.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header: dict[str, Any] = json.loads(file.read(size))
    return 8 + size, header


def _forms(path: Path) -> set[str]:
    try:
        _, header = _header(path)
    except (OSError, ValueError, struct.error):
        return set()
    return {tensor["dtype"] for name, tensor in header.items() if name != "__metadata__"} - {"I64"}


def _bert(config: dict[str, Any], tensors: _Tensors, *, in_eight_bits: bool) -> Any:
    """The encoder behind the embeddings: those as float32 (rows, tokens, hidden) and what is added to each
    token's attention as float32 (rows, 1, 1, tokens) → states as float32 (rows, tokens, hidden)."""
    op = _openvino().opset13
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    epsilon = float(config.get("layer_norm_eps", 1e-12))
    last = op.constant(np.array([-1]))
    parted, whole = np.array([0, 0, heads, hidden // heads]), np.array([0, 0, hidden])
    turned = np.array([0, 2, 1, 3])

    def norm(states: Any, place: str) -> Any:
        even = op.mvn(states, last, normalize_variance=True, eps=epsilon, eps_mode="inside_sqrt")
        scaled = op.multiply(even, op.constant(tensors[f"{place}.weight"]))
        return op.add(scaled, op.constant(tensors[f"{place}.bias"]))

    def dense(states: Any, place: str) -> Any:
        weight = tensors[f"{place}.weight"]
        weights = _eight_bits(weight) if in_eight_bits else op.constant(weight)
        product = op.matmul(states, weights, transpose_a=False, transpose_b=True)
        return op.add(product, op.constant(tensors[f"{place}.bias"]))

    def by_head(states: Any) -> Any:
        return op.transpose(op.reshape(states, parted, special_zero=True), turned)

    embedded = op.parameter([-1, -1, hidden], np.float32, "embedded")
    unseen = op.parameter([-1, 1, 1, -1], np.float32, "unseen")
    states = norm(embedded, "embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            by_head(dense(states, f"{layer}.attention.self.{part}")) for part in ("query", "key", "value")
        )
        attended = op.transpose(op.scaled_dot_product_attention(query, key, value, unseen), turned)
        added = dense(op.reshape(attended, whole, special_zero=True), f"{layer}.attention.output.dense")
        states = norm(op.add(added, states), f"{layer}.attention.output.LayerNorm")
        wide = op.gelu(dense(states, f"{layer}.intermediate.dense"), "erf")
        added = dense(wide, f"{layer}.output.dense")
        states = norm(op.add(added, states), f"{layer}.output.LayerNorm")
    return _openvino().Model([op.result(states)], [embedded, unseen], "bert")


def _eight_bits(weight: np.ndarray) -> Any:
    """Weights of shape (outputs, inputs) as int8, and a scale for each group of inputs to an output."""
    op = _openvino().opset13
    outputs, inputs = weight.shape
    group = _GROUP if inputs % _GROUP == 0 else inputs
    grouped = weight.reshape(outputs, inputs // group, group)
    most = np.abs(grouped).max(axis=2, keepdims=True)
    scale = (np.where(most > 0, most, 1) / 127).astype(np.float32)
    numbers = op.constant(np.round(grouped / scale).astype(np.int8))
    scaled = op.multiply(op.convert(numbers, np.float32), op.constant(scale))
    return op.reshape(scaled, np.array(weight.shape), special_zero=False)
