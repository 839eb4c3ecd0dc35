"""Truncation of client IP addresses to network prefixes, no more precise than necessary."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"
IPV4_VERSION = 4


@lru_cache(maxsize=4096)
def network_of(host: str | None) -> str:
    """Return the network that rate limits apply to: a single IPv4 address, or an IPv6 /64 network."""
    return _enclosing_network(host, 32, 64) if host else UNKNOWN


def coarse_network(network: str) -> str | None:
    """Return the enclosing /24 (IPv4) or /48 (IPv6) network, which indicates only a rough location."""
    wider = _enclosing_network(network.partition("/")[0], 24, 48)
    return None if wider == UNKNOWN else wider


def _enclosing_network(host: str, ipv4_bits: int, ipv6_bits: int) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return str(ip_network(f"{address}/{ipv4_bits if address.version == IPV4_VERSION else ipv6_bits}", strict=False))
