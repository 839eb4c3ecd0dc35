"""What a questionnaire names must be there, once, and where it belongs; each fault says its line and what is right."""

from pathlib import Path

import pytest

from tests.content.conftest import faults_of
from tests.content.questionnaires.good_questionnaire import (
    FUNCTIONS,
    GOOD,
    STYLE,
    faults_in,
    is_good,
    line_of,
    replaced,
    write_questionnaire,
)

TWICE = "stands here twice: keep one"
TOTAL = "items: [c1, c2, c3]"
ACROSS = "items: [a1, a2]"
ASIDE = "scored: false, show_if: {question: c3, at_least: 1}"


def test_a_file_without_faults_is_read(folder: Path) -> None:
    assert is_good(folder, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "at", "fault"),
    [
        (ACROSS, "items: [a1, a9, a2]", "items: [a1", "there is no question 'a9'"),
        (ACROSS, "items: [a1, a2, zzz]", "items: [a1", "there is no question 'zzz'"),
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
def test_what_is_named_must_be_there(folder: Path, old: str, new: str, at: str, fault: str) -> None:
    text = replaced(GOOD, old, new)

    assert faults_in(folder, text) == [f"{line_of(text, at)}: {fault}"]


@pytest.mark.parametrize(
    ("old", "new", "at", "fault"),
    [
        ("  - id: often", "  - {id: agreement, min: 0, max: 1, labels: {0: A, 1: B}}\n  - id: often",
         "{id: agreement", "response scale 'agreement'"),
        ("{id: second, title: Second}", "{id: second, title: Second}\n  - {id: first, title: Again}",
         "title: Again", "section 'first'"),
        ("  - {id: b1", "  - {id: a1, text: Again.}\n  - {id: b1", "text: Again.", "question 'a1'"),
        ("- id: total", "- id: up", "- id: up\n    name: Total", "scale 'up'"),
        (ACROSS, "items: [a1, a2, a1]", "items: [a1", "item 'a1'"),
        ("reverse_keyed: [a2]", "reverse_keyed: [a2, a2]", "reverse_keyed:", "item 'a2'"),
        ("id: high, name: High", "id: low, name: High", "name: High", "band 'low'"),
        ("id: torn", "id: far", "name: Torn", "style 'far'"),
        ('"https://a.b/c"}', '"https://a.b/c"}\n  - {id: study, authors: B., year: 2016, title: U, source: S, url: "https://a.b/d"}',
         "authors: B.", "reference 'study'"),
    ],
)  # fmt: skip
def test_what_is_told_apart_by_its_id_stands_there_once(folder: Path, old: str, new: str, at: str, fault: str) -> None:
    text = replaced(GOOD, old, new)

    assert faults_in(folder, text) == [f"{line_of(text, at)}: {fault} {TWICE}"]


def test_a_style_lies_on_each_of_its_scales_once(folder: Path) -> None:
    text = replaced(GOOD, STYLE, replaced(FUNCTIONS, "scales: [across, up]", "scales: [across, up, up]"))

    assert faults_in(folder, text) == [f"{line_of(text, 'scales: [')}: scale 'up' {TWICE}"]


def test_a_question_that_is_on_no_scale_says_so(folder: Path) -> None:
    forgotten = replaced(GOOD, "  - id: c3", "  - {id: c9, text: Nine.}\n  - id: c3")

    assert faults_in(folder, forgotten) == [
        f"{line_of(forgotten, '{id: c9')}: 'c9' is on no scale: add it to one, or say scored: false"
    ]
    assert is_good(folder, replaced(forgotten, "text: Nine.", "text: Nine., scored: false"))


def test_a_question_that_is_not_scored_is_on_no_scale(folder: Path) -> None:
    text = replaced(GOOD, "text: Three.", "text: Three., scored: false")

    assert faults_in(folder, text) == [f"{line_of(text, '{id: b1')}: 'b1' says scored: false, but is on 'up'"]


def test_a_question_is_on_two_scales_only_where_one_of_them_says_so(folder: Path) -> None:
    text = replaced(GOOD, ACROSS, "items: [a1, a2, b1]")

    assert faults_in(folder, text) == [
        f"{line_of(text, '{id: b1')}: 'b1' is on 'across' and 'up': is that so? Then say shares_items_with"
    ]
    said_by_one = replaced(text, "reverse_keyed: [a2]", "reverse_keyed: [a2]\n    shares_items_with: [up]")
    assert is_good(folder, said_by_one)
    assert is_good(folder, replaced(text, "weights: {b1: 2}", "weights: {b1: 2}\n    shares_items_with: [across]"))


def test_sharing_with_one_scale_is_not_sharing_with_another(folder: Path) -> None:
    shared = replaced(GOOD, ACROSS, "items: [a1, a2, b1]\n    shares_items_with: [total]")

    assert faults_in(folder, shared) == [
        f"{line_of(shared, '{id: b1')}: 'b1' is on 'across' and 'up': is that so? Then say shares_items_with"
    ]


def test_a_section_has_questions(folder: Path) -> None:
    text = replaced(GOOD, "{id: second, title: Second}", "{id: second, title: Second}\n  - {id: third, title: Third}")

    assert faults_in(folder, text) == [
        f"{line_of(text, '{id: third')}: no question is in section 'third': name it there or remove it"
    ]


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("{question: c9, at_least: 1}", "there is no question 'c9'"),
        ("{question: aside, at_least: 1}", "'aside' doesn't stand before: a condition is about an earlier question"),
        ("{all: [{question: c3, at_least: 1}, {any: [{question: zzz, one_of: [1]}]}]}",
         "there is no question 'zzz'"),
    ],
)  # fmt: skip
def test_a_condition_looks_back_at_a_question(folder: Path, condition: str, fault: str) -> None:
    text = replaced(GOOD, ASIDE, f"scored: false, show_if: {condition}")

    assert faults_in(folder, text) == [f"{line_of(text, '{id: aside')}: {fault}"]


