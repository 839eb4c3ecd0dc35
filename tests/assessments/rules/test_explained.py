"""What became of each answer, which answers can't be used, and what a question may be answered with."""

import pytest

from app.assessments.rules.definition import definition_of, options_of
from app.assessments.rules.scoring import KeyedAnswer, explained, faults, keyed_answers
from tests.factories.questionnaires import definition, options, question, questionnaire, scale, stored


def told(name: str, answers: dict[str, int]) -> list[tuple[str, int, float | None, str | None, bool]]:
    return [
        (each.question, each.raw, each.keyed, each.scale, each.is_reversed)
        for each in explained(definition(name), answers)
    ]


def test_each_answer_is_told_with_what_it_counts_and_where() -> None:
    assert told("ecr", {"q03": 2, "q22": 6, "q01": 5, "q02": 7}) == [
        ("q01", 5, 5, "avoidance", False),
        ("q02", 7, 7, "anxiety", False),
        ("q03", 2, 6, "avoidance", True),
        ("q22", 6, 2, "anxiety", True),
    ]


def test_an_answer_on_two_scales_is_told_twice() -> None:
    assert told("djg-6", {"q10": 2, "q04": 1}) == [
        ("q04", 1, 0, "social", False),
        ("q04", 1, 0, "total", False),
        ("q10", 2, 1, "emotional", False),
        ("q10", 2, 1, "total", False),
    ]


def test_a_question_can_be_reversed_on_one_scale_and_not_on_another() -> None:
    file = questionnaire([scale("warm", "ab"), scale("cold", "ab", reverse_keyed=["a"])])

    assert [each for each in explained(definition_of(file), {"a": 2}) if each.question == "a"] == [
        KeyedAnswer("a", 2, 2, "warm", is_reversed=False),
        KeyedAnswer("a", 2, 6, "cold", is_reversed=True),
    ]


def test_answers_that_are_not_scored_are_told_without_a_scale() -> None:
    file = questionnaire(
        [scale("only", "bc", reverse_keyed=["b"])],
        questions=[
            question("a", scored=False),
            question("b", show_if={"question": "a", "at_least": 5}),
            question("c"),
        ],
    )

    closed = list(explained(definition_of(file), {"a": 4, "b": 2, "c": 3}))
    opened = list(explained(definition_of(file), {"a": 5, "b": 2}))

    assert closed == [
        KeyedAnswer("a", 4, None, None, is_reversed=False),
        KeyedAnswer("b", 2, None, None, is_reversed=False),
        KeyedAnswer("c", 3, 3, "only", is_reversed=False),
    ]
    assert opened == [
        KeyedAnswer("a", 5, None, None, is_reversed=False),
        KeyedAnswer("b", 2, 6, "only", is_reversed=True),
    ]


def test_the_keyed_answers_of_a_scale_are_weighed_and_in_the_order_of_its_items() -> None:
    file = questionnaire([scale("only", "cab", weights={"a": 2}, reverse_keyed=["a", "b"])])

    assert keyed_answers(definition_of(file).scales[0], {"a": 1, "c": 5}) == [5, 14, None]


@pytest.mark.parametrize(
    ("answers", "questions"),
    [
        ({}, []),
        ({"q01": 1, "q36": 7}, []),
        ({"q01": 0}, ["q01"]),
        ({"q02": 8}, ["q02"]),
        ({"q02": -1}, ["q02"]),
        ({"q37": 4, "q01": 4}, ["q37"]),
        ({"anxiety": 4}, ["anxiety"]),
        ({"Q01": 4, "q1": 4, "": 4}, ["Q01", "q1", ""]),
        ({"q05": 99, "nothing": 99, "q06": 1}, ["q05", "nothing"]),
    ],
)
def test_unknown_questions_and_impossible_answers_are_faults(answers: dict[str, int], questions: list[str]) -> None:
    assert [question_ for question_, _ in faults(definition("ecr"), answers)] == questions


def test_a_fault_says_what_is_wrong_and_not_what_was_answered() -> None:
    reasons = dict(faults(definition("ecr"), {"q05": 4711, "q99": 4712}))

    assert reasons == {"q05": "This isn't one of the possible answers.", "q99": "There is no such question."}


def test_only_the_values_of_a_questions_own_options_are_possible() -> None:
    file = questionnaire(
        [scale("only", "ab", "sum")],
        questions=[
            question("a", options=[{"value": 2, "label": "Two"}, {"value": 5, "label": "Five", "score": 1.5}]),
            question("b"),
        ],
    )
    made = definition_of(file)

    assert [question_ for question_, _ in faults(made, {"a": 3, "b": 3})] == ["a"]
    assert [each.keyed for answer in (2, 5) for each in explained(made, {"a": answer})] == [2, 1.5]
    assert (made.scales[0].minimum, made.scales[0].maximum) == (2.5, 9)


def test_a_reversed_answer_counts_as_its_mirror_in_what_the_options_count() -> None:
    file = questionnaire(
        [scale("only", "a", "sum", reverse_keyed=["a"])],
        questions=[question("a", options=options(no=0, some=1, much=4))],
    )

    keyed = [each.keyed for answer in range(3) for each in explained(definition_of(file), {"a": answer})]

    assert keyed == [4, 3, 0]


def test_options_are_those_of_the_question_or_its_response_scale() -> None:
    file = stored("djg-6")
    ecr = stored("ecr")

    assert options_of(file["questions"][1], file) == {1: "Yes", 2: "More or less", 3: "No"}
    assert list(options_of(ecr["questions"][0], ecr)) == [1, 2, 3, 4, 5, 6, 7]
    assert options_of(ecr["questions"][0], ecr)[2] is None
    assert options_of(question("a", options=options(no=5, yes=0)), ecr) == {0: "no", 1: "yes"}


def test_scales_that_mean_the_same_have_one_key() -> None:
    def key(items: str = "abc", *, low: int = 1, **more: object) -> tuple[object, ...]:
        return definition_of(questionnaire([scale("only", items, **more)], low=low)).scales[0].key

    assert key() == key("cba")
    assert key() == key(name="Another", description="Another.")
    prorated = key(missing={"rule": "prorate", "min_answered": 2})
    others = [
        key("ab"),
        key(method="sum"),
        key(reverse_keyed=["a"]),
        key(weights={"a": 2}),
        key(low=0),
        prorated,
    ]
    assert all(key() != other for other in others)
    assert prorated != key(missing={"rule": "prorate", "min_answered": 1})
    assert prorated != key(missing={"rule": "ignore", "min_answered": 2})
