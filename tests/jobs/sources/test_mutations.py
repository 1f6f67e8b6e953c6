"""The demo's exports and mapping, damaged in a thousand seeded ways: rows and rejects, or one sentence.

Whatever is done to a file or to a mapping, reading it ends with every record as a row, or with an error of
ours that a reader understands; so does the check. Never with a traceback, and never with a page of Java.
"""

import gzip
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from nightmarket import demo, sources
from nightmarket.contracts import Contracts
from nightmarket.errors import NightMarketError

DAY = date(2026, 11, 1)
RECORDS = 12
WHITE = " \t\r\n\x0b\x0c\u00a0\u3000\ufeff"

VALUES = [
    "", " ", "null", "NaN", "-0", "1e400", "1e-9", "-1", "1,5", "1.299,00", "9" * 40, "0x1F", "true", "[]",
    "{}",
    "0001-01-01", "9999-12-31T23:59:59-11:00", "1899-12-30", "1793527200", "1793527200123456789",
    "2024-02-30",
    "50% off", "%zz", '24" monitor', '"', '""', "'", "\\", "a\\", "夜市", "é", "\u202e", "\u0092", "\x00",
    "\x1b[31m",
    "🧦" * 50, "x" * 100_000, "[" * 3000, "{\"a\":" * 500, "\ud83d", "=1+1", "ab" * 30_000, "a\rb", "a;b",
    "\u2028",
]  # fmt: skip
EXPRESSIONS = [
    *"""
{c}
upper({c})
url_decode({c})
cast({c} as int)
timestamp_seconds(cast({c} as bigint))
timestamp_millis({c})
element_at(split({c}, ','), 0)
element_at(array({c}), cast({c} as int))
map({c}, 'x')
map_from_arrays(array({c}, null), array('a', 'b'))
raise_error({c})
assert_true({c} = 'a')
to_number({c}, '999')
to_timestamp({c}, 'dd/MM/yyyy')
to_timestamp({c}, {c})
to_date({c}, 'YYYY')
{c} rlike '['
regexp_replace({c}, '(a|b)*', '$9')
regexp_replace({c}, {c}, '')
split({c}, '(')[0]
from_json({c}, 'a int').a
from_json({c}, 'a b c')
from_csv({c}, 'a int').a
to_json(struct({c}))
{c}[0]
{c}.x.y
{c}[3].z
transform(split({c}, ','), x -> url_decode(x))[0]
{c} + interval '1' day
decode(unhex({c}), 'UTF-8')
conv({c}, 99, 3)
substring({c}, -5, 2147483647)
repeat({c}, 3)
format_number(cast({c} as double), 2)
make_date({c}, {c}, {c})
sequence(1, cast({c} as int))
null
''
1/0
cast({c} as decimal(38, 30)) * 1e30
count({c})
explode(split({c}, ','))
rand()
{c} as x
(select 1)
nosuch({c})
nosuchcolumn
`
(
${env:HOME}
date '0001-01-01'
_record
_file
_day
_market_raw
sha2(_record, 256)
str_to_map({c}, ',', ':')
aggregate(split({c}, ','), 0L, (a, x) -> a + cast(x as bigint))
cast({c} as binary)
cast({c} as timestamp)
unhex({c})
""".strip().split("\n"),
    "not " * 60 + "{c}",
    "coalesce(" * 120 + "{c}" + ")" * 120,
    "case " + " ".join(f"when {{c}} = '{n}' then '{n}'" for n in range(200)) + " end",
]
OPTIONS: dict[str, list[Any]] = {
    "sep": [",", ";", "\t", "|", "||", "::", "a", '"', "\\", "", "\n", "\x00", "，"],
    "quote": ['"', "'", "", "|", "a", ",", "“", "\\"],
    "escape": ['"', "\\", "", ",", "x"],
    "encoding": ["UTF-8", "GBK", "windows-936", "UTF-16", "UTF-16LE", "latin1", "Big5", "utf_8_sig",
                 "cp500", "UTF-32",
                 "base64", "idna", "zork", "shift_jis", "utf-7", "hz", "iso2022_jp", "mac_roman", "koi8_r"],
    "multiLine": [True, False, "yes"],
    "nullValue": ["NULL", "", "0", ",", "\\N"],
    "decimal": [",", ".", ";"],
    "thousands": [".", ",", " ", "'", "x"],
    "allowSingleQuotes": [True, False],
    "allowUnquotedFieldNames": [True],
    "allowComments": [True],
    "zork": [1],
}  # fmt: skip
PATTERNS = ["*", "**", "**/*", "[", "nothing.csv", "x/{day}", "a/b/*", "*.gz", "{day", "../x",
            "/etc/passwd", "",
            "{day:%Q%}", "x" * 300, "*" * 40]  # fmt: skip
NAMES = ["a.csv", "a:b.csv", "a[1].csv", "*.csv", "a b%20#+.csv", "夜市.csv", "a\nb.csv", "_a.csv",
         ".a.csv", "a.csv.gz",
         "a.csv.zst", "a.zip"]  # fmt: skip


