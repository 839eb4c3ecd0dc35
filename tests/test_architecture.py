"""`docs/architecture.md` names what there is: every operation, and the code and tables that it leads to."""

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
PAGE = (ROOT / "docs" / "architecture.md").read_text()
QUOTED = re.compile(r"`([^`]+)`")


class Operation(NamedTuple):
    """A row of the table."""

    name: str
    router: str
    services: list[str]
    rules: list[str]
    tables: list[str]


def rows() -> Iterator[Operation]:
    for line in PAGE.splitlines():
        cells = [QUOTED.findall(cell) for cell in line.strip("|").split("|")]
        if re.match(r"\| `[A-Z]+ /", line):
            yield Operation(cells[0][0], cells[1][0], *cells[2:])


def module(path: str) -> str:
    return "app." + path.replace("/", ".")


def test_every_operation_has_a_row_that_names_its_router() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    served = {
        (f"{method} {route.path}", unwrap(route.endpoint).__module__)
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if "docs" not in unwrap(route.endpoint).__module__
    }

    assert {(row.name, module(row.router)) for row in rows()} == served


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.name)
def test_a_row_names_what_there_is(row: Operation) -> None:
    for service in row.services:
        path, _, function = service.rpartition(".")
        assert callable(getattr(import_module(module(path)), function))
    for rule in row.rules:
        assert [each for each in ("assessments", "journey") if (ROOT / "app" / each / "rules" / f"{rule}.py").exists()]
    assert {table for table in row.tables if "/" not in table} <= set(metadata.tables)
