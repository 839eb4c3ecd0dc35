"""`make bench`: run the whole benchmark and print one table of results.

The exit code is 1 if a target is missed. `--short` runs with little data and checks no target. Without `--into`, it
writes no files.
"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import results
from bench.effort import FULL, SHORT, Effort
from bench.parts.growth import measure_growth
from bench.parts.kinds import measure_kinds
from bench.parts.public import measure_public
from bench.parts.running import measure_running
from bench.parts.sign_in import measure_sign_in
from bench.parts.spreadsheets import measure_spreadsheets
from bench.results import Measure
from bench.servers.machine import cores, cpu

PARTS = {
    "public": measure_public,
    "kinds": measure_kinds,
    "running": measure_running,
    "growth": measure_growth,
    "sign-in": measure_sign_in,
    "spreadsheets": measure_spreadsheets,
}


def main() -> int:
    parser = ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"parts to measure (default: all): {', '.join(PARTS)}")
    parser.add_argument("--short", action="store_true", help="run with little data, without checking targets")
    parser.add_argument("--into", type=Path, help="directory for results and charts (default: the project's)")
    arguments = parser.parse_args()
    started = time.monotonic()
    measures = list(_measures(arguments.parts or PARTS, SHORT if arguments.short else FULL, started))
    if arguments.short:
        measures = [replace(measure, target=None) for measure in measures]
    seconds = time.monotonic() - started
    if arguments.into or not arguments.short:
        folders = arguments.into or results.FOLDER, arguments.into or results.CHARTS
        results.write(measures, *folders, seconds=seconds, is_complete=not arguments.parts)
    print(f"{cpu()}, {len(cores())} cores; {seconds:.0f} s\n\n{results.table(measures)}\n")
    missed = [measure.name for measure in measures if not measure.is_met]
    print(f"Missed targets: {', '.join(missed)}." if missed else "No target is missed.")
    return 1 if missed else 0


def _measures(parts: Iterable[str], effort: Effort, started: float) -> Iterator[Measure]:
    """Yield the measures of all parts, and print a progress line for each to standard error."""
    for part in parts:
        with TemporaryDirectory(prefix="twentyone-bench-") as folder:
            for measure in PARTS[part](Path(folder), effort):
                sys.stderr.write(f"{time.monotonic() - started:4.0f} s  {measure.part}: {measure.name}\n")
                yield measure


if __name__ == "__main__":
    sys.exit(main())
