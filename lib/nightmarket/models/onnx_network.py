"""BERT on a CPU, by ONNX Runtime: its fused kernels come near to the machine's matrix rate.

The graph is built from the model's own safetensors whenever it is loaded, so there is no exported file to
keep, to check or to trust. The word embeddings stay out of it: rows of them are gathered from the file, which
is mapped into memory, and all workers of a machine share its pages.

int8 is ONNX Runtime's dynamic quantisation: weights per output channel, activations by the batch. A vector
then depends a little on what was computed beside it. The last product of each layer stays in fp32: a few
values of what reaches it are far beyond the others, and take most of the range from the rest.
"""

import json
import logging
import struct
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from nightmarket.errors import ModelError
from nightmarket.models.encoder import Vectors
from nightmarket.models.network import OutOfMemory, padded
from nightmarket.models.registry import Model
from nightmarket.models.windows import Window

_BUDGET = {"fp32": 1024, "bf16": 1024, "int8": 512}
"""Tokens of a batch that are fastest: what they compute stays in a core's cache. bf16 is fp32 here."""
_OPSET, _IR = 17, 10
_MS, _LAYER = "com.microsoft", "encoder.layer.{}"
_FORMS = {"F16": "<f2", "F32": "<f4"}
"""Of tensors numpy can read; positions counted in I64, which some files hold, are not read."""
_FAMILIES = {"bert": 0, "roberta": 1, "xlm-roberta": 1}
"""Model types that are BERT inside; those of 1 count positions from behind the padding token's number."""


