"""The files of one day's export: found, opened, and known to be whole before Spark reads a line of them.

A truncated archive must stop the night before anything of it is counted, so packed files are read through
once here (gzip checks its own sums); Spark would find the damage only in the middle of its work.
"""

import glob
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Literal, cast

import pyarrow

from nightmarket.errors import SourceError
from nightmarket.sources.mapping import SourceMapping

Packing = Literal["", "gz", "zst"]

_ARCHIVES = (".zip", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".lz4", ".xlsx", ".xls")
_MAGIC = {
    b"\x1f\x8b": "gzip; let its name end in .gz",
    b"\x28\xb5\x2f\xfd": "Zstandard; let its name end in .zst",
    b"PK\x03\x04": "a zip archive or an Excel workbook; export it as CSV or unpack it",
    b"PAR1": "Parquet; say format: parquet",
    b"BZh": "bzip2; unpack it or pack it with gzip",
    b"\xfd7zXZ": "xz; unpack it or pack it with gzip",
    b"%PDF": "a PDF; export it as CSV",
}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ExportFile:
    """One file of the shop's."""

    name: str
    """Path under the landing zone, with ``/``."""
    path: Path
    packing: Packing
    size: int = 0
    """Bytes, packed as they are."""
    cut: bool = False
    """Spark cannot cut it into records: :mod:`nightmarket.sources.recut` does."""
    address: str | None = None
    """Where Spark reads it when that is not ``path``, see :mod:`nightmarket.sources.remote`."""

    def open(self, content: bytes | None = None) -> IO[bytes]:
        """The unpacked bytes, of ``content`` when somebody has read the file already."""
        if self.packing == "zst":
            packed = pyarrow.OSFile(str(self.path)) if content is None else pyarrow.BufferReader(content)
            return cast(IO[bytes], pyarrow.CompressedInputStream(packed, "zstd"))
        source = self.path if content is None else io.BytesIO(content)
        if self.packing == "gz":
            return cast(IO[bytes], gzip.open(source, "rb"))
        return source.open("rb") if isinstance(source, Path) else source


def find(mapping: SourceMapping, day: date, landing: Path) -> tuple[ExportFile, ...]:
    """The day's files by name; none only for an optional source.

    Raises:
        SourceError: no file, or something that is not a readable file of the format; all problems at once.
    """
    names: set[str] = set()
    for pattern in mapping.patterns(day):
        # A file may be named as a pattern is written, and a pattern is a pattern all the same.
        if os.path.exists(landing / pattern):
            names.add(pattern)
        # A name that begins with "_" is a writer's own note (_SUCCESS), as everywhere around Spark.
        matches = glob.glob(pattern, root_dir=landing, recursive=True) if glob.has_magic(pattern) else ()
        names |= {m.replace(os.sep, "/") for m in matches if not os.path.basename(m).startswith("_")}
    if not names and not mapping.optional:
        raise SourceError(
            f"no file of {mapping.source} for {day}: looked for {' and '.join(mapping.patterns(day))} under "
            f"{landing}; put the export there, or set optional: true when a day may have none."
        )
    files, problems = [], []
    for name in sorted(names):
        path = Path(os.path.abspath(landing / name))
        file = ExportFile(name, path, _packing(name), path.stat().st_size if path.exists() else 0)
        problem = _led_away(landing, name) or _unusable(file, mapping)
        if problem:
            problems.append(f"{name}: {problem}")
        files.append(file)
    if problems:
        raise SourceError("\n".join(problems))
    return tuple(files)


def _packing(name: str) -> Packing:
    ending = name.lower()
    return "gz" if ending.endswith(".gz") else "zst" if ending.endswith(".zst") else ""


def _led_away(landing: Path, name: str) -> str | None:
    """A link that leads out of the landing zone counts only when the night's own user, or root, made it.

    Who delivers files may be able to make links, and must not have the night read for them what only the
    night's user may read. (Linux guards /tmp by the same rule, as ``protected_symlinks``.)
    """
    root = os.path.realpath(landing)
    if Path(os.path.realpath(landing / name)).is_relative_to(root):
        return None
    place = landing
    for part in Path(name).parts:
        place = place / part
        if place.is_symlink() and place.lstat().st_uid not in {0, os.geteuid()}:
            return "a link that somebody else made leads out of the landing zone; put the file itself there."
    return None


def _unusable(file: ExportFile, mapping: SourceMapping) -> str | None:
    base = file.path.name
    if file.path.is_dir():
        return f"this is a folder, not a file; write {file.name}/* for the files in it."
    if not file.path.is_file():
        return "this is not a plain file; put the export itself there."
    if base.startswith(("_", ".")):
        return f"Spark skips files whose name begins with '{base[0]}'; rename it."
    if ":" in base and mapping.format == "parquet":
        return "Spark reads no Parquet file whose name has a colon; rename it."
    archive = base.lower().endswith((*_ARCHIVES, ".gz", ".zst") if mapping.format == "binary" else _ARCHIVES)
    if archive and mapping.format == "binary":
        return "binary files are read as they are, each as one record; unpack this one."
    if archive:
        return "files may be plain, .gz or .zst; unpack this one."
    try:
        with file.path.open("rb") as opened:
            start = opened.read(8)
    except OSError as error:
        return f"it cannot be read: {error.strerror}; let the night's user read it."
    if mapping.format in {"parquet", "binary"}:
        return None
    if file.packing and not start:
        return f"an empty file is no .{file.packing} archive; deliver it again."
    if not file.packing:
        for magic, advice in _MAGIC.items():
            if start.startswith(magic):
                return f"this is {advice}."
    return None


def escaped(path: str) -> str:
    """Hadoop reads a path as a pattern; a backslash makes each of its signs plain."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", path)


def whole(files: Iterable[ExportFile]) -> None:
    """Read every packed file through, several at a time.

    Raises:
        SourceError: one line per archive that is damaged, cut off or something else.
    """
    packed = [file for file in files if file.packing]
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 2)) as pool:
        problems = [problem for problem in pool.map(_damage, packed) if problem]
    if problems:
        raise SourceError("\n".join(problems))


def _damage(file: ExportFile) -> str | None:
    try:
        with file.open() as opened:
            while opened.read(_CHUNK):
                continue
    except (OSError, EOFError, zlib.error) as error:
        return damage(file, error)
    return None


def damage(file: ExportFile, error: Exception) -> str:
    """One sentence on a file that does not unpack."""
    said = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in said:
        return f"{file.name}: the archive is cut off before its end; deliver the file again."
    if "not a gzipped file" in said or "unknown frame descriptor" in said:
        kind = "gzip" if file.packing == "gz" else "Zstandard"
        return f"{file.name}: this is not {kind} all through, though its name says so; deliver it again."
    return f"{file.name}: the archive is damaged ({error}); deliver the file again."
