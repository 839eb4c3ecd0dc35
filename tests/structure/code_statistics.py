"""`make stats`: report the size and structure of the code, and compare them with limits.

The report includes the number of files that run for five kinds of requests. The exit code is 1 if a limit is exceeded.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import NamedTuple

from bench.servers.processes import ROOT
from tests.structure.request_traces import traces

PARTS = ("app", "tests", "trials", "bench")
INDEX = ROOT / "app" / "articles" / "search.py"  # its commit() calls are on an in-memory index, not on a database
LISTING_THRESHOLD = 12  # directories with more modules are listed, and always the largest
MAX_MODULES = 16  # per directory
MAX_HOOKS = 4
MAX_TEST_NAME_LENGTH = 80
MAX_TEST_PERCENT = 120  # lines of tests per hundred lines of app
MAX_BENCH_AND_TRIAL_LINES = 5_500
REQUEST_LIMITS = {"PATCH day": (26, 80), "POST sync": (30, 90), "POST login": (30, 100)}  # files, switches between them
HOOK = re.compile(r"^\s*# hook: (.+)$", re.MULTILINE)


class Figure(NamedTuple):
    name: str
    value: int
    detail: str = ""
    maximum: int | None = None
    minimum: int = 0

    @property
    def is_met(self) -> bool:
        return self.minimum <= self.value and (self.maximum is None or self.value <= self.maximum)

    def __str__(self) -> str:
        kind = "exactly" if self.minimum and self.minimum == self.maximum else "limit"
        limit = "" if self.maximum is None else f"{kind} {self.maximum}" + ("" if self.is_met else "  EXCEEDED")
        return f"  {self.name:32}{self.value:>8,}  {limit:10}  {self.detail}".rstrip()


def modules(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))


def hooks() -> list[str]:
    """Return the names that follow `# hook:` in comments of app/ (docs/decisions/internals.md)."""
    return [name for path in modules("app") for name in HOOK.findall(path.read_text(encoding="utf-8"))]


def commit_points() -> list[str]:
    """Return the places in app/ that commit a database transaction, as file:line."""
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules("app")
        if path != INDEX
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


def names_of(part: str, kind: type[ast.ClassDef | ast.FunctionDef]) -> list[str]:
    """Return the names of all classes or functions that a part of the project defines."""
    return [node.name for path in modules(part) for node in ast.walk(_tree(path)) if isinstance(node, kind)]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def line_count(part: str) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules(part))


def _sizes() -> Iterator[Figure]:
    percent = ceil(100 * line_count("tests") / line_count("app"))
    yield Figure("lines of tests, % of app", percent, f"ratio {percent / 100:.2f}", maximum=MAX_TEST_PERCENT)
    lines = line_count("bench") + line_count("trials")
    yield Figure("lines of bench and trials", lines, maximum=MAX_BENCH_AND_TRIAL_LINES)


def _shape(part: str) -> Iterator[Figure]:
    yield Figure("lines of Python", line_count(part))
    directories = Counter(path.parent.relative_to(ROOT) for path in modules(part) if path.name != "__init__.py")
    for n, (directory, size) in enumerate(directories.most_common()):
        if n == 0 or size > LISTING_THRESHOLD:
            yield Figure("modules in a package", size, str(directory), maximum=MAX_MODULES)
    duplicates = [name for name, n in Counter(names_of(part, ast.ClassDef)).items() if n > 1]
    yield Figure("class names defined twice", len(duplicates), ", ".join(duplicates), maximum=0)
    if part == "tests":
        name = max((name for name in names_of(part, ast.FunctionDef) if name.startswith("test_")), key=len)
        yield Figure("characters of a test's name", len(name), name, maximum=MAX_TEST_NAME_LENGTH)
    if part == "app":
        points, names = commit_points(), hooks()
        yield Figure("commit points", len(points), ", ".join(points), maximum=1, minimum=1)
        yield Figure("hooks", len(names), ", ".join(names), maximum=MAX_HOOKS)


def _lengths() -> Iterator[Figure]:
    for name, files in traces().items():
        most_files, most_switches = REQUEST_LIMITS.get(name, (None, None))
        yield Figure(f"{name}: files", len(set(files)), maximum=most_files)
        switches = sum(previous != current for previous, current in pairwise(files))
        yield Figure(f"{name}: switches", switches, maximum=most_switches)


def _print(title: str, figures: Iterator[Figure]) -> Iterator[Figure]:
    print(title)
    for figure in figures:
        print(figure)
        yield figure


def main() -> int:
    figures = [figure for part in PARTS for figure in _print(f"{part}/", _shape(part))]
    figures += _print("sizes", _sizes())
    figures += _print("requests: files of app/ that run, and switches between them", _lengths())
    exceeded = [figure.name for figure in figures if not figure.is_met]
    print(f"limits exceeded: {', '.join(exceeded)}" if exceeded else "all limits are met")
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
