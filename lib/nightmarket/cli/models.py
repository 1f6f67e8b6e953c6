"""Commands about models: list, verify, prepare."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nightmarket.cli import terminal
from nightmarket.cli.command import Arguments, Commands, command, group
from nightmarket.errors import ModelError
from nightmarket.visible import visible

if TYPE_CHECKING:
    from nightmarket.models.registry import Origin


def add(commands: Commands) -> None:
    models = group(commands, "models", "list the models, check them and make them ready")
    command(
        models, "list", list_models, "list the models and whether they are ready",
        "nightmarket models list",
    )  # fmt: skip
    made = command(
        models, "verify", verify, "check every file of models against its digest and say all about them",
        "nightmarket models verify", "nightmarket models verify all-minilm-l6-v2",
    )  # fmt: skip
    made.add_argument("names", nargs="*", metavar="NAME", help="which models; all when left out")
    made = command(
        models, "prepare", prepare, "unpack models from their packages and check their digests",
        "nightmarket models prepare", "nightmarket models prepare all-minilm-l6-v2",
    )  # fmt: skip
    made.add_argument(
        "names", nargs="*", metavar="NAME", help="which models; the night's encoders when left out"
    )


def list_models(arguments: Arguments) -> int:
    from nightmarket import models
    from nightmarket.models.files import check, located

    folder = _folder()
    screen = terminal.console()
    listed = terminal.table(
        "model",
        "kind",
        "languages",
        "dimensions",
        "tokens",
        "licence",
        "state",
        right=["dimensions", "tokens"],
    )
    for name, entry in models.models(folder).items():
        try:
            check(entry, located(entry, folder))
            state = "ready"
        except ModelError:
            state = "not prepared"
        used = " (the night's encoder)" if name in _of_the_night() else ""
        listed.add_row(
            name, entry.kind, _few(sorted(entry.languages)) or "–", str(entry.dimension),
            str(entry.max_length or "–"),
            entry.licence, f"{state}{used}",
        )  # fmt: skip
    screen.print(listed)
    return 0


def verify(arguments: Arguments) -> int:
    from nightmarket import models
    from nightmarket.models.files import check, located

    folder = _folder()
    bad = 0
    for name in arguments.names or models.models(folder):
        entry = models.model(name, folder)
        try:
            place = located(entry, folder)
            check(entry, place)
            state = f"all {len(entry.files)} files as pinned, in {place}" if entry.files else "built in"
        except ModelError as error:
            bad += 1
            state = str(error)
        of_texts = {
            "languages": " ".join(sorted(entry.languages)),
            "pooling": entry.pooling,
            "prefix": repr(entry.prefix),
            "tokens of a window": str(entry.max_length),
        }
        facts = {
            "kind": entry.kind,
            "dimension": str(entry.dimension),
            **(of_texts if entry.kind == "encoder" else {"pixels of a side": str(entry.size)}),
            "licence": entry.licence,
            "origin": _origin(entry.origin),
            "digest": entry.digest,
            "state": state,
        }
        terminal.say(name)
        for fact, value in facts.items():
            terminal.say(f"  {fact:<20}{visible(value)}")
    return 1 if bad else 0


def prepare(arguments: Arguments) -> int:
    from nightmarket import models

    folder = _folder()
    for name in arguments.names or _of_the_night():
        place = models.prepare(name, folder)
        terminal.say(f"{name} is ready in {place}")
    return 0


def _folder() -> Path:
    from nightmarket import models, project

    os.environ.setdefault("NIGHTMARKET_MODELS", str(project.home() / "models"))
    return models.models_folder()


def _of_the_night() -> list[str]:
    from nightmarket import models

    return [models.default_name(), models.default_image_name()]


def _few(languages: list[str]) -> str:
    return ", ".join(languages) if len(languages) <= 4 else f"{len(languages)} languages"


def _origin(origin: "Origin") -> str:
    match origin.kind:
        case "built-in":
            return "built in"
        case "package":
            return f"package {origin.package}, {origin.path}"
        case "folder":
            return f"folder {origin.path}"
        case "hub":
            return f"hub {origin.repository}, revision {origin.revision}"
        case "tuned":
            return "tuned on the shop's own texts"
        case _:
            packages = [file.package for file in origin.packaged]
            return f"package{'s' if len(packages) > 1 else ''} {' and '.join(packages)}, decoded once"
