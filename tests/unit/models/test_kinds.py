"""A kind of model, and a kind of origin, is one module: added to a copy of the package and its registry."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import nightmarket
from nightmarket.errors import ModelError
from nightmarket.models import EncoderModel, ImageEncoderModel, kinds, model
from nightmarket.models.discovery import discovered
from nightmarket.models.entry import Model
from nightmarket.models.origins import origins
from nightmarket.models.registry import of_kind

RANKER = '''
"""ranker: reads pairs of texts; each gets the sum of the weights of the words they share."""

import json
from dataclasses import dataclass
from typing import ClassVar

from nightmarket.errors import ModelError
from nightmarket.models.entry import Model


class Ranker:
    def __init__(self, weights, most):
        self.weights, self.most = weights, most

    def score(self, first, second):
        shared = sorted(set(first.split()) & set(second.split()))[: self.most]
        return sum(self.weights.get(word, 1) for word in shared)


@dataclass(frozen=True, kw_only=True)
class RankerModel(Model[Ranker]):
    kind = "ranker"
    reads = "pairs of texts"
    variable = "NIGHTMARKET_RANKER"
    default = "shared-words"
    required = ("words.weights",)
    endings = (".weights",)

    most: int

    @classmethod
    def read(cls, entry, where):
        if type(entry["most"]) is not int:
            raise ModelError(f"{where}: most must be a whole number.")
        return {"most": entry["most"]}

    def decides(self):
        return [f"most={self.most}"]

    def facts(self):
        return {"most words": str(self.most)}

    def summary(self):
        return f"{self.most} words"

    def load(self, place, device):
        return Ranker(json.loads((place / "words.weights").read_text()), self.most)

    def stand_in(self):
        return Ranker({}, self.most)
'''
ORIGIN = '''
"""tripled: the length of a packaged file, thrice."""

from dataclasses import dataclass

from nightmarket.models.packaged import Decoded, PackageFile


@dataclass(frozen=True)
class Tripled(Decoded):
    kind = "tripled"
    weights: PackageFile

    def decode(self, folder):
        length = len(self.weights.checked().read_bytes())
        (folder / "words.weights").write_text('{"red": %d}' % (3 * (length + 1)))
'''
WEIGHTS = b'{"red": 3}'
ENTRIES = f"""
shared-words:
  kind: ranker
  most: 9
  licence: MIT
  origin:
    kind: tripled
    weights: {{package: pluggy, path: pluggy/py.typed, sha256: {hashlib.sha256(b"").hexdigest()}}}
  files:
    words.weights: {hashlib.sha256(WEIGHTS).hexdigest()}

