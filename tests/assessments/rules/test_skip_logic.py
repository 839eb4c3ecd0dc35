"""Tests for conditional questions: answers to hidden questions are not scored."""

from itertools import product
from typing import Any

import pytest

from app.assessments.rules.definition import Definition, parse_definition
from app.assessments.rules.scoring import filter_asked, list_asked_questions, score
from tests.factories.questionnaires import (
    branching_questionnaire,
    missing_rule,
    options,
    parsed_questionnaire,
    question,
    scale,
    values_by_scale,
)


def conditional_definition(show_if: dict[str, Any]) -> Definition:
    """Return a questionnaire with questions a, b and c and a conditional question d, all on one scale."""
    questions = [question("a"), question("b"), question("c"), question("d", show_if=show_if)]
    return parsed_questionnaire([scale("only", "abcd", missing=missing_rule("prorate", 1))], questions=questions)


def is_question_d_asked(show_if: dict[str, Any], **answers: int) -> bool:
    return "d" in list_asked_questions(conditional_definition(show_if), answers)


@pytest.mark.parametrize(
    ("condition", "holding"),
    [
        ({"at_least": 5}, {5, 6, 7}),
        ({"at_most": 2}, {1, 2}),
        ({"one_of": [2, 6]}, {2, 6}),
        ({"at_least": 3, "at_most": 4}, {3, 4}),
        ({"at_least": 1}, {1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_condition_is_met_for_matching_answers(condition: dict[str, Any], holding: set[int]) -> None:
    show_if = {"question": "a"} | condition

    assert {answer for answer in range(1, 8) if is_question_d_asked(show_if, a=answer)} == holding
    assert not is_question_d_asked(show_if, b=3)  # The question a is unanswered.


HIGH_A, HIGH_B, LOW_C = (
    {"question": "a", "at_least": 5},
    {"question": "b", "at_least": 5},
    {"question": "c", "at_most": 3},
)


def test_all_and_any_combine_and_nest_conditions() -> None:
    for a, b, c in product((1, 7), repeat=3):
        for show_if, expected in (
            ({"all": [HIGH_A, HIGH_B, LOW_C]}, a == 7 and b == 7 and c == 1),
            ({"any": [HIGH_A, HIGH_B, LOW_C]}, a == 7 or b == 7 or c == 1),
            ({"all": [HIGH_A, {"any": [HIGH_B, LOW_C]}]}, a == 7 and (b == 7 or c == 1)),
            ({"any": [HIGH_A, {"all": [HIGH_B, LOW_C]}]}, a == 7 or (b == 7 and c == 1)),
        ):
            assert is_question_d_asked(show_if, a=a, b=b, c=c) == expected, (a, b, c, show_if)


def test_conditions_compare_answers_not_scores() -> None:
    questions = [
        question("a", options=options(no=5, yes=0)),
        question("b", show_if={"question": "a", "at_least": 1}),
    ]
    definition = parsed_questionnaire([scale("only", "ab")], questions=questions)

    assert list_asked_questions(definition, {"a": 0}) == ["a"]
    assert list_asked_questions(definition, {"a": 1}) == ["a", "b"]


def test_answer_to_hidden_question_is_scored_only_when_shown() -> None:
    definition = conditional_definition(HIGH_A)
    answers = {"a": 4, "b": 1, "c": 1, "d": 7}

    [hidden] = score(definition, answers).scores
    [shown] = score(definition, answers | {"a": 5}).scores

    assert (hidden.value, hidden.answered) == (2, 3)
    assert (shown.value, shown.answered) == (3.5, 4)
    assert answers == {"a": 4, "b": 1, "c": 1, "d": 7}


def test_hidden_answer_does_not_count_towards_min_answered() -> None:
    questions = [question("a", scored=False), question("b"), question("c", show_if=HIGH_A)]
    scales = [scale("only", "bc", "sum", missing=missing_rule("ignore", 2))]
    definition = parsed_questionnaire(scales, questions=questions)

    assert values_by_scale(definition, {"a": 1, "b": 3, "c": 3}) == {"only": None}
    assert values_by_scale(definition, {"a": 7, "b": 3, "c": 3}) == {"only": 6}


BRANCHING = parse_definition(branching_questionnaire())


@pytest.mark.parametrize(
    ("answers", "asked", "mean"),
    [
        ((7, 7, 7, 1), ["q01", "q02", "q03", "q04"], 5.5),
        ((7, 3, 7, 2), ["q01", "q02", "q04"], 4),
        ((3, 7, 7, 5), ["q01", "q04"], 4),
    ],
)
def test_condition_on_hidden_question_is_not_met(answers: tuple[int, ...], asked: list[str], mean: float) -> None:
    answers_by_question = dict(zip(("q01", "q02", "q03", "q04"), answers, strict=True))
    reversed_answers = dict(reversed(answers_by_question.items()))

    assert list_asked_questions(BRANCHING, answers_by_question) == asked
    assert list(filter_asked(BRANCHING, reversed_answers)) == asked
    assert filter_asked(BRANCHING, answers_by_question) == {name: answers_by_question[name] for name in asked}
    assert values_by_scale(BRANCHING, reversed_answers) == {"across": mean}


def test_chain_of_conditions_stops_at_unanswered_question() -> None:
    assert list_asked_questions(BRANCHING, {}) == ["q01", "q04"]
    assert list_asked_questions(BRANCHING, {"q01": 7, "q03": 7}) == ["q01", "q02", "q04"]
    assert filter_asked(BRANCHING, {"q03": 7, "q01": 7}) == {"q01": 7}


def test_unscored_question_can_be_condition() -> None:
    questions = [question("a", scored=False), question("b", show_if=HIGH_A)]
    definition = parsed_questionnaire([scale("only", "b")], questions=questions)

    assert values_by_scale(definition, {"a": 7, "b": 2}) == {"only": 2}
    assert values_by_scale(definition, {"a": 1, "b": 2}) == {"only": None}
