"""Tests for validating content files: unknown, duplicate and misplaced names in questionnaires."""

from pathlib import Path

import pytest

from tests.content.conftest import content_errors
from tests.content.questionnaires.valid_questionnaire import (
    DISCRIMINANT_STYLE,
    STYLE,
    VALID_FILE,
    is_valid,
    line_of,
    questionnaire_errors,
    replace_once,
    write_questionnaire,
)

DUPLICATE_ERROR = "appears twice: keep one"
TOTAL_ITEMS = "items: [c1, c2, c3]"
ACROSS_ITEMS = "items: [a1, a2]"
UNSCORED_CONDITION = "scored: false, show_if: {question: c3, at_least: 1}"


def test_valid_questionnaire_is_read(content_dir: Path) -> None:
    assert is_valid(content_dir, VALID_FILE)


@pytest.mark.parametrize(
    ("old", "new", "at", "error"),
    [
        (ACROSS_ITEMS, "items: [a1, a9, a2]", "items: [a1", "there is no question 'a9'"),
        (ACROSS_ITEMS, "items: [a1, a2, zzz]", "items: [a1", "there is no question 'zzz'"),
        ("text: Three.", "text: Three., section: secund", "{id: b1",
         "there is no section 'secund'; did you mean 'second'?"),
        ("Five., response_scale: often", "Five., response_scale: oft", "{id: c1",
         "there is no response scale 'oft'; did you mean 'often'?"),
        ("weights: {b1: 2}", "weights: {b2: 1, a1: 2}", "weights:", "'a1' isn't an item of this scale: remove it here"),
        ("reverse_keyed: [a2]", "reverse_keyed: [a2, b1]", "reverse_keyed:",
         "'b1' isn't an item of this scale: remove it here"),
        ("weights: {b1: 2}", "shares_items_with: [totl]", "shares_items_with:",
         "there is no other scale 'totl'; did you mean 'total'?"),
        ("sd: 1, population: Nobody, source: study}\n    norms", "sd: 1, population: Nobody, source: stdy}\n    norms",
         "reliability:", "there is no reference 'stdy'; did you mean 'study'?"),
        ("mean: 3, sd: 1, population: Nobody, source: study", "mean: 3, sd: 1, population: Nobody, source: other",
         "norms:", "there is no reference 'other'"),
        ("      source: study", "      source: studies", "source: studies",
         "there is no reference 'studies'; did you mean 'study'?"),
        ("topics: [sleep]", "topics: [sleep, slep]", "topics:", "there is no topic 'slep'; did you mean 'sleep'?"),
        ("topics: [sleep]", "topics: [health]", "topics:", "there is no topic 'health'"),
        ("articles: [one]", "articles: [one, once]", "articles:", "there is no article 'once'; did you mean 'one'?"),
    ],
)  # fmt: skip
def test_unknown_name_is_error(content_dir: Path, old: str, new: str, at: str, error: str) -> None:
    text = replace_once(VALID_FILE, old, new)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, at)}: {error}"]


@pytest.mark.parametrize(
    ("old", "new", "at", "error"),
    [
        ("  - id: often", "  - {id: agreement, min: 0, max: 1, labels: {0: A, 1: B}}\n  - id: often",
         "{id: agreement", "response scale 'agreement'"),
        ("{id: second, title: Second}", "{id: second, title: Second}\n  - {id: first, title: Again}",
         "title: Again", "section 'first'"),
        ("  - {id: b1", "  - {id: a1, text: Again.}\n  - {id: b1", "text: Again.", "question 'a1'"),
        ("- id: total", "- id: up", "- id: up\n    name: Total", "scale 'up'"),
        (ACROSS_ITEMS, "items: [a1, a2, a1]", "items: [a1", "item 'a1'"),
        ("reverse_keyed: [a2]", "reverse_keyed: [a2, a2]", "reverse_keyed:", "item 'a2'"),
        ("id: high, name: High", "id: low, name: High", "name: High", "band 'low'"),
        ("id: torn", "id: far", "name: Torn", "style 'far'"),
        ('"https://a.b/c"}', '"https://a.b/c"}\n  - {id: study, authors: B., year: 2016, title: U, source: S, url: "https://a.b/d"}',
         "authors: B.", "reference 'study'"),
    ],
)  # fmt: skip
def test_duplicate_id_is_error(content_dir: Path, old: str, new: str, at: str, error: str) -> None:
    text = replace_once(VALID_FILE, old, new)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, at)}: {error} {DUPLICATE_ERROR}"]


def test_style_with_duplicate_scale_is_error(content_dir: Path) -> None:
    text = replace_once(
        VALID_FILE, STYLE, replace_once(DISCRIMINANT_STYLE, "scales: [across, up]", "scales: [across, up, up]")
    )

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, 'scales: [')}: scale 'up' {DUPLICATE_ERROR}"]