stand-in-ranker: {{kind: ranker, most: 1, licence: MIT, origin: {{kind: built-in}}, files: {{}}}}
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A throw-away copy of the package with a kind of model, a kind of origin and two entries more."""
    package = tmp_path / "lib" / "nightmarket"
    shutil.copytree(
        Path(nightmarket.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "demo")
    )
    (package / "models" / "kinds" / "ranker.py").write_text(RANKER)
    (package / "models" / "origins" / "tripled.py").write_text(ORIGIN)
    with (package / "models" / "registry.yaml").open("a", encoding="utf-8") as registry:
        registry.write(ENTRIES)
    return tmp_path


def ran(copy: Path, *arguments: str) -> str:
    """What a command of the copy says, its errors too."""
    environment = os.environ | {
        "PYTHONPATH": str(copy / "lib"),
        "NIGHTMARKET_MODELS": str(copy / "models"),
        "NIGHTMARKET_PROJECT": str(Path(__file__).parents[3]),
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=copy, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


COMMAND = "import sys; from nightmarket.cli import main; sys.exit(main(sys.argv[1:]))"


def test_an_added_kind_is_prepared_loaded_and_shown(copy: Path) -> None:
    asked = (
        "from nightmarket import models\n"
        "from nightmarket.models.kinds.ranker import RankerModel\n"
        "print(models.load(RankerModel).score('a red hat', 'red hat'), end=' ')\n"
        "print(models.loader(RankerModel, 'stand-in-ranker')(None).score('a red hat', 'red hat'), end=' ')\n"
        "print(models.model('shared-words').digest)\n"
    )
    assert "the model shared-words is not in" in ran(copy, "-c", asked)
    prepared = ran(copy, "-c", COMMAND, "models", "prepare", "shared-words")
    assert "shared-words is ready" in prepared, prepared
    assert (copy / "models" / "shared-words" / "words.weights").read_bytes() == WEIGHTS
    # A red word weighs 3 by the prepared weights, and the other 1; the stand-in reads one word, which is 1.
    lines = f"words.weights={hashlib.sha256(WEIGHTS).hexdigest()}\nmost=9"
    assert ran(copy, "-c", asked).split() == ["4", "1", hashlib.sha256(lines.encode()).hexdigest()]
    listed = {
        line.split()[0]: line for line in ran(copy, "-c", COMMAND, "models", "list").splitlines() if line
    }
    assert listed["shared-words"].split() == [
        *("shared-words", "ranker", "9", "words", "MIT", "ready", "(the", "night's", "ranker)")
    ]
    facts = ran(copy, "-c", COMMAND, "models", "verify", "shared-words")
    assert "most words          9" in facts
    assert "package pluggy, decoded once" in facts


def test_what_an_added_kind_refuses_is_said_with_its_place(copy: Path) -> None:
    registry = copy / "models" / "registry.yaml"
    registry.parent.mkdir()
    for entry, said in (
        ("kind: oracle", "kind must be one of encoder, image-encoder, ranker, not 'oracle'"),
        ("kind: ranker", "missing files, licence, most, origin, unknown nothing"),
        (
            "kind: ranker, most: x, licence: MIT, origin: {kind: built-in}, files: {}",
            "most must be a whole number",
        ),
        (
            "kind: ranker, most: 1, licence: MIT, origin: {kind: folder, path: p}, files: {}",
            "files must pin words.weights",
        ),
        (
            "kind: ranker, most: 1, licence: MIT, origin: {kind: built-in}, files: {a.json: x}",
            "'a.json' may not be part of a model; only .weights files are read",
        ),
    ):
        registry.write_text(f"mine: {{{entry}}}\n")
        answer = ran(copy, "-c", COMMAND, "models", "list")
        assert f"registry.yaml, entry 'mine': {said}" in " ".join(answer.split())
    registry.unlink()
    answer = ran(
        copy, "-c", "from nightmarket import models; models.load(models.EncoderModel, 'shared-words')"
    )
    assert (
        "the model shared-words reads pairs of texts, not texts; choose another in NIGHTMARKET_ENCODER"
        in (answer)
    )


def test_kinds_are_found_by_looking_at_their_package() -> None:
    assert kinds() == {"encoder": EncoderModel, "image-encoder": ImageEncoderModel}
    listed = {name for name, kind in origins().items() if kind.listed}
    assert listed == {"built-in", "e5s1", "efficientnet", "folder", "hub", "package"}
    assert set(origins()) - listed == {"tuned"}


def test_a_model_is_of_its_kind_and_computed_in_its_precisions() -> None:
    entry = model("stand-in-images")
    assert of_kind(entry, ImageEncoderModel) is entry
    with pytest.raises(ModelError, match="stand-in-images reads pictures, not texts"):
        of_kind(entry, EncoderModel)
    assert model("stand-in", precision="int8").precision == "int8"
    with pytest.raises(ModelError, match=r"stand-in-images cannot be computed in int8: .* computed in fp32"):
        model("stand-in-images", precision="int8")


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ({"one": ""}, "one has 0 classes made from Model; it must have one"),
        ({"one": "{0}class B(Model): kind = 'b'\n{1}"}, "one has 2 classes made from Model"),
        ({"one": "{0}", "two": "{0}"}, "two and .*one are both of kind a"),
    ],
)
def test_a_module_that_is_no_kind_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modules: dict[str, str], said: str
) -> None:
    name = f"planted_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]}"
    (package := tmp_path / name).mkdir()
    (package / "__init__.py").write_text("")
    first = "from nightmarket.models.entry import Model\nclass A(Model): kind = 'a'\n"
    for module, text in modules.items():
        (package / f"{module}.py").write_text(text.format(first, ""))
    monkeypatch.syspath_prepend(tmp_path)
    found = ModuleType(name)
    found.__path__ = [str(package)]
    with pytest.raises(ModelError, match=said):
        discovered(found, Model)
