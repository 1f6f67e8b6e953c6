"""Preparing: atomic, repeatable, and nothing but the pinned files."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from nightmarket import models
from nightmarket.errors import ModelError
from nightmarket.models import files as preparing
from nightmarket.models.origins import e5s1
from nightmarket.models.origins.built_in import BuiltIn
from nightmarket.models.origins.folder import Folder
from nightmarket.models.origins.hub import Hub
from nightmarket.models.origins.tuned import TunedHere
from nightmarket.models.packaged import PackageFile

E5 = "multilingual-e5-small"


FILES = {"config.json": b"{}", "model.safetensors": b"weights", "tokenizer.json": b"words"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


EMPTY = PackageFile("pluggy", "pluggy/py.typed", sha256(b""))
"""An installed file that is always the same."""
SMALL = models.EncoderModel(
    name="small",
    licence="MIT",
    origin=e5s1.E5s1(EMPTY, EMPTY),
    files={name: sha256(content) for name, content in FILES.items()},
    languages=frozenset({"en"}),
    dimension=2,
    pooling="mean",
    prefix="",
    max_length=20,
)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A small model that is decoded from packaged files; where it was decoded to, each time."""
    places: list[Path] = []

    def decode(weights: Path, tokenizer: Path, folder: Path) -> None:
        assert weights.name == tokenizer.name == "py.typed"
        places.append(folder)
        for name, content in FILES.items():
            (folder / name).write_bytes(content)

    monkeypatch.setattr(e5s1, "decode", decode)
    monkeypatch.setattr(preparing, "model", lambda name, folder: SMALL)
    return places


def test_the_real_one_prepared_twice_is_made_once(models_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(e5s1, "decode", never)
    assert models.prepare(E5, models_home) == models_home / E5
    assert {path.name for path in (models_home / E5).iterdir()} == set(models.model(E5).files)


def test_it_is_decoded_once_and_put_in_place_whole(tmp_path: Path, decoded: list[Path]) -> None:
    folder = tmp_path / "new" / "models"
    assert not preparing.ready("small", folder)
    assert preparing.prepare("small", folder) == preparing.prepare("small", folder) == folder / "small"
    (fresh,) = decoded
    # Beside its place, so that it can be renamed, under a name that no reader looks for.
    assert fresh.parent.parent == folder
    assert fresh.parent.name.startswith(".small-")
    assert [path.name for path in folder.iterdir()] == ["small"]
    assert {path.name: path.read_bytes() for path in (folder / "small").iterdir()} == FILES
    assert preparing.ready("small", folder)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "model.safetensors",
            b"weight",
            f"begin with {SMALL.files['model.safetensors'][:8]}); delete the folder",
        ),
        ("tokenizer.json", None, "the model small lacks tokenizer.json in"),
        ("", None, "the model small is not in"),
    ],
)
def test_a_damaged_folder_is_refused_and_made_anew(
    tmp_path: Path, decoded: list[Path], name: str, content: bytes | None, said: str
) -> None:
    place = preparing.prepare("small", tmp_path)
    if not name:
        shutil.rmtree(place)
    elif content is None:
        (place / name).unlink()
    else:
        (place / name).write_bytes(content)
    (tmp_path / "beside").mkdir()
    assert not preparing.ready("small", tmp_path)
    with pytest.raises(ModelError) as refused:
        preparing.check(SMALL, preparing.located(SMALL, tmp_path))
    assert said in str(refused.value)
    preparing.prepare("small", tmp_path)
    assert preparing.ready("small", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beside", "small"]
    assert len(decoded) == 2


def test_a_tuned_model_that_changed_is_not_to_be_deleted(tmp_path: Path) -> None:
    tuned = replace(SMALL, origin=TunedHere())
    (tmp_path / "config.json").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"bring it back, or run embeddings\.encoders again") as refused:
        preparing.check(tuned, tmp_path)
    assert "delete" not in str(refused.value)


