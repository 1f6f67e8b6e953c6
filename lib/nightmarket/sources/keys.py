"""What ``sources check`` says of identifiers: which name nobody, which are damaged, which are everywhere.

Damage that no single value shows is found among many: few different ids, ids that all end in zeros, records
of one id that people would tell apart. Of a customer's or a device's id nothing is shown but its length.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from nightmarket.contracts import Column as ContractColumn
from nightmarket.sources import identifiers
from nightmarket.sources.conversion import converted
from nightmarket.sources.fit import Source
from nightmarket.sources.records import BROKEN
from nightmarket.sources.rows import LEFT_OUT
from nightmarket.sources.typed import clock, computed

MOST = 20_000
"""Records whose identifiers are looked at, of each group of like files."""

_FEW = 20
"""Records of which something is said; of fewer, chance says as much."""
_PEOPLE_READ = ("title", "text", "price", "item_id", "event_name", "event_at", "stars")
_SHARED = 50
"""Devices of one customer, or customers of one device, that no household has."""
_EVERYWHERE = 0.2
"""Share of all records that one customer or device may have."""
_GTIN = (8, 12, 13, 14)
_NAME_IT = "if it stands for nobody, name it under nobody: also."
_PRECISION = 15
"""Digits of a number that a spreadsheet keeps."""


def sampled(source: Source, frame: DataFrame) -> list[Row]:
    """Of each row the identifiers as they are compared, by column ``id_…``; whether each was marked as a text
    (``marked_…``), is a word for nobody (``nobody_…``) or a shortened number (``short_…``); and a digest of
    what people read (``said_…``)."""
    good = F.col(BROKEN).isNull()
    if LEFT_OUT in frame.columns:
        good &= ~F.col(LEFT_OUT)
    with clock(source.spark, source.shop.timezone):
        made: dict[str, Any] = {}
        for expression in source.expressions:
            column = source.contract.column(expression.column)
            made_of = computed(source.spark, expression)
            if identifiers.identifies(column):
                given = frame.select(made_of).schema[0].dataType
                text = converted(made_of, given, "string")
                made[f"id_{column.name}"] = identifiers.trimmed(text)
                made[f"marked_{column.name}"] = identifiers.marked(text)
            if column.name in _PEOPLE_READ and not column.key:
                made[f"said_{column.name}"] = F.xxhash64(made_of.cast("string"))
        frame = frame.where(good).select(*[column.alias(name) for name, column in made.items()])
    for column in columns(source):
        bare = F.col(f"id_{column.name}")
        frame = frame.withColumns(
            {
                f"nobody_{column.name}": identifiers.placeholder(bare, column, source.mapping.nobody),
                f"short_{column.name}": identifiers.shortened(bare),
            }
        )
    return frame.collect()


def columns(source: Source) -> list[ContractColumn]:
    """The identifiers among the columns that the mapping makes."""
    made = [source.contract.column(expression.column) for expression in source.expressions]
    return [column for column in made if identifiers.identifies(column)]


def findings(source: Source, rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Problems and notes about the identifiers of these rows."""
    problems: list[str] = []
    notes: list[str] = []
    for column in columns(source):
        place = source.place(column.name)
        there = [row for row in rows if row[f"id_{column.name}"] is not None]
        named = [row for row in there if not row[f"nobody_{column.name}"]]
        notes += [place + words for words in _nobody(column, there, len(rows))]
        marked = sum(bool(row[f"marked_{column.name}"]) for row in there)
        if marked:
            notes.append(
                f"{place}{marked} of {len(there)} values are marked as texts of a spreadsheet, as in '00123 "
                'or ="00123"; the marks are taken off.'
            )
        short = [row for row in named if row[f"short_{column.name}"]]
        if short:
            found = problems if 20 * len(short) >= len(named) else notes
            found.append(place + _shortened(column, named, short))
            continue
        values = Counter(row[f"id_{column.name}"] for row in named)
        said = [*_spelled(column, values)]
        if column.key and len(source.contract.keys) == 1:
            said += _repeated(source, column, named, values)
        else:
            said += _everywhere(column, named, values, len(rows))
        notes += [place + words for words in said]
    return problems, notes


def _nobody(column: ContractColumn, rows: list[Row], of: int) -> Iterator[str]:
    words = Counter(row[f"id_{column.name}"] for row in rows if row[f"nobody_{column.name}"])
    if words:
        shown = ", ".join(f"'{word}'" for word, _ in words.most_common(3))
        more = f" and {len(words) - 3} more" if len(words) > 3 else ""
        yield (
            f"{_share(words.total(), of)} of the records have {shown}{more}, which stands for "
            f"{'nobody' if _hidden(column) else 'nothing'} and is read as null; a value that names something "
            "here goes under nobody: except."
        )


