"""A language model small enough to be made on the spot: one layer, random fixed weights, a few words."""

import hashlib
import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

COLOURS = {
    "red": "rouge", "blue": "azur", "green": "vert", "white": "blanc", "black": "noir",
    "grey": "gris", "pink": "rose", "gold": "dore", "brown": "brun", "violet": "mauve",
}  # fmt: skip
THINGS = {
    "dress": "robe", "shirt": "chemise", "shoes": "souliers", "lamp": "lampe", "desk": "bureau",
    "bag": "sac", "hat": "chapeau", "ring": "bague", "vase": "pot", "rug": "tapis",
}  # fmt: skip
PAIRS = [(f"{a} {c}", f"{THINGS[c]} {COLOURS[a]}") for a, c in product(COLOURS, THINGS)]
"""What shoppers type and what the shop calls it: twenty words to be learnt from a hundred pairs of two."""
MARKS = ("<s>", "</s>", "<pad>", "<unk>")


def write(folder: Path, words: Sequence[str], *, width: int = 16, positions: int = 32) -> dict[str, str]:
    """A BERT of one layer and a tokenizer of these words; returns the SHA-256 of each file."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    known = write_tokenizer(folder, words)
    config = BertConfig(
        vocab_size=len(known),
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=positions,
        pad_token_id=known.index("<pad>"),
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder, safe_serialization=True)
    return digests(folder)


def write_tokenizer(folder: Path, words: Sequence[str]) -> list[str]:
    """A tokenizer of these words, each one token; returns all tokens in the order of their numbers."""
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers import models as kinds

    folder.mkdir(parents=True, exist_ok=True)
    known = [*MARKS, *words, "<mask>"]
    tokenizer = Tokenizer(
        kinds.WordLevel({word: number for number, word in enumerate(known)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    # As files from the hub often say; an encoder must not let it cut texts.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "cls_token": "<s>",
        "sep_token": {"content": "</s>"},
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return known


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.suffix in {".json", ".safetensors"}
    }


def registered(models: Path) -> str:
    """One that knows the words of the pairs, in a folder of models whose registry names it; its name."""
    words = sorted({word for pair in PAIRS for text in pair for word in text.split()})
    models.mkdir(parents=True, exist_ok=True)
    write(models / "tiny-files", words, width=64)
    return register(models)


def register(models: Path) -> str:
    """Writes the entry of what lies in the folder."""
    entry = {
        "kind": "encoder",
        "languages": ["en"],
        "dimension": 64,
        "pooling": "mean",
        "prefix": "",
        "max_length": 20,
        "licence": "Apache-2.0",
        "origin": {"kind": "folder", "path": "tiny-files"},
        "files": digests(models / "tiny-files"),
    }
    # JSON is YAML.
    (models / "registry.yaml").write_text(json.dumps({"tiny": entry}))
    return "tiny"
