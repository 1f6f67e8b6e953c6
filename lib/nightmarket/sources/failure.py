"""Spark's own failures while an export is being read, in one sentence.

Most of what can be wrong with a file is found before Spark starts; this is for what is only met in the middle
of its work: a file that vanished or is damaged inside, an expression that raises instead of giving null.
"""

import re

from nightmarket.errors import SourceError

_NOT_THE_EXPORT = re.compile(
    r"Python worker (exited|failed)|blockmgr-|shuffle_\d+_|Branch does not exist|ExecutorLostFailure"
    r"|org\.apache\.iceberg\.exceptions"
)
"""A crashed worker or a lost shuffle file says EOF or "does not exist" too, and is worth another try."""
_SAID_BY_A_TASK = re.compile(r"nightmarket\.errors\.SourceError: (.+)")
_FILE = re.compile(r"(?:file:/+|while reading file )(\S+)")
_SIGNS = (
    (
        r"FileNotFoundException|does not exist|FAILED_READ_FILE\.FILE_NOT_EXIST",
        "the file vanished or was replaced while it was being read; deliver exports under a passing name and "
        "rename them when they are whole, then run the table again.",
    ),
    (
        r"EOFException|Unexpected end of|ZipException|incorrect (header|data) check|not a gzip|CRC"
        r"|invalid (block|stored|distance)",
        "the archive is damaged or cut off; deliver the file again and run the table again.",
    ),
    (
        r"ParquetDecodingException|could not read page|Can not read value at|is not a Parquet file"
        r"|Illegal Parquet type|PARQUET_TYPE_ILLEGAL",
        "the Parquet file is damaged or holds a type Spark does not read; write it again with plain types.",
    ),
    (
        r"StackOverflowError",
        "an expression of the mapping goes too deep into one of the texts; start Java with a larger stack, "
        "-Xss64m in spark.executor.extraJavaOptions, or write repetitions possessive: (?:a|b)*+ for (a|b)*.",
    ),
    (
        # Whatever a reader stumbles over, Spark puts this around it; what names the cause better comes first.
        r"Encountered error while reading file|FAILED_READ_FILE",
        "the file is damaged inside; deliver it again and run the table again.",
    ),
)


def briefly(error: Exception) -> str:
    """What a Spark failure says of its first cause, in one line."""
    named = re.findall(
        r"^(?:Caused by|Suppressed)?:? ?[\w.$]+(?:Exception|Error): (.+)$", str(error), re.MULTILINE
    )
    text = named[-1] if named else next(iter(str(error).splitlines()), type(error).__name__)
    return re.sub(r"^\[[A-Z_.]+\] ", "", text).strip()[:300].rstrip(".;")


def explained(error: Exception) -> SourceError | None:
    """What a Spark failure says about an export, or None when it says nothing about one.

    For whoever runs the frame that :func:`nightmarket.sources.read` gave: ``raise explained(e) from e``.
    """
    text = str(error)
    said = _SAID_BY_A_TASK.search(text)
    if said:
        return SourceError(said.group(1))
    if _NOT_THE_EXPORT.search(text):
        return None
    for sign, advice in _SIGNS:
        found = re.search(sign, text)
        if found:
            file = _FILE.search(text)
            where = file.group(1).rstrip(".,;:'\")") + ": " if file else "while reading the export: "
            line = text[max(text.rfind("\n", 0, found.start()) + 1, 0) :].partition("\n")[0].strip()
            return SourceError(f"{where}{advice} Spark says: {line[:300]}")
    return None
