"""`python -m bench.parts.scaling`: print the tables of docs/scaling.md.

They are calculated from the latest results of `make bench`. The constants in this file are assumptions about the
behavior of members; all other numbers are measured.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, NamedTuple

from bench.results import FOLDER

ACTIVE_SHARE = 0.1  # share of the members that use the service on a day
PEAK_SECONDS = 36_000  # a day's requests would take this long at the rate of the busiest hour
BURST_FACTOR = 10  # times the busiest hour, for example after a reminder
MAX_CORE_SHARE = 0.5  # share of a core; at half of the capacity, requests hardly wait
POOL_SIZE = 10  # connections per process
DAILY_REQUESTS = {  # requests of an active member per day, by kind
    "dashboard": 8.0,
    "completing a day": 4.0,
    "refresh": 4.0,
    "sync of 50 changes": 0.5,
    "result stored": 0.1,
    "score, anonymous": 0.1,
    "login": 0.05,
}
LABELS = {"refresh": "token refresh", "result stored": "storing a result", "score, anonymous": "anonymous scoring"}
CACHED_RESPONSES = 10.0  # articles and lists; their cost is the server's processor time
ROWS_PER_MEMBER = {  # of a member who finished the journey
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
    """Processor time in microseconds, of the API's server and of the database."""

    server: float
    database: float


def costs() -> dict[str, Cost]:
    measured = {measure["name"]: measure["raw"] for measure in _measures("postgresql-cost")}
    return {name: Cost(raw["us server"], raw.get("us database", 0.0)) for name, raw in measured.items()}


def bytes_per_member() -> float:
    by_table = {measure["name"].removeprefix("a row of "): measure["value"] for measure in _measures("storage")}
    return float(sum(rows * by_table[table] for table, rows in ROWS_PER_MEMBER.items()))


def daily_cost(by_kind: Mapping[str, Cost]) -> Cost:
    """Return the processor time for the requests of an active member on one day."""
    cached = next(
        measure["raw"]["requests/s"] for measure in _measures("public") if measure["name"].startswith("cached article")
    )
    server = (
        sum(by_kind[kind].server * count for kind, count in DAILY_REQUESTS.items()) + CACHED_RESPONSES * 1e6 / cached
    )
    return Cost(server, sum(by_kind[kind].database * count for kind, count in DAILY_REQUESTS.items()))


def lines() -> Iterator[str]:
    by_kind = costs()
    yield "| request | processor time of the server, in us | processor time of the database, in us | requests per day |"
    yield "|---|---|---|---|"
    for kind, count in DAILY_REQUESTS.items():
        yield f"| {LABELS.get(kind, kind)} | {by_kind[kind].server:,.0f} | {by_kind[kind].database:,.0f} | {count:g} |"
    day, size = daily_cost(by_kind), bytes_per_member()
    total = f"total per day, with {CACHED_RESPONSES:g} cached responses"
    yield f"| {total} | {day.server:,.0f} | {day.database:,.0f} | |"
    yield ""
    yield "| members | requests per second | server cores | processes | database cores | connections | storage |"
    yield "|---|---|---|---|---|---|---|"
    for members in (10**6, 10**8):
        for name, factor in (("busiest hour", 1), ("burst", BURST_FACTOR)):
            members_per_second = members * ACTIVE_SHARE * factor / PEAK_SECONDS
            cores = members_per_second * day.server / 1e6
            processes = max(2, ceil(cores / MAX_CORE_SHARE))
            rate = members_per_second * (sum(DAILY_REQUESTS.values()) + CACHED_RESPONSES)
            database = members_per_second * day.database / 1e6
            yield (
                f"| {members:,}, {name} | {rate:,.0f} | {cores:,.2f} | {processes:,} | {database:,.2f} | "
                f"{processes * POOL_SIZE:,} | {members * size / 1e9:,.0f} GB |"
            )


def _measures(part: str) -> list[dict[str, Any]]:
    document: dict[str, Any] = json.loads((FOLDER / f"{part}.json").read_text(encoding="utf-8"))
    measures: list[dict[str, Any]] = document["measures"]
    return measures


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
