"""A table's snapshots as the driver sees them: who is whose ancestor, and which commits were sealed.

Every publish ends in one *sealed* snapshot, the only one that carries the run's key. Whether a run is
published is a question about the ancestors of ``main``, never about an exit code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

PREFIX = "nightmarket."
MAIN = "main"


@dataclass(frozen=True)
class Snapshot:
    id: int
    parent: int | None
    committed_at: datetime
    summary: Mapping[str, str]

    @property
    def sealed(self) -> bool:
        return f"{PREFIX}run_key" in self.summary

    def sealed_for(self, day: date) -> bool:
        return self.sealed and self.summary.get(f"{PREFIX}day") == day.isoformat()

    def number(self, name: str) -> int | None:
        """A whole number from the properties, None when the commit does not carry it."""
        value = self.summary.get(name)
        return int(value) if value is not None else None


@dataclass(frozen=True)
class History:
    """One version of a table's metadata: branches by name, snapshots by id, and what else the table says."""

    branches: Mapping[str, int]
    snapshots: Mapping[int, Snapshot]
    partitioned_by: tuple[str, ...]
    """Partition fields; a field that is not its column's plain value is spelled ``bucket[16](id)``."""
    properties: Mapping[str, str]

    @property
    def main(self) -> int | None:
        """What readers see; None before the first publish."""
        return self.branches.get(MAIN)

    def ancestors(self, head: int | None) -> Iterator[Snapshot]:
        """The snapshot and those before it, newest first, as far back as they are kept."""
        while head is not None and head in self.snapshots:
            snapshot = self.snapshots[head]
            yield snapshot
            head = snapshot.parent

    def descends(self, head: int, ancestor: int | None) -> bool:
        """Whether ``head`` was built on ``ancestor``; anything is built on nothing."""
        return ancestor is None or any(snapshot.id == ancestor for snapshot in self.ancestors(head))

    def sealed(self, head: int | None, day: date) -> Snapshot | None:
        """The newest publish of a day among the ancestors of a snapshot."""
        return next((s for s in self.ancestors(head) if s.sealed_for(day)), None)

    def published(self, day: date, key: str) -> Snapshot | None:
        """The commit by which a run published a day, whatever has been published since."""
        for snapshot in self.ancestors(self.main):
            if snapshot.sealed_for(day) and snapshot.summary[f"{PREFIX}run_key"] == key:
                return snapshot
        return None


def parse(metadata: Mapping[str, Any]) -> History:
    """Table metadata as the Iceberg specification spells it in JSON, format version 2."""
    columns = {
        field["id"]: field["name"]
        for schema in metadata["schemas"]
        if schema["schema-id"] == metadata["current-schema-id"]
        for field in schema["fields"]
    }
    fields = next(
        spec["fields"]
        for spec in metadata["partition-specs"]
        if spec["spec-id"] == metadata["default-spec-id"]
    )
    return History(
        branches={
            name: ref["snapshot-id"]
            for name, ref in metadata.get("refs", {}).items()
            if ref["type"] == "branch"
        },
        snapshots={known["snapshot-id"]: _snapshot(known) for known in metadata.get("snapshots", [])},
        partitioned_by=tuple(
            columns[field["source-id"]]
            if field["transform"] == "identity"
            else f"{field['transform']}({columns[field['source-id']]})"
            for field in fields
        ),
        properties=metadata.get("properties", {}),
    )


def _snapshot(known: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        id=known["snapshot-id"],
        parent=known.get("parent-snapshot-id"),
        committed_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=known["timestamp-ms"]),
        summary=known.get("summary", {}),
    )
