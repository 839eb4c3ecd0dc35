"""`make stats`: report the size and structure of the code, and compare them with limits.

The report includes the number of files that run for five kinds of requests. The exit code is 1 if a limit is exceeded.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.file_switches import traces
from bench.servers.processes import ROOT

PARTS = ("app", "tests", "trials", "bench")
INDEX = ROOT / "app" / "articles" / "search.py"  # its commit() calls are on an in-memory index, not on a database
LISTING_THRESHOLD = 12  # directories with more modules are listed, and always the largest
MAX_MODULES = 16  # per directory
MAX_HOOKS = 4
MAX_TEST_NAME_LENGTH = 80
REQUEST_LIMITS = {"PATCH day": (26, 80), "POST sync": (30, 90), "POST login": (30, 100)}  # files, switches between them
HOOK = re.compile(r"^\s*# hook: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: int
    detail: str = ""
    maximum: int | None = None
    minimum: int = 0

    @property
    def is_met(self) -> bool:
        return self.minimum <= self.value and (self.maximum is None or self.value <= self.maximum)

    def __str__(self) -> str:
        limit = "" if self.maximum is None else f"limit {self.maximum}" + ("" if self.is_met else "  EXCEEDED")
        if self.minimum and self.minimum == self.maximum:
            limit = limit.replace("limit", "exactly")
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


def duplicate_classes(part: str) -> dict[str, int]:
    """Return the class names that a part of the project defines more than once, with their counts."""
    nodes = (node for path in modules(part) for node in ast.walk(_tree(path)))
    counts = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef))
    return {name: n for name, n in sorted(counts.items()) if n > 1}


def longest_test_name() -> str:
    nodes = (node for path in modules("tests") for node in ast.walk(_tree(path)))
    names = (node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
    return max(names, key=len)


def directory_sizes(part: str) -> Counter[str]:
    """Return the number of Python files directly in each directory, without `__init__.py`."""
    paths = (path for path in modules(part) if path.name != "__init__.py")
    return Counter(str(path.parent.relative_to(ROOT)) for path in paths)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _shape(part: str) -> Iterator[Figure]:
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules(part))
    yield Figure("lines of Python", lines)
    for n, (name, size) in enumerate(directory_sizes(part).most_common()):
        if n == 0 or size > LISTING_THRESHOLD:
            yield Figure("modules in a package", size, name, maximum=MAX_MODULES)
    duplicates = duplicate_classes(part)
    listed = ", ".join(f"{name} ({n})" for name, n in duplicates.items())
    yield Figure("class names defined twice", len(duplicates), listed, maximum=0)
    if part == "tests":
        name = longest_test_name()
        yield Figure("characters of a test's name", len(name), name, maximum=MAX_TEST_NAME_LENGTH)
    if part == "app":
        points, names = commit_points(), hooks()
        yield Figure("commit points", len(points), ", ".join(points), maximum=1, minimum=1)
        yield Figure("hooks", len(names), ", ".join(names), maximum=MAX_HOOKS)


def _lengths() -> Iterator[Figure]:
    for trace in traces():
        most_files, most_switches = REQUEST_LIMITS.get(trace.name, (None, None))
        yield Figure(f"{trace.name}: files", trace.files, maximum=most_files)
        yield Figure(f"{trace.name}: switches", trace.switches, maximum=most_switches)


def _print(title: str, figures: Iterator[Figure]) -> Iterator[Figure]:
    print(title)
    for figure in figures:
        print(figure)
        yield figure


def main() -> int:
    figures = [figure for part in PARTS for figure in _print(f"{part}/", _shape(part))]
    figures += _print("requests: files of app/ that run, and switches between them", _lengths())
    exceeded = [figure.name for figure in figures if not figure.is_met]
    print(f"limits exceeded: {', '.join(exceeded)}" if exceeded else "all limits are met")
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
