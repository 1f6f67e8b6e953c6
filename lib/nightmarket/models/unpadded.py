"""Texts laid end to end in one row, so that nothing is computed for padding.

Each token sees those of its own text, by torch's flash attention over rows of different lengths, which GPUs
of NVIDIA's Ampere generation and later have.
"""

from typing import Any

import torch
from torch.nn.attention import varlen
from transformers import AttentionInterface

ATTENTION = "unpadded"
"""The name transformers knows it by."""


def attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    *,
    scaling: float,
    edges: torch.Tensor,
    longest: int,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """An attention function as transformers calls it, for one row of many texts.

    Args:
        query, key, value: (1, heads, tokens, width), in half precision.
        edges: where each text begins, and the last one ends, as int32 (texts + 1).
        longest: tokens of the longest text.

    Returns:
        The values seen, (1, tokens, heads, width).
    """
    q, k, v = (each[0].transpose(0, 1) for each in (query, key, value))
    seen: Any = varlen.varlen_attn(q, k, v, edges, edges, longest, longest, scale=scaling)
    return seen[None], None


AttentionInterface.register(ATTENTION, attention)
