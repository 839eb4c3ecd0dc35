"""A style can be said of whatever scores there are, and from what it follows is said."""

from pathlib import Path

import pytest

from tests.content.questionnaires.good_questionnaire import (
    FUNCTIONS,
    GOOD,
    STYLE,
    faults_in,
    is_good,
    line_of,
    replaced,
)

BY_FUNCTIONS = replaced(GOOD, STYLE, FUNCTIONS)
MARGIN = "  borderline_margin: 0.5\n"
UNSURE = "needs borderline_margin, or the reliability of each scale: else no style is ever said"
RELIABILITY = "    reliability: {coefficient: Alpha, value: 0.9, sd: 1, population: Nobody, source: study}\n"
TORN = "{across: high, up: high}"
CALM = ", function: {constant: 1, coefficients: {across: 1, up: 2}}"


def test_a_style_by_functions_is_read(folder: Path) -> None:
    assert is_good(folder, BY_FUNCTIONS)


@pytest.mark.parametrize(
    ("old", "new", "at", "faults"),
    [
        ("midpoints: {across: 3, up: 3}", "midpoints: {across: 3}", "midpoints: {across",
         ["midpoints says nothing about 'up'"]),
        ("midpoints: {across: 3, up: 3}", "midpoints: {across: 3, up: 3, total: 2}", "midpoints: {across",
         ["there is no scale 'total'"]),
        ("  midpoints: {across: 3, up: 3}\n", "", "style:\n",
         ["midpoints says nothing about 'across'", "midpoints says nothing about 'up'"]),
        (TORN, f"{TORN}, function: {{constant: 1, coefficients: {{}}}}", "name: Torn",
         ["function isn't for the method midpoint: give its position"]),
        ("    - {id: torn, name: Torn, position: {across: high, up: high}, title: D, text: D.}\n", "", "styles:",
         ["0 styles lie at across high, up high: there must be one"]),
        (TORN, "{across: low, up: high}", "styles:",
         ["0 styles lie at across high, up high: there must be one",
          "2 styles lie at across low, up high: there must be one"]),
    ],
)  # fmt: skip
def test_a_style_by_midpoints_covers_every_corner_once(
    folder: Path, old: str, new: str, at: str, faults: list[str]
) -> None:
    text = replaced(GOOD, old, new)

    assert faults_in(folder, text) == [f"{line_of(text, at)}: {fault}" for fault in faults]


def test_a_style_without_a_position_is_told_with_what_it_lacks(folder: Path) -> None:
    text = replaced(GOOD, f", position: {TORN}", "")

    line, corners = line_of(text, "name: Torn"), line_of(text, "styles:")
    assert faults_in(folder, text) == [
        f"{corners}: 0 styles lie at across high, up high: there must be one",
        f"{line}: position says nothing about 'across'",
        f"{line}: position says nothing about 'up'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "at", "faults"),
    [
        ("  source: study\n  styles", "  styles", "style:\n", ["source is missing: whose functions are these?"]),
        ("  source: study\n  styles", "  source: stdy\n  styles", "source: stdy",
         ["there is no reference 'stdy'; did you mean 'study'?"]),
        (MARGIN, f"{MARGIN}  midpoints: {{across: 3, up: 3}}\n", "midpoints:",
         ["midpoints is for the method midpoint: remove it"]),
        (CALM, f"{CALM}, position: {TORN}", "name: Calm", ["position is for the method midpoint: give its function"]),
        (CALM, "", "name: Calm", ["function says nothing about 'across'", "function says nothing about 'up'"]),
        ("{across: 1, up: 2}", "{across: 1}", "name: Calm", ["function says nothing about 'up'"]),
        ("{across: 1, up: 2}", "{across: 1, up: 2, total: 1}", "name: Calm", ["there is no scale 'total'"]),
    ],
)  # fmt: skip
def test_a_style_by_functions_has_a_source_and_every_coefficient(
    folder: Path, old: str, new: str, at: str, faults: list[str]
) -> None:
    text = replaced(BY_FUNCTIONS, old, new)

    assert faults_in(folder, text) == [f"{line_of(text, at)}: {fault}" for fault in faults]


@pytest.mark.parametrize("text", [GOOD, BY_FUNCTIONS], ids=["midpoint", "functions"])
def test_something_tells_how_sure_a_style_is(folder: Path, text: str) -> None:
    """One of its two scales has a reliability."""
    unsure = replaced(text, MARGIN, "")

    assert faults_in(folder, unsure) == [f"{line_of(unsure, 'style:')}: {UNSURE}"]
    assert is_good(folder, replaced(unsure, "    weights: {b1: 2}\n", f"    weights: {{b1: 2}}\n{RELIABILITY}"))


def test_a_style_lies_on_scales_that_are_there(folder: Path) -> None:
    other = "scales: [across, upp]"
    text = replaced(BY_FUNCTIONS, "scales: [across, up]", other)
    text = text.replace("coefficients: {across: 1, up: 2}", "coefficients: {across: 1, upp: 2}")
    text = text.replace("coefficients: {across: 3, up: 1}", "coefficients: {across: 3, upp: 1}")

    assert faults_in(folder, text) == [f"{line_of(text, other)}: there is no scale 'upp'; did you mean 'up'?"]
