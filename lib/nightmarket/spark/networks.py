"""IP addresses in Spark SQL: cut to their network, and looked up in ranges.

IPv4 has a short way of its own, and so have the usual spellings of IPv6. It has many more (``2001:DB8::1``,
``2001:db8:0:0:0:0:0:1``, ``64:ff9b::192.0.2.33``), which are spelled out first; that is dear, and done only
where it is needed. An IPv4 address in IPv6 form (``::ffff:192.0.2.1``, as servers that listen to both write
it) is that IPv4 address.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from ipaddress import IPv4Network, IPv6Network, ip_network

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from nightmarket.errors import SourceError

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"
_GROUP = "[0-9a-fA-F]{1,4}"
_USUAL = (  # three groups, the first not 0, then five more or a "::" that stands for at least one
    rf"^(?!0*:)(?:{_GROUP}:){{3}}(?:(?:{_GROUP}:){{4}}{_GROUP}"
    rf"|(?=.*::)(?!.*::.*::)(?!.*:::)(?!(?:[^:]*:){{5}})(?:(?:{_GROUP})?:)+(?:{_GROUP})?)(?<![^:]:)$"
)
_MAPPED = "0" * 20 + "ffff"
"""How the 32 digits of an IPv4 address in IPv6 form begin."""


def with_networks(export: DataFrame, internal: Sequence[str]) -> DataFrame:
    """Addresses become networks, and whether they are the shop's own; both are asked of each record once."""
    network = F.coalesce("network", truncated(F.col("ip")))
    return export.withColumns({"network": network, "internal": inside(F.col("ip"), internal)}).drop("ip")


def truncated(ip: Column) -> Column:
    """The network of an address: ``192.0.2.0/24``, or ``2001:db8:0::/48``; null when it is no address."""
    groups = F.regexp_replace(F.lower(F.substring_index(ip, ":", 3)), "(^|:)0+(?=[0-9a-f])", "$1")
    return (
        F.when(ip.rlike(_IPV4), F.concat(F.substring_index(ip, ".", 3), F.lit(".0/24")))
        .when(ip.rlike(_USUAL), F.concat(groups, F.lit("::/48")))
        .when(F.instr(ip, ":") > 0, _given(_digits(ip), _cut))
    )


def inside(ip: Column, ranges: Sequence[str]) -> Column:
    """Whether an address lies in one of the CIDR ranges; false for null and for what is no address.

    Raises:
        SourceError: a range is none.
    """
    networks = [_parsed(text) for text in ranges]
    four = [network for network in networks if isinstance(network, IPv4Network)]
    six = [_range(network) for network in networks]
    if not networks:
        return F.lit(False)
    begins = F.lpad(F.lower(F.substring_index(ip, ":", 1)), 4, "0")
    may_be = _any([begins.between(first[:4], last[:4]) for first, last in six])
    spelled_out = _given(_digits(ip), lambda digits: _any([digits.between(*bounds) for bounds in six]))
    found = F.when(F.instr(ip, ":") > 0, may_be & spelled_out)
    if four:
        # The prefix first: it leaves the regular expression next to nothing to do.
        found = found.otherwise(_any([_within(ip, network) for network in four]) & ip.rlike(_IPV4))
    return F.coalesce(found, F.lit(False))


def _parsed(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError as reason:
        raise SourceError(
            f"'{text}' is not a range of addresses: {reason}; write it as in 10.0.0.0/8 or 2001:db8::/32."
        ) from None
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - 96))
    return network


def _range(network: IPv4Network | IPv6Network) -> tuple[str, str]:
    """First and last address as 32 digits."""
    ends = network.network_address, network.broadcast_address
    begin = _MAPPED if isinstance(network, IPv4Network) else ""
    width = 32 - len(begin)
    first, last = (f"{begin}{int(end):0{width}x}" for end in ends)
    return first, last


def _within(ip: Column, network: IPv4Network) -> Column:
    whole, bits = divmod(network.prefixlen, 8)
    octets = str(network.network_address).split(".")
    if whole == 4:
        return ip == str(network.network_address)
    fits = ip.startswith("".join(f"{octet}." for octet in octets[:whole])) if whole else ip.isNotNull()
    if bits:
        first = int(octets[whole])
        own = F.substring_index(F.substring_index(ip, ".", whole + 1), ".", -1).cast("int")
        fits &= own.between(first, first + 2 ** (8 - bits) - 1)
    return fits


def _digits(ip: Column) -> Column:
    """An IPv6 address as its 32 hexadecimal digits, which sort as addresses do; null when it is none."""
    return _given(F.lower(F.substring_index(ip, "%", 1)), lambda text: _given(_hexed(text), _spelled_out))


def _hexed(text: Column) -> Column:
    """The address with the dotted IPv4 address at its end, if any, as two groups."""
    tail = F.substring_index(text, ":", -1)
    head = text.substr(F.lit(1), F.length(text) - F.length(tail))
    octets = F.split(tail, r"\.")
    pair = [F.lpad(F.lower(F.hex(octets[n].cast("int"))), 2, "0") for n in range(4)]
    groups = F.concat(head, pair[0], pair[1], F.lit(":"), pair[2], pair[3])
    return F.when(tail.rlike(_IPV4), groups).otherwise(text)


def _spelled_out(text: Column) -> Column:
    return _given(F.split(text, "::"), _joined)


def _joined(halves: Column) -> Column:
    """The groups before and after the ``::``, with as many zeros between as make eight."""

    def groups(half: Column) -> Column:
        return F.when(half == "", F.array().cast("array<string>")).otherwise(F.split(half, ":"))

    def filled(left: Column, right: Column) -> Column:
        zeros = F.array_repeat(F.lit("0"), 8 - F.size(left) - F.size(right))
        return F.when(F.size(left) + F.size(right) < 8, F.concat(left, zeros, right))

    shortened = _given(
        groups(halves[0]), lambda left: _given(groups(halves[1]), lambda right: filled(left, right))
    )
    eight = F.when(F.size(halves) == 1, F.split(halves[0], ":")).when(F.size(halves) == 2, shortened)

    def padded(found: Column) -> Column:
        good = (F.size(found) == 8) & F.forall(found, lambda group: group.rlike(f"^{_GROUP}$"))
        return F.when(good, F.array_join(F.transform(found, lambda group: F.lpad(group, 4, "0")), ""))

    return _given(eight, padded)


def _cut(digits: Column) -> Column:
    octets = [F.conv(F.substring(digits, at, 2), 16, 10) for at in (25, 27, 29)]
    groups = [F.lower(F.hex(F.conv(F.substring(digits, at, 4), 16, 10).cast("int"))) for at in (1, 5, 9)]
    return F.when(digits.startswith(_MAPPED), F.concat(F.concat_ws(".", *octets), F.lit(".0/24"))).otherwise(
        F.concat(F.concat_ws(":", *groups), F.lit("::/48"))
    )


def _given(value: Column, result: Callable[[Column], Column]) -> Column:
    """``result`` of a value that is computed once, however often the result names it; null of null."""
    return F.transform(F.array(value), lambda known: F.when(known.isNotNull(), result(known)))[0]


def _any(columns: Sequence[Column]) -> Column:
    return reduce(lambda a, b: a | b, columns)
