"""A table's snapshots as the driver sees them: who is whose ancestor, and which commits were sealed.

Every publish ends in one *sealed* snapshot, the only one that carries the run's key. Whether a run is
published is a question about the ancestors of ``main``, never about an exit code.

Old snapshots expire, and what they say must not go with them: metrics of a day that is counted again and the
page of a night that is written again come from there, and a run tried again must find that it has published.
So before a sealed snapshot expires its words are kept in a property of the table, one per day, which goes
with the day's rows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

PREFIX = "nightmarket."
MAIN = "main"
RUNS = "run_"
"""How the names of runs' branches begin; other branches are somebody's own and never touched."""
SEALED = f"{PREFIX}sealed."
"""Begins the names of the properties that keep a seal, each followed by its day."""
_NOT_KEPT = frozenset({"run_key", "day", "table", "inputs"})
"""Of a seal's words those that are said by the property's name, kept apart, or about expired snapshots."""


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
    tags: Mapping[str, int] = field(default_factory=dict)
    """Snapshots somebody gave a name to, by that name."""
    mains: tuple[tuple[datetime, int], ...] = ()
    """Since when ``main`` was which snapshot, earliest first; the last is still."""
    versions: tuple[tuple[datetime, str], ...] = ()
    """Earlier versions of this metadata, earliest first: since when each was the newest, and its file."""
    kept_seals: Mapping[date, Snapshot] = field(default_factory=dict)
    """Of days whose newest publish is in an expired snapshot: what that said. Anything in the snapshots is
    newer."""

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
        found = next((s for s in self.ancestors(head) if s.sealed_for(day)), None)
        return found or (self.kept_seals.get(day) if head is not None else None)

    def newest(self, head: int | None, on_or_before: date) -> date | None:
        """The newest day that was published, with rows or without, among the ancestors of a snapshot."""
        days = (date.fromisoformat(s.summary[f"{PREFIX}day"]) for s in self.ancestors(head) if s.sealed)
        return max((day for day in days if day <= on_or_before), default=None)

    def days(self, head: int | None) -> Iterator[tuple[date, Snapshot]]:
        """Every publish that a snapshot stands on with its day, newest first."""
        for snapshot in self.ancestors(head):
            if snapshot.sealed:
                yield date.fromisoformat(snapshot.summary[f"{PREFIX}day"]), snapshot

    def sealed_by(self, key: str) -> list[tuple[date, Snapshot]]:
        """The publishes of one run."""
        return [(day, s) for day, s in self.days(self.main) if s.summary[f"{PREFIX}run_key"] == key]

    def published(self, day: date, key: str) -> Snapshot | None:
        """The commit by which a run published a day, whatever has been published since; of commits that are
        expired only a day's newest is known."""
        expired = self.kept_seals.get(day)
        for snapshot in (*self.ancestors(self.main), *([expired] if expired else [])):
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
        tags={
            name: ref["snapshot-id"] for name, ref in metadata.get("refs", {}).items() if ref["type"] == "tag"
        },
        mains=tuple(
            (_moment(entry["timestamp-ms"]), entry["snapshot-id"])
            for entry in metadata.get("snapshot-log", [])
        ),
        versions=tuple(
            (_moment(entry["timestamp-ms"]), entry["metadata-file"])
            for entry in metadata.get("metadata-log", [])
        ),
        kept_seals=dict(_kept_seals(metadata.get("properties", {}))),
    )


def keep_seals(snapshots: Iterable[Snapshot], since: date | None) -> dict[str, str]:
    """Properties that keep what seals say of days from ``since`` on, of each day the first given."""
    kept: dict[str, str] = {}
    for snapshot in snapshots:
        day = date.fromisoformat(snapshot.summary[f"{PREFIX}day"])
        if since is not None and day < since:
            continue
        said = {
            name.removeprefix(PREFIX): value
            for name, value in snapshot.summary.items()
            if name.startswith(PREFIX)
        }
        words = {name: value for name, value in said.items() if name not in _NOT_KEPT}
        at = (snapshot.committed_at - _EPOCH) // timedelta(milliseconds=1)
        seal = {"id": snapshot.id, "at": at, "key": said["run_key"], **words}
        kept.setdefault(SEALED + said["day"], json.dumps(seal, ensure_ascii=False, separators=(",", ":")))
    return kept


def _kept_seals(properties: Mapping[str, str]) -> Iterator[tuple[date, Snapshot]]:
    for name, value in properties.items():
        if not name.startswith(SEALED):
            continue
        day = name.removeprefix(SEALED)
        words = json.loads(value)
        number, at, key = words.pop("id"), words.pop("at"), words.pop("key")
        said = {"run_key": key, "day": day, **words}
        summary = {f"{PREFIX}{word}": text for word, text in said.items()}
        yield date.fromisoformat(day), Snapshot(number, None, _moment(at), summary)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _snapshot(known: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        id=known["snapshot-id"],
        parent=known.get("parent-snapshot-id"),
        committed_at=_moment(known["timestamp-ms"]),
        summary=known.get("summary", {}),
    )
