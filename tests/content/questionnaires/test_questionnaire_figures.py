"""Tests for validating content files: invalid answers, missing-answer rules and score bands in questionnaires."""

from pathlib import Path

import pytest

from tests.content.questionnaires.valid_questionnaire import (
    BANDS,
    VALID_FILE,
    is_valid,
    line_of,
    questionnaire_errors,
    replace_once,
)

Bounds = list[tuple[float, float]]

ALL = "missing: {rule: require_complete}"
TOTAL = f"items: [c1, c2, c3]\n    {ALL}"
ACROSS = "missing: {rule: prorate, min_answered: 1}"
NORMS = "    norms: {mean: 3, sd: 1, population: Nobody, source: study}\n"
LABELS = "labels: {1: Not at all, 5: Very much}"
SCORES = "scores: {0: 0, 1: 1, 2: 1}"
OPTION = '{value: 1, label: "Yes", score: 1}'


def bands(bounds: Bounds) -> str:
    rows = [
        f"        - {{id: b{n}, name: B, min: {low}, max: {high}, text: T.}}\n"
        for n, (low, high) in enumerate(bounds, start=1)
    ]
    return f"    bands:\n      source: study\n      values:\n{''.join(rows)}"


WHOLE = VALID_FILE  # total scores are whole numbers from 0 to 3
PRORATED = replace_once(VALID_FILE, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 2}")
COMPLETE = replace_once(VALID_FILE, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 3}")
HALVES = replace_once(VALID_FILE, TOTAL, f"items: [c1, c2, c3]\n    weights: {{c1: 0.5, c2: 1.5}}\n    {ALL}")
SCORED = replace_once(VALID_FILE, SCORES, "scores: {0: 0, 1: 0.5, 2: 1}")
MEAN = replace_once(VALID_FILE, f"method: sum\n    {TOTAL}", f"method: mean\n    items: [c1, c2, c3]\n    {ALL}")


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        (WHOLE, [(0, 1), (2, 3)]),
        (WHOLE, [(0, 0), (1, 2), (3, 3)]),
        (COMPLETE, [(0, 1), (2, 3)]),
        (PRORATED, [(0, 1), (1, 2.5), (2.5, 3)]),
        (HALVES, [(0, 1.5), (1.5, 3)]),
        (SCORED, [(0, 1.5), (1.5, 3)]),
        (MEAN, [(0, 0.5), (0.5, 1)]),
    ],
)
def test_bands_that_cover_every_score_are_valid(content_dir: Path, text: str, bounds: Bounds) -> None:
    assert is_valid(content_dir, replace_once(text, BANDS, bands(bounds)))


@pytest.mark.parametrize(
    ("text", "bounds", "at", "error"),
    [
        (WHOLE, [(0, 1), (1, 3)], "{id: b2, name", "overlaps with 'b1': set min to 2"),
        (WHOLE, [(0, 2), (1, 3)], "{id: b2, name", "overlaps with 'b1': set min to 3"),
        (WHOLE, [(0, 0), (1, 1), (3, 3)], "{id: b3, name", "leaves a gap after 'b2': set min to 2"),
        (WHOLE, [(0, 1), (1.5, 3)], "{id: b2, name", "overlaps with 'b1': set min to 2"),
        (WHOLE, [(1, 1), (2, 3)], "values:", "the bands must cover the scores, from 0 to 3"),
        (WHOLE, [(0, 1), (2, 4)], "values:", "the bands must cover the scores, from 0 to 3"),
        (WHOLE, [(0, 1), (2, 2)], "values:", "the bands must cover the scores, from 0 to 3"),
        (PRORATED, [(0, 1), (2, 3)], "{id: b2, name", "leaves a gap after 'b1': set min to 1"),
        (PRORATED, [(0, 2), (1.5, 3)], "{id: b2, name", "overlaps with 'b1': set min to 2"),
        (HALVES, [(0, 1), (2, 3)], "{id: b2, name", "leaves a gap after 'b1': set min to 1"),
        (SCORED, [(0, 1), (2, 3)], "{id: b2, name", "leaves a gap after 'b1': set min to 1"),
        (MEAN, [(0, 0.5), (0.6, 1)], "{id: b2, name", "leaves a gap after 'b1': set min to 0.5"),
        (MEAN, [(0, 0.5), (0.4, 1)], "{id: b2, name", "overlaps with 'b1': set min to 0.5"),
        (MEAN, [(0, 1), (2, 3)], "values:", "the bands must cover the scores, from 0 to 1"),
    ],
)  # fmt: skip
def test_bands_with_overlap_or_gap_are_errors(
    content_dir: Path, text: str, bounds: Bounds, at: str, error: str
) -> None:
    text = replace_once(text, BANDS, bands(bounds))

    assert f"{line_of(text, at)}: {error}" in questionnaire_errors(content_dir, text)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [(WHOLE, [(0, 2), (3, 1), (2, 3)]), (MEAN, [(0, 0.8), (0.8, 0.2), (0.2, 1)])],
)
def test_band_with_max_below_min_is_error(content_dir: Path, text: str, bounds: Bounds) -> None:
    text = replace_once(text, BANDS, bands(bounds))

    assert [error.split(":")[0] for error in questionnaire_errors(content_dir, text)] == [
        str(line_of(text, "{id: b2, name"))
    ]


