"""Tests for validating content files: scores, missing-answer rules and score bands that can't work."""

from pathlib import Path

import pytest

from tests.content.conftest import Edits, content_errors, make_edits, replace_once
from tests.content.questionnaires.valid_questionnaire import (
    BANDS,
    FILE,
    VALID_FILE,
    is_valid,
    write_questionnaire,
)

Bounds = list[tuple[float, float]]

COMPLETE_RULE = "missing: {rule: require_complete}"
TOTAL = f"items: [c1, c2, c3]\n    {COMPLETE_RULE}"
SCORES = "scores: {0: 0, 1: 1, 2: 1}"
OPTION = '{value: 1, label: "Yes", score: 1}'


def bands(bounds: Bounds) -> str:
    rows = [
        f"        - {{id: band{n}, name: B, min: {low}, max: {high}, text: T.}}\n"
        for n, (low, high) in enumerate(bounds, start=1)
    ]
    return f"    bands:\n      source: study\n      values:\n{''.join(rows)}"


def total_scale(items: str) -> str:
    return replace_once(VALID_FILE, TOTAL, items)


WHOLE = VALID_FILE  # total scores are whole numbers from 0 to 3
PRORATED = total_scale("items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 2}")
COMPLETE = total_scale("items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 3}")
HALVES = total_scale(f"items: [c1, c2, c3]\n    weights: {{c1: 0.5, c2: 1.5}}\n    {COMPLETE_RULE}")
SCORED = replace_once(VALID_FILE, SCORES, "scores: {0: 0, 1: 0.5, 2: 1}")
MEAN = replace_once(VALID_FILE, f"method: sum\n    {TOTAL}", f"method: mean\n    {TOTAL}")


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
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
        (WHOLE, [(0, 1), (1, 3)], "band2", "overlaps with 'band1': set min to 2"),
        (WHOLE, [(0, 0), (1, 1), (3, 3)], "band3", "leaves a gap after 'band2': set min to 2"),
        (WHOLE, [(1, 1), (2, 3)], "values:", "the bands must cover the scores, from 0 to 3"),
        (WHOLE, [(0, 1), (2, 4)], "values:", "the bands must cover the scores, from 0 to 3"),
        (WHOLE, [(0, 1.5), (2.5, 3)], "band2", "min must be a whole number, one above the max of the band before"),
        (WHOLE, [(0, 2), (3, 1), (2, 3)], "band2", "scales.3.bands.values.2 min must not be larger than max"),
        (MEAN, [(0, 0.5), (0.6, 1)], "band2", "leaves a gap after 'band1': set min to 0.5"),
        (MEAN, [(0, 0.5), (0.4, 1)], "band2", "overlaps with 'band1': set min to 0.5"),
        (MEAN, [(0, 0.5), (0.5, 0.5), (0.5, 1)], "band2", "min equals max: the band contains no score"),
        (MEAN, [(0, 0.5), (0.5, 0.9)], "values:", "the bands must cover the scores, from 0 to 1"),
    ],
)
def test_bands_with_overlap_or_gap_are_errors(
    content_dir: Path, text: str, bounds: Bounds, at: str, error: str
) -> None:
    write_questionnaire(content_dir, text)
    expected = make_edits(content_dir, FILE, (BANDS, bands(bounds), error, at))

    assert content_errors(content_dir) == expected


PRORATING = "prorate needs items with equal lowest and equal highest scores"
NOT_ALWAYS = "isn't always asked: use prorate, or the scale has no score without it"
COMPARE = "compare with one of them"
IGNORING = "ignore needs the method sum and items with the lowest score 0"

