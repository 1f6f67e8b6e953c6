"""EfficientNet-Lite: a folder of weights made into a network.

The network is that of Tan and Le 2019 ("EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks") in its variant for small devices (TensorFlow's ``efficientnet/lite``): inverted bottlenecks without
squeeze-and-excitation, ReLU6, padding as TensorFlow's "same". Its features are the mean over the last map;
the layer that tells ImageNet's classes is left out. Batch norm is folded into the weights before it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightmarket.errors import ModelError
from nightmarket.models.kinds.image_encoder import ImageEncoderModel
from nightmarket.models.network import OutOfMemory
from nightmarket.models.vectors import Vectors


class EfficientNet:
    """A network on a device, in float32.

    Raises:
        ModelError: the folder's tensors are not those its configuration speaks of.
    """

    def __init__(self, entry: ImageEncoderModel, folder: Path, *, device: str) -> None:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        config = json.loads((folder / "config.json").read_text("utf-8"))
        if config["hidden_size"] != entry.dimension:
            raise ModelError(
                f"the model {entry.name} has {config['hidden_size']} dimensions, but its entry says "
                f"{entry.dimension}; correct the entry."
            )
        self._device = torch.device(device)
        self._mean, self._std = config["image_mean"], config["image_std"]
        self._epsilon = config["batch_norm_eps"]
        try:
            self._tensors = load_file(folder / "model.safetensors")
            self._stem = self._layer("_conv_stem", "_bn0", stride=2, bent=True)
            self._blocks = [self._block(*sizes) for sizes in enumerate(_each(config["blocks"]))]
            self._head = self._layer("_conv_head", "_bn1", bent=True)
        except (OSError, SafetensorError, KeyError) as error:
            raise ModelError(
                f"the model {entry.name} in {folder} lacks a tensor or is no whole safetensors file: {error}"
            ) from error
        del self._tensors

    def features(self, pixels: NDArray[np.uint8]) -> Vectors:
        """Pictures as uint8 (pictures, side, side, 3) → float32 (pictures, dimension), not yet unit length.

        Raises:
            OutOfMemory: try again with less.
        """
        import torch

        try:
            with torch.inference_mode():
                # Channels stay last in memory, as they come and as convolutions like them.
                states = torch.from_numpy(pixels).to(self._device).permute(0, 3, 1, 2).float()
                states = self._stem((states - self._mean) / self._std)
                for layers, adds in self._blocks:
                    before = states
                    for layer in layers:
                        states = layer(states)
                    states = states + before if adds else states
                found: Vectors = self._head(states).mean((2, 3)).cpu().numpy()
                return found
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise OutOfMemory from error

    def _block(self, number: int, sizes: tuple[int, int, int, int, int]) -> tuple[list[Any], bool]:
        """The layers of one inverted bottleneck, and whether what came in is added to what goes out."""
        _, stride, expansion, come, go = sizes
        at = f"_blocks.{number}."
        layers = [self._layer(f"{at}_expand_conv", f"{at}_bn0", bent=True)] if expansion > 1 else []
        layers.append(
            self._layer(
                f"{at}_depthwise_conv", f"{at}_bn1", stride=stride, groups=come * expansion, bent=True
            )
        )
        layers.append(self._layer(f"{at}_project_conv", f"{at}_bn2"))
        return layers, stride == 1 and come == go

    def _layer(self, conv: str, norm: str, *, stride: int = 1, groups: int = 1, bent: bool = False) -> Any:
        """A convolution with its batch norm folded in, and ReLU6 where it is bent."""
        from torch.nn import functional

        own = {part: self._tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean")}
        scale = own["weight"] / (self._tensors[f"{norm}.running_var"] + self._epsilon).sqrt()
        weight = (self._tensors[f"{conv}.weight"] * scale[:, None, None, None]).to(self._device)
        bias = (own["bias"] - own["running_mean"] * scale).to(self._device)
        kernel = weight.shape[-1]

        def layer(states: Any) -> Any:
            # TensorFlow's "same": as many places as strides fit, what is missing split, the odd one behind.
            lacking = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in states.shape[2:]]
            high, wide = lacking
            if high or wide:
                states = functional.pad(states, [wide // 2, wide - wide // 2, high // 2, high - high // 2])
            found = functional.conv2d(states, weight, bias, stride, groups=groups)
            return functional.relu6(found) if bent else found

        return layer


def _each(blocks: list[list[int]]) -> list[tuple[int, int, int, int, int]]:
    """Kernel, stride, expansion, channels in and out of every block, repeats written out."""
    found = []
    for repeats, kernel, stride, expansion, come, go in blocks:
        for turn in range(repeats):
            found.append((kernel, 1 if turn else stride, expansion, go if turn else come, go))
    return found
