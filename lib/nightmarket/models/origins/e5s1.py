"""e5s1: the packaged form of multilingual-e5-small, decoded into a plain Hugging Face folder.

The package holds the encoder in one little-endian file of its own ("E5S1"): sizes, a vocabulary, then 197
tensors, the large ones in 4-bit blocks (Q4_0 of ggml: 32 values share one float16 scale d and are
``(q - 8) * d``). Only this file is read; nothing of the package is imported or run.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightmarket.errors import ModelError
from nightmarket.models import tensor_file
from nightmarket.models.packaged import Decoded, PackageFile

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_BLOCK_BYTES = 18
_BLOCK_VALUES = 32
_BLOCKS_AT_ONCE = 1 << 18
_FLOAT32, _Q4_0 = 0, 1


@dataclass(frozen=True)
class E5s1(Decoded):
    kind = "e5s1"
    weights: PackageFile
    tokenizer: PackageFile

    def decode(self, folder: Path) -> None:
        decode(self.weights.checked(), self.tokenizer.checked(), folder)


@dataclass(frozen=True)
class _Sizes:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class _Tensor:
    kind: int
    elements: int
    offset: int
    length: int


def decode(packaged: Path, tokenizer: Path, folder: Path) -> None:
    """Write config.json, model.safetensors (float16), tokenizer.json, tokenizer_config.json into the folder.

    The same input gives the same bytes on every machine. Takes a second or two and 150 MB of memory.

    Raises:
        ModelError: the file is not of this form, is cut short, or lacks a tensor.
    """
    data = np.memmap(packaged, dtype=np.uint8, mode="r")
    try:
        sizes, tensors = _index(data.data)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{packaged} is not a whole E5S1 file: {error}. Install its package again."
        ) from error
    names = _names(sizes)
    missing = sorted(set(names) - set(tensors))
    if missing:
        raise ModelError(f"{packaged} lacks {len(missing)} tensors, the first is {missing[0]}.")
    shapes = _shapes(sizes)
    tensor_file.write(
        folder / "model.safetensors",
        {published: shapes[name] for name, published in names.items()},
        {published: _halves(data, tensors[name], shapes[name], name) for name, published in names.items()},
        "<f2",
    )
    tensor_file.write_json(folder / "config.json", _config(sizes))
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    tensor_file.write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>",
            "eos_token": "</s>",
            "unk_token": "<unk>",
            "pad_token": "<pad>",
            "mask_token": "<mask>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "model_max_length": sizes.positions,
            "model_input_names": ["input_ids", "attention_mask"],
        },
    )


def _index(data: memoryview) -> tuple[_Sizes, dict[str, _Tensor]]:
    if bytes(data[:4]) != b"E5S1":
        raise ModelError("the packaged encoder does not begin with E5S1; install its package again.")
    *values, block = struct.unpack_from("<7ifi", data, 8)
    if block != _BLOCK_VALUES:
        raise ModelError(f"the packaged encoder has blocks of {block} values; only 32 can be decoded.")
    sizes = _Sizes(*values)
    at = 8 + 36
    pieces = struct.unpack_from("<5i", data, at)[0]
    at += 20
    (blob,) = struct.unpack_from("<Q", data, at)
    at += 8 + 4 * (pieces + 1) + 4 * pieces + blob
    _, normaliser = struct.unpack_from("<iI", data, at)
    at += 8 + normaliser
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = bytes(data[at + 2 : at + 2 + length]).decode("ascii")
        tensor = _Tensor(*struct.unpack_from("<BIQQ", data, at + 2 + length))
        at += 2 + length + 21
        if tensor.offset + tensor.length > len(data):
            raise IndexError(f"tensor {name} reaches beyond the end")
        tensors[name] = tensor
    return sizes, tensors


def _names(sizes: _Sizes) -> dict[str, str]:
    """The name in the file and the name in a Hugging Face BertModel, for every tensor."""
    names = dict(_EMBEDDINGS)
    for layer in range(sizes.layers):
        for short, long in _LAYER.items():
            for end, published in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{end}"] = f"encoder.layer.{layer}.{long}.{published}"
    return names


def _shapes(sizes: _Sizes) -> dict[str, tuple[int, ...]]:
    hidden, wide = sizes.hidden, sizes.feed_forward
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (sizes.vocabulary, hidden),
        "emb.pos": (sizes.positions, hidden),
        "emb.type": (sizes.token_types, hidden),
        "emb.ln.w": (hidden,),
        "emb.ln.b": (hidden,),
    }
    for layer in range(sizes.layers):
        for short in _LAYER:
            rows, columns = {"fi": (wide, hidden), "fo": (hidden, wide)}.get(short, (hidden, hidden))
            shapes[f"l{layer}.{short}.w"] = (hidden,) if short.endswith("ln") else (rows, columns)
            shapes[f"l{layer}.{short}.b"] = (rows,)
    return shapes


def _halves(
    data: NDArray[np.uint8], tensor: _Tensor, shape: tuple[int, ...], name: str
) -> Iterator[NDArray[np.float16]]:
    """The tensor's values in order, as float16, a piece at a time; rows that the file leaves out are zero."""
    raw = data[tensor.offset : tensor.offset + tensor.length]
    wanted = int(np.prod(shape))
    if tensor.elements != wanted and not (name == "emb.type" and tensor.elements < wanted):
        raise ModelError(f"tensor {name} of the packaged encoder has {tensor.elements} values, not {wanted}.")
    if tensor.kind == _FLOAT32 and tensor.length == 4 * tensor.elements:
        yield np.asarray(raw).view("<f4").astype("<f2")
    elif tensor.kind == _Q4_0 and tensor.length * _BLOCK_VALUES == tensor.elements * _BLOCK_BYTES:
        blocks = raw.reshape(-1, _BLOCK_BYTES)
        for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
            yield _dequantised(blocks[start : start + _BLOCKS_AT_ONCE])
    else:
        raise ModelError(f"tensor {name} of the packaged encoder has an unknown form ({tensor.kind}).")
    if tensor.elements < wanted:
        yield np.zeros(wanted - tensor.elements, "<f2")


def _dequantised(blocks: NDArray[np.uint8]) -> NDArray[np.float16]:
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    quarters = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.int8) - np.int8(8)
    return (quarters * scale).astype("<f2").reshape(-1)


def _config(sizes: _Sizes) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": sizes.hidden,
        "initializer_range": 0.02,
        "intermediate_size": sizes.feed_forward,
        # Written as the decimal it was rounded from, not as float32's 9.99999996e-13.
        "layer_norm_eps": float(f"{sizes.epsilon:.6g}"),
        "max_position_embeddings": sizes.positions,
        "num_attention_heads": sizes.heads,
        "num_hidden_layers": sizes.layers,
        "pad_token_id": 1,
        "type_vocab_size": sizes.token_types,
        "vocab_size": sizes.vocabulary,
        "dtype": "float16",
    }
