"""Tests that docs/architecture.md names existing files, and that its tables of operations and errors are complete."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from typing import NamedTuple

from fastapi.routing import APIRoute

from app.core.errors import AppError
from app.main import ROUTERS
from app.tables import metadata

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
ARCHITECTURE_PAGE = (ROOT / "docs" / "architecture.md").read_text()
CODE_SPAN = re.compile(r"`([^`]+)`")


class OperationRow(NamedTuple):
    """A row of the table of operations in docs/architecture.md."""

    name: str
    router: str
    services: list[str]
    rules: list[str]
    tables: list[str]


def iterate_operations() -> Iterator[OperationRow]:
    for line in ARCHITECTURE_PAGE.splitlines():
        cells = [CODE_SPAN.findall(cell) for cell in line.strip("|").split("|")]
        if re.match(r"\| `[A-Z]+ /", line):
            yield OperationRow(cells[0][0], cells[1][0], *cells[2:])


def subclasses(error: type[AppError]) -> Iterator[type[AppError]]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def module_name(path: str) -> str:
    return "app." + path.replace("/", ".")


def test_operation_table_lists_every_operation_and_router() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    served_operations = {
        (f"{method} {route.path}", unwrap(route.endpoint).__module__)
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if "docs" not in unwrap(route.endpoint).__module__
    }

    assert {(row.name, module_name(row.router)) for row in iterate_operations()} == served_operations


def test_operation_table_names_existing_code_and_tables() -> None:
    rules = {path.stem for path in APP.glob("*/rules/*.py")}
    for row in iterate_operations():
        for service in row.services:
            path, _, function = service.rpartition(".")
            assert callable(getattr(import_module(module_name(path)), function)), row.name
        assert set(row.rules) <= rules, row.name
        assert {table for table in row.tables if "/" not in table} <= set(metadata.tables), row.name


def raised_names(path: Path) -> set[str]:
    """Return the names of classes that a module raises or calls."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return called | {node.exc.id for node in nodes if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name)}


def test_error_table_lists_every_code_and_the_modules_that_raise_it() -> None:
    names_by_module = {
        path.relative_to(APP).with_suffix("").as_posix(): raised_names(path) for path in APP.rglob("*.py")
    }
    modules_by_code: dict[tuple[str, str], set[str]] = defaultdict(set)
    for error in subclasses(AppError):
        if error.__module__.startswith("app.") and hasattr(error, "status") and hasattr(error, "code"):
            modules = {module for module, names in names_by_module.items() if error.__name__ in names}
            modules_by_code[str(int(error.status)), error.code] |= modules
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| (.+) \|$", ARCHITECTURE_PAGE, re.MULTILINE)

    assert {(status, code): set(CODE_SPAN.findall(cell)) for status, code, cell in rows} == modules_by_code


def test_files_of_architecture_page_exist() -> None:
    table = ARCHITECTURE_PAGE.partition("## Where to find things")[2].partition("\n## ")[0]
    paths = {path for path in CODE_SPAN.findall(table) if "/" in path and path[0] != "/"}

    assert len(paths) > 50
    assert {path for path in paths if not ((APP / path).exists() or (ROOT / path).exists())} == set()
