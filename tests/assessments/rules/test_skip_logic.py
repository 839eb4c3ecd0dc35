"""Tests for conditional questions: answers to hidden questions are not scored."""

from typing import Any

import pytest

from app.assessments.rules.definition import Definition, parse_definition
from app.assessments.rules.scoring import filter_asked, list_asked_questions, score
from tests.factories.questionnaires import missing_rule, options, question, questionnaire, scale, values_by_scale


def branching_definition(show_if: dict[str, Any]) -> Definition:
    """Return a questionnaire with questions a, b and c and a conditional question d, all on one scale."""
    questions = [question("a"), question("b"), question("c"), question("d", show_if=show_if)]
    return parse_definition(
        questionnaire([scale("only", "abcd", missing=missing_rule("prorate", 1))], questions=questions)
    )


def is_question_d_asked(show_if: dict[str, Any], **answers: int) -> bool:
    return "d" in list_asked_questions(branching_definition(show_if), answers)


@pytest.mark.parametrize(
    ("condition", "holding"),
    [
        ({"at_least": 5}, {5, 6, 7}),
        ({"at_most": 2}, {1, 2}),
        ({"one_of": [2, 6]}, {2, 6}),
        ({"at_least": 1}, {1, 2, 3, 4, 5, 6, 7}),
        ({"at_least": 3, "at_most": 4}, {3, 4}),
    ],
)
def test_condition_is_met_for_matching_answers(condition: dict[str, Any], holding: set[int]) -> None:
    assert {answer for answer in range(1, 8) if is_question_d_asked({"question": "a"} | condition, a=answer)} == holding


@pytest.mark.parametrize("condition", [{"at_least": 1}, {"at_most": 7}, {"one_of": [1, 2, 3, 4, 5, 6, 7]}])
def test_condition_on_unanswered_question_is_not_met(condition: dict[str, Any]) -> None:
    assert not is_question_d_asked({"question": "a"} | condition, b=3)


HIGH_A, HIGH_B, LOW_C = (
    {"question": "a", "at_least": 5},
    {"question": "b", "at_least": 5},
    {"question": "c", "at_most": 3},
)


@pytest.mark.parametrize(
    ("answers", "all_of", "any_of"),
    [((7, 7, 1), True, True), ((7, 1, 1), False, True), ((1, 7, 7), False, True), ((1, 1, 7), False, False)],
)
def test_all_and_any_combine_conditions(answers: tuple[int, int, int], *, all_of: bool, any_of: bool) -> None:
    answers_by_question = dict(zip("abc", answers, strict=True))

    assert is_question_d_asked({"all": [HIGH_A, HIGH_B, LOW_C]}, **answers_by_question) is all_of
    assert is_question_d_asked({"any": [HIGH_A, HIGH_B, LOW_C]}, **answers_by_question) is any_of


@pytest.mark.parametrize(
    ("answers", "outer_all", "outer_any"),
    [
        ((7, 7, 7), True, True),
        ((7, 1, 1), True, True),
        ((7, 1, 7), False, True),
        ((1, 7, 1), False, True),
        ((1, 1, 7), False, False),
    ],
)
def test_conditions_can_be_nested(answers: tuple[int, int, int], *, outer_all: bool, outer_any: bool) -> None:
    answers_by_question = dict(zip("abc", answers, strict=True))

    assert is_question_d_asked({"all": [HIGH_A, {"any": [HIGH_B, LOW_C]}]}, **answers_by_question) is outer_all
    assert is_question_d_asked({"any": [HIGH_A, {"all": [HIGH_B, LOW_C]}]}, **answers_by_question) is outer_any


def test_conditions_compare_answers_not_scores() -> None:
    questions = [
        question("a", options=options(no=5, yes=0)),
        question("b", show_if={"question": "a", "at_least": 1}),
    ]
    definition = parse_definition(
        questionnaire([scale("only", "ab", missing=missing_rule("prorate", 1))], questions=questions)
    )

    assert list_asked_questions(definition, {"a": 0}) == ["a"]
    assert list_asked_questions(definition, {"a": 1}) == ["a", "b"]


def test_answer_to_hidden_question_is_scored_only_when_shown() -> None:
    definition = branching_definition(HIGH_A)
    answers = {"a": 4, "b": 1, "c": 1, "d": 7}

    [hidden] = score(definition, answers).scores
    [shown] = score(definition, answers | {"a": 5}).scores

    assert (hidden.value, hidden.answered) == (2, 3)
    assert (shown.value, shown.answered) == (3.5, 4)
    assert answers == {"a": 4, "b": 1, "c": 1, "d": 7}


def test_hidden_answer_does_not_count_towards_min_answered() -> None:
    questions = [question("a", scored=False), question("b"), question("c", show_if=HIGH_A)]
    definition = parse_definition(
        questionnaire([scale("only", "bc", "sum", missing=missing_rule("ignore", 2))], questions=questions)
    )

    assert values_by_scale(definition, {"a": 1, "b": 3, "c": 3}) == {"only": None}
    assert values_by_scale(definition, {"a": 7, "b": 3, "c": 3}) == {"only": 6}


CHAIN = parse_definition(
    questionnaire(
        [scale("only", "abcd", "sum", missing=missing_rule("ignore", 1))],
        questions=[
            question("a"),
            question("b", show_if={"question": "a", "at_least": 4}),
            question("c", show_if={"question": "b", "at_least": 4}),
            question("d", show_if={"question": "c", "at_least": 4}),
        ],
        low=0,
    )
)


@pytest.mark.parametrize(
    ("answers", "open_questions", "total"),
    [
        ((7, 7, 7, 7), "abcd", 28),
        ((7, 7, 3, 7), "abc", 17),
        ((7, 3, 7, 7), "ab", 10),
        ((3, 7, 7, 7), "a", 3),
    ],
)
def test_condition_on_hidden_question_is_not_met(answers: tuple[int, ...], open_questions: str, total: int) -> None:
    answers_by_question = dict(zip("abcd", answers, strict=True))

    assert list_asked_questions(CHAIN, answers_by_question) == list(open_questions)
    assert list(filter_asked(CHAIN, answers_by_question)) == list(open_questions)
    assert values_by_scale(CHAIN, answers_by_question) == {"only": total}


def test_chain_of_conditions_stops_at_unanswered_question() -> None:
    assert list_asked_questions(CHAIN, {}) == ["a"]
    assert list_asked_questions(CHAIN, {"a": 7}) == ["a", "b"]
    assert list_asked_questions(CHAIN, {"a": 7, "c": 7}) == ["a", "b"]
    assert filter_asked(CHAIN, {"c": 7, "a": 7}) == {"a": 7}


def test_order_of_answers_does_not_change_asked_questions() -> None:
    answers = {"d": 1, "c": 6, "b": 5, "a": 4}

    assert filter_asked(CHAIN, answers) == answers
    assert list(filter_asked(CHAIN, answers)) == ["a", "b", "c", "d"]
    assert values_by_scale(CHAIN, answers) == {"only": 16}


def test_unscored_question_can_be_condition() -> None:
    questions = [question("a", scored=False), question("b", show_if=HIGH_A)]
    definition = parse_definition(questionnaire([scale("only", "b")], questions=questions))

    assert values_by_scale(definition, {"a": 7, "b": 2}) == {"only": 2}
    assert values_by_scale(definition, {"a": 1, "b": 2}) == {"only": None}
