"""Tests for validating content files: errors in the styles of a questionnaire."""

from pathlib import Path

import pytest

from tests.content.conftest import Edits, content_errors, make_edits, replace_once
from tests.content.questionnaires.valid_questionnaire import (
    BY_FUNCTIONS,
    FILE,
    VALID_FILE,
    is_valid,
    write_questionnaire,
)

MARGIN = "  borderline_margin: 0.5\n"
NO_MARGIN_ERROR = "needs borderline_margin or the reliability of each scale: without them no style is assigned"
RELIABILITY = "    reliability: {coefficient: Alpha, value: 0.9, sd: 1, population: Nobody, source: study}\n"
CALM_FUNCTION = ", function: {constant: 1, coefficients: {across: 1, up: 2}}"
HIGH_HIGH = "{across: high, up: high}"
CORNER_ERROR = "styles have the position across {}, up high: define exactly one"

WRONG_MIDPOINTS = (
    ("midpoints: {across: 3, up: 3}", "midpoints: {across: 3, total: 2}", "midpoints has no entry for 'up'"),
    ("total: 2}", "total: 2}", "there is no scale 'total'"),
    ("  styles:", "  styles:", f"0 {CORNER_ERROR.format('high')}"),
    ("  styles:", "  styles:", f"2 {CORNER_ERROR.format('low')}"),
    (HIGH_HIGH, "{across: low, up: high}, function: {constant: 1, coefficients: {}}",
     "function isn't allowed for the method midpoint: give a position"),
)  # fmt: skip
NO_MIDPOINTS = (
    ("  midpoints: {across: 3, up: 3}\n", ""),
    ("style:", "style:", "midpoints has no entry for 'across'"),
    ("style:", "style:", "midpoints has no entry for 'up'"),
    ("  styles:", "  styles:", f"0 {CORNER_ERROR.format('high')}"),
    (f", position: {HIGH_HIGH}", ""),
    ("name: Torn", "name: Torn", "position has no entry for 'across'"),
    ("name: Torn", "name: Torn", "position has no entry for 'up'"),
)
WRONG_FUNCTIONS = (
    ("scales: [across, up]", "scales: [across, up, up]", "scale 'up' appears twice: keep one"),
    ("  source: study\n  styles", "  source: stdy\n  styles", "there is no reference 'stdy'; did you mean 'study'?",
     "source: stdy"),
    (MARGIN, f"{MARGIN}  midpoints: {{across: 3, up: 3}}\n", "midpoints is only for the method midpoint: remove it",
     "midpoints:"),
    ("{across: 1, up: 2}", "{across: 1, up: 2, total: 1}", "there is no scale 'total'"),
    ("{across: 3, up: 1}}", f"{{across: 3, up: 1}}}}, position: {HIGH_HIGH}",
     "position is only for the method midpoint: give a function"),
)  # fmt: skip
NO_FUNCTIONS = (
    ("  source: study\n  styles", "  styles"),
    ("style:", "style:", "source is missing: name the reference that publishes the functions"),
    ("scales: [across, up]", "scales: [across, upp]", "there is no scale 'upp'; did you mean 'up'?"),
    (CALM_FUNCTION, ""),
    ("name: Calm", "name: Calm", "function has no entry for 'across'"),
    ("name: Calm", "name: Calm", "function has no entry for 'upp'"),
    ("{across: 3, up: 1}", "{across: 3, upp: 1}"),
)


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        (VALID_FILE, WRONG_MIDPOINTS),
        (VALID_FILE, NO_MIDPOINTS),
        (BY_FUNCTIONS, WRONG_FUNCTIONS),
        (BY_FUNCTIONS, NO_FUNCTIONS),
    ],
    ids=["wrong midpoints", "no midpoints", "wrong functions", "no functions"],
)
def test_each_wrong_part_of_style_is_error_at_its_line(content_dir: Path, text: str, edits: Edits) -> None:
    write_questionnaire(content_dir, text)
    expected = make_edits(content_dir, FILE, *edits)

    assert content_errors(content_dir) == expected


@pytest.mark.parametrize("text", [VALID_FILE, BY_FUNCTIONS], ids=["midpoint", "functions"])
def test_style_requires_margin_or_reliability(content_dir: Path, text: str) -> None:
    """Without a margin, both scales need a reliability, and at first only one of them has it."""
    write_questionnaire(content_dir, text)
    expected = make_edits(content_dir, FILE, (MARGIN, ""), ("style:", "style:", NO_MARGIN_ERROR))
    assert content_errors(content_dir) == expected

    reliable = replace_once(replace_once(text, MARGIN, ""), "    weights: {b1: 2}\n", RELIABILITY)
    assert is_valid(content_dir, reliable)


def test_discriminant_style_is_read(content_dir: Path) -> None:
    assert is_valid(content_dir, BY_FUNCTIONS)
