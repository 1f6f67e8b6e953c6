"""Malformed JSON lines, texts over several lines, and encodings: every record once, good or with a reason."""

import json
from collections import Counter
from dataclasses import dataclass

import pytest

EVENTS = {
    "files": "**/*.jsonl",
    "format": "jsonl",
    "columns": {
        "event_id": "id",
        "event_name": "name",
        "event_at": "at",
        "user_id": "user.id",
        "item_id": "items[0].sku",
        "quantity": "qty",
        "price": "price",
        "query": "get_json_object(extra, '$.query')",
    },
}


def record(event: object = "e1", **more: object) -> str:
    fields = {"id": event, "name": "purchase", "at": "2024-05-01T10:00:00Z", "user": {"id": "u1"}}
    return json.dumps(fields | more, ensure_ascii=False)


@dataclass(frozen=True)
class Case:
    name: str
    text: str | bytes
    reasons: dict[str, int]
    says: str = ""

    @property
    def data(self) -> bytes:
        return self.text if isinstance(self.text, bytes) else self.text.encode()


GOOD = record()
CASES = [
    Case("good.jsonl", f"{record(1)}\n{record(2)}\n", {"good": 2}),
    Case("empty.jsonl", "", {}),
    Case("bom.jsonl", "\ufeff" + GOOD, {"good": 1}),
    Case("crlf_and_blank.jsonl", f"\r\n{record(1)}\r\n \r\n{record(2)}", {"good": 2}),
    Case("array.jsonl", f"[{GOOD}]\n[{GOOD},{GOOD}]", {"unparseable": 2}, "not a JSON object"),
    Case("scalars.jsonl", '42\n"text"\nnull\ntrue', {"unparseable": 4}, "not a JSON object"),
    Case("pretty.jsonl", json.dumps([json.loads(GOOD)], indent=1), {"unparseable": 10}),
    Case("two_on_a_line.jsonl", GOOD + GOOD, {"unparseable": 1}, "not valid JSON"),
    Case("list_without_brackets.jsonl", f"{GOOD},\n{GOOD}", {"unparseable": 1, "good": 1}),
    Case("closing_junk.jsonl", GOOD + "}", {"unparseable": 1}),
    Case("forged_seal.jsonl", GOOD + ',"seal":"1"} {"x":{}', {"unparseable": 1}),
    Case("trailing_comma.jsonl", GOOD[:-1] + ",}", {"unparseable": 1}),
    Case("single_quotes.jsonl", str(json.loads(GOOD)), {"unparseable": 1}),
    Case("bare_names.jsonl", '{id: "e1", name: "purchase"}', {"unparseable": 1}),
    Case("comment.jsonl", "// export of May\n" + GOOD, {"unparseable": 1, "good": 1}),
    Case(
        "cut_off.jsonl", GOOD + "\n" + GOOD[:40], {"good": 1, "unparseable": 1}, "does not end with its line"
    ),
    Case("cut_in_a_number.jsonl", GOOD + "\n" + record(price=9.5)[:-2] + ".", {"good": 1, "unparseable": 1}),
    Case("raw_tab.jsonl", GOOD.replace("u1", "u\t1"), {"unparseable": 1}),
    Case("deep.jsonl", record(deep=0).replace("0}", "[" * 5000 + "]" * 5000 + "}"), {"unparseable": 1}),
    Case(
        "nul.jsonl",
        GOOD.replace("u1", "u\\u00001") + "\n" + GOOD.replace("u1", "u\0"),
        {"unparseable": 2},
        "NUL",
    ),
    Case("latin1.jsonl", GOOD.replace("u1", "é").encode("latin-1"), {"unparseable": 1}, "not UTF-8"),
    Case(
        "long.jsonl",
        record(note="x" * (20 << 20)) + "\n" + GOOD,
        {"unparseable": 1, "good": 1},
        "bytes; at most",
    ),
    Case("duplicate_key.jsonl", '{"id":"old",' + GOOD[1:], {"good": 1}),
    Case("surrogate.jsonl", record(note=0).replace("0}", '"\\ud800"}'), {"good": 1}),
    Case("other_types.jsonl", record(7, qty="2", price=9.5, extra={"query": "tea"}), {"good": 1}),
    Case("whole_floats.jsonl", record(qty=2.0, price="1e2"), {"good": 1}),
    Case(
        "bad_types.jsonl",
        f"{record(qty=2.5)}\n{record(qty=[1])}\n{record(price=True)}\n{record(at=1714557600)}",
        {"bad_value": 4},
    ),
    Case("thousands.jsonl", record(price="1,234.50"), {"bad_value": 1}, "price: '1,234.50'"),
    Case(
        "user_is_text.jsonl",
        f"{record(user='u1')}\n{record(user=['u1'])}",
        {"bad_value": 2},
        "user_id: user is not built",
    ),
    Case(
        "no_user.jsonl",
        f"{record(user=None)}\n{record(user={})}\n{record(user=[])}\n{record(user='')}",
        {"good": 4},
    ),
    Case(
        "items.jsonl",
        f"{record(items=[{'sku': 'a'}, {'sku': 'b'}])}\n{record(items=[])}\n{record(items={'sku': 'a'})}",
        {"good": 2, "bad_value": 1},
    ),
    Case("missing.jsonl", f"{{}}\n{record(None)}\n{record('')}", {"missing_required": 3}),
    Case("unknown_name.jsonl", record(name="click"), {"not_listed": 1}),
]


def lines(data: bytes) -> int:
    text = data.decode("utf-8-sig", errors="replace").replace("\r", "\n")
    return sum(1 for line in text.split("\n") if line.strip(" \t"))


