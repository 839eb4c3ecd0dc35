"""Tests that the table of operations in docs/architecture.md is complete and correct."""

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi.routing import APIRoute

from app.main import ROUTERS
from app.tables import metadata

ROOT = Path(__file__).parents[1]
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


@pytest.mark.parametrize("row", list(iterate_operations()), ids=lambda row: row.name)
def test_operation_table_names_existing_code_and_tables(row: OperationRow) -> None:
    for service in row.services:
        path, _, function = service.rpartition(".")
        assert callable(getattr(import_module(module_name(path)), function))
    for rule in row.rules:
        assert [
            package
            for package in ("assessments", "journey")
            if (ROOT / "app" / package / "rules" / f"{rule}.py").exists()
        ]
    assert {table for table in row.tables if "/" not in table} <= set(metadata.tables)
