"""The hooks into libraries are listed in docs/decisions/internals.md, each with its test."""

import re
from pathlib import Path

from bench.stats import hooks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "decisions" / "internals.md").read_text(encoding="utf-8")


def test_markers_in_code_equal_the_sections_of_the_page() -> None:
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)

    assert sorted(hooks()) == sorted(sections)
    assert sections


def test_files_named_by_the_page_exist() -> None:
    files = set(re.findall(r"`((?:app|tests)/[a-z_/]+\.py)`", PAGE))

    assert {file for file in files if not (ROOT / file).is_file()} == set()
    assert len(files) > len(hooks())
