"""Tests for grouping client IP addresses into networks, for rate limits and the list of sessions."""

import pytest

from app.core.networks import coarse_network, network_of


@pytest.mark.parametrize(
    ("host", "network", "coarse"),
    [
        ("203.0.113.77", "203.0.113.77/32", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.77/32", "203.0.113.0/24"),
        ("testclient", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_network_of_and_coarse_network(host: str, network: str, coarse: str | None) -> None:
    assert network_of(host) == network
    assert coarse_network(network) == coarse
