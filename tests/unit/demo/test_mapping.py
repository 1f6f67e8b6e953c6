"""The demo shop's mapping fits its files: every name it reads stands in them."""

import gzip
import json
from pathlib import Path

from nightmarket import sources
from nightmarket.contracts import Contracts


def test_every_expression_reads_what_the_files_have(written, days, root: Path, contracts: Contracts) -> None:
    shop = sources.load(root / "infra" / "sources" / "demo.yaml", contracts)
    seen = {"events": set(), "items": set(), "reviews": set(), "pictures": {"path", "name", "content"}}
    for line in written.lines(days[0]):
        if line.startswith('{"id"') and line.endswith("}"):
            for name, value in json.loads(line, strict=False).items():
                nested = value if isinstance(value, dict) else {}
                seen["events"] |= {name} | {f"{name}.{inner}" for inner in nested}
    items = gzip.decompress((written.landing / f"items/{days[0]}.csv.gz").read_bytes()).decode()
    reviews = (written.landing / f"reviews/{days[0]}.csv").read_text()
    seen["items"], seen["reviews"] = (set(text.split("\n", 1)[0].split(",")) for text in (items, reviews))
    assert set(shop.sources) == set(seen)
    for name, source in shop.sources.items():
        assert set(source.columns.values()) <= seen[name]
        required = {column.name for column in contracts.sources[name].columns if column.required}
        assert required <= set(source.columns)


def test_the_shop_keeps_shanghai_time(root: Path, contracts: Contracts) -> None:
    shop = sources.load(root / "infra" / "sources" / "demo.yaml", contracts)
    assert (shop.name, shop.timezone, shop.currency) == ("夜市 Demo", "Asia/Shanghai", "CNY")
    assert shop.parameters == {
        "catalogue.items": {"delist_after_days": 0},
        "behaviour.events": {"internal_ranges": ["10.20.0.0/16"]},
    }