@pytest.fixture(scope="module")
def found(shop_of, outcomes):
    return outcomes(shop_of(events=EVENTS), {case.name: case.data for case in CASES})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_record_comes_out_once(found, case: Case) -> None:
    outcome = found[case.name]
    assert len(outcome.rows) == lines(case.data)
    assert outcome.reasons == Counter(case.reasons), outcome.details
    assert case.says in outcome.details


def test_nested_values(found) -> None:
    assert found["other_types.jsonl"].good[0].query == "tea"
    assert [r.item_id for r in found["items.jsonl"].good] == ["a", None]
    assert found["duplicate_key.jsonl"].good[0].event_id == "e1"
    assert found["cut_off.jsonl"].rows[1].raw == GOOD[:40]


HALVES = {
    r"smile \ud83d": "smile",
    r"smile \uD83D": "smile",
    r"\ude0a smile": "smile",
    r"two \ud83d\ud83d halves": "two  halves",
    r"\ude0a\ud83d the wrong way": "the wrong way",
    r"\ud83d\ude0a whole": "😊 whole",
    r"\ud83d\ud83d\ude0a\ude0a": "😊",
    r"C:\\ud83d is a folder": r"C:\ud83d is a folder",
    r"\\\ud83d": "\\",
    r"caf\u00e9 \ud83d\n": "café",
    r"really?": "really?",
}


def test_half_a_surrogate_pair_is_nothing_and_no_question_mark(shop_of, outcomes) -> None:
    mapping = {"files": "*.jsonl", "format": "jsonl", "columns": {"review_id": "id", "item_id": "'i'"}}
    mapping["columns"] |= {"text": "text", "title": "more.title"}
    lines = [f'{{"id": {n}, "text": "{t}", "more": {{"title": "{t}"}}}}' for n, t in enumerate(HALVES)]
    found = outcomes(shop_of(reviews=mapping), {"a.jsonl": "\n".join(lines).encode()}, "reviews")["a.jsonl"]
    texts = {int(row.review_id): (row.text, row.title) for row in found.good}
    assert [texts[n] for n in range(len(HALVES))] == [(t, t) for t in HALVES.values()]
    assert sorted(row.raw for row in found.rows) == sorted(lines)


REVIEWS = {
    "files": "*.csv*",
    "format": "csv",
    "options": {"multiLine": True},
    "columns": {"review_id": "id", "item_id": "item", "text": "text"},
}
TEXTS = [
    ("several_lines.csv", 'r1,i1,"two\nlines"\nr2,i1,one\n', {"good": 2}),
    ("crlf.csv", 'r1,i1,"two\r\nlines"\r\nr2,i1,"a ""b"", c"\r\n', {"good": 2}),
    ("never_closed.csv", 'r1,i1,"open\nr2,i1,fine\nr3,i1,fine\n', {"unparseable": 1, "good": 2}),
    ("open_at_the_end.csv", 'r1,i1,fine\nr2,i1,"open', {"unparseable": 1, "good": 1}),
    ("hidden_open.csv", '5" r1,i1,"open\nr2,i1,fine\n', {"unparseable": 1, "good": 1}),
    ("very_long_text.csv", 'r1,i1,"' + "line\n" * 1500 + '"\nr2,i1,fine\n', {"unparseable": 1501, "good": 1}),
    ("many_open.csv", 'r,i1,"open\n' * 3001, {"unparseable": 3001}),
    ("nul.csv", "r1,i1,a\0b\nr2,i1,fine\n", {"unparseable": 1, "good": 1}),
    ("not_utf8.csv", b'r1,i1,"two\nli\xffnes"\nr2,i1,fine\n', {"unparseable": 1, "good": 1}),
    ("blank_lines.csv", "\n\nr1,i1,fine\n\n", {"good": 1}),
]


def test_texts_over_several_lines(shop_of, outcomes) -> None:
    def whole(body: str | bytes) -> bytes:
        return b"id,item,text\n" + (body if isinstance(body, bytes) else body.encode())

    found = outcomes(shop_of(reviews=REVIEWS), {name: whole(body) for name, body, _ in TEXTS}, "reviews")
    for name, _, reasons in TEXTS:
        assert found[name].reasons == Counter(reasons), (name, found[name].details[:500])
    assert found["several_lines.csv"].good[0].text == "two\nlines"
    assert found["crlf.csv"].good[1].text == 'a "b", c'


ENCODED = [
    ("ISO-8859-1", "café £5".encode("latin-1"), {"good": 1}),
    ("windows-1252", b"5 \x80, \x81", {"unparseable": 1}),
    ("GBK", "夜市".encode("gbk"), {"good": 1}),
    ("GBK", "夜市".encode("gbk") + b"\xff", {"unparseable": 1}),
    ("UTF-16", None, {"good": 1}),
    ("UTF-16-BE", None, {"good": 1}),
]


@pytest.mark.parametrize(("encoding", "text", "reasons"), ENCODED)
def test_encodings(shop_of, outcomes, encoding: str, text: bytes | None, reasons: dict[str, int]) -> None:
    options = {"encoding": encoding, "sep": "|"}
    shop = shop_of(reviews=REVIEWS | {"options": options})
    head, start = "id|item|text\n", "r1|i1|"
    data = (head + start).encode("ascii") + text if text else f"{head}{start}夜市 é\n".encode(encoding)
    outcome = outcomes(shop, {"a.csv": data}, "reviews")["a.csv"]
    assert outcome.reasons == Counter(reasons), outcome.details
    if text is None:
        assert outcome.good[0].text == "夜市 é"
