"""`python -m bench.parts.scaling`: sums for many members, from the costs that the last run of `make bench` measured.

Prints the tables of docs/scaling.md. What people do in a day is assumed, and stands here; all else is measured.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, NamedTuple

from bench.results import FOLDER

ACTIVE = 0.1  # of the members, on a day
PEAK = 36_000  # seconds in which a day's requests would be over if all of it were like its busiest hour
BURST = 10  # times the busiest hour: a reminder that reaches many at once
FULL = 0.5  # of a core, at which queues are short: what "at half of the capacity" measured
POOL = 10  # connections of a process
DAILY = {  # requests of somebody who is there that day, by kind
    "dashboard": 8.0,
    "completing a day": 4.0,
    "refresh": 4.0,
    "sync of 50 changes": 0.5,
    "result stored": 0.1,
    "score, anonymous": 0.1,
    "login": 0.05,
}
CACHED = 10.0  # articles and lists; as costly as the server's core is busy with them
ROWS = {  # of somebody who went all the way
    "members": 1,
    "member_keys": 1,
    "member_consents": 2,
    "sessions": 2,
    "runs": 1,
    "run_days": 21,
    "day_notes": 21,
    "applied_changes": 40,
    "results": 2,
    "audit_events": 10,
}


class Cost(NamedTuple):
    """Microseconds of our process and of the database's."""

    server: float
    database: float


def costs() -> dict[str, Cost]:
    measured = {each["name"]: each["raw"] for each in _measures("postgresql-cost")}
    return {name: Cost(raw["us server"], raw.get("us database", 0.0)) for name, raw in measured.items()}


def bytes_of_a_member() -> float:
    by_table = {each["name"].removeprefix("a row of "): each["value"] for each in _measures("storage")}
    return float(sum(rows * by_table[table] for table, rows in ROWS.items()))


def of_a_day(by_kind: Mapping[str, Cost]) -> Cost:
    """What one active member costs a day."""
    cached = next(
        each["raw"]["requests/s"] for each in _measures("public") if each["name"].startswith("cached article")
    )
    server = sum(by_kind[kind].server * many for kind, many in DAILY.items()) + CACHED * 1e6 / cached
    return Cost(server, sum(by_kind[kind].database * many for kind, many in DAILY.items()))


def lines() -> Iterator[str]:
    by_kind = costs()
    yield "| request | us of a server's core | us of the database's cores | a day |"
    yield "|---|---|---|---|"
    for kind, many in DAILY.items():
        yield f"| {kind} | {by_kind[kind].server:,.0f} | {by_kind[kind].database:,.0f} | {many:g} |"
    day, size = of_a_day(by_kind), bytes_of_a_member()
    yield f"| somebody's day, with {CACHED:g} cached replies | {day.server:,.0f} | {day.database:,.0f} | |"
    yield ""
    yield "| members | requests/s | server cores | processes | database cores | connections | storage |"
    yield "|---|---|---|---|---|---|---|"
    for members in (10**6, 10**8):
        for name, times in (("busiest hour", 1), ("burst", BURST)):
            there = members * ACTIVE * times / PEAK
            cores = there * day.server / 1e6
            processes = max(2, ceil(cores / FULL))
            rate = there * (sum(DAILY.values()) + CACHED)
            database = there * day.database / 1e6
            yield (
                f"| {members:,}, {name} | {rate:,.0f} | {cores:,.2f} | {processes:,} | {database:,.2f} | "
                f"{processes * POOL:,} | {members * size / 1e9:,.0f} GB |"
            )


def _measures(part: str) -> list[dict[str, Any]]:
    kept: dict[str, Any] = json.loads((FOLDER / f"{part}.json").read_text(encoding="utf-8"))
    measures: list[dict[str, Any]] = kept["measures"]
    return measures


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
