"""Network addresses, never more precisely than it takes."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"
IPV4 = 4


@lru_cache(maxsize=4096)
def network_of(host: str | None) -> str:
    """What limits count by: an IPv4 address, or the /64 of an IPv6 one, which is what one person has."""
    return _within(host, 32, 64) if host else UNKNOWN


def coarse(network: str) -> str | None:
    """Its wider surroundings, /24 or /48: about a city, and as much as is kept of where a session was used."""
    wider = _within(network.partition("/")[0], 24, 48)
    return None if wider == UNKNOWN else wider


def _within(host: str, bits: int, bits6: int) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return str(ip_network(f"{address}/{bits if address.version == IPV4 else bits6}", strict=False))
