"""Questions that are asked only sometimes: their answers are kept, and count only where they were asked."""

from typing import Any

import pytest

from app.assessments.rules.definition import Definition, definition_of
from app.assessments.rules.scoring import asked, questions_for, score
from tests.factories.questionnaires import missing, options, question, questionnaire, scale, values_of


def branching(show_if: dict[str, Any]) -> Definition:
    """Questions a, b and c, then d, which is asked if `show_if`; all on one scale that needs one answer."""
    questions = [question("a"), question("b"), question("c"), question("d", show_if=show_if)]
    return definition_of(questionnaire([scale("only", "abcd", missing=missing("prorate", 1))], questions=questions))


def asks(show_if: dict[str, Any], **answers: int) -> bool:
    return "d" in questions_for(branching(show_if), answers)


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
def test_a_condition_holds_for_some_answers(condition: dict[str, Any], holding: set[int]) -> None:
    assert {answer for answer in range(1, 8) if asks({"question": "a"} | condition, a=answer)} == holding


@pytest.mark.parametrize("condition", [{"at_least": 1}, {"at_most": 7}, {"one_of": [1, 2, 3, 4, 5, 6, 7]}])
def test_a_condition_on_a_question_without_an_answer_does_not_hold(condition: dict[str, Any]) -> None:
    assert not asks({"question": "a"} | condition, b=3)


HIGH_A, HIGH_B, LOW_C = (
    {"question": "a", "at_least": 5},
    {"question": "b", "at_least": 5},
    {"question": "c", "at_most": 3},
)


@pytest.mark.parametrize(
    ("answers", "all_of", "any_of"),
    [((7, 7, 1), True, True), ((7, 1, 1), False, True), ((1, 7, 7), False, True), ((1, 1, 7), False, False)],
)
def test_all_or_any_of_several_conditions(answers: tuple[int, int, int], *, all_of: bool, any_of: bool) -> None:
    given = dict(zip("abc", answers, strict=True))

    assert asks({"all": [HIGH_A, HIGH_B, LOW_C]}, **given) is all_of
    assert asks({"any": [HIGH_A, HIGH_B, LOW_C]}, **given) is any_of


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
def test_conditions_are_nested(answers: tuple[int, int, int], *, outer_all: bool, outer_any: bool) -> None:
    given = dict(zip("abc", answers, strict=True))

    assert asks({"all": [HIGH_A, {"any": [HIGH_B, LOW_C]}]}, **given) is outer_all
    assert asks({"any": [HIGH_A, {"all": [HIGH_B, LOW_C]}]}, **given) is outer_any


def test_conditions_compare_what_was_answered_and_not_what_it_counts() -> None:
    questions = [
        question("a", options=options(no=5, yes=0)),
        question("b", show_if={"question": "a", "at_least": 1}),
    ]
    definition = definition_of(questionnaire([scale("only", "ab", missing=missing("prorate", 1))], questions=questions))

    assert questions_for(definition, {"a": 0}) == ["a"]
    assert questions_for(definition, {"a": 1}) == ["a", "b"]


def test_an_answer_to_a_hidden_question_is_not_scored_and_counts_again_once_it_is_asked() -> None:
    definition = branching(HIGH_A)
    answers = {"a": 4, "b": 1, "c": 1, "d": 7}

    [hidden] = score(definition, answers).scores
    [shown] = score(definition, answers | {"a": 5}).scores

    assert (hidden.value, hidden.answered) == (2, 3)
    assert (shown.value, shown.answered) == (3.5, 4)
    assert answers == {"a": 4, "b": 1, "c": 1, "d": 7}


def test_a_hidden_answer_does_not_help_to_reach_the_least_number() -> None:
    questions = [question("a", scored=False), question("b"), question("c", show_if=HIGH_A)]
    definition = definition_of(
        questionnaire([scale("only", "bc", "sum", missing=missing("ignore", 2))], questions=questions)
    )

    assert values_of(definition, {"a": 1, "b": 3, "c": 3}) == {"only": None}
    assert values_of(definition, {"a": 7, "b": 3, "c": 3}) == {"only": 6}


CHAIN = definition_of(
    questionnaire(
        [scale("only", "abcd", "sum", missing=missing("ignore", 1))],
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
def test_a_condition_on_a_hidden_question_does_not_hold_whatever_was_once_answered(
    answers: tuple[int, ...], open_questions: str, total: int
) -> None:
    given = dict(zip("abcd", answers, strict=True))

    assert questions_for(CHAIN, given) == list(open_questions)
    assert list(asked(CHAIN, given)) == list(open_questions)
    assert values_of(CHAIN, given) == {"only": total}


def test_a_chain_goes_only_as_far_as_it_was_answered() -> None:
    assert questions_for(CHAIN, {}) == ["a"]
    assert questions_for(CHAIN, {"a": 7}) == ["a", "b"]
    assert questions_for(CHAIN, {"a": 7, "c": 7}) == ["a", "b"]
    assert asked(CHAIN, {"c": 7, "a": 7}) == {"a": 7}


def test_answers_sent_in_another_order_open_the_same_questions() -> None:
    given = {"d": 1, "c": 6, "b": 5, "a": 4}

    assert asked(CHAIN, given) == given
    assert list(asked(CHAIN, given)) == ["a", "b", "c", "d"]
    assert values_of(CHAIN, given) == {"only": 16}


def test_a_question_on_no_scale_can_open_others() -> None:
    questions = [question("a", scored=False), question("b", show_if=HIGH_A)]
    definition = definition_of(questionnaire([scale("only", "b")], questions=questions))

    assert values_of(definition, {"a": 7, "b": 2}) == {"only": 2}
    assert values_of(definition, {"a": 1, "b": 2}) == {"only": None}
