"""tuned: a model of the registry after it was trained on a shop's own texts, in the folder of models.

No registry lists it: its folder is named by the model it was tuned from, ``@`` and the SHA-256 of its
weights.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nightmarket.models.entry import Model
from nightmarket.models.origin import Origin, existing

WEIGHTS = "model.safetensors"
TUNED_AGAIN = (
    "bring it back, or run embeddings.encoders again; until then tuned: false in the mapping of "
    "embeddings.items lets the model read that it was tuned from"
)
"""What to do about a tuned model that is not as it was."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class TunedHere(Origin):
    kind = "tuned"
    listed = False

    def located(self, name: str, files: Iterable[str], folder: Path) -> Path:
        return existing(folder / name, name)

    def described(self) -> str:
        return "tuned on the shop's own texts"

    def restored(self, place: Path) -> str:
        return f"{TUNED_AGAIN}."


def tuned_models(known: Mapping[str, Model], folder: Path) -> dict[str, Model]:
    """Those in the folder of models that were tuned from a known one. All but the weights is that one's."""
    found = {}
    for place in sorted(folder.glob("*@*")):
        base, _, weights = place.name.partition("@")
        if base in known and _SHA256.fullmatch(weights):
            files = {**known[base].files, WEIGHTS: weights}
            found[place.name] = replace(known[base], name=place.name, origin=TunedHere(), files=files)
    return found
