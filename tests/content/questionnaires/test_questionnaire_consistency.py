"""Tests for validating content files: questionnaires that have a valid format but can't work."""

from pathlib import Path

import pytest

from tests.content.questionnaires.valid_questionnaire import (
    BANDS,
    VALID_FILE,
    line_of,
    questionnaire_errors,
    replace_once,
)


def test_scale_with_constant_score_is_error(content_dir: Path) -> None:
    """The chart would divide by zero if the highest and lowest possible scores were equal."""
    text = replace_once(replace_once(VALID_FILE, BANDS, ""), "scores: {0: 0, 1: 1, 2: 1}", "scores: {0: 1, 1: 1, 2: 1}")
    text = replace_once(text, '{value: 1, label: "Yes", score: 1}', '{value: 1, label: "Yes", score: 0}')

    assert len(questionnaire_errors(content_dir, text)) == 1


@pytest.mark.parametrize("value", ["300", "-3"])
def test_midpoint_outside_possible_scores_is_error(content_dir: Path, value: str) -> None:
    text = replace_once(VALID_FILE, "midpoints: {across: 3, up: 3}", f"midpoints: {{across: {value}, up: 3}}")

    assert [error.split(":")[0] for error in questionnaire_errors(content_dir, text)] == [
        str(line_of(text, "midpoints: {"))
    ]


@pytest.mark.parametrize("test", ["at_least: 2", "at_most: -1", "one_of: [1, 3]", "at_least: 1, at_most: 0"])
def test_condition_that_no_answer_meets_is_error(content_dir: Path, test: str) -> None:
    """The question c3 has only the answers 0 and 1."""
    text = replace_once(VALID_FILE, "{question: c3, at_least: 1}", f"{{question: c3, {test}}}")

    assert [error.split(":")[0] for error in questionnaire_errors(content_dir, text)] == [
        str(line_of(text, "{id: aside"))
    ]
