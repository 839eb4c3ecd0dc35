"""Time zone names: the names of the IANA database, and the forms that devices send instead of a name."""

import re
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EXCLUDED_ZONES = {"Factory", "localtime"}
UNKNOWN_ZONE = "etc/unknown"  # the Unicode CLDR's name for an unknown time zone
OFFSET = re.compile(r"(?:GMT|UTC|UT)?(?P<hours>[+-][0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?", re.IGNORECASE)


@cache
def time_zones() -> frozenset[str]:
    """Return the time zone names of the installed `tzdata` package, so that they are the same on every machine."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split()) - EXCLUDED_ZONES


def check_time_zone(name: str) -> str:
    if name not in time_zones():
        raise ValueError("must be the name of a zone in the IANA database, such as Europe/Dublin")
    try:
        ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError("is not available on this server") from None
    return name


def default_time_zone(text: str) -> str:
    """Return the zone that a device reports as its default, or "" if it does not know its zone.

    A name can be in any case. A whole number of hours, such as `GMT+02:00`, becomes a zone such as `Etc/GMT-2`, whose
    sign is inverted. Other offsets count as unknown, because no zone has them.
    """
    if offset := OFFSET.fullmatch(text):
        name = f"Etc/GMT{-int(offset['hours']):+d}"
        return check_time_zone(name) if name in time_zones() and not int(offset["minutes"] or 0) else ""
    if text.lower() == UNKNOWN_ZONE:
        return ""
    return check_time_zone(_names_by_lower_case().get(text.lower(), text))


@cache
def _names_by_lower_case() -> dict[str, str]:
    return {name.lower(): name for name in time_zones()}
