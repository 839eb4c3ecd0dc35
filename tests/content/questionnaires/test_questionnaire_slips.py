"""What is well formed and yet can't be meant: nobody would notice before people have answered."""

from pathlib import Path

import pytest

from tests.content.questionnaires.good_questionnaire import BANDS, GOOD, faults_in, line_of, replaced


def test_the_scores_of_a_scale_can_differ(folder: Path) -> None:
    """Its picture divides by the distance between the lowest and the highest."""
    text = replaced(replaced(GOOD, BANDS, ""), "scores: {0: 0, 1: 1, 2: 1}", "scores: {0: 1, 1: 1, 2: 1}")
    text = replaced(text, '{value: 1, label: "Yes", score: 1}', '{value: 1, label: "Yes", score: 0}')

    assert len(faults_in(folder, text)) == 1


@pytest.mark.parametrize("value", ["300", "-3"])
def test_a_midpoint_lies_among_the_scores_that_there_can_be(folder: Path, value: str) -> None:
    text = replaced(GOOD, "midpoints: {across: 3, up: 3}", f"midpoints: {{across: {value}, up: 3}}")

    assert [fault.split(":")[0] for fault in faults_in(folder, text)] == [str(line_of(text, "midpoints: {"))]


@pytest.mark.parametrize("test", ["at_least: 2", "at_most: -1", "one_of: [1, 3]", "at_least: 1, at_most: 0"])
def test_a_condition_asks_for_answers_that_can_be_given(folder: Path, test: str) -> None:
    """c3 is answered with 0 or 1."""
    text = replaced(GOOD, "{question: c3, at_least: 1}", f"{{question: c3, {test}}}")

    assert [fault.split(":")[0] for fault in faults_in(folder, text)] == [str(line_of(text, "{id: aside"))]
