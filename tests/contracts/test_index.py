"""``schemas/README.md`` is generated; this fails when somebody changed a contract and not the index."""

import os
from pathlib import Path

from nightmarket.contracts import index


def test_the_index_is_fresh(root: Path, contracts) -> None:
    path = root / "schemas" / "README.md"
    if os.environ.get("NIGHTMARKET_GOLDEN") == "write":
        path.write_text(index.markdown(contracts), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == index.markdown(contracts), (
        "schemas/README.md is stale; rebuild it with NIGHTMARKET_GOLDEN=write ./infra/test tests/contracts"
    )
