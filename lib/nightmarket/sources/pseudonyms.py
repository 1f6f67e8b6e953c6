"""Keyed pseudonyms: who is who stays known inside the tables, and nobody without the key learns who it is.

With a key, every column that a source contract classifies as pseudonymous holds HMAC-SHA256 (RFC 2104) of
the column's name and its value, cut to 32 hexadecimal digits. So a customer has one pseudonym in every export
and on every night, and customer 7 another than device 7. Without a key nothing changes.

The key is a row, never a part of an expression: Spark prints expressions into plans, generated code, logs and
its web page. The row travels as a broadcast and is dropped by the projection that reads it. It is made inside
the JVM, because PySpark hands its own rows over in a file.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urlsplit

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from nightmarket.contracts import Contract
from nightmarket.errors import SourceError
from nightmarket.spark.networks import truncated

VARIABLE = "NIGHTMARKET_PSEUDONYM_KEY"
CONNECTION = "AIRFLOW_CONN_NIGHTMARKET_PSEUDONYMS"

_SHORTEST_KEY = 16
_BLOCK = 64
"""Bytes that SHA-256 takes at once, to which HMAC fills its key up."""
_DIGITS = 32
_SHORTEST_FOUND = 4
"""Characters; a shorter value is met everywhere in a record, and what is replaced there need not be it."""
_LONGEST_DETAIL = 500
"""Characters of a reject detail that are kept; what a longer one named is not known."""
_INNER, _OUTER = "_market_inner", "_market_outer"


def key(environment: Mapping[str, str] = os.environ) -> bytes | None:
    """The key to work with: ``$NIGHTMARKET_PSEUDONYM_KEY``, or the password of the Airflow connection
    ``nightmarket_pseudonyms`` as Airflow spells it in the environment; None when neither is there.

    Raises:
        SourceError: the key is too short, or the connection has no password.
    """
    # Secrets that were kept in files often bring a line break along.
    text, place = environment.get(VARIABLE, "").strip(), VARIABLE
    if not text and environment.get(CONNECTION):
        text, place = _password(environment[CONNECTION]).strip(), f"the password of {CONNECTION}"
        if not text:
            raise SourceError(f"{CONNECTION} holds no password; the key of the pseudonyms belongs there.")
    if not text:
        return None
    found = text.encode()
    if len(found) < _SHORTEST_KEY:
        raise SourceError(
            f"{place} has {len(found)} bytes and a key needs at least {_SHORTEST_KEY}; "
            "`openssl rand -hex 32` makes a good one."
        )
    return found


def fingerprint(key: bytes) -> str:
    """8 digits of an HMAC, by which a catalog knows the key again: enough to notice a mistake, and too few to
    know a key by."""
    return hmac.new(key, b"key of this home", hashlib.sha256).hexdigest()[:8]


def pseudonymised(
    spark: SparkSession, export: DataFrame, contract: Contract, mapped: Collection[str], key: bytes
) -> DataFrame:
    """An export as :func:`nightmarket.sources.read` gives it, with pseudonyms in place of people.

    Also in ``raw``, which the reject tables keep: every personal or pseudonymous value read from the record
    is replaced there by its pseudonym. Where one cannot be found, because the record is malformed or spells
    it in another way, the text is withheld: only its size and a pseudonym of its own remain. What the
    mapping does not read is not looked for.

    Args:
        mapped: columns made from the record itself.
    """
    names = [c.name for c in contract.columns if c.classification == "pseudonymous"]
    personal = [c.name for c in contract.columns if c.classification == "personal"]
    in_raw = [name for name in (*names, *personal) if name in mapped]
    if "network" in names:
        # Now or never: what is made of the address later would be no pseudonym.
        export = export.withColumn("network", F.coalesce("network", truncated(F.col("ip"))))
    keyed = export.crossJoin(F.broadcast(_key_row(spark, key)))
    # A projection of their own, so that what stands in a column and in raw is made once.
    made = keyed.withColumns({f"_market_{name}": _hmac(name, F.col(name)) for name in {*names, *in_raw}})
    replaced = {name: F.col(f"_market_{name}") for name in names} | {"raw": _hidden_in_raw(in_raw)}
    return made.select(*[replaced.get(name, F.col(name)).alias(name) for name in export.columns])


def _hmac(domain: str, value: Column) -> Column:
    """HMAC-SHA256 where the key's row is joined; null of null."""
    message = F.concat(F.lit(f"{domain}\n"), value).cast("binary")
    inner = F.unhex(F.sha2(F.concat(F.col(_INNER), message), 256))
    return F.substring(F.sha2(F.concat(F.col(_OUTER), inner), 256), 1, _DIGITS)


def _hidden_in_raw(columns: Collection[str]) -> Column:
    raw = F.col("raw")
    lost = F.coalesce(F.col("reject_reason") == "unparseable", F.lit(False))
    text = raw
    for name in columns:
        value = F.col(name)
        # A value that the record has and the mapping failed to make something of is named in the detail.
        detail = F.coalesce("reject_detail", F.lit(""))
        failed = detail.rlike(rf"(^|; ){name}: ") | (F.length(detail) >= _LONGEST_DETAIL)
        unfound = (F.length(value) < _SHORTEST_FOUND) | ~F.contains(raw, value)
        lost |= F.when(value.isNull(), failed).otherwise(unfound)
        text = F.when(value.isNull(), text).otherwise(F.replace(text, value, F.col(f"_market_{name}")))
    size = F.octet_length(raw).cast("string")
    return F.when(~lost, text).otherwise(
        F.concat(F.lit("withheld: "), size, F.lit(" bytes, "), _hmac("raw", raw))
    )


def _key_row(spark: SparkSession, key: bytes) -> DataFrame:
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    jvm, schema = spark._jvm, f"{_INNER} binary, {_OUTER} binary"
    cells = spark.sparkContext._gateway.new_array(jvm.java.lang.Object, 2)  # type: ignore[union-attr]
    for place, mask in enumerate((0x36, 0x5C)):
        cells[place] = bytes(byte ^ mask for byte in block)
    rows = jvm.java.util.ArrayList()  # type: ignore[union-attr]
    rows.add(jvm.org.apache.spark.sql.RowFactory.create(cells))  # type: ignore[union-attr]
    struct = jvm.org.apache.spark.sql.types.StructType.fromDDL(schema)  # type: ignore[union-attr]
    return DataFrame(spark._jsparkSession.createDataFrame(rows, struct), spark)


def _password(connection: str) -> str:
    """The password of a connection in either of the forms Airflow reads: JSON, or an address."""
    try:
        if connection.lstrip().startswith("{"):
            return str(json.loads(connection).get("password") or "")
        return unquote(urlsplit(connection).password or "")
    except ValueError:
        # Both errors would quote the connection.
        raise SourceError(f"{CONNECTION} is readable neither as JSON nor as an address.") from None