def test_question_on_no_scale_requires_scored_false(content_dir: Path) -> None:
    forgotten = replace_once(VALID_FILE, "  - id: c3", "  - {id: c9, text: Nine.}\n  - id: c3")

    assert questionnaire_errors(content_dir, forgotten) == [
        f"{line_of(forgotten, '{id: c9')}: 'c9' is on no scale: add it to one, or set scored: false"
    ]
    assert is_valid(content_dir, replace_once(forgotten, "text: Nine.", "text: Nine., scored: false"))


def test_unscored_question_on_scale_is_error(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, "text: Three.", "text: Three., scored: false")

    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, '{id: b1')}: 'b1' has scored: false, but is on 'up'"
    ]


def test_item_on_two_scales_requires_shares_items_with(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, ACROSS_ITEMS, "items: [a1, a2, b1]")

    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, '{id: b1')}: 'b1' is on 'across' and 'up': if intended, declare shares_items_with"
    ]
    declared = replace_once(text, "reverse_keyed: [a2]", "reverse_keyed: [a2]\n    shares_items_with: [up]")
    assert is_valid(content_dir, declared)
    assert is_valid(
        content_dir, replace_once(text, "weights: {b1: 2}", "weights: {b1: 2}\n    shares_items_with: [across]")
    )


def test_shares_items_with_applies_to_named_scale_only(content_dir: Path) -> None:
    shared = replace_once(VALID_FILE, ACROSS_ITEMS, "items: [a1, a2, b1]\n    shares_items_with: [total]")

    assert questionnaire_errors(content_dir, shared) == [
        f"{line_of(shared, '{id: b1')}: 'b1' is on 'across' and 'up': if intended, declare shares_items_with"
    ]


def test_section_without_questions_is_error(content_dir: Path) -> None:
    text = replace_once(
        VALID_FILE, "{id: second, title: Second}", "{id: second, title: Second}\n  - {id: third, title: Third}"
    )

    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, '{id: third')}: no question is in section 'third': use the section or remove it"
    ]


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ("{question: c9, at_least: 1}", "there is no question 'c9'"),
        ("{question: aside, at_least: 1}",
         "'aside' isn't an earlier question: a condition must refer to an earlier question"),
        ("{all: [{question: c3, at_least: 1}, {any: [{question: zzz, one_of: [1]}]}]}",
         "there is no question 'zzz'"),
    ],
)  # fmt: skip
def test_condition_on_unknown_question_is_error(content_dir: Path, condition: str, error: str) -> None:
    text = replace_once(VALID_FILE, UNSCORED_CONDITION, f"scored: false, show_if: {condition}")

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, '{id: aside')}: {error}"]


def test_condition_on_later_question_is_error(content_dir: Path) -> None:
    question = "  - {id: b0, text: Nil., scored: false, show_if: {question: c1, at_least: 1}}"
    text = replace_once(VALID_FILE, "  - {id: b1", f"{question}\n  - {{id: b1")

    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, '{id: b0')}: 'c1' isn't an earlier question: a condition must refer to an earlier question"
    ]


def test_all_errors_of_questionnaire_are_reported(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, "section: second", "section: other")
    text = replace_once(text, "labels: {0: Never, 2: Always}", "labels: {0: Never}")
    text = replace_once(text, "reverse_keyed: [a2]", "reverse_keyed: [b1]")
    text = replace_once(text, "      source: study", "      source: other")
    text = replace_once(text, "midpoints: {across: 3, up: 3}", "midpoints: {across: 3, total: 3}")
    text = replace_once(text, "topics: [sleep]", "topics: [other]")

    at = ("labels: {0", "sections:\n", "{id: a2", "reverse_keyed:", "source: other", "midpoints: {", "topics: [other]")
    lines = [line_of(text, part) for part in at]
    lines[1] += 2  # the error is at the section without questions, two lines further down
    assert [int(error.split(":")[0]) for error in questionnaire_errors(content_dir, text)] == sorted([*lines, lines[5]])


def test_error_of_one_scale_hides_no_error_of_another(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, "reverse_keyed: [a2]", "reverse_keyed: [b1]")
    text = replace_once(text, "min: 2, max: 3", "min: 1, max: 3")

    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, 'reverse_keyed:')}: 'b1' isn't an item of this scale: remove it here",
        f"{line_of(text, '{id: high')}: overlaps with 'low': set min to 2",
    ]


def test_errors_of_bands_and_recommendations_are_reported(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, "min: 2, max: 3", "min: 1, max: 3")
    text = replace_once(text, "topics: [sleep]", "topics: [other]")

    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, '{id: high')}: overlaps with 'low': set min to 2",
        f"{line_of(text, 'topics: [other]')}: there is no topic 'other'",
    ]


def test_errors_of_all_questionnaires_are_reported(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, "articles: [one]", "articles: []")
    write_questionnaire(content_dir, replace_once(text, "minutes: 2", "minutes: 0"), "first.yaml")
    write_questionnaire(content_dir, replace_once(text, "section: second", "section: other"), "second.yaml")

    assert [error.split(": ")[0] for error in content_errors(content_dir)] == [
        "assessments/first.yaml:3",
        f"assessments/second.yaml:{line_of(text, '  - {id: second')}",
        f"assessments/second.yaml:{line_of(text, '{id: a2')}",
    ]
