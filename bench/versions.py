"""`make bench-versions BEFORE=DIRECTORY`: compare the speed of this version with another version.

DIRECTORY contains a version with the same tables, installed by `make install`. Both versions serve their own databases
with the same content and take turns. The results are this version's throughput as a multiple of the other's, and the
latency of both at the same rate.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import results
from bench.client.comparison import API, HALF_LOAD, Candidate, measure_rates, throughput_ratios
from bench.client.members import NO_LIMITS
from bench.client.request_queue import RequestQueue
from bench.client.requests import Request
from bench.effort import FULL, Effort
from bench.parts.kinds import COMPLETING, DASHBOARD, KINDS, SERVER_SETTINGS, ServerMembers, create_members
from bench.parts.public import CACHED, Scenario
from bench.results import Measure
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.processes import Sandbox

OTHER_CHECKOUT = "version before"
MIN_RATIO = {
    "SQLite": {(DASHBOARD.name, OTHER_CHECKOUT): 1.1, (COMPLETING.name, OTHER_CHECKOUT): 1.0},
    "PostgreSQL": {(DASHBOARD.name, OTHER_CHECKOUT): 0.95, (COMPLETING.name, OTHER_CHECKOUT): 0.95},
}


def main() -> int:
    parser = ArgumentParser(prog="python -m bench.versions", description=__doc__)
    parser.add_argument("before", type=Path, help="directory of the other version")
    other_root: Path = parser.parse_args().before.resolve()
    effort = replace(FULL, rounds=7, fewer_rounds=5, walkers=2600, other_members=1200)
    measures: list[Measure] = []
    with TemporaryDirectory(prefix="twentyone-bench-") as folder:
        this_checkout = Sandbox(Path(folder))
        other_checkout = replace(this_checkout, root=other_root, python=str(other_root / ".venv" / "bin" / "python"))
        for measure in _measures({API: this_checkout, OTHER_CHECKOUT: other_checkout}, effort):
            sys.stderr.write(f"{measure.part}: {measure.name}: {measure.value:.2f} {measure.unit} {measure.raw}\n")
            measures.append(measure)
    print(results.table(measures))
    return 0 if all(measure.is_met for measure in measures) else 1


def _measures(sandboxes: Mapping[str, Sandbox], effort: Effort) -> Iterator[Measure]:
    for part in DATABASES:
        yield from _member_requests(part, sandboxes, effort)
    yield from _cached_responses(sandboxes, effort)


def _member_requests(part: str, sandboxes: Mapping[str, Sandbox], effort: Effort) -> Iterator[Measure]:
    folder = sandboxes[API].folder
    with DATABASES[part](folder) as databases, ExitStack() as servers:
        urls: dict[str, str] = {}
        members: dict[str, ServerMembers] = {}
        for number, (name, sandbox) in enumerate(sandboxes.items()):
            database_url = load_content(databases(f"version_{number}"))
            members[name] = create_members(database_url, effort)
            urls[name] = servers.enter_context(sandbox.serving(database_url=database_url, **SERVER_SETTINGS)).url
        for kind in KINDS:
            candidates = {name: Candidate(urls[name], members[name].queue(kind)) for name in sandboxes}
            rounds = effort.rounds if kind in (DASHBOARD, COMPLETING) else effort.fewer_rounds
            rates = measure_rates(candidates, rounds=rounds, seconds=effort.seconds)
            yield from throughput_ratios(part, kind.name, rates, MIN_RATIO[part])
            yield _latency(part, kind.name, candidates, median(rates[OTHER_CHECKOUT]), effort)


def _cached_responses(sandboxes: Mapping[str, Sandbox], effort: Effort) -> Iterator[Measure]:
    database_url = load_content(f"sqlite:///{sandboxes[API].folder / 'shipped.db'}")
    with ExitStack() as servers:
        urls = {
            name: servers.enter_context(sandbox.serving(database_url=database_url, **NO_LIMITS)).url
            for name, sandbox in sandboxes.items()
        }
        for scenario in CACHED:
            candidates = {name: Candidate(url, _queue(scenario)) for name, url in urls.items()}
            rates = measure_rates(candidates, rounds=effort.rounds, seconds=effort.seconds)
            yield from throughput_ratios("public", scenario.name, rates, {})
            yield _latency("public", scenario.name, candidates, median(rates[OTHER_CHECKOUT]), effort)


def _queue(scenario: Scenario) -> RequestQueue:
    return RequestQueue(Request("GET", path, dict(scenario.headers)) for path in scenario.paths)


def _latency(part: str, name: str, candidates: Mapping[str, Candidate], capacity: float, effort: Effort) -> Measure:
    """Measure the latency (99th percentile) of both versions at half of the other's capacity."""
    latencies = {
        checkout: median(
            candidate.queue.open_loop(candidate.url, rate=HALF_LOAD * capacity, seconds=effort.half_load_seconds).p99
            for _ in range(effort.fewer_rounds)
        )
        for checkout, candidate in candidates.items()
    }
    return Measure(
        f"{part}, waiting", f"{name}, p99", latencies[API], "ms", {OTHER_CHECKOUT: latencies[OTHER_CHECKOUT]}, None
    )


if __name__ == "__main__":
    sys.exit(main())
