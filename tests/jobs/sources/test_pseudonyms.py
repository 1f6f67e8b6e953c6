"""Keyed pseudonyms: right, the same everywhere, and without a trace of the key or of what was hidden."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from pyspark.sql import DataFrame

from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError
from nightmarket.sources import pseudonyms

KEY = "correct horse battery staple"
CSV = {
    "event_id": "a", "event_name": "b", "event_at": "c", "user_id": "u", "device_id": "d",
    "ip": "ip", "query": "q",
}  # fmt: skip
HEAD = "a,b,c,u,d,ip,q\n"
LINE = "{},view_item,{},{},{},{},{}\n"


def expected(column: str, value: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), f"{column}\n{value}".encode(), hashlib.sha256).hexdigest()[:32]


@pytest.fixture
def read(spark, contracts: Contracts, shop_of, frame_of, tmp_path: Path):
    """``read({"e.csv": …}, CSV)``: the events, with pseudonyms when there is a key."""

    def build(data: str, columns=CSV, key: str | None = KEY, form="csv", source="events") -> DataFrame:
        shop = shop_of(**{source: {"files": "e.*", "format": form, "columns": columns}})
        frame = frame_of(shop, {f"e.{form}": data.encode()}, tmp_path, source)
        if key is None:
            return frame
        return pseudonyms.pseudonymised(
            spark, frame, contracts.sources[source], shop.sources[source].columns, key.encode()
        )

    return build


@pytest.mark.parametrize(
    "key", [KEY, "k" * 64, "a key that is longer than one block of SHA-256 " * 3, "钥匙" * 5]
)
def test_a_pseudonym_is_the_hmac_of_python(read, key: str) -> None:
    line = LINE.format("e1", "2026-03-01 10:00:00", "användare 7", "dev-7", "192.0.2.7", "")
    row = read(HEAD + line, key=key).first()
    assert row.user_id == expected("user_id", "användare 7", key)
    assert row.device_id == expected("device_id", "dev-7", key)
    assert row.network == expected("network", "192.0.2.0/24", key)
    assert (row.event_id, row.query, row.item_id) == ("e1", None, None)
    assert row.ip == "192.0.2.7", "the rules read it; no table keeps it"


def test_nobody_stays_nobody_and_a_name_means_the_same_in_every_export(read) -> None:
    events = read(HEAD + LINE.format("e1", "2026-03-01 10:00:00", "", "ann@x.org", "", "")).first()
    reviews = {"review_id": "a", "item_id": "b", "text": "c", "user_id": "u"}
    review = read("a,b,c,u\nr1,i1,nice enough,ann@x.org\n", reviews, source="reviews").first()
    assert events.user_id is None
    assert review.user_id == expected("user_id", "ann@x.org")
    assert events.device_id == expected("device_id", "ann@x.org") != review.user_id
    assert review.text == "nice enough", "the job redacts it"


def test_no_plan_shows_the_key(read) -> None:
    frame = read(HEAD + LINE.format("e1", "2026-03-01 10:00:00", "user-7", "dev-7", "192.0.2.7", ""))
    frame.where("user_id is not null").collect()
    execution = frame.where("user_id is not null")._jdf.queryExecution()
    shown = "\n".join(
        [
            execution.toString(),
            execution.debug().codegenToSeq().mkString(),
            execution.optimizedPlan().toJSON(),
            execution.executedPlan().toJSON(),
        ]
    )
    assert "_market_inner" in shown, "it is the plan that reads the key"
    key = KEY.encode()
    blocks = [key, *(bytes(b ^ mask for b in key.ljust(64, b"\0")) for mask in (0x36, 0x5C))]
    for block in (part for whole in blocks for part in (whole, whole[:12])):
        signed = [byte - 256 if byte > 127 else byte for byte in block]
        spelled = (
            block.decode("latin-1"), block.hex(), block.hex().upper(), base64.b64encode(block).decode()[:-4],
            ",".join(map(str, signed)), ", ".join(map(str, signed)), block.hex(" ").upper(),
        )  # fmt: skip
        assert not [one for one in spelled if one in shown]


def test_what_is_hidden_is_hidden_in_the_raw_record_too(read) -> None:
    lines = HEAD + LINE.format("e1", "never", "user-7", "dev-7", "192.0.2.7", "gift for Ann Lee")
    row = read(lines).first()
    assert row.reject_reason == "bad_value"
    hidden = ("user_id", "user-7"), ("device_id", "dev-7"), ("ip", "192.0.2.7"), ("query", "gift for Ann Lee")
    assert row.raw == f"e1,view_item,never,{','.join(expected(*one) for one in hidden)}"


WITHHELD = {
    "malformed": '{"a": "e1", "u": "secret-7"',
    "spelled otherwise": r'{"a": "e1", "b": "view_item", "c": "never", "u": "\u0073ecret-7"}',
    "made of parts": '{"a": "e1", "b": "view_item", "c": "never", "u": "SECRET-7"}',
    "too short to be told apart": '{"a": "e1", "b": "view_item", "c": "never", "u": "7"}',
    "not made at all": '{"a": "e1", "b": "view_item", "c": "2026-03-01", "u": "secret-7"}',
}


@pytest.mark.parametrize("why", WITHHELD)
def test_what_cannot_be_found_in_the_raw_record_withholds_it(read, why: str) -> None:
    line = WITHHELD[why]
    user = {"made of parts": "lower(u)", "not made at all": "date_format(u, 'yyyy')"}.get(why, "u")
    columns = {"event_id": "a", "event_name": "b", "event_at": "c", "user_id": user}
    row = read(line + "\n", columns, form="jsonl").first()
    assert row.raw == f"withheld: {len(line)} bytes, {expected('raw', line)}"


def test_a_row_that_hides_nothing_keeps_its_raw_record(read) -> None:
    row = read(HEAD + LINE.format("e1", "never", "", "", "", "")).first()
    assert row.raw == "e1,view_item,never,,,,"


def test_without_a_key_nothing_is_asked() -> None:
    assert pseudonyms.key({}) is None
    assert pseudonyms.key({"NIGHTMARKET_PSEUDONYM_KEY": ""}) is None


@pytest.mark.parametrize(
    "environment",
    [
        {"NIGHTMARKET_PSEUDONYM_KEY": "0123456789/abc@?"},
        {"NIGHTMARKET_PSEUDONYM_KEY": "0123456789/abc@?\n", pseudonyms.CONNECTION: "of no account"},
        {pseudonyms.CONNECTION: json.dumps({"conn_type": "generic", "password": "0123456789/abc@?"})},
        {pseudonyms.CONNECTION: "generic://:0123456789%2Fabc%40%3F@"},
        {pseudonyms.CONNECTION: "generic://night:0123456789%2Fabc%40%3F@host/?extra=1"},
    ],
)
def test_the_key_comes_from_the_environment_or_from_a_connection(environment) -> None:
    assert pseudonyms.key(environment) == b"0123456789/abc@?"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"NIGHTMARKET_PSEUDONYM_KEY": "s3cret"}, "PSEUDONYM_KEY has 6 bytes and a key needs at least 16"),
        ({pseudonyms.CONNECTION: "generic://:s3cret@"}, "the password of AIRFLOW_CONN_.* has 6 bytes"),
        ({pseudonyms.CONNECTION: "generic://s3cret@"}, "holds no password"),
        ({pseudonyms.CONNECTION: '{"password": null}'}, "holds no password"),
        ({pseudonyms.CONNECTION: '{"password": "s3cret'}, "readable neither as JSON nor as an address"),
        ({pseudonyms.CONNECTION: "generic://:s3cret@[host"}, "readable neither as JSON nor as an address"),
    ],
)  # fmt: skip
def test_a_bad_key_is_one_sentence_without_the_key(environment, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        pseudonyms.key(environment)
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_a_fingerprint_tells_keys_apart_and_gives_none_away() -> None:
    known = hmac.new(KEY.encode(), b"key of this home", hashlib.sha256).hexdigest()
    assert pseudonyms.fingerprint(KEY.encode()) == known[:8]
    assert pseudonyms.fingerprint(KEY.upper().encode()) != known[:8]


def test_sources_hand_over_what_the_module_expects(contracts: Contracts) -> None:
    hidden = {
        (name, column.name)
        for name, contract in contracts.sources.items()
        for column in contract.columns
        if column.classification == "pseudonymous"
    }
    assert hidden == {
        ("events", "user_id"), ("events", "device_id"), ("events", "network"), ("reviews", "user_id"),
    }  # fmt: skip
    assert all(contracts.sources[name].column(column).type == "string" for name, column in hidden)
