"""`make bench-versions BEFORE=FOLDER`: this checkout and another one of this project, measured in one run.

FOLDER holds a version with the same tables, which was installed there by `make install`. Both serve databases of their
own with the same content, and are asked in turns. A figure is this version's rate as a multiple of the other's, or the
time that requests take of each, at the same rate.
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
from bench.client.members import NO_LIMITS
from bench.client.requests import Request
from bench.client.sides import HALF, OURS, Side, against, rates
from bench.client.stock import Stock
from bench.effort import FULL, Effort
from bench.parts.kinds import COMPLETING, DASHBOARD, KINDS, SERVED, People, people
from bench.parts.public import CACHED, Scenario
from bench.results import Measure
from bench.servers.databases import DATABASES
from bench.servers.filled import loaded
from bench.servers.processes import Place

BEFORE = "version before"
LEAST = {
    "SQLite": {(DASHBOARD.name, BEFORE): 1.1, (COMPLETING.name, BEFORE): 1.0},
    "PostgreSQL": {(DASHBOARD.name, BEFORE): 0.95, (COMPLETING.name, BEFORE): 0.95},
}


def main() -> int:
    parser = ArgumentParser(prog="python -m bench.versions", description=__doc__)
    parser.add_argument("before", type=Path, help="the folder of the other version")
    before: Path = parser.parse_args().before.resolve()
    effort = replace(FULL, rounds=7, fewer_rounds=5, walkers=2600, others=1200)
    measures: list[Measure] = []
    with TemporaryDirectory(prefix="twentyone-bench-") as folder:
        ours = Place(Path(folder))
        theirs = replace(ours, root=before, python=str(before / ".venv" / "bin" / "python"))
        for measure in _measures({OURS: ours, BEFORE: theirs}, effort):
            sys.stderr.write(f"{measure.part}: {measure.name}: {measure.value:.2f} {measure.unit} {measure.raw}\n")
            measures.append(measure)
    print(results.table(measures))
    return 0 if all(each.is_met for each in measures) else 1


def _measures(places: Mapping[str, Place], effort: Effort) -> Iterator[Measure]:
    for part in DATABASES:
        yield from _of_members(part, places, effort)
    yield from _of_kept(places, effort)


def _of_members(part: str, places: Mapping[str, Place], effort: Effort) -> Iterator[Measure]:
    folder = places[OURS].folder
    with DATABASES[part](folder) as databases, ExitStack() as servers:
        urls: dict[str, str] = {}
        groups: dict[str, People] = {}
        for number, (name, place) in enumerate(places.items()):
            address = loaded(databases(f"version_{number}"))
            groups[name] = people(address, effort)
            urls[name] = servers.enter_context(place.serving(database_url=address, **SERVED)).url
        for kind in KINDS:
            sides = {name: Side(urls[name], groups[name].stock(kind)) for name in places}
            rounds = effort.rounds if kind in (DASHBOARD, COMPLETING) else effort.fewer_rounds
            found = rates(sides, rounds=rounds, seconds=effort.seconds)
            yield from against(part, kind.name, found, LEAST[part])
            yield _waited(part, kind.name, sides, median(found[BEFORE]), effort)


def _of_kept(places: Mapping[str, Place], effort: Effort) -> Iterator[Measure]:
    address = loaded(f"sqlite:///{places[OURS].folder / 'shipped.db'}")
    with ExitStack() as servers:
        urls = {
            name: servers.enter_context(place.serving(database_url=address, **NO_LIMITS)).url
            for name, place in places.items()
        }
        for scenario in CACHED:
            sides = {name: Side(url, _stock(scenario)) for name, url in urls.items()}
            found = rates(sides, rounds=effort.rounds, seconds=effort.seconds)
            yield from against("public", scenario.name, found, {})
            yield _waited("public", scenario.name, sides, median(found[BEFORE]), effort)


def _stock(scenario: Scenario) -> Stock:
    return Stock(Request("GET", path, dict(scenario.headers)) for path in scenario.paths)


def _waited(part: str, name: str, sides: Mapping[str, Side], capacity: float, effort: Effort) -> Measure:
    """The slowest hundredth of this version's requests, at half of what the other version answers."""
    slow = {
        each: median(
            side.stock.as_due(side.url, rate=HALF * capacity, seconds=effort.due_seconds).p99
            for _ in range(effort.fewer_rounds)
        )
        for each, side in sides.items()
    }
    return Measure(f"{part}, waiting", f"{name}, p99", slow[OURS], "ms", {BEFORE: slow[BEFORE]}, None)


if __name__ == "__main__":
    sys.exit(main())
