"""Tests that the scoring and journey rules are pure functions: no clock, no random numbers, no input or output."""

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

ASSESSMENT_RULES = ("definition", "conditions", "scoring", "styles", "reliable_change", "reliability", "svg_chart")
JOURNEY_RULES = ("schedule", "streaks", "merge", "progress")
RULES = [*(("assessments", rule) for rule in ASSESSMENT_RULES), *(("journey", rule) for rule in JOURNEY_RULES)]
FORBIDDEN_MODULES = {  # modules with side effects or nondeterministic results
    "asyncio", "concurrent", "datetime", "io", "logging", "multiprocessing", "os", "pathlib", "platform", "random",
    "secrets", "shutil", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
ALLOWED_MODULES = {"assessments": set(), "journey": {"datetime", "zoneinfo"}}  # for values, not for the clock
FORBIDDEN_BUILTINS = {"open", "print", "input", "exec", "eval", "compile", "breakpoint", "__import__", "globals"}


def parse_rule(package: str, rule: str) -> ast.Module:
    return ast.parse((ROOT / "app" / package / "rules" / f"{rule}.py").read_text(encoding="utf-8"))


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """Yield the names of all imported modules. Relative imports start with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{'.' * node.level}{node.module or ''}"
            is_package = module.startswith("app") and (module.count(".") < 2 or module.endswith(".rules"))
            yield from (f"{module}.{alias.name}" for alias in node.names) if is_package else [module]


def side_effects(tree: ast.Module) -> Iterator[str]:
    """Yield each use of a forbidden builtin, or of an attribute that reads a clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_BUILTINS:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            yield node.attr


def test_rules_import_only_standard_library_and_rules() -> None:
    for package, rule in RULES:
        names = set(imported_modules(parse_rule(package, rule)))
        own_modules = {name for name in names if name.startswith((".", "app"))}
        library_modules = {name.partition(".")[0] for name in names - own_modules}

        assert own_modules <= {f"app.{package}.rules.{other}" for _, other in RULES}, rule
        assert library_modules <= sys.stdlib_module_names - (FORBIDDEN_MODULES - ALLOWED_MODULES[package]), rule
        assert names, rule


def test_rules_have_no_side_effects() -> None:
    assert {rule: found for package, rule in RULES if (found := list(side_effects(parse_rule(package, rule))))} == {}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import random", ["random"]),
        ("def score():\n    from time import time", ["time"]),
        ("from app.core import errors", ["app.core.errors"]),
        ("from app.core.errors import Conflict", ["app.core.errors"]),
        ("from . import models", ["."]),
    ],
)
def test_imported_modules_are_found(code: str, expected: list[str]) -> None:
    assert list(imported_modules(ast.parse(code))) == expected


def test_side_effects_are_found() -> None:
    for code in ("print(1)", "with open('a') as file: ...", "when = datetime.now", "map(print, [])"):
        assert len(list(side_effects(ast.parse(code)))) == 1
