"""Benchmark of `twentyone assessments score`: 100,000 respondents of 36 questions each."""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.effort import Effort
from bench.results import Measure, Target
from bench.servers.processes import ROOT, Sandbox, Usage

SMALL_FILE_DIVISOR = 100
ITEMS, MIN_ANSWER, MAX_ANSWER = 36, 1, 7
MISSING_SHARE = 0.01  # of the answers
SEED = 36
DEFINITION = ROOT / "tests" / "assessments" / "definitions" / "ecr.yaml"  # two scales that determine a style
MAX_SECONDS, MAX_MEGABYTES = Target(20), Target(300)


def measure_spreadsheets(folder: Path, effort: Effort) -> Iterator[Measure]:
    small_count, large_count = effort.respondents // SMALL_FILE_DIVISOR, effort.respondents
    small, large = (_score(Sandbox(folder), respondents) for respondents in (small_count, large_count))
    raw = {f"s for {small_count:,}": small.seconds, f"s for {large_count:,}": large.seconds}
    yield Measure("spreadsheet", f"score {large_count:,} rows of {ITEMS} items", large.seconds, "s", raw, MAX_SECONDS)
    raw = {f"MB for {small_count:,}": small.megabytes, f"MB for {large_count:,}": large.megabytes}
    yield Measure("spreadsheet", "memory of that", large.megabytes, "MB", raw, MAX_MEGABYTES)


def _score(sandbox: Sandbox, respondents: int) -> Usage:
    path = _write(sandbox.folder / f"{respondents}.csv", respondents)
    usage = sandbox.run("app.cli", "assessments", "score", str(path), "--definition", str(DEFINITION))
    with path.with_suffix(".scores.csv").open(encoding="utf-8", newline="") as scores:
        rows = sum(1 for _ in csv.reader(scores)) - 1
    if rows != respondents:
        raise RuntimeError(f"{rows} of {respondents} respondents were scored.")
    return usage


def _write(path: Path, respondents: int) -> Path:
    """Write a spreadsheet of answers, which are the same in every benchmark.

    The answers of each respondent vary around a random mean, so that the questions correlate.
    """
    random = Random(SEED)  # noqa: S311 - must be repeatable
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["person", *(f"q{n:02}" for n in range(1, ITEMS + 1))])
        for n in range(respondents):
            mean = random.uniform(MIN_ANSWER, MAX_ANSWER)
            writer.writerow([f"person-{n:06}", *(_cell(random, mean) for _ in range(ITEMS))])
    return path


def _cell(random: Random, mean: float) -> int | None:
    if random.random() < MISSING_SHARE:
        return None
    return min(max(round(random.gauss(mean, 1.5)), MIN_ANSWER), MAX_ANSWER)
