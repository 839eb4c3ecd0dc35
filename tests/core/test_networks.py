"""Network addresses, never more precisely than it takes."""

import pytest

from app.core.networks import coarse, network_of


@pytest.mark.parametrize(
    ("host", "network", "place"),
    [
        ("203.0.113.77", "203.0.113.77/32", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.77/32", "203.0.113.0/24"),
        ("testclient", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_a_network_is_one_persons_and_a_place_is_about_a_city(host: str, network: str, place: str | None) -> None:
    assert network_of(host) == network
    assert coarse(network) == place
