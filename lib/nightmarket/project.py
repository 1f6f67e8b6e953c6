"""Where things are: the project (jobs, schemas, dags) and its state on this machine.

Nothing here is decided per job: a job never sees a path.
"""

import os
from pathlib import Path

from nightmarket.errors import NightMarketError


def root() -> Path:
    """The project folder, the one that holds ``jobs/`` and ``schemas/``.

    ``$NIGHTMARKET_PROJECT`` when set; else the nearest such folder at or above the working directory;
    else the checkout this package was installed from.
    """
    named = os.environ.get("NIGHTMARKET_PROJECT")
    if named:
        if not _is_project(Path(named)):
            raise NightMarketError(
                f"NIGHTMARKET_PROJECT is {named}, which holds no jobs/ and schemas/ folders; "
                "set it to your Night Market checkout or unset it."
            )
        return Path(named).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if _is_project(folder):
            return folder
    raise NightMarketError(
        f"no Night Market project at or above {here}; go to your checkout or set NIGHTMARKET_PROJECT to it."
    )


def home() -> Path:
    """The folder of all local state: warehouse, landing zone, models, reports, Airflow's own files.

    ``$NIGHTMARKET_HOME``, by default ``.nightmarket`` in the project. Always absolute.
    """
    named = os.environ.get("NIGHTMARKET_HOME")
    return Path(named).expanduser().resolve() if named else root() / ".nightmarket"


def landing() -> Path | str:
    """Where the shop's exports land: ``$NIGHTMARKET_LANDING``, by default ``landing`` in the home.

    A folder, or as text an address on a file system that Spark reads (``s3a://bucket/exports``)."""
    named = os.environ.get("NIGHTMARKET_LANDING")
    if named and "://" in named:
        return named.rstrip("/")
    return Path(named).expanduser().resolve() if named else home() / "landing"


def shop() -> Path:
    """The mapping file of the shop whose nights are run.

    ``$NIGHTMARKET_SHOP`` is a path, or the name of a file in ``infra/sources/`` without its ending;
    the default is the demo shop.
    """
    named = os.environ.get("NIGHTMARKET_SHOP", "demo")
    path = Path(named).expanduser()
    if path.suffix in {".yaml", ".yml"}:
        return path.resolve()
    return root() / "infra" / "sources" / f"{named}.yaml"


def _is_project(folder: Path) -> bool:
    return (folder / "jobs").is_dir() and (folder / "schemas").is_dir()
