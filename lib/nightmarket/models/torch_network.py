"""A model run by torch through transformers: on a GPU, and on a CPU what OpenVINO does not take.

Safetensors only, no code from the model, nothing fetched.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nightmarket.errors import ModelError
from nightmarket.models.encoder import Vectors
from nightmarket.models.network import OutOfMemory, padded
from nightmarket.models.registry import Model
from nightmarket.models.windows import Window

_BUDGET_ON_CPU = 1024
_MOST_ON_GPU = 262_144
_SHARE = 0.5
"""Of the free memory; the rest is for what the estimate does not see."""


class TorchNetwork:
    """See :class:`nightmarket.models.network.Network`.

    On a GPU it computes in bfloat16, or in float16 where the GPU is too old for that, with torch's fused
    attention; on a CPU in float32, a batch on each core. Means are taken in float32.

    Raises:
        ModelError: the folder does not hold a model that can be used this way.
    """

    def __init__(self, entry: Model, folder: Path, padding: int, *, device: str, threads: int) -> None:
        import torch

        self._padding, self._pooling = padding, entry.pooling
        self._device = torch.device(device)
        self._on_gpu = self._device.type == "cuda"
        if self._on_gpu:
            new = torch.cuda.get_device_capability(self._device)[0] >= 8
            dtype = torch.bfloat16 if new else torch.float16
        else:
            dtype = torch.float32
            torch.set_num_threads(1)
        self.lanes = 1 if self._on_gpu else threads
        self._network = pretrained(entry, folder, dtype).to(self._device)
        self.budget = self._room(dtype.itemsize) if self._on_gpu else _BUDGET_ON_CPU

    def _room(self, width: int) -> int:
        """Tokens whose states fit into a share of the memory that is free once the model is loaded: of one
        layer, the states before and after, queries, keys and values, and the wide states twice."""
        import torch

        config = self._network.config
        per_token = width * (6 * config.hidden_size + 2 * config.intermediate_size)
        free, _ = torch.cuda.mem_get_info(self._device)
        return int(max(1024, min(_MOST_ON_GPU, free * _SHARE / per_token)))

    def pooled(self, batch: Sequence[Window]) -> Vectors:
        import torch

        ids, lengths = padded(batch, self._padding)
        try:
            with torch.inference_mode():
                tokens, sizes = self._sent(ids), self._sent(lengths)
                seen = torch.arange(ids.shape[1], device=self._device) < sizes[:, None]
                # Rows of one length need no mask, and attention is faster without.
                mask = None if int(lengths.min()) == ids.shape[1] else seen.long()
                states = self._network(input_ids=tokens, attention_mask=mask).last_hidden_state
                if self._pooling == "cls":
                    found = states[:, 0].float()
                else:
                    weights = seen.float() / sizes[:, None]
                    found = torch.bmm(weights[:, None, :], states.float())[:, 0]
                vectors: Vectors = found.cpu().numpy()
                return vectors
        except torch.OutOfMemoryError as error:
            raise OutOfMemory from error

    def renew(self) -> None:
        import torch

        torch.cuda.empty_cache()

    def _sent(self, values: np.ndarray) -> Any:
        import torch

        tensor = torch.from_numpy(values)
        # From pinned memory the copy runs beside what the GPU computes.
        return tensor.pin_memory().to(self._device, non_blocking=True) if self._on_gpu else tensor


def pretrained(entry: Model, folder: Path, dtype: Any) -> Any:
    """The network of transformers with the weights of a model, ready to compute, on the CPU.

    Raises:
        ModelError: the folder does not hold a model that can be loaded safely, or not the whole of one.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    # Of tensors that lack or are left over we speak ourselves.
    logging.set_verbosity_error()
    # These families can be built without the pooler, which is made for another task and often left out.
    config = json.loads((folder / "config.json").read_text("utf-8"))
    bare = (
        {"add_pooling_layer": False} if config.get("model_type") in {"bert", "roberta", "xlm-roberta"} else {}
    )
    try:
        network, report = AutoModel.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=dtype,
            attn_implementation="sdpa",
            output_loading_info=True,
            **bare,
        )
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(
            f"the model {entry.name} in {folder} cannot be loaded without running code of its own or reading "
            f"a form other than safetensors: {reason}"
        ) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise ModelError(
            f"the model {entry.name} in {folder} lacks {len(missing)} tensors, first {missing[0]}."
        )
    if network.config.hidden_size != entry.dimension:
        raise ModelError(
            f"the model {entry.name} has {network.config.hidden_size} dimensions, but its entry says "
            f"{entry.dimension}; correct the entry."
        )
    return network.eval()