def _shortened(column: ContractColumn, rows: list[Row], short: list[Row]) -> str:
    different = len({row[f"id_{column.name}"] for row in rows})
    like = "" if _hidden(column) else f", like {short[0][f'id_{column.name}']}"
    return (
        f"{len(rows)} records, {different} different values{like}: {len(short)} look like numbers that a "
        "spreadsheet shortened, and are rejected; export the column as text."
    )


def _spelled(column: ContractColumn, values: Counter[str]) -> Iterator[str]:
    """What their spelling tells when all are looked at together."""
    whole = [value for value in values if value.isascii() and value.isdigit()]
    long = [value for value in whole if len(value) > _PRECISION]
    cut = [value for value in long if not value[_PRECISION:].strip("0")]
    if len(cut) >= 5 and 10 * len(cut) >= 9 * len(long):
        yield (
            f"{len(cut)} of {len(long)} numbers of more than {_PRECISION} digits end in zeros from the "
            "16th on, as a spreadsheet leaves them; export the column as text."
        )
    floats = [value for value in values if value.endswith(".0") and value[:-2].isdigit()]
    if len(floats) >= 3 and 2 * len(floats) >= len(values):
        yield (
            f"{_share(len(floats), len(values))} of the values end in .0, as a program leaves them that took "
            "them for numbers with a fraction; regexp_replace(…, '[.]0$', '') takes it off."
        )
    built = [value for value in values if value[0] + value[-1] in {"{}", "[]"}]
    if built:
        like = "" if _hidden(column) else f", such as {built[0][:60]}"
        yield (
            f"{_share(len(built), len(values))} of the values are objects or lists{like}; name the field in "
            "them that is the id."
        )
    lengths = Counter(len(value) for value in whole)
    if len(whole) >= _FEW and 10 * len(whole) >= 9 * len(values):
        usual = max(_GTIN, key=lambda length: lengths[length])
        shorter = [value for value in whole if 6 <= len(value) < usual]
        most = 2 * lengths[usual] > len(whole) and shorter
        if most and (usual > 8 or _checked(value.zfill(14) for value in whole)):
            yield (
                f"{lengths[usual]} values have {usual} digits and {len(shorter)} have fewer; a spreadsheet "
                "may have taken the zeros off their front: export the column as text."
            )


def _checked(numbers: Iterator[str]) -> bool:
    """Whether nearly all are numbers of articles (GTIN) by their check digit."""
    right = [sum(int(d) * (3 - 2 * (n % 2)) for n, d in enumerate(number)) % 10 == 0 for number in numbers]
    return 10 * sum(right) >= 9 * len(right)


def _repeated(source: Source, column: ContractColumn, rows: list[Row], values: Counter[str]) -> Iterator[str]:
    """Records that share the id that should tell them apart."""
    more_than_once = {value for value, count in values.items() if count > 1}
    beside: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    made = {expression.column for expression in source.expressions}
    names = [name for name in _PEOPLE_READ if name in made and name != column.name]
    for row in rows:
        value = row[f"id_{column.name}"]
        for name in names if value in more_than_once else ():
            beside[name][value].add(row[f"said_{name}"])
    unlike = {name: sum(len(said) > 1 for said in by.values()) for name, by in beside.items()}
    differ = {name: count for name, count in unlike.items() if count}
    few = len(rows) >= _FEW and 2 * len(values) <= len(rows)
    if not few and not differ:
        return
    words = ", ".join(f"{count} in {name}" for name, count in differ.items())
    says = f"; of the {len(more_than_once)} that come more than once {words} differ" if differ else ""
    yield f"{len(rows)} records have {len(values)} different values{says}; one record of each is kept."


def _everywhere(column: ContractColumn, rows: list[Row], values: Counter[str], of: int) -> Iterator[str]:
    """One id in place of many."""
    if of < _FEW or not values:
        return
    value, count = values.most_common(1)[0]
    if column.name == "order_id" and count >= _EVERYWHERE * of:
        yield f"{_share(count, of)} of the records have the value '{value}'; is it the order's own number?"
    if not _hidden(column):
        return
    if count >= _EVERYWHERE * of:
        shown = f"one value of {len(value)} characters (hidden)"
        yield f"{_share(count, of)} of the records have {shown}; {_NAME_IT}"
        return
    for other in ("device_id", "order_id") if column.name == "user_id" else ("user_id",):
        if f"id_{other}" not in rows[0]:
            continue
        met: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            if row[f"id_{other}"] is not None and not row[f"nobody_{other}"]:
                met[row[f"id_{column.name}"]].add(row[f"id_{other}"])
        value, others = max(met.items(), key=lambda item: (len(item[1]), item[0]), default=("", set()))
        if len(others) >= _SHARED:
            yield (
                f"one value of {len(value)} characters (hidden) comes with {len(others)} different values of "
                f"{other}; {_NAME_IT}"
            )


def _hidden(column: ContractColumn) -> bool:
    return column.classification in {"personal", "pseudonymous"}


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.0f}%" if 200 * count >= of else "under 1%"
