"""The registry: every entry whole, every file pinned, nothing that could hold code."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nightmarket.errors import ModelError
from nightmarket.models import EncoderModel, ImageEncoderModel, model, models
from nightmarket.models.origins.e5s1 import E5s1
from nightmarket.models.packaged import PackageFile
from nightmarket.models.registry import built_in
from nightmarket.text import language


def test_the_known_models() -> None:
    known = models()
    assert list(known) == [
        "multilingual-e5-small", "all-minilm-l6-v2", "stand-in", "efficientnet-lite0", "stand-in-images"
    ]  # fmt: skip
    default = known[EncoderModel.default]
    assert (default.dimension, default.prefix, default.licence) == (384, "query: ", "MIT")
    assert {"en", "zh", "ja", "no", "pt"} <= default.languages
    assert known["all-minilm-l6-v2"].languages == {"en"}
    assert known["stand-in"].languages == default.languages
    images = known[ImageEncoderModel.default]
    assert (images.kind, images.dimension, images.size, images.licence) == (
        "image-encoder", 1280, 224, "Apache-2.0"
    )  # fmt: skip
    assert len({entry.digest for entry in known.values()}) == 5


def test_the_default_names_every_language_that_can_be_found() -> None:
    texts = [
        "red dress",
        "连衣裙",
        "ワンピースのセール",
        "원피스",
        "платье",
        "فستان جميل",
        "ชุดเดรส",
        "φόρεμα",
        "שמלה",
        "पोशाक",
    ]
    found = {language(text) for text in texts}
    assert len(found) == len(texts)
    assert found <= model(EncoderModel.default).languages


def test_the_digest_changes_with_whatever_decides_a_vector() -> None:
    from dataclasses import replace

    entry = model(EncoderModel.default)
    changed = [
        replace(entry, pooling="cls"),
        replace(entry, max_length=256),
        replace(entry, prefix="passage: "),
        replace(entry, dimension=768),
        replace(entry, files={**entry.files, "tokenizer.json": "0" * 64}),
    ]
    assert len({entry.digest, *(other.digest for other in changed)}) == 6
    images = model(ImageEncoderModel.default)
    assert replace(images, size=96).digest != images.digest
    assert replace(entry, languages=frozenset({"en"}), licence="other").digest == entry.digest


def test_the_digest_is_of_these_lines_in_this_order(tmp_path: Path) -> None:
    """Written out, since rows of years carry it: files by name, whatever their order in the registry."""
    lines = [f"config.json={'a' * 64}", f"model.safetensors={'b' * 64}", f"tokenizer.json={'c' * 64}"]
    lines += ["pooling=mean", "max_length=64", "dimension=8", "prefix=query: "]
    wanted = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert model("mine", added(tmp_path, prefix="query: ")).digest == wanted
    mixed = dict(reversed(GOOD["files"].items()))
    assert model("mine", added(tmp_path, prefix="query: ", files=mixed)).digest == wanted
    faster = model("mine", tmp_path, "int8")
    assert (faster.precision, faster.digest != wanted) == ("int8", True)
    assert model("mine", tmp_path, "fp32").digest == wanted
    with pytest.raises(ModelError, match="'fp64' is no precision; it is one of"):
        model("mine", tmp_path, "fp64")


def test_a_tuned_model_is_a_known_one_with_a_digest_of_weights(tmp_path: Path) -> None:
    added(tmp_path)
    weights = "0123456789abcdef" * 4
    for name in (f"mine@{weights}", "mine@x", f"mine@{weights[:-1]}", f"mine@{weights}0", f"other@{weights}"):
        (tmp_path / name).mkdir()
    found = models(tmp_path)
    assert [name for name in found if "@" in name] == [f"mine@{weights}"]
    tuned = found[f"mine@{weights}"]
    assert tuned.files == {**found["mine"].files, "model.safetensors": weights}
    assert (tuned.origin.kind, tuned.dimension) == ("tuned", 8)
    with pytest.raises(ModelError, match=f"the tuned model mine@x is not in {tmp_path}"):
        model("mine@x", tmp_path)


def test_a_built_in_model_has_no_files() -> None:
    assert [built_in(name) for name in ("stand-in", EncoderModel.default, "unheard")] == [True, False, False]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        ModelError, match=r"no model named 'bert'; known are multilingual-e5-small, all-minilm-l6-v2"
    ):
        model("bert")


GOOD = {
    "kind": "encoder",
    "languages": ["en"],
    "dimension": 8,
    "pooling": "mean",
    "prefix": "",
    "max_length": 64,
    "licence": "MIT",
    "origin": {"kind": "folder", "path": "mine"},
    "files": {"config.json": "a" * 64, "model.safetensors": "b" * 64, "tokenizer.json": "c" * 64},
}


FILE = {"package": "p", "path": "f", "sha256": "d" * 64}


def test_packaged_files_have_their_names_whatever_their_order(tmp_path: Path) -> None:
    other = FILE | {"path": "g"}
    origin = {"kind": "e5s1", "tokenizer": other, "weights": FILE}
    assert model("mine", added(tmp_path, origin=origin)).origin == E5s1(
        PackageFile(**FILE), PackageFile(**other)
    )


def added(folder: Path, **changes: object) -> Path:
    (folder / "registry.yaml").write_text(yaml.safe_dump({"mine": GOOD | changes}))
    return folder


def test_a_shop_adds_a_model_in_one_entry(tmp_path: Path) -> None:
    assert model("mine", added(tmp_path)).origin.path == "mine"
    assert model("mine", added(tmp_path, max_length=16)).max_length == 16
    hub = {"kind": "hub", "repository": "intfloat/multilingual-e5-base", "revision": "0" * 40}
    assert model("mine", added(tmp_path, origin=hub)).origin.repository == "intfloat/multilingual-e5-base"
    assert "mine" not in models()


def test_a_shop_adds_an_image_encoder(tmp_path: Path) -> None:
    files = {name: GOOD["files"][name] for name in ("config.json", "model.safetensors")}
    entry = {name: GOOD[name] for name in ("dimension", "licence", "origin")}
    entry |= {"kind": "image-encoder", "size": 96, "files": files}
    (tmp_path / "registry.yaml").write_text(yaml.safe_dump({"mine": entry}))
    assert model("mine", tmp_path).size == 96
    for changes, said in (
        ({"size": 31}, "from 32 to 1024"),
        ({"size": 1025}, "from 32 to 1024"),
        ({"files": {}}, "pin config.json and model"),
    ):
        (tmp_path / "registry.yaml").write_text(yaml.safe_dump({"mine": entry | changes}))
        with pytest.raises(ModelError, match=said):
            model("mine", tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": GOOD["files"] | {"pytorch_model.bin": "d" * 64}}, "can run code when opened"),
        ({"files": GOOD["files"] | {"model.pkl": "d" * 64}}, "can run code when opened"),
        ({"files": GOOD["files"] | {"../x.json": "d" * 64}}, "may not be part"),
        ({"files": GOOD["files"] | {"vocab.txt": "beef"}}, "64 hexadecimal"),
        ({"files": {"config.json": "a" * 64}}, "must pin"),
        ({"colour": "red"}, "unknown colour"),
        ({"pooling": "max"}, "pooling must be mean or cls"),
        ({"max_length": 15}, "at least 16"),
        ({"dimension": 0}, "whole number of at least 1"),
        ({"dimension": True}, "whole number of at least 1"),
        ({"files": GOOD["files"] | {"vocab.txt": "A" * 64}}, "64 hexadecimal"),
        ({"files": GOOD["files"] | {"vocab.txt": "a" * 65}}, "64 hexadecimal"),
        ({"languages": ["english"]}, "languages"),
        ({"dimension": "8"}, "whole number"),
        ({"kind": "oracle"}, "kind must be one of encoder, image-encoder"),
        ({"kind": "image-encoder"}, "missing size, unknown languages, max_length, pooling, prefix"),
        ({"languages": [False]}, "Norwegian"),
        ({"origin": {"kind": "ftp"}}, "kind must be one of"),
        ({"origin": {"kind": "hub", "repository": "a/b"}}, "has the keys repository, revision"),
        ({"origin": {"kind": "folder", "path": 3}}, "must be a text"),
        (
            {"origin": "folder"},
            "the origin's kind must be one of built-in, e5s1, efficientnet, folder, hub, pack",
        ),
        ({"origin": {"kind": "folder", "path": "p", "revision": "r"}}, "of kind folder has the keys path"),
        ({"origin": {"kind": "built-in", "path": "p"}}, "of kind built-in has the keys nothing"),
        ({"origin": {"kind": "e5s1", "weights": FILE}}, "of kind e5s1 has the keys tokenizer, weights"),
        (
            {"origin": {"kind": "e5s1", "weights": FILE, "tokenizer": FILE | {"licence": "MIT"}}},
            "tokenizer needs package, path and sha256",
        ),
        (
            {"origin": {"kind": "e5s1", "weights": {"package": "p", "path": "f"}, "tokenizer": FILE}},
            "weights needs package, path and sha256",
        ),
        ({"origin": {"kind": "efficientnet", "weights": "p"}}, "weights needs package, path and sha256"),
        ({"files": ["config.json"]}, "files must give each file's name with its digest"),
        ({"max_length": "64"}, "max_length must be a whole number of at least 16"),
        ({"languages": "en"}, "languages are two-letter codes"),
    ],
)
def test_a_bad_entry_is_refused_with_its_place(tmp_path: Path, changes: dict, said: str) -> None:
    with pytest.raises(ModelError, match=said) as error:
        models(added(tmp_path, **changes))
    assert "registry.yaml, entry 'mine'" in str(error.value)


@pytest.mark.parametrize("text", ["[", "- a\n- b", "stand-in: {}", "mine: 3", "Mine!: {}"])
def test_a_bad_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "registry.yaml").write_text(text)
    with pytest.raises(ModelError, match=r"registry\.yaml"):
        models(tmp_path)


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(yaml.safe_dump({"stand-in": GOOD}))
    with pytest.raises(ModelError, match="taken"):
        models(tmp_path)


def test_importing_the_room_loads_no_torch() -> None:
    code = "import sys, nightmarket.models\nprint({'torch', 'transformers', 'pyspark'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