def supported(folder: Path) -> bool:
    """Whether the model is a BERT of the usual kind, all of which this can compute. A folder without whole
    safetensors is, too: what is wrong with it is said when it is loaded."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return (
        config.get("model_type") in _FAMILIES
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
        and _forms(folder / "model.safetensors") <= set(_FORMS)
    )


def refuse_other_than_bert(entry: Model, folder: Path) -> None:
    """Raise when a model cannot be computed in its precision."""
    if entry.precision == "int8" and not supported(folder):
        raise ModelError(
            f"the model {entry.name} cannot be computed in {entry.precision}: only BERT models can; leave "
            "the precision out."
        )


class OnnxNetwork:
    """See :class:`nightmarket.models.network.Network`.

    Raises:
        ModelError: the folder's tensors are not those its configuration speaks of.
    """

    def __init__(self, entry: Model, folder: Path, padding: int, *, threads: int) -> None:
        import onnxruntime

        self._config = json.loads((folder / "config.json").read_text("utf-8"))
        self._padding, self._pooling = padding, entry.pooling
        self.budget, self.lanes = _BUDGET[entry.precision], threads
        tensors = _Tensors(folder / "model.safetensors", entry.name)
        if self._config["hidden_size"] != entry.dimension:
            raise ModelError(
                f"the model {entry.name} has {self._config['hidden_size']} dimensions, but its entry says "
                f"{entry.dimension}; correct the entry."
            )
        self._words = tensors.mapped("embeddings.word_embeddings.weight")
        positions = tensors["embeddings.position_embeddings.weight"]
        skipped = _FAMILIES[self._config["model_type"]] * (self._config.get("pad_token_id", 1) + 1)
        types = tensors["embeddings.token_type_embeddings.weight"]
        self._places = positions[skipped:] + types[0]
        if entry.max_length > len(self._places):
            raise ModelError(
                f"the model {entry.name} has {len(self._places)} positions, but its entry says windows of "
                f"{entry.max_length}; correct max_length."
            )
        graph = _bert(self._config, tensors)
        if entry.precision == "int8":
            graph = _quantised(graph, self._config["num_hidden_layers"])
        options = onnxruntime.SessionOptions()
        # A batch is computed by one thread: it stays in that core's cache, and no thread waits for another.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def pooled(self, batch: Sequence[Window]) -> Vectors:
        ids, lengths = padded(batch, self._padding)
        embedded = self._words[ids].astype(np.float32)
        embedded += self._places[: ids.shape[1]]
        try:
            (states,) = self._session.run(None, {"embedded": embedded, "lengths": lengths.astype(np.int32)})
        except Exception as error:
            # ONNX Runtime has no class of its own for it.
            if "llocat" in str(error):
                raise OutOfMemory from error
            raise
        if self._pooling == "cls":
            return np.ascontiguousarray(states[:, 0])
        seen = np.arange(ids.shape[1]) < lengths[:, None]
        # As one small matrix product per row, which reads the states once.
        weights = (seen / lengths[:, None]).astype(np.float32)
        pooled: Vectors = np.matmul(weights[:, None, :], states)[:, 0]
        return pooled


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


def _bert(config: dict[str, Any], tensors: _Tensors) -> bytes:
    """The encoder behind the embeddings: ``embedded`` float32 (rows, tokens, hidden) and ``lengths`` int32
    (rows) → ``states`` float32 (rows, tokens, hidden)."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights = [], []
    epsilon = float(config.get("layer_norm_eps", 1e-12))

    def held(name: str, values: np.ndarray) -> str:
        weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def norm(place: str) -> list[str]:
        return [held(f"{place}.{part}", tensors[f"{place}.{part}"]) for part in ("weight", "bias")]

    def add(kind: str, inputs: list[str], output: str, **settings: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **settings))
        return output

    def product(states: str, place: str) -> str:
        """Times the weights; the bias is added by whatever comes next."""
        return add("MatMul", [states, held(f"{place}.weight", tensors[f"{place}.weight"].T)], f"{place}.out")

    def summed(states: str, before: str, dense: str, place: str) -> str:
        bias = held(f"{dense}.bias", tensors[f"{dense}.bias"])
        inputs = [states, before, *norm(place), bias]
        return add("SkipLayerNormalization", inputs, f"{place}.out", domain=_MS, epsilon=epsilon)

    states = add(
        "LayerNormalization", ["embedded", *norm("embeddings.LayerNorm")], "embeddings.out", epsilon=epsilon
    )
    for number in range(config["num_hidden_layers"]):
        layer = _LAYER.format(number)
        parts = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        weight = held(f"{layer}.qkv", np.concatenate([tensors[f"{part}.weight"].T for part in parts], axis=1))
        bias = held(f"{layer}.qkv.bias", np.concatenate([tensors[f"{part}.bias"] for part in parts]))
        looked = add(
            "Attention", [states, weight, bias, "lengths"], f"{layer}.looked", domain=_MS,
            num_heads=config["num_attention_heads"],
        )  # fmt: skip
        dense = f"{layer}.attention.output.dense"
        states = summed(product(looked, dense), states, dense, f"{layer}.attention.output.LayerNorm")
        wide = f"{layer}.intermediate.dense"
        inputs = [product(states, wide), held(f"{wide}.bias", tensors[f"{wide}.bias"])]
        bent = add("BiasGelu", inputs, f"{wide}.bent", domain=_MS)
        dense = f"{layer}.output.dense"
        states = summed(product(bent, dense), states, dense, f"{layer}.output.LayerNorm")
    add("Identity", [states], "states")
    shape = ["rows", "tokens", config["hidden_size"]]
    graph = helper.make_graph(
        nodes,
        "bert",
        [
            helper.make_tensor_value_info("embedded", TensorProto.FLOAT, shape),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["rows"]),
        ],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, shape)],
        weights,
    )
    model = helper.make_model(
        graph,
        ir_version=_IR,
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_MS, 1)],
    )
    return bytes(model.SerializeToString())


def _adds_up_eight_bits() -> bool:
    """Whether the processor sums products of eight bits without overflow (VNNI); others are given seven."""
    processor = Path("/proc/cpuinfo")
    text = processor.read_text("utf-8") if processor.is_file() else ""
    return any(name in text for name in ("avx512_vnni", "avx_vnni", "asimddp"))


def _quantised(graph: bytes, layers: int) -> bytes:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory(prefix="nightmarket-int8-") as place:
        # It advises to infer shapes first, which it cannot for Microsoft's own operators.
        logging.disable(logging.WARNING)
        try:
            quantize_dynamic(
                onnx.load_from_string(graph),
                Path(place) / "int8.onnx",
                op_types_to_quantize=["MatMul", "Attention"],
                per_channel=True,
                reduce_range=not _adds_up_eight_bits(),
                weight_type=QuantType.QInt8,
                nodes_to_exclude=[f"{_LAYER.format(n)}.output.dense.out" for n in range(layers)],
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )
        finally:
            logging.disable(logging.NOTSET)
        return (Path(place) / "int8.onnx").read_bytes()
