"""The decoder of the packaged encoder, against a small file written here by the same description."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from nightmarket.errors import ModelError
from nightmarket.models.origins import e5s1

HIDDEN, WIDE, VOCABULARY, POSITIONS = 32, 64, 10, 6


def q4(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """The 4-bit blocks of some values, and what they stand for."""
    packed, meant = b"", []
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7)
        numbers = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        packed += scale.tobytes() + (numbers[:16] | numbers[16:] << 4).tobytes()
        meant.append((numbers.astype(np.float32) - 8) * np.float32(scale))
    return packed, np.concatenate(meant)


def shapes() -> dict[str, tuple[int, ...]]:
    layer: dict[str, tuple[int, ...]] = {}
    for name in ("q", "k", "v", "ao"):
        layer |= {f"l0.{name}.w": (HIDDEN, HIDDEN), f"l0.{name}.b": (HIDDEN,)}
    layer |= {"l0.fi.w": (WIDE, HIDDEN), "l0.fi.b": (WIDE,), "l0.fo.w": (HIDDEN, WIDE), "l0.fo.b": (HIDDEN,)}
    for name in ("aln", "oln"):
        layer |= {f"l0.{name}.w": (HIDDEN,), f"l0.{name}.b": (HIDDEN,)}
    # One row of token types although the sizes say two.
    return {
        "emb.word": (VOCABULARY, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (1, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    } | layer


def packaged(path: Path, *, leave_out: str = "", magic: bytes = b"E5S1") -> dict[str, np.ndarray]:
    """Write a file of the form; returns what each tensor means."""
    random = np.random.default_rng(0)
    head = (
        magic + b"\x01\0\0\0" + struct.pack("<7ifi", HIDDEN, 1, 2, WIDE, VOCABULARY, POSITIONS, 2, 1e-12, 32)
    )
    blob = "▁a▁b".encode()
    head += (
        struct.pack("<5i", 2, 0, 1, 2, 3) + struct.pack("<Q", len(blob)) + struct.pack("<3I", 0, 4, len(blob))
    )
    head += struct.pack("<2f", -1.0, -2.0) + blob + struct.pack("<iI", 5, 7) + b"ignored"
    names = [name for name in shapes() if name != leave_out]
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in names)
    index, data, meant = struct.pack("<i", len(names)), b"", {}
    for name in names:
        values = random.normal(size=int(np.prod(shapes()[name]))).astype(np.float32)
        large = name == "emb.word" or (name[0] == "l" and name.endswith(".w") and "ln" not in name)
        raw, meaning = q4(values) if large else (values.tobytes(), values)
        index += struct.pack("<H", len(name)) + name.encode()
        index += struct.pack("<BIQQ", int(large), len(values), size + len(data), len(raw))
        data += raw
        meant[name] = meaning.reshape(shapes()[name])
    path.write_bytes(head + index + data)
    return meant


@pytest.fixture
def decoded(tmp_path: Path) -> tuple[Path, dict[str, np.ndarray]]:
    meant = packaged(tmp_path / "small.bin")
    (tmp_path / "tok.json").write_text("{}")
    folder = tmp_path / "out"
    folder.mkdir()
    e5s1.decode(tmp_path / "small.bin", tmp_path / "tok.json", folder)
    return folder, meant


def test_every_tensor_means_what_was_packed(decoded: tuple[Path, dict[str, np.ndarray]]) -> None:
    folder, meant = decoded
    tensors = load_file(folder / "model.safetensors")
    assert len(tensors) == len(meant) == 21
    for packed, published in [
        ("emb.word", "embeddings.word_embeddings.weight"),
        ("emb.pos", "embeddings.position_embeddings.weight"),
        ("emb.ln.w", "embeddings.LayerNorm.weight"),
        ("l0.q.w", "encoder.layer.0.attention.self.query.weight"),
        ("l0.ao.b", "encoder.layer.0.attention.output.dense.bias"),
        ("l0.aln.w", "encoder.layer.0.attention.output.LayerNorm.weight"),
        ("l0.fi.w", "encoder.layer.0.intermediate.dense.weight"),
        ("l0.fo.w", "encoder.layer.0.output.dense.weight"),
        ("l0.oln.b", "encoder.layer.0.output.LayerNorm.bias"),
    ]:
        assert np.array_equal(tensors[published], meant[packed].astype(np.float16)), packed
    types = tensors["embeddings.token_type_embeddings.weight"]
    assert types.shape == (2, HIDDEN)
    assert np.array_equal(types[0], meant["emb.type"][0].astype(np.float16))
    assert not types[1].any()


def test_transformers_loads_it_with_nothing_missing(decoded: tuple[Path, dict[str, np.ndarray]]) -> None:
    from transformers import BertModel

    network, report = BertModel.from_pretrained(
        decoded[0], add_pooling_layer=False, local_files_only=True, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert network.config.layer_norm_eps == 1e-12
    assert network.config.num_attention_heads == 2


def test_the_same_input_gives_the_same_bytes(
    decoded: tuple[Path, dict[str, np.ndarray]], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    again.mkdir()
    e5s1.decode(tmp_path / "small.bin", tmp_path / "tok.json", again)
    for path in decoded[0].iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()
    assert json.loads((again / "tokenizer_config.json").read_text())["cls_token"] == "<s>"


def test_a_file_cut_short_is_refused_wherever_it_was_cut(tmp_path: Path) -> None:
    packaged(tmp_path / "whole.bin")
    whole = (tmp_path / "whole.bin").read_bytes()
    for length in (1, 6, 20, 50, 90, 130, 400, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.bin").write_bytes(whole[:length])
        with pytest.raises(ModelError, match="nstall"):
            e5s1.decode(tmp_path / "cut.bin", tmp_path / "whole.bin", tmp_path)


def test_another_form_or_a_lacking_tensor_is_refused(tmp_path: Path) -> None:
    packaged(tmp_path / "other.bin", magic=b"GGUF")
    with pytest.raises(ModelError, match="E5S1"):
        e5s1.decode(tmp_path / "other.bin", tmp_path / "other.bin", tmp_path)
    packaged(tmp_path / "less.bin", leave_out="l0.q.b")
    with pytest.raises(ModelError, match=r"lacks 1 tensors, the first is l0\.q\.b"):
        e5s1.decode(tmp_path / "less.bin", tmp_path / "less.bin", tmp_path)