def test_bands_that_omit_whole_number_are_error(content_dir: Path) -> None:
    """The bands 0 to 1.5 and 2.5 to 3 omit the score 2."""
    text = replace_once(VALID_FILE, BANDS, bands([(0, 1.5), (2.5, 3)]))

    assert [error.split(":")[0] for error in questionnaire_errors(content_dir, text)] == [
        str(line_of(text, "{id: b2, name"))
    ]


@pytest.mark.parametrize(
    ("old", "new", "at", "error"),
    [
        ("min: 1\n    max: 5", "min: 5\n    max: 5", "- id: agreement", "min must be less than max"),
        ("min: 1\n    max: 5", "min: 5\n    max: 1", "- id: agreement", "min must be less than max"),
        (LABELS, "labels: {1: Not at all}", "labels: {1", "has no label for 5: label both ends at least"),
        (LABELS, "labels: {5: Very much}", "labels: {5", "has no label for 1: label both ends at least"),
        (LABELS, "labels: {1: Not at all, 5: Very much, 6: More}", "labels: {1", "there is no answer '6'"),
        (SCORES, "scores: {0: 0, 2: 1}", "scores:", "scores has no entry for '1'"),
        (SCORES, "scores: {0: 0, 1: 1, 2: 1, 3: 1}", "scores:", "there is no answer '3'"),
        (OPTION, '{value: 0, label: "Yes", score: 1}', "options:",
         "two options have the same value: give each option its own value"),
        ("    options:", "    response_scale: often\n    options:", "options:",
         "has both options and response_scale: keep one of them"),
    ],
)  # fmt: skip
def test_invalid_response_scale_or_options_are_errors(
    content_dir: Path, old: str, new: str, at: str, error: str
) -> None:
    text = replace_once(VALID_FILE, old, new)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, at)}: {error}"]


PRORATING = "prorate needs items with equal lowest and equal highest scores"
IGNORING = "ignore needs the method sum and items with the lowest score 0"
NOT_ALWAYS = "isn't always asked: use prorate, or the scale has no score without it"
TOO_MANY = "min_answered is larger than the number of items"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (ACROSS, "missing: {rule: prorate, min_answered: 3}", TOO_MANY),
        (ACROSS, "missing: {rule: ignore, min_answered: 1}", IGNORING),
        (f"{{b1: 2}}\n    {ALL}", "{b1: 2}\n    missing: {rule: ignore, min_answered: 1}", IGNORING),
        ("items: [b1, b2]\n    weights: {b1: 2}\n    missing: {rule: require_complete}\n",
         "items: [b1, b2, c1]\n    shares_items_with: [total]\n    missing: {rule: prorate, min_answered: 2}\n",
         PRORATING),
        (f"items: [c1, c2, c3]\n    {ALL}",
         "items: [c1, c2, c3, a1]\n    shares_items_with: [across]\n    missing: {rule: ignore, min_answered: 1}",
         IGNORING),
    ],
)  # fmt: skip
def test_missing_rule_that_does_not_fit_scale_is_error(content_dir: Path, old: str, new: str, error: str) -> None:
    text = replace_once(replace_once(VALID_FILE, BANDS, ""), old, new)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, new[new.index('missing:') :])}: {error}"]


def test_sum_of_items_from_0_can_ignore_missing_answers(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: ignore, min_answered: 1}")

    assert is_valid(content_dir, text)


def test_prorating_compares_item_scores_not_answer_values(content_dir: Path) -> None:
    """The items have different answer values, but each has a score from 0 to 1, so prorating is valid."""
    other = replace_once(PRORATED, OPTION, '{value: 1, label: "Yes", score: 2}')
    text = replace_once(other, "min: 2, max: 3", "min: 1, max: 4")

    assert is_valid(content_dir, replace_once(PRORATED, "min: 2, max: 3", "min: 1, max: 3"))
    assert questionnaire_errors(content_dir, text) == [
        f"{line_of(text, 'missing: {rule: prorate, min_answered: 2}')}: {PRORATING}"
    ]


def test_scale_requiring_all_answers_with_conditional_item_is_error(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, "text: Six.,", "text: Six., show_if: {question: c1, at_least: 1},")

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, TOTAL) + 1}: 'c2' {NOT_ALWAYS}"]
    prorated = replace_once(text, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 2}")
    assert is_valid(content_dir, replace_once(prorated, "min: 2, max: 3", "min: 1, max: 3"))
