"""What an expression may call: one record's values and nothing else, whatever the spelling."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from nightmarket import sources
from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError
from nightmarket.sources import functions
from nightmarket.sources.expressions import Unusable, parse

DAY = date(2024, 5, 1)
CSV = b"id,name,at,user,n\ne1,purchase,2024-05-01,ann,-5\n"


def test_every_function_of_spark_is_allowed_or_refused_with_a_reason(spark: SparkSession) -> None:
    """A Spark that brings another function fails here, and nowhere else."""
    theirs = {row.function for row in spark.sql("SHOW SYSTEM FUNCTIONS").collect()}
    ours = frozenset().union(*functions.ALLOWED.values())
    refused = frozenset().union(*functions.REFUSED.values())
    assert ours & refused == set()
    assert {name for name in theirs if name[0].isalpha()} - ours - refused == set()
    # Names the grammar gives to what Spark's list has under another, and of other releases.
    assert ours - theirs == set()
    assert refused - theirs == {"grouping__id", "session_user", "try_reflect"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("'${env:HOME}'", "${env:HOME} would read"),
        ("concat(id, '${spark.app.name}')", "${spark.app.name} would read"),
        ("reflect('java.lang.System', 'getenv', 'HOME')", "reflect runs code"),
        ("REFLECT('java.lang.System', 'getenv', 'HOME')", "reflect runs code"),
        ("`reflect`('java.lang.System', 'getenv', 'HOME')", "reflect runs code"),
        ("java_method('java.lang.System', 'getenv', 'HOME')", "java_method runs code"),
        ("system.builtin.reflect('java.lang.System', 'getenv')", "reflect runs code"),
        ("upper(concat('a', coalesce(Java_Method('a', 'b'), 'c')))", "java_method runs code"),
        ("transform(array(1), x -> reflect('a', 'b'))[0]", "reflect runs code"),
        ("case when id = 'x' then reflect('a', 'b') end", "reflect runs code"),
        ("system.builtin.upper(id)", "system.builtin.upper: a function's name is one word"),
        ("spark_catalog.default.f(id)", "spark_catalog.default.f: a function's name is one word"),
        ("identifier('reflect')('a', 'b')", "is no operator of one record's values"),
        ("user()", "user reads the session or the machine"),
        ("User ()", "user reads the session or the machine"),
        ("session_user()", "session_user reads the session or the machine"),
        ("current_user", "current_user reads the session or the machine"),
        ("CURRENT_USER()", "current_user reads the session or the machine"),
        ("version()", "version reads the session or the machine"),
        ("current_catalog()", "current_catalog reads the session or the machine"),
        ("current_database", "current_database reads the session or the machine"),
        ("input_file_name()", "input_file_name reads the session or the machine"),
        ("now()", "now changes from run to run"),
        ("Current_Date", "current_date changes from run to run"),
        ("localtimestamp", "localtimestamp changes from run to run"),
        ("unix_timestamp()", "unix_timestamp() is now and changes from run to run"),
        ("rand(7)", "rand changes from run to run"),
        ("shuffle(array(1, 2))", "shuffle changes from run to run"),
        ("aes_encrypt(id, 'abcdefghijklmnop')", "aes_encrypt changes from run to run"),
        ("aes_decrypt(id, 'abcdefghijklmnop')", "aes_decrypt takes a key"),
        ("xpath_string(id, 'a')", "xpath_string follows what an XML text points to"),
        ("count(*)", "count is for many records"),
        ("first(id)", "first is for many records"),
        ("explode(array(1))", "explode is for many records"),
        ("window(at, '1 day')", "window is for many records"),
        ("sum(n) over ()", "a window function reads other records"),
        ("percentile_cont(0.5) within group (order by n)", "percentile_cont is "),
        ("own_function(id)", "own_function is none of the functions of Spark"),
        ("to_timestmp(at)", "call; did you mean 'to_timestamp'?"),
        ("id in (select 1)", "subquery"),
        (":id", "is no operator of one record's values"),
        ("?", "is no operator of one record's values"),
        ("_market_raw", "names that begin with _market_ are ours"),
        ("`_MARKET_inner`", "names that begin with _market_ are ours"),
        ("(" * 120 + "id" + ")" * 120 + " + 1" * 120, "nested more than 100 deep"),
        ("not " * 150 + "true", "nested more than 100 deep"),
        ("(" * 20_000 + "id" + ")" * 20_000, "nested more than 100 deep"),
        ("id" + " || id" * 20_000, "nested more than 100 deep"),
    ],
    ids=lambda value: value[:40],
)
def test_what_is_refused(spark: SparkSession, text: str, says: str) -> None:
    with pytest.raises(Unusable) as raised:
        parse(spark, "column", text)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "upper(trim(both ' ' from id))",
        "cast(n as int) between 1 and 2",
        "n is not null and n is not unknown",
        "id like any ('a%', '%b') or id not rlike '[0-9]+$' or id ilike 'a_'",
        "extract(year from at)",
        "at + interval 3 hours",
        "timestampadd(day, 1, at)",
        "datediff(day, at, at)",
        "array(1, 2)[0]",
        "aggregate(transform(split(id, ','), x -> cast(x as int)), 0, (a, b) -> a + b)",
        "named_struct('a', id).a",
        "substring(id from 1 for 2)",
        "position('a' in id)",
        "overlay(id placing 'x' from 1)",
        "case id when 'a' then 1 else -n % 3 div 2 ^ 1 & 3 | ~4 end",
        "map('a', id)['a']",
        "x'AB'",
        "id <=> n",
        "mask(id, upperChar => 'Q')",
        "try_cast(n as int)",
        "date '2024-01-01'",
        "if(id in ('a', 'b'), 1, null)",
        "user",
        "(id, n).col1",
        "regexp_replace(id, '[.]0$', '')",
        "unix_timestamp(at, 'yyyy')",
    ],
)
def test_what_one_record_gives_is_allowed(spark: SparkSession, text: str) -> None:
    assert parse(spark, "column", text).text == text


def test_a_variable_of_the_machine_never_gets_into_a_value(
    spark: SparkSession, shop_of, outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading refuses ``${…}``; should one come by, neither ours nor a session of others fills it in."""
    with pytest.raises(SourceError, match="would read a setting"):
        shop_of(events={"files": "a.csv", "format": "csv", "columns": {"event_id": "'${env:PATH}'"}})
    spark.conf.set("spark.sql.variable.substitute", "true")
    columns = {"event_id": "id", "event_name": "name", "event_at": "at"}
    outcomes(shop_of(events={"files": "a.csv", "format": "csv", "columns": columns}), {"a.csv": CSV})
    assert spark.conf.get("spark.sql.variable.substitute") == "false"
    assert spark.sql("SELECT '${env:PATH}' AS text").collect()[0].text == "${env:PATH}"


def test_a_column_named_user_is_the_record_s_also_where_a_file_lacks_it(shop_of, outcomes) -> None:
    columns = {"event_id": "id", "event_name": "name", "event_at": "at", "user_id": "user"}
    shop = shop_of(events={"files": "*.csv", "format": "csv", "columns": columns})
    found = outcomes(shop, {"a.csv": CSV, "b.csv": CSV.replace(b"user", b"who")})
    assert [found[name].rows[0].user_id for name in ("a.csv", "b.csv")] == ["ann", None]


@pytest.mark.parametrize("name", ["user", "_metadata.file_path", "folder"])
def test_a_binary_file_has_three_columns_and_no_more(
    spark: SparkSession, contracts: Contracts, shop_of, tmp_path: Path, name: str
) -> None:
    columns = {"item_id": name, "picture": "content"}
    shop = shop_of(pictures={"files": "a.png", "format": "binary", "columns": columns})
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(SourceError, match="a binary file has no column"):
        sources.read(spark, shop, contracts, "pictures", DAY, tmp_path)
