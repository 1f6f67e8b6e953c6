"""What a run goes by: the project's jobs and contracts, and what one shop's mapping says of them."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from nightmarket import __version__, contracts, plan, project, sources
from nightmarket.contracts import Contract, Contracts
from nightmarket.errors import PlanError
from nightmarket.plan import Cadence, Job, Plan
from nightmarket.sources import Shop, pseudonyms


@dataclass(frozen=True)
class Specification:
    """Read once for all tables that an application builds."""

    root: Path
    contracts: Contracts
    jobs: Mapping[str, Job]
    shop: Shop
    landing: Path | str
    code_version: str

    @classmethod
    def of_project(cls) -> "Specification":
        """Of the project and the shop that the environment names.

        Raises:
            NightMarketError: a contract, a job or the mapping is wrong.
        """
        root = project.root()
        known = contracts.load(root / "schemas")
        shop = sources.load(project.shop(), known)
        return cls(root, known, plan.discover(root), shop, project.landing(), _code_version(root))

    def plan(self, every: Cadence | None = None) -> Plan:
        """The tables that the shop's exports make, of one cadence or of all."""
        return Plan.of(self.jobs, set(self.shop.sources), every=every)

    def job(self, table: str) -> Job:
        """
        Raises:
            PlanError: no job writes it.
        """
        if table not in self.jobs:
            raise PlanError(f"no job writes {table}; the tables are {', '.join(self.jobs)}.")
        return self.jobs[table]

    def contract(self, table: str) -> Contract:
        """The table's contract with the limits that the shop has set in place of its own."""
        contract = self.contracts.tables[table]
        if table in self.shop.most_rejected:
            contract = replace(contract, maximum_reject_rate=self.shop.most_rejected[table])
        if table in self.shop.most_conflicting:
            contract = replace(contract, maximum_conflict_rate=self.shop.most_conflicting[table])
        return contract

    @cached_property
    def pseudonym_key(self) -> bytes | None:
        """Of the environment; None when it has none, and people are in the tables by their ids.

        Raises:
            NightMarketError: it is no key.
        """
        return pseudonyms.key()


def _code_version(root: Path) -> str:
    """Our version and, in a git checkout, its commit; ``$NIGHTMARKET_CODE_VERSION`` where there is no git."""
    named = os.environ.get("NIGHTMARKET_CODE_VERSION")
    if named:
        return named
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return __version__
    return f"{__version__}+{answer.stdout.strip()}" if answer.returncode == 0 else __version__
