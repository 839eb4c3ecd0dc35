"""The rules by which answers are scored, and by which days open, know nothing but what they are handed."""

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

SCORING = ("definition", "conditions", "scoring", "styles", "reliable_change", "reliability", "svg_chart")
JOURNEY = ("schedule", "streaks", "merge", "progress")
RULES = [*(("assessments", rule) for rule in SCORING), *(("journey", rule) for rule in JOURNEY)]
WORLD = {  # what would make the same answers lead to something else, or leave something behind
    "asyncio", "concurrent", "datetime", "io", "logging", "multiprocessing", "os", "pathlib", "platform", "random",
    "secrets", "shutil", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
MORE = {"assessments": set(), "journey": {"datetime", "zoneinfo"}}  # values, and the database of time zones
DEEDS = {"open", "print", "input", "exec", "eval", "compile", "breakpoint", "__import__", "globals"}


def tree_of(folder: str, rule: str) -> ast.Module:
    return ast.parse((ROOT / "app" / folder / "rules" / f"{rule}.py").read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The names of modules, those in a folder of ours too; a dot in front of each that is imported relatively."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{'.' * node.level}{node.module or ''}"
            is_folder = module.startswith("app") and (module.count(".") < 2 or module.endswith(".rules"))
            yield from (f"{module}.{alias.name}" for alias in node.names) if is_folder else [module]


def deeds(tree: ast.Module) -> Iterator[str]:
    """Names of DEEDS that stand anywhere, and attributes by which a clock is read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in DEEDS:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            yield node.attr


@pytest.mark.parametrize(("folder", "rule"), RULES)
def test_a_rule_imports_the_standard_library_and_other_rules_only(folder: str, rule: str) -> None:
    names = set(imported(tree_of(folder, rule)))

    own = {name for name in names if name.startswith((".", "app"))}
    assert own <= {f"app.{each}.rules.{other}" for each, other in RULES if each == folder}
    assert {name.partition(".")[0] for name in names - own} <= sys.stdlib_module_names - (WORLD - MORE[folder])
    assert names


@pytest.mark.parametrize(("folder", "rule"), RULES)
def test_a_rule_neither_reads_clocks_and_files_nor_writes(folder: str, rule: str) -> None:
    assert list(deeds(tree_of(folder, rule))) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import random", ["random"]),
        ("def score():\n    from time import time", ["time"]),
        ("from app.core import errors", ["app.core.errors"]),
        ("from app.core.errors import Conflict", ["app.core.errors"]),
        ("from . import models", ["."]),
        ("from collections.abc import Mapping", ["collections.abc"]),
    ],
)
def test_imports_are_found_wherever_they_stand(code: str, found: list[str]) -> None:
    assert list(imported(ast.parse(code))) == found


@pytest.mark.parametrize("code", ["print(1)", "with open('a') as file: ...", "when = datetime.now", "map(print, [])"])
def test_deeds_are_found_wherever_they_stand(code: str) -> None:
    assert len(list(deeds(ast.parse(code)))) == 1
