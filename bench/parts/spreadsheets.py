"""Benchmark of `twentyone assessments score`: 100,000 respondents of 36 questions each."""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.effort import Effort
from bench.results import Measure, Target
from bench.servers.processes import ROOT, Sandbox

PART = "spreadsheet"
ITEMS, MIN_ANSWER, MAX_ANSWER = 36, 1, 7
MISSING_SHARE = 0.01  # of the answers
SEED = 36
DEFINITION = ROOT / "tests" / "assessments" / "definitions" / "ecr.yaml"  # two scales that determine a style
MAX_SECONDS, MAX_MEGABYTES = Target(20), Target(300)


def measure_spreadsheets(folder: Path, effort: Effort) -> Iterator[Measure]:
    answers = _write(folder / "answers.csv", effort.respondents)
    usage = Sandbox(folder).run("app.cli", "assessments", "score", str(answers), "--definition", str(DEFINITION))
    with answers.with_suffix(".scores.csv").open(encoding="utf-8", newline="") as scores:
        rows = sum(1 for _ in csv.reader(scores)) - 1
    if rows != effort.respondents:
        raise RuntimeError(f"{rows} of {effort.respondents} respondents were scored.")
    yield Measure(PART, f"score {rows:,} rows of {ITEMS} items", usage.seconds, "s", {}, MAX_SECONDS)
    yield Measure(PART, "memory of that", usage.megabytes, "MB", {}, MAX_MEGABYTES)


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
            answers = (min(max(round(random.gauss(mean, 1.5)), MIN_ANSWER), MAX_ANSWER) for _ in range(ITEMS))
            cells = (None if random.random() < MISSING_SHARE else answer for answer in answers)
            writer.writerow([f"person-{n:06}", *cells])
    return path
