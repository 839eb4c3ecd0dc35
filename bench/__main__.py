"""`make bench`: measures everything in one run and prints one table. Exit code 1 when a target is missed."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import results, wrk
from bench.growth import measure_growth
from bench.journey import measure_journey
from bench.machine import cores, cpu
from bench.results import Measure
from bench.sign_in import measure_sign_in
from bench.spreadsheets import measure_spreadsheets
from bench.throughput import measure_throughput


def main() -> int:
    if not wrk.is_installed():
        sys.stderr.write(wrk.MISSING)
        return 1
    started = time.monotonic()
    measures = list(_told(_all_measures()))
    seconds = time.monotonic() - started
    results.write(measures, seconds=seconds)
    short = [each.name for each in measures if not each.is_met]
    print(f"{cpu()}, {len(cores())} cores; {seconds:.0f} s\n\n{results.table(measures)}\n")
    print(f"Falls short: {', '.join(short)}." if short else "Every target is met.")
    return 1 if short else 0


def _all_measures() -> Iterator[Measure]:
    with TemporaryDirectory(prefix="twentyone-bench-") as folder:
        yield from measure_throughput(Path(folder))
        yield from measure_journey(Path(folder))
        yield from measure_growth(Path(folder))
        yield from measure_sign_in(Path(folder))
        yield from measure_spreadsheets(Path(folder))


def _told(measures: Iterator[Measure]) -> Iterator[Measure]:
    """The measures, with a sign of life on standard error for each."""
    for each in measures:
        sys.stderr.write(f"measured {each.part}: {each.name}\n")
        yield each


if __name__ == "__main__":
    sys.exit(main())
