"""A small contract as the text of its file, for tests to spoil."""

from pathlib import Path

GOOD = """\
apiVersion: v3.1.0
kind: DataContract
id: stall.noodles
name: Noodles
version: 1.0.0
status: active
domain: stall
description:
  purpose: Which noodles are sold.
team:
  name: cooks
schema:
  - name: noodles
    physicalType: table
    properties:
      - name: bowl_id
        logicalType: string
        physicalType: string
        description: The bowl.
        required: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: spice
        logicalType: integer
        physicalType: int
        description: How hot, 0 to 5.
        logicalTypeOptions: {minimum: 0, maximum: 5}
      - name: broth
        logicalType: string
        physicalType: string
        description: What it swims in.
        quality:
          - {type: library, metric: invalidValues, arguments: {validValues: [beef, miso]}, mustBe: 0}
      - name: day
        logicalType: date
        physicalType: date
        description: The day.
        required: true
        partitioned: true
        partitionKeyPosition: 1
        primaryKey: true
        primaryKeyPosition: 2
    quality:
      - {type: library, metric: rowCount, mustBeGreaterThan: 0}
    customProperties:
      - {property: determinism, value: exact}
      - {property: maximumDrop, value: 0.5}
slaProperties:
  - {property: retention, value: 30, unit: d}
"""


def schemas(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "schemas"
    (folder / "stall").mkdir(parents=True)
    (folder / "stall" / "noodles.yaml").write_text(text, encoding="utf-8")
    return folder