@dataclass
class Export:
    """One source of the demo: a mapping entry and the bytes of its one file."""

    source: str
    entry: dict[str, Any]
    data: bytes
    name: str = "a.csv"
    damage: list[str] = field(default_factory=list)
    text: str | None = None
    """The whole mapping file, where that is what is damaged."""


def flipped(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice([1, 3, 20])):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def without_part(random: Random, data: bytes) -> bytes:
    start = random.randrange(len(data) + 1)
    return data[:start] + data[start + random.choice([1, 7, 200]) :]


def part_twice(random: Random, data: bytes) -> bytes:
    start = random.randrange(len(data) + 1)
    return data[: start + random.choice([5, 300])] + data[start:]


def inserted(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(VALUES).encode("utf-8", "surrogatepass") + data[place:]


def other_separators(random: Random, data: bytes) -> bytes:
    return data.replace(b",", random.choice([b";", b"\t", b"|", b",,", b", "]))


def other_line_ends(random: Random, data: bytes) -> bytes:
    return data.replace(b"\n", random.choice([b"\r", b"\r\n", b"\n\n", b"\x0b", b"\xc2\x85", b" \n"]))


def other_encoding(random: Random, data: bytes) -> bytes:
    encoding = random.choice(["utf-16", "utf-16-le", "gbk", "cp1252", "big5", "utf-8-sig", "shift_jis"])
    return data.decode("utf-8", "replace").encode(encoding, "replace")


def marked(random: Random, data: bytes) -> bytes:
    for _ in range(random.choice([1, 2, 5])):
        place = random.randrange(len(data) + 1)
        data = data[:place] + random.choice([b'"', b"'", b'""', b'",', b',"', b'\\"']) + data[place:]
    return data


def lines_mixed(random: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines + lines[:1])


def fields_mixed(random: Random, data: bytes) -> bytes:
    """Nasty values in place of some fields, as whoever writes the format would write them."""
    lines = data.decode("utf-8", "replace").split("\n")
    for place in range(1, len(lines)):
        if random.random() < 0.4:
            lines[place] = _with_value(random, lines[place])
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _with_value(random: Random, line: str) -> str:
    value = random.choice(VALUES)
    try:
        record = json.loads(line)
    except ValueError:
        cells = line.split(",")
        quoted = '"' + value.replace('"', '""') + '"'
        cells[random.randrange(len(cells))] = random.choice([value, quoted])
        return ",".join(cells)
    if isinstance(record, dict) and record:
        inner = random.choice([value, 1e300, -5, None, True, [], [value], {"a": value}, 2**70])
        record[random.choice(list(record))] = inner
    return json.dumps(record, ensure_ascii=random.random() < 0.5)


DAMAGES: list[Callable[[Random, bytes], bytes]] = [
    flipped, cut, without_part, part_twice, inserted, other_separators, other_line_ends, other_encoding,
    marked,
    lines_mixed, fields_mixed, fields_mixed, fields_mixed, flipped,
]  # fmt: skip


def mutated(random: Random, export: Export) -> None:
    """Damage an export in place, in one to three ways."""
    for _ in range(random.choice([1, 1, 2, 3])):
        kind = random.random()
        if kind < 0.5 and export.data:
            damage = random.choice(DAMAGES)
            export.data = damage(random, export.data)
            export.damage.append(damage.__name__)
        elif kind < 0.75:
            column = random.choice(sorted(export.entry["columns"]))
            of = random.choice(sorted(export.entry["columns"].values()))
            expression = random.choice(EXPRESSIONS).replace("{c}", of)
            export.entry["columns"][column] = expression
            export.damage.append(f"{column}: {expression[:60]}")
        elif kind < 0.88:
            option = random.choice(sorted(OPTIONS))
            export.entry.setdefault("options", {})[option] = random.choice(OPTIONS[option])
            export.damage.append(f"{option} {export.entry['options'][option]!r}")
        elif kind < 0.91:
            export.entry["files"] = random.choice(PATTERNS)
            export.damage.append(f"files {export.entry['files']!r}")
        elif kind < 0.95:
            export.name = random.choice(NAMES)
            export.damage.append(f"name {export.name!r}")
        elif kind < 0.97:
            export.entry["header"] = random.choice([["a", "b"], ["a", "A"], ["x"] * 3, "a", []])
            export.damage.append("header")
        elif kind < 0.98:
            export.entry["format"] = random.choice(["csv", "jsonl", "parquet", "binary", "xml"])
            export.damage.append(f"format {export.entry['format']}")
        else:
            whole = {
                "shop": "S",
                "timezone": "Asia/Shanghai",
                "currency": "CNY",
                "sources": {export.source: export.entry},
            }
            text = yaml.safe_dump(whole, allow_unicode=True).encode()
            export.text = random.choice([flipped, cut, without_part, inserted])(random, text).decode(
                "utf-8", "replace"
            )
            export.damage.append("mapping file")


def known_rows(export: Export) -> int | None:
    """Records by our own count; None where that would be the reader over again."""
    options = export.entry.get("options", {})
    plain = (
        export.entry["format"] in {"csv", "jsonl"}
        and not options.get("multiLine")
        and "encoding" not in options
    )
    if export.entry["format"] == "binary":
        return 1
    if not plain or "header" in export.entry:
        return None
    lines = [
        line for line in re.split(r"\r\n|\r|\n", export.data.decode("utf-8", "replace")) if line.strip(WHITE)
    ]
    if export.entry["format"] == "jsonl":
        return len(lines)
    head = lines[0].removeprefix("\ufeff") if lines else ""
    return sum(line.removeprefix("\ufeff") != head for line in lines)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Export]:
    """Of each source of the demo a file of a few records."""
    landing, truth = tmp_path_factory.mktemp("landing"), tmp_path_factory.mktemp("truth")
    demo.write_day(DAY, landing, truth, events=2_000)
    root = Path(__file__).resolve().parents[3]
    entries = yaml.safe_load((root / "infra/sources/demo.yaml").read_text())["sources"]
    first = {
        "events": gzip.decompress(next((landing / f"events/{DAY}").iterdir()).read_bytes()),
        "items": gzip.decompress((landing / f"items/{DAY}.csv.gz").read_bytes()),
        "reviews": (landing / f"reviews/{DAY}.csv").read_bytes(),
        "pictures": next((landing / "pictures").iterdir()).read_bytes(),
    }
    found = {}
    for source, entry in entries.items():
        data = first[source]
        if source != "pictures":
            data = b"\n".join(data.split(b"\n")[: RECORDS + 1]) + b"\n"
        found[source] = Export(source, {**entry, "files": "*"}, data)
    columns = {"review_id": "id", "item_id": "item", "text": "text", "written_at": "at", "stars": "stars"}
    table = pa.table({
        "id": [f"r{n}" for n in range(5)], "item": ["i"] * 5, "text": ["good"] * 5, "stars": [1, 2, 3, 4, 5],
        "at": pa.array([1793527200_000_000_000 + n for n in range(5)], pa.timestamp("ns")),
    })  # fmt: skip
    path = tmp_path_factory.mktemp("parquet") / "a.parquet"
    pq.write_table(table, path)
    entry = {"files": "*", "format": "parquet", "columns": columns}
    found["parquet"] = Export("reviews", entry, path.read_bytes())
    found["lines"] = Export("items", {**entries["items"], "files": "*", "options": {}}, found["items"].data)
    return found


