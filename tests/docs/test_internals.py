"""Tests that docs/decisions/internals.md lists every use of a library's internals, with its test."""

import re
from pathlib import Path

from tests.structure.code_statistics import hooks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "decisions" / "internals.md").read_text(encoding="utf-8")


def test_internals_page_sections_equal_hook_markers_in_code() -> None:
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)

    assert sorted(hooks()) == sorted(sections)
    assert sections


def test_internals_page_named_files_exist() -> None:
    files = set(re.findall(r"`((?:app|tests)/[a-z_/]+\.py)`", PAGE))

    assert {file for file in files if not (ROOT / file).is_file()} == set()
    assert len(files) > len(hooks())
