"""Every contract states a retention, and no job may read what it has taken away."""

from pathlib import Path

from nightmarket.contracts import Contracts
from nightmarket.plan import Before, Computed, Days, Latest, discover


def reads(root: Path) -> list[tuple[str, str, int]]:
    """Reader, table, and how many days before its own a job reads of it."""
    found = []
    for table, job in discover(root).items():
        for asked in job.reads:
            match asked:
                case Days(name, count):
                    found.append((table, name, count - 1))
                case Before(name, count):
                    found.append((table, name, count))
                case Latest(name, age):
                    found.append((table, name, age))
                case Computed(count):
                    found.append((table, table, count - 1))
    return found


def test_what_jobs_read_is_kept(root: Path, contracts: Contracts) -> None:
    found = reads(root)
    assert ("behaviour.interactions", "behaviour.events", 371) in found
    short = [
        f"{reader} reads {table} of {days} days before"
        for reader, table, days in found
        if (contracts.tables[table].retention_days or 0) < days
    ]
    assert short == []


def test_every_table_says_how_long_it_is_kept(contracts: Contracts) -> None:
    assert [table for table, contract in contracts.tables.items() if not contract.retention_days] == []


def test_rejects_go_with_their_table_or_before(root: Path, contracts: Contracts) -> None:
    pairs = [(job.rejects, table) for table, job in discover(root).items() if job.rejects]
    assert len(pairs) == 4
    longer = [
        rejects
        for rejects, table in pairs
        if contracts.tables[rejects].retention_days > contracts.tables[table].retention_days
    ]
    assert longer == []
