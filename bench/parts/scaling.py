"""`python -m bench.parts.scaling`: print the tables of docs/scaling.md.

They are calculated from the latest results of `make bench`. The times in microseconds are processor time. The
constants in this file are assumptions about the behavior of members; all other numbers are measured.
"""

import json
import sys
from collections.abc import Iterator
from math import ceil
from typing import Any

from bench.results import FOLDER

ACTIVE_SHARE = 0.1  # share of the members that use the service on a day
PEAK_SECONDS = 36_000  # a day's requests would take this long at the rate of the busiest hour
BURST_FACTOR = 10  # times the busiest hour, for example after a reminder
MAX_CORE_SHARE = 0.5  # share of a core; at half of the capacity, requests hardly wait
POOL_SIZE = 10  # connections per process
DAILY_REQUESTS = {"dashboard": 8.0, "completing a day": 4.0, "refresh": 4.0}  # of an active member, by kind
DAILY_REQUESTS |= {"sync of 50 changes": 0.5, "result stored": 0.1, "score, anonymous": 0.1, "login": 0.05}
LABELS = {"refresh": "token refresh", "result stored": "storing a result", "score, anonymous": "anonymous scoring"}
CACHED_RESPONSES = 10.0  # articles and lists; their cost is the server's processor time
ROWS_PER_MEMBER = {"members": 1, "member_keys": 1, "member_consents": 2, "sessions": 2, "audit_events": 10}
ROWS_PER_MEMBER |= {"runs": 1, "run_days": 21, "day_notes": 21, "applied_changes": 40, "results": 2}


def bytes_per_member() -> float:
    measures = _measures("storage")
    return float(sum(rows * measures[f"a row of {table}"]["value"] for table, rows in ROWS_PER_MEMBER.items()))


def lines() -> Iterator[str]:
    raw = {kind: _measures("postgresql-cost")[kind]["raw"] for kind in DAILY_REQUESTS}
    cached = _measures("public")["cached article against bare"]["raw"]["requests/s"]
    server = sum(raw[kind]["us server"] * n for kind, n in DAILY_REQUESTS.items()) + CACHED_RESPONSES * 1e6 / cached
    database = sum(raw[kind]["us database"] * n for kind, n in DAILY_REQUESTS.items())
    yield "| request | processor time of the server, in us | processor time of the database, in us | requests per day |"
    yield "|---|---|---|---|"
    for kind, n in DAILY_REQUESTS.items():
        yield f"| {LABELS.get(kind, kind)} | {raw[kind]['us server']:,.0f} | {raw[kind]['us database']:,.0f} | {n:g} |"
    yield f"| total per day, with {CACHED_RESPONSES:g} cached responses | {server:,.0f} | {database:,.0f} | |"
    yield ""
    yield "| members | requests per second | server cores | processes | database cores | connections | storage |"
    yield "|---|---|---|---|---|---|---|"
    for members in (10**6, 10**8):
        for name, factor in (("busiest hour", 1), ("burst", BURST_FACTOR)):
            members_per_second = members * ACTIVE_SHARE * factor / PEAK_SECONDS
            cores = members_per_second * server / 1e6
            processes = max(2, ceil(cores / MAX_CORE_SHARE))
            rate = members_per_second * (sum(DAILY_REQUESTS.values()) + CACHED_RESPONSES)
            yield (
                f"| {members:,}, {name} | {rate:,.0f} | {cores:,.2f} | {processes:,} | "
                f"{members_per_second * database / 1e6:,.2f} | {processes * POOL_SIZE:,} | "
                f"{members * bytes_per_member() / 1e9:,.0f} GB |"
            )


def _measures(part: str) -> dict[str, dict[str, Any]]:
    """Return the stored measures of a part by name."""
    document = json.loads((FOLDER / f"{part}.json").read_text(encoding="utf-8"))
    return {measure["name"]: measure for measure in document["measures"]}


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
