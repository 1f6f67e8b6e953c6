"""The line of names at the head of a CSV file, read apart from its records.

Files of one day may differ in the order and number of their columns, so each file's own header counts;
Spark would take the first file's for all.
"""

import csv
import io
import re
import zlib
from dataclasses import dataclass

from nightmarket.errors import SourceError
from nightmarket.sources.files import ExportFile, damage
from nightmarket.sources.mapping import SourceMapping
from nightmarket.sources.recut import records

LONGEST_HEADER = 1 << 20
MOST_COLUMNS = 20_000

_BLANK = " \t\r\n\u00a0\ufeff\u3000"
_LIKE_BLANKS = re.compile("[\u00a0\u2007\u202f\u3000]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
SEPARATOR_NOTE = r'(?i)\A\s*"?sep=.?"?\s*\z'
"""A line ``sep=;``: a spreadsheet's note to itself, neither header nor record."""
_NOTE = re.compile(SEPARATOR_NOTE.replace(r"\z", r"\Z"))


@dataclass(frozen=True)
class Header:
    line: str | None
    """The line itself, byte order mark taken off; None when the mapping names the columns."""
    names: tuple[str, ...]

    def position(self, name: str) -> int | None:
        """Where a column is, its name in any case; None when there is no such column."""
        places = self.positions(name)
        return places[0] if places else None

    def positions(self, name: str) -> list[int]:
        wanted = _plain(name).casefold()
        return [place for place, known in enumerate(self.names) if known.casefold() == wanted]


def _plain(name: str) -> str:
    """A name without signs that nobody sees, its blanks plain ones."""
    return _UNSEEN.sub("", _LIKE_BLANKS.sub(" ", name)).strip(_BLANK)


def header(file: ExportFile, mapping: SourceMapping) -> Header | None:
    """The header of one file; None when the file has no line but blank ones.

    Raises:
        SourceError: the first line cannot be a header.
    """
    if mapping.header:
        return Header(None, mapping.header)
    line = _first_line(file, mapping)
    if line is None:
        return None
    if "\0" in line or "\ufffd" in line or "\udcff" in line:
        encoding = mapping.named_encoding
        raise SourceError(
            f"{file.name}: the header is not {encoding} text; name the file's encoding in options, for "
            "instance UTF-16, ISO-8859-1, windows-1252 or GBK."
        )
    cells = _cells(line, mapping)
    if len(cells) > MOST_COLUMNS:
        raise SourceError(
            f"{file.name}: the header has {len(cells)} columns; at most {MOST_COLUMNS} can be read."
        )
    names = (_plain(cell) or f"_c{place}" for place, cell in enumerate(cells))
    return Header(line, tuple(names))


def _first_line(file: ExportFile, mapping: SourceMapping) -> str | None:
    if file.cut:
        texts = (record.removeprefix("\ufeff") for record in records(file, mapping))
        first = next((text for text in texts if not _passed_over(text)), None)
        if first is None or len(first) <= LONGEST_HEADER:
            return first
    else:
        return _first_of_text(file, mapping.encoding)
    raise _too_long(file)


def _first_of_text(file: ExportFile, encoding: str) -> str | None:
    try:
        with (
            file.open() as packed,
            io.TextIOWrapper(packed, encoding=encoding, errors="replace") as text,
        ):
            buffered, more = "", True
            while more and len(buffered) <= LONGEST_HEADER:
                chunk = text.read(LONGEST_HEADER + 1)
                buffered, more = buffered + chunk, bool(chunk)
                line, ended, buffered = _past_blank(buffered)
                if ended or not more:
                    return line or None
                buffered = line
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(damage(file, error)) from None
    raise _too_long(file)


def _too_long(file: ExportFile) -> SourceError:
    return SourceError(
        f"{file.name}: the first line is longer than {LONGEST_HEADER >> 20} MiB and can be no header; "
        "check the file, or list the columns under 'header' in the mapping when it has none."
    )


def _past_blank(buffered: str) -> tuple[str, bool, str]:
    """The first line that says something, whether its end is there, and what follows it."""
    while True:
        line, found, rest = buffered.removeprefix("\ufeff").partition("\n")
        if not _passed_over(line) or not found:
            return ("" if _passed_over(line) else line), bool(found), rest
        buffered = rest


def _passed_over(line: str) -> bool:
    """Whether it is blank, or a spreadsheet's note."""
    return not line.strip(_BLANK) or _NOTE.match(line) is not None


def _cells(line: str, mapping: SourceMapping) -> list[str]:
    sep, quote = str(mapping.options.get("sep", ",")), str(mapping.options.get("quote", '"'))
    if len(sep) > 1 or not quote:
        return [cell.strip(quote or None) for cell in line.split(sep)]
    csv.field_size_limit(2**31 - 1)
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=sep, quotechar=quote), [])