def test_a_condition_does_not_look_ahead(folder: Path) -> None:
    text = replaced(GOOD, "  - {id: b1", "  - {id: b0, text: Nil., scored: false, show_if: {question: c1, at_least: 1}}"
                    "\n  - {id: b1")  # fmt: skip

    assert faults_in(folder, text) == [
        f"{line_of(text, '{id: b0')}: 'c1' doesn't stand before: a condition is about an earlier question"
    ]


def test_the_faults_of_one_file_are_told_at_once(folder: Path) -> None:
    text = replaced(GOOD, "section: second", "section: other")
    text = replaced(text, "labels: {0: Never, 2: Always}", "labels: {0: Never}")
    text = replaced(text, "reverse_keyed: [a2]", "reverse_keyed: [b1]")
    text = replaced(text, "      source: study", "      source: other")
    text = replaced(text, "midpoints: {across: 3, up: 3}", "midpoints: {across: 3, total: 3}")
    text = replaced(text, "topics: [sleep]", "topics: [other]")

    at = ("labels: {0", "sections:\n", "{id: a2", "reverse_keyed:", "source: other", "midpoints: {", "topics: [other]")
    lines = [line_of(text, part) for part in at]
    lines[1] += 2  # the section that nobody is in now
    assert [int(fault.split(":")[0]) for fault in faults_in(folder, text)] == sorted([*lines, lines[5]])


def test_a_fault_of_one_scale_does_not_hide_the_bands_of_another(folder: Path) -> None:
    text = replaced(GOOD, "reverse_keyed: [a2]", "reverse_keyed: [b1]")
    text = replaced(text, "min: 2, max: 3", "min: 1, max: 3")

    assert faults_in(folder, text) == [
        f"{line_of(text, 'reverse_keyed:')}: 'b1' isn't an item of this scale: remove it here",
        f"{line_of(text, '{id: high')}: overlaps with 'low': let it begin at 2",
    ]


def test_faults_of_figures_are_told_beside_those_of_the_content_around(folder: Path) -> None:
    text = replaced(GOOD, "min: 2, max: 3", "min: 1, max: 3")
    text = replaced(text, "topics: [sleep]", "topics: [other]")

    assert faults_in(folder, text) == [
        f"{line_of(text, '{id: high')}: overlaps with 'low': let it begin at 2",
        f"{line_of(text, 'topics: [other]')}: there is no topic 'other'",
    ]


def test_faults_of_all_questionnaires_are_told_at_once(folder: Path) -> None:
    text = replaced(GOOD, "articles: [one]", "articles: []")
    write_questionnaire(folder, replaced(text, "minutes: 2", "minutes: 0"), "first.yaml")
    write_questionnaire(folder, replaced(text, "section: second", "section: other"), "second.yaml")

    assert [fault.split(": ")[0] for fault in faults_of(folder)] == [
        "assessments/first.yaml:3",
        f"assessments/second.yaml:{line_of(text, '  - {id: second')}",
        f"assessments/second.yaml:{line_of(text, '{id: a2')}",
    ]
