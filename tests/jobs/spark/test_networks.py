"""IP addresses in Spark SQL, against Python's own ipaddress module."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from nightmarket.errors import SourceError
from nightmarket.spark.networks import inside, truncated

JUNK = (
    "", "-", "unknown", "localhost", "10.1.2", "10.1.2.3.4", "10.1.2.256", "10.01.2.3", "10.1.2.3:443",
    "10.1.2.x", " 10.1.2.3", "1.2.3.4, 10.1.2.3", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
    "1:2:3:4:5:6:7:8::", "2001:db8::g", "2001:db8::12345", "::1.2.3.256", "1.2.3.4::", "2001:db8::/32",
    "[2001:db8::1]",
)  # fmt: skip


def asked(spark, texts, column) -> dict:
    frame = spark.createDataFrame([(text,) for text in texts], "ip string")
    return {row.ip: row.found for row in frame.select("ip", column(F.col("ip")).alias("found")).collect()}


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("0.0.0.0", "0.0.0.0/24"),
        ("2001:db8:a:b:c:d:e:f", "2001:db8:a::/48"),
        ("2001:0DB8::1", "2001:db8:0::/48"),
        ("2001:db8:0000:0:0:0:0:1", "2001:db8:0::/48"),
        ("::", "0:0:0::/48"),
        ("::1", "0:0:0::/48"),
        ("fe80::1%eth0", "fe80:0:0::/48"),
        ("64:ff9b:1::192.0.2.33", "64:ff9b:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("::FFFF:c000:024d", "192.0.2.0/24"),
        ("1:2:3:4:5:6:7::", "1:2:3::/48"),
    ],
)
def test_an_address_is_cut_to_its_network(spark, ip: str, network: str) -> None:
    assert asked(spark, [ip], truncated) == {ip: network}


def test_what_is_no_address_has_no_network_and_lies_nowhere(spark) -> None:
    texts = [*JUNK, None]
    assert asked(spark, texts, truncated) == dict.fromkeys(texts)
    found = asked(spark, texts, lambda ip: inside(ip, ["0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.2.0/23"]))
    assert found == dict.fromkeys(texts, False)


RANGES = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.51.100.0/24", "203.0.113.64/27", "192.0.2.1",
    "96.0.0.0/3", "2001:db8::/32", "2001:db9:8000::/33", "fd00::1", "::ffff:100.64.0.0/106",
)  # fmt: skip
EDGES = [
    str(ip_address(int(end) + step))
    for network in map(ip_network, RANGES)
    for end in (network.network_address, network.broadcast_address)
    for step in (-1, 0, 1)
]


def expected(text: str, ranges=RANGES) -> bool:
    address = ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    networks = [ip_network(one) for one in ranges]
    forms = [address, *([mapped] if mapped else [])]
    if isinstance(address, IPv4Address):
        forms.append(IPv6Address(f"::ffff:{address}"))
    return any(form in network for form in forms for network in networks)


@pytest.mark.parametrize("of", [RANGES, *[(one,) for one in RANGES]], ids=" ".join)
def test_an_address_lies_in_its_ranges_to_the_very_edge(spark, of: tuple[str, ...]) -> None:
    texts = [*EDGES, "100.64.0.1", "::ffff:10.9.8.7", "::ffff:11.9.8.7", "::ffff:6440:0"]
    found = asked(spark, texts, lambda ip: inside(ip, of))
    assert found == {text: expected(text, of) for text in texts}
    assert set(found.values()) == {True, False}


@settings(max_examples=5)
@given(st.lists(st.ip_addresses(), min_size=200, max_size=200))
def test_any_address_in_any_spelling(spark, addresses) -> None:
    spelled = {text for a in addresses for text in (str(a), a.exploded, str(a).upper())}
    networks = asked(spark, spelled, truncated)
    for text in spelled:
        address = ip_address(text)
        address = getattr(address, "ipv4_mapped", None) or address
        length = 24 if isinstance(address, IPv4Address) else 48
        assert ip_network(networks[text]) == ip_network(f"{address}/{length}", strict=False)
    assert asked(spark, spelled, lambda ip: inside(ip, RANGES)) == {t: expected(t) for t in spelled}


def test_no_range_holds_nothing(spark) -> None:
    assert asked(spark, ["10.0.0.1"], lambda ip: inside(ip, [])) == {"10.0.0.1": False}


@pytest.mark.parametrize("broken", ["10.0.0.5/8", "10.0.0.0/33", "the office", "2001:db8::/129", ""])
def test_what_is_no_range_is_refused_in_one_sentence(broken: str) -> None:
    with pytest.raises(SourceError, match=rf"^'{broken}' is not a range of addresses: .*2001:db8::/32\.$"):
        inside(F.col("ip"), ["10.0.0.0/8", broken])
