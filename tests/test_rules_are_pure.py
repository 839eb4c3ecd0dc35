"""The rules by which answers are scored know nothing but what they are handed."""

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

FOLDER = "app.assessments"
RULES = ("definition", "conditions", "scoring", "styles", "change", "reliability", "chart")
WORLD = {  # what would make the same answers lead to something else, or leave something behind
    "asyncio", "concurrent", "datetime", "io", "logging", "multiprocessing", "os", "pathlib", "platform", "random",
    "secrets", "shutil", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
DEEDS = {"open", "print", "input", "exec", "eval", "compile", "breakpoint", "__import__", "globals"}


def tree_of(rule: str) -> ast.Module:
    return ast.parse((ROOT / "app" / "assessments" / f"{rule}.py").read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The names of modules, a dot in front of each that is imported relatively."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"


def deeds(tree: ast.Module) -> Iterator[str]:
    """Names of DEEDS that stand anywhere, and attributes by which a clock is read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in DEEDS:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            yield node.attr


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_imports_the_standard_library_and_other_rules_only(rule: str) -> None:
    names = set(imported(tree_of(rule)))

    own = {name for name in names if name.startswith((".", "app"))}
    assert own <= {f"{FOLDER}.{other}" for other in RULES}
    assert {name.partition(".")[0] for name in names - own} <= sys.stdlib_module_names - WORLD
    assert names


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_neither_reads_clocks_and_files_nor_writes(rule: str) -> None:
    assert list(deeds(tree_of(rule))) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import random", ["random"]),
        ("def score():\n    from time import time", ["time"]),
        ("from app.core import keyring", ["app.core"]),
        ("from . import models", ["."]),
        ("from collections.abc import Mapping", ["collections.abc"]),
    ],
)
def test_imports_are_found_wherever_they_stand(code: str, found: list[str]) -> None:
    assert list(imported(ast.parse(code))) == found


@pytest.mark.parametrize("code", ["print(1)", "with open('a') as file: ...", "when = datetime.now", "map(print, [])"])
def test_deeds_are_found_wherever_they_stand(code: str) -> None:
    assert len(list(deeds(ast.parse(code)))) == 1
