"""Answers, missing answers and bands of a questionnaire must make sense for the scores that there can be."""

from pathlib import Path

import pytest

from tests.content.questionnaires.good_questionnaire import BANDS, GOOD, faults_in, is_good, line_of, replaced

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


WHOLE = GOOD  # sums of whole numbers, 0 to 3
PRORATED = replaced(GOOD, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 2}")
COMPLETE = replaced(GOOD, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 3}")
HALVES = replaced(GOOD, TOTAL, f"items: [c1, c2, c3]\n    weights: {{c1: 0.5, c2: 1.5}}\n    {ALL}")
SCORED = replaced(GOOD, SCORES, "scores: {0: 0, 1: 0.5, 2: 1}")
MEAN = replaced(GOOD, f"method: sum\n    {TOTAL}", f"method: mean\n    items: [c1, c2, c3]\n    {ALL}")


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
def test_bands_that_cover_every_score_once(folder: Path, text: str, bounds: Bounds) -> None:
    assert is_good(folder, replaced(text, BANDS, bands(bounds)))


@pytest.mark.parametrize(
    ("text", "bounds", "at", "fault"),
    [
        (WHOLE, [(0, 1), (1, 3)], "{id: b2, name", "overlaps with 'b1': let it begin at 2"),
        (WHOLE, [(0, 2), (1, 3)], "{id: b2, name", "overlaps with 'b1': let it begin at 3"),
        (WHOLE, [(0, 0), (1, 1), (3, 3)], "{id: b3, name", "leaves a gap after 'b2': let it begin at 2"),
        (WHOLE, [(0, 1), (1.5, 3)], "{id: b2, name", "overlaps with 'b1': let it begin at 2"),
        (WHOLE, [(1, 1), (2, 3)], "values:", "the bands must go from 0 to 3, where the scores do"),
        (WHOLE, [(0, 1), (2, 4)], "values:", "the bands must go from 0 to 3, where the scores do"),
        (WHOLE, [(0, 1), (2, 2)], "values:", "the bands must go from 0 to 3, where the scores do"),
        (PRORATED, [(0, 1), (2, 3)], "{id: b2, name", "leaves a gap after 'b1': let it begin at 1"),
        (PRORATED, [(0, 2), (1.5, 3)], "{id: b2, name", "overlaps with 'b1': let it begin at 2"),
        (HALVES, [(0, 1), (2, 3)], "{id: b2, name", "leaves a gap after 'b1': let it begin at 1"),
        (SCORED, [(0, 1), (2, 3)], "{id: b2, name", "leaves a gap after 'b1': let it begin at 1"),
        (MEAN, [(0, 0.5), (0.6, 1)], "{id: b2, name", "leaves a gap after 'b1': let it begin at 0.5"),
        (MEAN, [(0, 0.5), (0.4, 1)], "{id: b2, name", "overlaps with 'b1': let it begin at 0.5"),
        (MEAN, [(0, 1), (2, 3)], "values:", "the bands must go from 0 to 1, where the scores do"),
    ],
)  # fmt: skip
def test_bands_overlap_leave_gaps_or_end_too_soon(folder: Path, text: str, bounds: Bounds, at: str, fault: str) -> None:
    text = replaced(text, BANDS, bands(bounds))

    assert f"{line_of(text, at)}: {fault}" in faults_in(folder, text)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [(WHOLE, [(0, 2), (3, 1), (2, 3)]), (MEAN, [(0, 0.8), (0.8, 0.2), (0.2, 1)])],
)
def test_a_band_does_not_end_before_it_begins(folder: Path, text: str, bounds: Bounds) -> None:
    text = replaced(text, BANDS, bands(bounds))

    assert [fault.split(":")[0] for fault in faults_in(folder, text)] == [str(line_of(text, "{id: b2, name"))]


def test_the_bands_of_whole_numbers_leave_no_whole_number_out(folder: Path) -> None:
    """2 lies in neither, although the second begins one after the first's end."""
    text = replaced(GOOD, BANDS, bands([(0, 1.5), (2.5, 3)]))

    assert [fault.split(":")[0] for fault in faults_in(folder, text)] == [str(line_of(text, "{id: b2, name"))]


@pytest.mark.parametrize(
    ("old", "new", "at", "fault"),
    [
        ("min: 1\n    max: 5", "min: 5\n    max: 5", "- id: agreement", "min must be less than max"),
        ("min: 1\n    max: 5", "min: 5\n    max: 1", "- id: agreement", "min must be less than max"),
        (LABELS, "labels: {1: Not at all}", "labels: {1", "has no label for 5: label both ends at least"),
        (LABELS, "labels: {5: Very much}", "labels: {5", "has no label for 1: label both ends at least"),
        (LABELS, "labels: {1: Not at all, 5: Very much, 6: More}", "labels: {1", "there is no answer '6'"),
        (SCORES, "scores: {0: 0, 2: 1}", "scores:", "scores says nothing about '1'"),
        (SCORES, "scores: {0: 0, 1: 1, 2: 1, 3: 1}", "scores:", "there is no answer '3'"),
        (OPTION, '{value: 0, label: "Yes", score: 1}', "options:", "options has a value twice: give each its own"),
        ("    options:", "    response_scale: often\n    options:", "options:",
         "options and response_scale: keep one of them"),
    ],
)  # fmt: skip
def test_what_can_be_answered_is_complete_and_plain(folder: Path, old: str, new: str, at: str, fault: str) -> None:
    text = replaced(GOOD, old, new)

    assert faults_in(folder, text) == [f"{line_of(text, at)}: {fault}"]


PRORATING = "prorating needs items that all count from the same number to the same number"
IGNORING = "ignoring missing answers is for sums of items that count from 0"
NOT_ALWAYS = "isn't always asked: prorate, or the scale never has a score then"
TOO_MANY = "min_answered is more than the scale has items"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
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
def test_a_rule_for_missing_answers_fits_the_scale(folder: Path, old: str, new: str, fault: str) -> None:
    text = replaced(replaced(GOOD, BANDS, ""), old, new)

    assert faults_in(folder, text) == [f"{line_of(text, new[new.index('missing:') :])}: {fault}"]


def test_a_sum_of_items_from_0_may_ignore_missing_answers(folder: Path) -> None:
    text = replaced(GOOD, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: ignore, min_answered: 1}")

    assert is_good(folder, text)


def test_prorating_looks_at_what_items_count_and_not_at_what_they_are_answered_with(folder: Path) -> None:
    """Options 0 and 1 beside answers 0 to 2 that count 0, 1 and 1."""
    other = replaced(PRORATED, OPTION, '{value: 1, label: "Yes", score: 2}')
    text = replaced(other, "min: 2, max: 3", "min: 1, max: 4")

    assert is_good(folder, replaced(PRORATED, "min: 2, max: 3", "min: 1, max: 3"))
    assert faults_in(folder, text) == [f"{line_of(text, 'missing: {rule: prorate, min_answered: 2}')}: {PRORATING}"]


def test_a_scale_that_needs_every_answer_has_no_item_that_is_asked_only_sometimes(folder: Path) -> None:
    text = replaced(GOOD, "text: Six.,", "text: Six., show_if: {question: c1, at_least: 1},")

    assert faults_in(folder, text) == [f"{line_of(text, TOTAL) + 1}: 'c2' {NOT_ALWAYS}"]
    prorated = replaced(text, TOTAL, "items: [c1, c2, c3]\n    missing: {rule: prorate, min_answered: 2}")
    assert is_good(folder, replaced(prorated, "min: 2, max: 3", "min: 1, max: 3"))
