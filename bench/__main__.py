"""`make bench`: measures everything in one run and prints one table. Exit code 1 when a target is missed.

With `--short` it only sees that all of this works: no target is judged, and nothing in the project changes.
"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import plots, results
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
    parser.add_argument("parts", nargs="*", help=f"all unless given: {', '.join(PARTS)}")
    parser.add_argument("--short", action="store_true", help="see that it works, and judge nothing")
    parser.add_argument("--into", type=Path, help="the folder for results and plots, instead of the project's")
    given = parser.parse_args()
    started = time.monotonic()
    measures = list(_told(_measures(given.parts or PARTS, SHORT if given.short else FULL), started))
    if given.short:
        measures = [replace(each, target=None) for each in measures]
    seconds = time.monotonic() - started
    if given.into or not given.short:
        results.write(measures, given.into or results.FOLDER, seconds=seconds)
        plots.write(measures, given.into or plots.FOLDER)
    print(f"{cpu()}, {len(cores())} cores; {seconds:.0f} s\n\n{results.table(measures)}\n")
    if given.short:
        print("It works. Nothing was judged.")
        return 0
    short = [each.name for each in measures if not each.is_met]
    print(f"Falls short: {', '.join(short)}." if short else "Every target is met.")
    return 1 if short else 0


def _measures(parts: Iterable[str], effort: Effort) -> Iterator[Measure]:
    for part in parts:
        with TemporaryDirectory(prefix="twentyone-bench-") as folder:
            yield from PARTS[part](Path(folder), effort)


def _told(measures: Iterator[Measure], started: float) -> Iterator[Measure]:
    """The measures, with a sign of life on standard error for each."""
    for each in measures:
        sys.stderr.write(f"{time.monotonic() - started:4.0f} s  {each.part}: {each.name}\n")
        yield each


if __name__ == "__main__":
    sys.exit(main())