def outcome(spark: Any, contracts: Contracts, export: Export, folder: Path) -> tuple[str, str | None]:
    """How reading ended, ``rows``, ``rejects`` or ``sentence``, and what is wrong with that, if anything."""
    landing = folder / "landing"
    landing.mkdir(parents=True)
    (landing / export.name).write_bytes(export.data)
    whole = {
        "shop": "S",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "sources": {export.source: export.entry},
    }
    path = folder / "shop.yaml"
    path.write_text(export.text or yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    said, ended = [], "sentence"
    try:
        shop = sources.load(path, contracts)
        for source in shop.sources:
            said.append(sources.check(spark, shop, contracts, DAY, landing).in_words())
            try:
                rows = sources.read(spark, shop, contracts, source, DAY, landing).collect()
            except NightMarketError:
                raise
            except Exception as error:
                known = sources.explained(error)
                if known is None:
                    raise
                raise known from error
            ended = "rejects" if any(row.reject_reason for row in rows) else "rows"
            wanted = known_rows(export) if export.text is None else None
            if wanted is not None and wanted != len(rows):
                return ended, f"{len(rows)} rows of {wanted} records"
    except NightMarketError as error:
        said.append(str(error))
    except Exception as error:
        return ended, f"{type(error).__name__}: {str(error)[:600]}"
    for text in said:
        if "\tat " in text or "Traceback" in text or "Py4J" in text or len(text) > 20_000:
            return ended, f"not a sentence: {text[:600]}"
    return ended, None


def faults(
    spark: Any, contracts: Contracts, exports: dict[str, Export], folder: Path, seeds: range
) -> list[str]:
    found, ends = [], Counter[str]()
    for seed in seeds:
        random = Random(seed)
        like = exports[random.choice(sorted(exports))]
        entry = {
            **like.entry,
            "columns": dict(like.entry["columns"]),
            "options": dict(like.entry.get("options", {})),
        }
        export = Export(like.source, entry, like.data)
        mutated(random, export)
        ended, wrong = outcome(spark, contracts, export, folder / str(seed))
        ends[ended] += 1
        if wrong:
            found.append(f"seed {seed}, {export.source}, {'; '.join(export.damage)}: {wrong}")
        shutil.rmtree(folder / str(seed))
    # Damage that always, or never, stops a reader would try nothing.
    if min(ends[end] for end in ("rows", "rejects", "sentence")) < len(seeds) // 10:
        found.append(f"the mutations are one-sided: {ends}")
    return found


def test_twenty_mutations_end_well(spark, contracts: Contracts, exports, tmp_path: Path) -> None:
    assert not faults(spark, contracts, exports, tmp_path, range(20))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(20, 1020, 100))
def test_a_thousand_mutations_end_well(
    spark, contracts: Contracts, exports, tmp_path: Path, start: int
) -> None:
    assert not faults(spark, contracts, exports, tmp_path, range(start, start + 100))
