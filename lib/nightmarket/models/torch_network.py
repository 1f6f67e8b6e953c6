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
from nightmarket.models.kinds.encoder import EncoderModel
from nightmarket.models.network import FAMILIES, OutOfMemory, first_position, padded
from nightmarket.models.vectors import Vectors
from nightmarket.models.windows import Window

_BUDGET_ON_CPU = 1024
_MOST_ON_GPU = 262_144
_SHARE = 0.5
"""Of the free memory; the rest is for what the estimate does not see."""
_SAME = 0.999
"""Least cosine in half precision of vectors computed in two ways."""


class TorchNetwork:
    """See :class:`nightmarket.models.network.Network`.

    On a GPU it computes in bfloat16, or in float16 where the GPU is too old for that, with torch's fused
    attention, and texts of a batch laid end to end where the model is a BERT and the GPU is found to compute
    the same that way; on a CPU in float32, a batch on each core. Means are taken in float32.

    Raises:
        ModelError: the folder does not hold a model that can be used this way.
    """

    def __init__(self, entry: EncoderModel, folder: Path, padding: int, *, device: str, threads: int) -> None:
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
        config = self._network.config.to_dict()
        of_family = config["model_type"] in FAMILIES
        self._first = first_position(config) if of_family else 0
        self._unpadded = self._on_gpu and of_family and self._same_unpadded(entry.max_length)

    def _room(self, width: int) -> int:
        """Tokens whose states fit into a share of the memory that is free once the model is loaded: of one
        layer, the states before and after, queries, keys and values, and the wide states twice."""
        import torch

        config = self._network.config
        per_token = width * (6 * config.hidden_size + 2 * config.intermediate_size)
        free, _ = torch.cuda.mem_get_info(self._device)
        return int(max(1024, min(_MOST_ON_GPU, free * _SHARE / per_token)))

    def _same_unpadded(self, longest: int) -> bool:
        """Whether texts of up to ``longest`` tokens get, laid end to end, the vectors they have side by side;
        the network is left to be used in the way that is right. A GPU's kernels are not taken at their word.
        """
        import torch

        from nightmarket.models import unpadded

        words = [word for word in range(self._network.config.vocab_size) if word != self._padding][:1000]
        # Several of the kernel's blocks of 128 tokens, and less than one; the longest not last.
        lengths = [min(length, longest) for length in (300, 2, 129, 16)]
        texts = [Window(0, [words[7 * n % len(words)] for n in range(length)], 1) for length in lengths]
        expected = self._side_by_side(texts)
        try:
            self._network.set_attn_implementation(unpadded.ATTENTION)
            found = self._end_to_end(texts)
        except torch.OutOfMemoryError:
            raise
        except Exception:  # what a GPU without such a kernel says differs
            found = np.zeros_like(expected)
        sizes = np.linalg.norm(expected, axis=1) * np.linalg.norm(found, axis=1)
        if (np.sum(expected * found, axis=1) > _SAME * sizes).all():
            return True
        self._network.set_attn_implementation("sdpa")
        # A GPU that a kernel has left unusable says so here.
        self._side_by_side(texts)
        return False

    def pooled(self, batch: Sequence[Window]) -> Vectors:
        import torch

        try:
            return self._end_to_end(batch) if self._unpadded else self._side_by_side(batch)
        except torch.OutOfMemoryError as error:
            raise OutOfMemory from error

    def _end_to_end(self, batch: Sequence[Window]) -> Vectors:
        import torch

        lengths = np.fromiter((len(window.tokens) for window in batch), np.int64, len(batch))
        edges = np.concatenate([[0], np.cumsum(lengths)])
        ids = np.concatenate([np.asarray(window.tokens, np.int64) for window in batch])
        positions = np.arange(len(ids)) - np.repeat(edges[:-1], lengths) + self._first
        with torch.inference_mode():
            tokens = self._sent(ids)[None]
            states = self._network(
                input_ids=tokens,
                position_ids=self._sent(positions)[None],
                token_type_ids=torch.zeros_like(tokens),
                edges=self._sent(edges.astype(np.int32)),
                longest=int(lengths.max()),
            ).last_hidden_state[0]
            if self._pooling == "cls":
                return self._fetched(states[self._sent(edges[:-1])])
            # Unsafe would be lengths that do not add up.
            return self._fetched(
                torch.segment_reduce(states.float(), "mean", lengths=self._sent(lengths), unsafe=True)
            )

    def _side_by_side(self, batch: Sequence[Window]) -> Vectors:
        import torch

        ids, lengths = padded(batch, self._padding)
        with torch.inference_mode():
            tokens, sizes = self._sent(ids), self._sent(lengths)
            seen = torch.arange(ids.shape[1], device=self._device) < sizes[:, None]
            # Rows of one length need no mask, and attention is faster without.
            mask = None if int(lengths.min()) == ids.shape[1] else seen.long()
            states = self._network(input_ids=tokens, attention_mask=mask).last_hidden_state
            if self._pooling == "cls":
                return self._fetched(states[:, 0])
            weights = seen.float() / sizes[:, None]
            return self._fetched(torch.bmm(weights[:, None, :], states.float())[:, 0])

    def renew(self) -> None:
        import torch

        torch.cuda.empty_cache()

    def _fetched(self, vectors: Any) -> Vectors:
        found: Vectors = vectors.float().cpu().numpy()
        return found

    def _sent(self, values: np.ndarray) -> Any:
        import torch

        tensor = torch.from_numpy(values)
        # From pinned memory the copy runs beside what the GPU computes.
        return tensor.pin_memory().to(self._device, non_blocking=True) if self._on_gpu else tensor


def pretrained(entry: EncoderModel, folder: Path, dtype: Any) -> Any:
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
    bare = {"add_pooling_layer": False} if config.get("model_type") in FAMILIES else {}
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