def test_a_run_that_dies_leaves_nothing_behind(
    tmp_path: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(weights: Path, tokenizer: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(e5s1, "decode", dies)
    with pytest.raises(KeyboardInterrupt):
        preparing.prepare("small", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_decoding_is_never_put_in_place(
    tmp_path: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(weights: Path, tokenizer: Path, folder: Path) -> None:
        for name in FILES:
            (folder / name).write_bytes(b"other")

    monkeypatch.setattr(e5s1, "decode", wrong)
    with pytest.raises(ModelError, match="is not the file pinned for the model small"):
        preparing.prepare("small", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_of_two_processes_that_prepare_the_later_keeps_what_is_right(
    tmp_path: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's folder comes between the look and the renaming, right or half written."""
    for right in (True, False):
        place = tmp_path / str(right) / "small"

        def renamed(path: Path, target: Path, place: Path = place, right: bool = right) -> Path:
            place.mkdir()
            for name, content in FILES.items():
                (place / name).write_bytes(content if right else b"")
            raise OSError(39, "Directory not empty")

        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", renamed)
            if right:
                assert preparing.prepare("small", place.parent) == place
            else:
                with pytest.raises(ModelError, match="is not the file pinned"):
                    preparing.prepare("small", place.parent)


def test_a_folder_of_ones_own_is_used_where_it_lies(tmp_path: Path) -> None:
    mine = tmp_path / "elsewhere" / "mine"
    mine.mkdir(parents=True)
    for path, folder in ((str(mine), tmp_path / "models"), ("elsewhere/mine", tmp_path)):
        assert preparing.located(replace(SMALL, origin=Folder(path)), folder) == mine
    gone = replace(SMALL, origin=Folder("gone"))
    with pytest.raises(ModelError, match=f"the model small should be in {tmp_path}/gone, which is no folder"):
        preparing.located(gone, tmp_path)
    assert preparing.located(replace(SMALL, origin=BuiltIn()), tmp_path) == tmp_path


def test_the_folder_of_models_is_the_one_given_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path / "a" / ".." / "named"))
    assert preparing.models_folder() == tmp_path / "named"
    assert preparing.models_folder(tmp_path / "b" / ".." / "given") == tmp_path / "given"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert preparing.models_folder(Path("~/mine")) == tmp_path / "mine"
    monkeypatch.setenv("NIGHTMARKET_MODELS", "")
    with pytest.raises(ModelError, match="NIGHTMARKET_MODELS is not set"):
        preparing.models_folder()


def test_another_packaged_file_is_refused() -> None:
    assert EMPTY.checked().read_bytes() == b""
    with pytest.raises(ModelError, match=r"pluggy/py\.typed of the package pluggy is not the pinned file"):
        replace(EMPTY, sha256="0" * 64).checked()
    with pytest.raises(ModelError, match="has no file"):
        PackageFile("pluggy", "pluggy", EMPTY.sha256).checked()
    with pytest.raises(ModelError, match="not installed; install Night Market with its 'models' extra"):
        PackageFile("no-such-package-here", "x", "0" * 64).checked()


def test_loading_compares_the_files_with_their_digests(tmp_path: Path) -> None:
    entry = {
        "kind": "encoder", "languages": ["en"], "dimension": 2, "pooling": "mean", "prefix": "",
        "max_length": 20, "licence": "MIT", "origin": {"kind": "folder", "path": "mine"},
        "files": SMALL.files,
    }  # fmt: skip
    (tmp_path / "registry.yaml").write_text(yaml.safe_dump({"mine": entry}))
    (tmp_path / "mine").mkdir()
    for name in FILES:
        (tmp_path / "mine" / name).write_bytes(b"other")
    with pytest.raises(ModelError, match="is not the file pinned for the model mine"):
        models.load(models.EncoderModel, "mine", tmp_path)


def test_a_packaged_folder_is_used_where_it_lies(tmp_path: Path) -> None:
    place = models.prepare("all-minilm-l6-v2", tmp_path)
    assert place.name == "model"
    assert list(tmp_path.iterdir()) == []


def test_a_hub_revision_is_read_from_the_cache_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    origin = Hub("example/none", "0" * 40)
    entry = replace(models.model(E5), origin=origin)
    with pytest.raises(ModelError, match=r"hf download example/none --revision 0+ config\.json"):
        preparing.located(entry, tmp_path)


def test_nothing_is_fetched_while_tables_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict]] = []

    def cached(repository: str, **options: object) -> str:
        asked.append((repository, options))
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", cached)
    entry = replace(SMALL, origin=Hub("example/small", "0" * 40))
    assert preparing.located(entry, tmp_path / "none") == tmp_path
    assert asked == [
        (
            "example/small",
            {"revision": "0" * 40, "local_files_only": True, "allow_patterns": sorted(FILES)},
        )
    ]


def test_without_a_folder_it_says_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTMARKET_MODELS", raising=False)
    with pytest.raises(ModelError, match="NIGHTMARKET_MODELS is not set"):
        models.load(models.EncoderModel, E5)


def test_a_model_not_prepared_is_said_on_the_driver(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="set up the project once"):
        models.loader(models.EncoderModel, E5, tmp_path)
    with pytest.raises(ModelError, match="no model named"):
        models.loader(models.EncoderModel, "other", tmp_path)
