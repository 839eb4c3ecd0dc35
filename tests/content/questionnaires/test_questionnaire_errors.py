"""Tests for validating content files: unknown, duplicate and misplaced names in questionnaires."""

from pathlib import Path

import pytest

from tests.content.conftest import Edits, content_errors, make_edits, replace_once
from tests.content.questionnaires.valid_questionnaire import FILE, VALID_FILE, is_valid, write_questionnaire

ACROSS_ITEMS = "items: [a1, a2]"
CONDITION = "show_if: {question: c3, at_least: 1}"
NOT_DECLARED = "if intended, declare shares_items_with"
NOT_EARLIER = "isn't an earlier question: a condition must refer to an earlier question"
NOT_AN_ITEM = "isn't an item of this scale: remove it here"
TWICE = "appears twice: keep one"

UNKNOWN = (
    ("text: Three.", "text: Three., section: secund", "there is no section 'secund'; did you mean 'second'?"),
    ("Five., response_scale: often", "Five., response_scale: oft",
     "there is no response scale 'oft'; did you mean 'often'?"),
    ("question: c3, at_least: 1", "all: [{question: c3, at_least: 1}, {any: [{question: zzz, one_of: [1]}]}]",
     "there is no question 'zzz'"),
    (ACROSS_ITEMS, "items: [a1, a9, a2]", "there is no question 'a9'"),
    ("reverse_keyed: [a2]", "reverse_keyed: [a2, b1]", f"'b1' {NOT_AN_ITEM}"),
    ("sd: 1, population: Nobody, source: study}\n    norms", "sd: 1, population: Nobody, source: stdy}\n    norms",
     "there is no reference 'stdy'; did you mean 'study'?", "    reliability:"),
    ("mean: 3, sd: 1, population: Nobody, source: study", "mean: 3, sd: 1, population: Nobody, source: other",
     "there is no reference 'other'"),
    ("    name: Up\n", "    name: Up\n    shares_items_with: [totl]\n",
     "there is no other scale 'totl'; did you mean 'total'?", "[totl]"),
    ("weights: {b1: 2}", "weights: {b2: 1, a1: 2}", f"'a1' {NOT_AN_ITEM}"),
    ("      source: study", "      source: studies", "there is no reference 'studies'; did you mean 'study'?"),
    ("topics: [sleep]", "topics: [slep]", "there is no topic 'slep'; did you mean 'sleep'?", "topics: ["),
    ("[slep]", "[slep, health]", "there is no topic 'health'"),
    ("articles: [one]", "articles: [one, once]", "there is no article 'once'; did you mean 'one'?"),
)  # fmt: skip
DUPLICATES = (
    ("  - id: often", "  - {id: agreement, min: 0, max: 1, labels: {0: A, 1: B}}\n  - id: often",
     f"response scale 'agreement' {TWICE}", "{id: agreement"),
    ("title: Second}", "title: Second}\n  - {id: first, title: Again}", f"section 'first' {TWICE}"),
    ("  - {id: b1", "  - {id: a1, text: Again.}\n  - {id: b1", f"question 'a1' {TWICE}", "text: Again."),
    (ACROSS_ITEMS, "items: [a1, a2, a1]", f"item 'a1' {TWICE}"),
    ("reverse_keyed: [a2]", "reverse_keyed: [a2, a2]", f"item 'a2' {TWICE}"),
    ("- id: total", "- id: up", f"scale 'up' {TWICE}", "- id: up\n    name: Total"),
    ("id: high, name: High", "id: low, name: High", f"band 'low' {TWICE}"),
    ("id: torn", "id: far", f"style 'far' {TWICE}", "name: Torn"),
    ('"https://a.b/c"}', '"https://a.b/c"}\n  - {id: study, authors: B., year: 2016, title: U, source: S, url: "https://b.c"}',
     f"reference 'study' {TWICE}", "authors: B."),
)  # fmt: skip
MISPLACED = (
    ("title: Second}", "title: Second}\n  - {id: third, title: Third}",
     "no question is in section 'third': use the section or remove it"),
    ("  - {id: b1", "  - {id: b0, text: Nil., scored: false, show_if: {question: c1, at_least: 1}}\n  - {id: b1",
     f"'c1' {NOT_EARLIER}", "{id: b0"),
    ("  - id: c3", "  - {id: c9, text: Nine.}\n  - id: c3",
     "'c9' is on no scale: add it to one, or set scored: false", "{id: c9"),
    ("text: Three.", "text: Three., scored: false", "'b1' has scored: false, but is on 'up'"),
    (CONDITION, "show_if: {question: aside, at_least: 1}", f"'aside' {NOT_EARLIER}"),
    (ACROSS_ITEMS, "items: [a1, a2, b2]\n    shares_items_with: [total]",
     f"'b2' is on 'across' and 'up': {NOT_DECLARED}", "{id: b2"),
)  # fmt: skip


@pytest.mark.parametrize("edits", [UNKNOWN, DUPLICATES, MISPLACED], ids=["unknown", "duplicate", "misplaced"])
def test_each_invalid_name_is_error_at_its_line(content_dir: Path, edits: Edits) -> None:
    expected = make_edits(content_dir, FILE, *edits)

    assert content_errors(content_dir) == expected


@pytest.mark.parametrize("scale", ["across", "up"])
def test_item_can_be_on_two_scales_if_either_declares_it(content_dir: Path, scale: str) -> None:
    other = {"across": "up", "up": "across"}[scale]
    text = replace_once(VALID_FILE, ACROSS_ITEMS, "items: [a1, a2, b1]")

    assert is_valid(
        content_dir, replace_once(text, f"- id: {scale}", f"- id: {scale}\n    shares_items_with: [{other}]")
    )


def test_question_on_no_scale_is_valid_if_not_scored(content_dir: Path) -> None:
    text = replace_once(VALID_FILE, "  - id: c3", "  - {id: c9, text: Nine., scored: false}\n  - id: c3")

    assert is_valid(content_dir, text)


def test_errors_of_all_checks_are_reported_together(content_dir: Path) -> None:
    """Errors in one part of the file hide no errors in another."""
    expected = make_edits(
        content_dir,
        FILE,
        ("labels: {0: Never, 2: Always}", "labels: {0: Never}", "has no label for 2: label both ends at least"),
        ("section: first", "section: other", "there is no section 'other'"),
        ("title: First}", "title: First}", "no question is in section 'first': use the section or remove it"),
        ("reverse_keyed: [a2]", "reverse_keyed: [b1]", f"'b1' {NOT_AN_ITEM}"),
        ("min: 2, max: 3", "min: 1, max: 3", "overlaps with 'low': set min to 2"),
        ("midpoints: {across: 3, up: 3}", "midpoints: {across: 3}", "midpoints has no entry for 'up'"),
        ("topics: [sleep]", "topics: [other]", "there is no topic 'other'"),
    )

    assert content_errors(content_dir) == expected


def test_errors_of_all_questionnaires_are_reported(content_dir: Path) -> None:
    write_questionnaire(content_dir, replace_once(VALID_FILE, "minutes: 2", "minutes: 0"), "first.yaml")
    write_questionnaire(content_dir, replace_once(VALID_FILE, "minutes: 2", "minutes: 0"), "second.yaml")

    assert [error.split(": ")[0] for error in content_errors(content_dir)] == [
        "assessments/first.yaml:3",
        "assessments/second.yaml:3",
    ]
