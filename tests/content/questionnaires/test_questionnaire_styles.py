"""Tests for validating content files: errors in the styles of a questionnaire."""

from pathlib import Path

import pytest

from tests.content.questionnaires.valid_questionnaire import (
    DISCRIMINANT_STYLE,
    STYLE,
    VALID_FILE,
    is_valid,
    line_of,
    questionnaire_errors,
    replace_once,
)

BY_FUNCTIONS = replace_once(VALID_FILE, STYLE, DISCRIMINANT_STYLE)
MARGIN = "  borderline_margin: 0.5\n"
NO_MARGIN_ERROR = "needs borderline_margin or the reliability of each scale: without them no style is assigned"
RELIABILITY = "    reliability: {coefficient: Alpha, value: 0.9, sd: 1, population: Nobody, source: study}\n"
HIGH_ACROSS_HIGH_UP = "{across: high, up: high}"
CALM_FUNCTION = ", function: {constant: 1, coefficients: {across: 1, up: 2}}"


def test_discriminant_style_is_read(content_dir: Path) -> None:
    assert is_valid(content_dir, BY_FUNCTIONS)


@pytest.mark.parametrize(
    ("old", "new", "at", "errors"),
    [
        ("midpoints: {across: 3, up: 3}", "midpoints: {across: 3}", "midpoints: {across",
         ["midpoints has no entry for 'up'"]),
        ("midpoints: {across: 3, up: 3}", "midpoints: {across: 3, up: 3, total: 2}", "midpoints: {across",
         ["there is no scale 'total'"]),
        ("  midpoints: {across: 3, up: 3}\n", "", "style:\n",
         ["midpoints has no entry for 'across'", "midpoints has no entry for 'up'"]),
        (HIGH_ACROSS_HIGH_UP, f"{HIGH_ACROSS_HIGH_UP}, function: {{constant: 1, coefficients: {{}}}}", "name: Torn",
         ["function isn't allowed for the method midpoint: give a position"]),
        ("    - {id: torn, name: Torn, position: {across: high, up: high}, title: D, text: D.}\n", "", "styles:",
         ["0 styles have the position across high, up high: define exactly one"]),
        (HIGH_ACROSS_HIGH_UP, "{across: low, up: high}", "styles:",
         ["0 styles have the position across high, up high: define exactly one",
          "2 styles have the position across low, up high: define exactly one"]),
    ],
)  # fmt: skip
def test_midpoint_style_with_gaps_or_overlaps_is_error(
    content_dir: Path, old: str, new: str, at: str, errors: list[str]
) -> None:
    text = replace_once(VALID_FILE, old, new)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, at)}: {error}" for error in errors]


def test_style_without_position_is_error(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, f", position: {HIGH_ACROSS_HIGH_UP}", "")

    line, corners = line_of(text, "name: Torn"), line_of(text, "styles:")
    assert questionnaire_errors(content_dir, text) == [
        f"{corners}: 0 styles have the position across high, up high: define exactly one",
        f"{line}: position has no entry for 'across'",
        f"{line}: position has no entry for 'up'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "at", "errors"),
    [
        ("  source: study\n  styles", "  styles", "style:\n",
         ["source is missing: name the reference that publishes the functions"]),
        ("  source: study\n  styles", "  source: stdy\n  styles", "source: stdy",
         ["there is no reference 'stdy'; did you mean 'study'?"]),
        (MARGIN, f"{MARGIN}  midpoints: {{across: 3, up: 3}}\n", "midpoints:",
         ["midpoints is only for the method midpoint: remove it"]),
        (CALM_FUNCTION, f"{CALM_FUNCTION}, position: {HIGH_ACROSS_HIGH_UP}", "name: Calm",
         ["position is only for the method midpoint: give a function"]),
        (CALM_FUNCTION, "", "name: Calm", ["function has no entry for 'across'", "function has no entry for 'up'"]),
        ("{across: 1, up: 2}", "{across: 1}", "name: Calm", ["function has no entry for 'up'"]),
        ("{across: 1, up: 2}", "{across: 1, up: 2, total: 1}", "name: Calm", ["there is no scale 'total'"]),
    ],
)  # fmt: skip
def test_discriminant_style_with_missing_parts_is_error(
    content_dir: Path, old: str, new: str, at: str, errors: list[str]
) -> None:
    text = replace_once(BY_FUNCTIONS, old, new)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, at)}: {error}" for error in errors]


@pytest.mark.parametrize("text", [VALID_FILE, BY_FUNCTIONS], ids=["midpoint", "functions"])
def test_style_requires_margin_or_reliability(content_dir: Path, text: str) -> None:
    """Without a margin, both scales need a reliability, and at first only one of them has it."""
    unsure = replace_once(text, MARGIN, "")

    assert questionnaire_errors(content_dir, unsure) == [f"{line_of(unsure, 'style:')}: {NO_MARGIN_ERROR}"]
    assert is_valid(
        content_dir, replace_once(unsure, "    weights: {b1: 2}\n", f"    weights: {{b1: 2}}\n{RELIABILITY}")
    )


def test_style_with_unknown_scale_is_error(content_dir: Path) -> None:
    other = "scales: [across, upp]"
    text = replace_once(BY_FUNCTIONS, "scales: [across, up]", other)
    text = text.replace("coefficients: {across: 1, up: 2}", "coefficients: {across: 1, upp: 2}")
    text = text.replace("coefficients: {across: 3, up: 1}", "coefficients: {across: 3, upp: 1}")

    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, other)}: there is no scale 'upp'; did you mean 'up'?"
    ]
