"""``nightmarket new``: the three files of a table, ready to be filled in.

They are found, parsed and planned like any other table's at once; what makes them wrong until their author
is done is the generated test, which fails by design.
"""

import keyword
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from nightmarket.errors import PlanError

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Scaffold:
    """The files of one new table."""

    table: str
    contract: Path
    job: Path
    test: Path

    def steps(self, root: Path) -> tuple[str, str, str]:
        """What the author does next, in order."""
        contract, job, test = (path.relative_to(root) for path in (self.contract, self.job, self.test))
        return (
            f"Say in {contract} what the table is to be: its columns, its key, its rules.",
            f"Draw a few rows in {test} and what should come of them, then write `build` in {job} "
            f"until `pytest {test}` passes.",
            f"Rebuild what is generated (NIGHTMARKET_GOLDEN=write ./infra/test tests/contracts tests/dags), "
            f"look at the plan, and run it: nightmarket run {self.table} --day YYYY-MM-DD",
        )


def write(root: Path, table: str) -> Scaffold:
    """Write contract, job and test of a new table into the project; when anything is wrong, nothing.

    Raises:
        PlanError: the name is not DOMAIN.TABLE in lower case, or one of the files is there already.
    """
    domain, name = _parts(table)
    made = Scaffold(
        table=table,
        contract=root / "schemas" / domain / f"{name}.yaml",
        job=root / "jobs" / domain / f"{name}.py",
        test=root / "tests" / "jobs" / domain / f"test_{name}.py",
    )
    there = [str(path.relative_to(root)) for path in (made.contract, made.job, made.test) if path.exists()]
    if there:
        raise PlanError(f"{table} is there already ({', '.join(there)}); nothing was written.")
    words = {"table": table, "domain": domain, "name": name, "title": name.replace("_", " ").capitalize()}
    for path, template in ((made.contract, "contract.yaml"), (made.job, "job.py"), (made.test, "test.py")):
        text = files(__package__).joinpath(f"{template}.tmpl").read_text(encoding="utf-8")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(Template(text).substitute(words))
    return made


def _parts(table: str) -> tuple[str, str]:
    parts = table.split(".")
    if len(parts) != 2 or not all(_NAME.fullmatch(part) for part in parts):
        raise PlanError(
            f"'{table}' is no name for a table; write DOMAIN.TABLE in lower case letters, digits and "
            "single _, as in reviews.item_sentiment."
        )
    domain, name = parts
    if domain == "source":
        raise PlanError(
            "the domain 'source' holds the shop's own exports; choose the domain the table belongs to."
        )
    reserved = [part for part in parts if keyword.iskeyword(part)]
    if reserved:
        raise PlanError(f"'{reserved[0]}' is a word of Python's own and no name for a table; choose another.")
    return domain, name