INVALID_ANSWERS = (
    ("    max: 5\n    labels: {1: Not at all, 5: Very much}", "    max: 5\n    labels: {1: Not at all, 6: More}",
     "has no label for 5: label both ends at least"),
    ("6: More}", "6: More}", "there is no answer '6'"),
    (SCORES, "scores: {0: 0, 2: 1, 3: 1}", "scores has no entry for '1'"),
    ("3: 1}", "3: 1}", "there is no answer '3'"),
    (OPTION, '{value: 0, label: "Yes", score: 1}',
     "two options have the same value: give each option its own value", "options:"),
    ("    options:", "    response_scale: often\n    options:",
     "has both options and response_scale: keep one of them"),
)  # fmt: skip
EMPTY_RANGES = (
    ("    min: 1", "    min: 5"),
    ("- id: agreement", "- id: agreement", "min must be less than max"),
    ("    min: 0\n    max: 2", "    min: 3\n    max: 2"),
    ("- id: often", "- id: often", "min must be less than max"),
)
INVALID_RULES = (
    ("missing: {rule: prorate, min_answered: 1}", "missing: {rule: prorate, min_answered: 3}",
     "min_answered is larger than the number of items"),
    ("name: Up\n    description: Made up.\n    method: mean", "name: Up\n    description: Made up.\n    method: sum"),
    (f"{{b1: 2}}\n    {COMPLETE_RULE}", "{b1: 2}\n    missing: {rule: ignore, min_answered: 1}", IGNORING),
    (BANDS, ""),
    (TOTAL, "items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 2}", PRORATING),
    (OPTION, '{value: 1, label: "Yes", score: 2}'),
)  # fmt: skip
IGNORED_IN_MEAN = (
    (BANDS, ""),
    ("method: sum", "method: mean"),
    (TOTAL, "items: [c1, c2, c3]\n    missing: {rule: ignore, min_answered: 1}", IGNORING),
)
CONDITIONS = (
    ("text: Two.", "text: Two., show_if: {question: a1, at_least: 6}", f"a1 has the answers 1, 2, 3, 4, 5: {COMPARE}"),
    ("text: Four.", "text: Four., show_if: {question: b1, at_most: 0}", f"b1 has the answers 1, 2, 3, 4, 5: {COMPARE}"),
    (
        "text: Six.",
        "text: Six., show_if: {any: [{question: c1, one_of: [1, 3]}]}",
        f"c1 has the answers 0, 1, 2: {COMPARE}",
    ),
    ("question: c3, at_least: 1", "question: c3, at_least: 1, at_most: 0", f"c3 has the answers 0, 1: {COMPARE}"),
    (f"{{b1: 2}}\n    {COMPLETE_RULE}", f"{{b1: 2}}\n    {COMPLETE_RULE}", f"'b2' {NOT_ALWAYS}"),
    (TOTAL, TOTAL, f"'c2' {NOT_ALWAYS}"),
)
IMPOSSIBLE_SCORES = (
    ("mean: 3, sd: 1,", "mean: 6, sd: 1,", "across ranges from 1 to 5"),
    (
        "value: 0.9, sd: 1,",
        "value: 0.9, sd: 3,",
        "is more than half of the scale's range: does it refer to sums, or to means?",
    ),
    (
        "  midpoints: {across: 3, up: 3}",
        "  midpoints: {across: 300, up: -3}",
        "across ranges from 1 to 5: its midpoint must be in that range",
    ),
    ("up: -3}", "up: -3}", "up ranges from 1 to 5: its midpoint must be in that range"),
    (SCORES, "scores: {0: 1, 1: 1, 2: 1}"),
    (OPTION, '{value: 1, label: "Yes", score: 0}'),
    (BANDS, ""),
    ("- id: total", "- id: total", "every answer leads to the same score: check the scores of the answers"),
)


@pytest.mark.parametrize(
    "edits",
    [INVALID_ANSWERS, EMPTY_RANGES, INVALID_RULES, IGNORED_IN_MEAN, CONDITIONS, IMPOSSIBLE_SCORES],
    ids=["answers", "empty ranges", "rules", "ignored in mean", "conditions", "impossible scores"],
)
def test_each_figure_that_cannot_work_is_error_at_its_line(content_dir: Path, edits: Edits) -> None:
    expected = make_edits(content_dir, FILE, *edits)

    assert content_errors(content_dir) == expected


def test_sum_of_items_from_0_can_ignore_missing_answers(content_dir: Path) -> None:
    assert is_valid(content_dir, total_scale("items: [c1, c2, c3]\n    missing: {rule: ignore, min_answered: 1}"))


def test_prorating_compares_item_scores_not_answer_values(content_dir: Path) -> None:
    """The items have different answer values, but each has a score from 0 to 1, so prorating is valid."""
    assert is_valid(content_dir, replace_once(PRORATED, BANDS, ""))


def test_prorated_scale_can_have_conditional_item(content_dir: Path) -> None:
    text = replace_once(PRORATED, BANDS, "")

    assert is_valid(content_dir, replace_once(text, "text: Six.,", "text: Six., show_if: {question: c1, at_least: 1},"))
