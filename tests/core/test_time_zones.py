"""Tests for time zones that devices report as their default: names in any case, offsets and unknown zones."""

import pytest

from app.core.time_zones import check_time_zone, default_time_zone, time_zones

DEFAULTS = {
    "Europe/Dublin": "Europe/Dublin",
    "europe/berlin": "Europe/Berlin",
    "AMERICA/PORT-AU-PRINCE": "America/Port-au-Prince",
    "etc/gmt+5": "Etc/GMT+5",
    "utc": "UTC",
    "GMT+02:00": "Etc/GMT-2",
    "GMT-3": "Etc/GMT+3",
    "UTC+5": "Etc/GMT-5",
    "UT-5": "Etc/GMT+5",
    "utc-0330": "",
    "GMT+0200": "Etc/GMT-2",
    "-08:00": "Etc/GMT+8",
    "GMT+00:00": "Etc/GMT+0",
    "GMT+14": "Etc/GMT-14",
    "GMT-12": "Etc/GMT+12",
    "GMT+15": "",
    "GMT-13": "",
    "GMT+05:30": "",
    "Etc/Unknown": "",
}


@pytest.mark.parametrize(("text", "name"), DEFAULTS.items())
def test_default_time_zone_is_zone_of_device(text: str, name: str) -> None:
    assert default_time_zone(text) == name
    assert name in time_zones() | {""}


@pytest.mark.parametrize("text", ["", "Mars/Olympus", "localtime", "GMT+", "GMT+1:2", "GMT+٢", "5", "../etc/passwd"])
def test_default_time_zone_when_not_a_zone_raises_error(text: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        default_time_zone(text)


@pytest.mark.parametrize("text", [text for text, name in DEFAULTS.items() if text != name])
def test_check_time_zone_accepts_exact_names_only(text: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        check_time_zone(text)
