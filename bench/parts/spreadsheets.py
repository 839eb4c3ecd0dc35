"""What it costs to score 100,000 people's answers to 36 items, by `twentyone assessments score`."""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.effort import Effort
from bench.results import Measure, Target
from bench.servers.processes import ROOT, Place, Usage

FEWER = 100  # times as few, to compare
ITEMS, LOWEST, HIGHEST = 36, 1, 7
MISSING = 0.01  # of the answers
SEED = 36
DEFINITION = ROOT / "tests" / "assessments" / "definitions" / "ecr.yaml"  # two scales, and a style
SECONDS, MEGABYTES = Target(20), Target(300)


def measure_spreadsheets(folder: Path, effort: Effort) -> Iterator[Measure]:
    few, many = effort.scored // FEWER, effort.scored
    short, long = (_score(Place(folder), people) for people in (few, many))
    raw = {f"s for {few:,}": short.seconds, f"s for {many:,}": long.seconds}
    yield Measure("spreadsheet", f"score {many:,} rows of {ITEMS} items", long.seconds, "s", raw, SECONDS)
    raw = {f"MB for {few:,}": short.megabytes, f"MB for {many:,}": long.megabytes}
    yield Measure("spreadsheet", "memory of that", long.megabytes, "MB", raw, MEGABYTES)


def _score(place: Place, people: int) -> Usage:
    path = _write(place.folder / f"{people}.csv", people)
    usage = place.run("app.cli", "assessments", "score", str(path), "--definition", str(DEFINITION))
    with path.with_suffix(".scores.csv").open(encoding="utf-8", newline="") as scores:
        rows = sum(1 for _ in csv.reader(scores)) - 1
    if rows != people:
        raise RuntimeError(f"{rows} of {people} people were scored")
    return usage


def _write(path: Path, people: int) -> Path:
    """Always the same answers, around a mean of each person's own, so that the items hang together."""
    random = Random(SEED)  # noqa: S311 - repeatable is what is wanted
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["person", *(f"q{n:02}" for n in range(1, ITEMS + 1))])
        for n in range(people):
            leaning = random.uniform(LOWEST, HIGHEST)
            writer.writerow([f"person-{n:06}", *(_cell(random, leaning) for _ in range(ITEMS))])
    return path


def _cell(random: Random, leaning: float) -> int | None:
    if random.random() < MISSING:
        return None
    return min(max(round(random.gauss(leaning, 1.5)), LOWEST), HIGHEST)
