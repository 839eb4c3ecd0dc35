"""Tests for explaining a score by its answers, and for reporting invalid answers."""

from app.assessments.rules.definition import answer_labels
from app.assessments.rules.scoring import KeyedAnswer, explain_answers, find_answer_errors, keyed_answers
from tests.factories.questionnaires import (
    load_definition,
    load_stored_definition,
    options,
    parsed_questionnaire,
    question,
    scale,
)


def explanation_rows(name: str, answers: dict[str, int]) -> list[tuple[str, int, float | None, str | None, bool]]:
    return [
        (keyed_answer.question, keyed_answer.raw, keyed_answer.keyed, keyed_answer.scale, keyed_answer.is_reversed)
        for keyed_answer in explain_answers(load_definition(name), answers)
    ]


def test_explain_answers_returns_keyed_score_and_scale() -> None:
    assert explanation_rows("ecr", {"q03": 2, "q22": 6, "q01": 5, "q02": 7}) == [
        ("q01", 5, 5, "avoidance", False),
        ("q02", 7, 7, "anxiety", False),
        ("q03", 2, 6, "avoidance", True),
        ("q22", 6, 2, "anxiety", True),
    ]


def test_explain_answers_repeats_answer_on_two_scales() -> None:
    assert explanation_rows("djg-6", {"q10": 2, "q04": 1}) == [
        ("q04", 1, 0, "social", False),
        ("q04", 1, 0, "total", False),
        ("q10", 2, 1, "emotional", False),
        ("q10", 2, 1, "total", False),
    ]


def test_question_can_be_reverse_keyed_on_one_scale_only() -> None:
    definition = parsed_questionnaire([scale("warm", "ab"), scale("cold", "ab", reverse_keyed=["a"])])

    assert list(explain_answers(definition, {"a": 2})) == [
        KeyedAnswer("a", 2, 2, "warm", is_reversed=False),
        KeyedAnswer("a", 2, 6, "cold", is_reversed=True),
    ]


def test_explain_answers_returns_unscored_answers_without_scale() -> None:
    questions = [question("a", scored=False), question("b", show_if={"question": "a", "at_least": 5}), question("c")]
    definition = parsed_questionnaire([scale("only", "bc", reverse_keyed=["b"])], questions=questions)

    hidden, shown = (list(explain_answers(definition, {"a": answer, "b": 2, "c": 3})) for answer in (4, 5))

    assert hidden == [
        KeyedAnswer("a", 4, None, None, is_reversed=False),
        KeyedAnswer("b", 2, None, None, is_reversed=False),
        KeyedAnswer("c", 3, 3, "only", is_reversed=False),
    ]
    assert shown == [
        KeyedAnswer("a", 5, None, None, is_reversed=False),
        KeyedAnswer("b", 2, 6, "only", is_reversed=True),
        KeyedAnswer("c", 3, 3, "only", is_reversed=False),
    ]


def test_keyed_answers_are_weighted_and_in_item_order() -> None:
    definition = parsed_questionnaire([scale("only", "cab", weights={"a": 2}, reverse_keyed=["a", "b"])])

    assert keyed_answers(definition.scales[0], {"a": 1, "c": 5}) == [5, 14, None]


def test_find_answer_errors_reports_questions_and_reasons_without_answers() -> None:
    invalid = {"q05": 99, "q06": 0, "q07": -1, "q08": 8, "q37": 4, "anxiety": 4, "Q01": 4, "": 4}

    errors = dict(find_answer_errors(load_definition("ecr"), {"q01": 1, "q36": 7} | invalid))

    impossible, unknown = "This isn't one of the possible answers.", "This questionnaire has no such question."
    assert list(errors.values()) == [impossible] * 4 + [unknown] * 4
    assert list(errors) == list(invalid)


def test_question_with_own_options_accepts_and_scores_only_their_values() -> None:
    own_options = [{"value": 2, "label": "Two"}, {"value": 5, "label": "Five", "score": 1.5}]
    questions = [question("a", options=own_options), question("b")]
    definition = parsed_questionnaire([scale("only", "ab", "sum")], questions=questions)

    assert [name for name, _ in find_answer_errors(definition, {"a": 3, "b": 3})] == ["a"]
    assert [keyed_answers(definition.scales[0], {"a": answer})[0] for answer in (2, 5)] == [2, 1.5]
    assert (definition.scales[0].minimum, definition.scales[0].maximum) == (2.5, 9)


def test_reverse_keyed_answer_mirrors_option_scores() -> None:
    questions = [question("a", options=options(no=0, some=1, much=4))]
    definition = parsed_questionnaire([scale("only", "a", "sum", reverse_keyed=["a"])], questions=questions)

    assert [keyed_answers(definition.scales[0], {"a": answer}) for answer in range(3)] == [[4], [3], [0]]


def test_answer_labels_come_from_options_or_response_scale() -> None:
    file = load_stored_definition("djg-6")
    ecr = load_stored_definition("ecr")

    assert answer_labels(file["questions"][1], file) == {1: "Yes", 2: "More or less", 3: "No"}
    assert list(answer_labels(ecr["questions"][0], ecr)) == [1, 2, 3, 4, 5, 6, 7]
    assert answer_labels(ecr["questions"][0], ecr)[2] is None
    assert answer_labels(question("a", options=options(no=5, yes=0)), ecr) == {0: "no", 1: "yes"}


def test_comparison_key_is_equal_for_equally_scored_scales() -> None:
    def key(items: str = "abc", *, low: int = 1, **more: object) -> tuple[object, ...]:
        return parsed_questionnaire([scale("only", items, **more)], low=low).scales[0].comparison_key

    assert key() == key("cba")
    assert key() == key(name="Another", description="Another.")
    prorated = key(missing={"rule": "prorate", "min_answered": 2})
    others = [key("ab"), key(method="sum"), key(reverse_keyed=["a"]), key(weights={"a": 2}), key(low=0), prorated]
    assert key() not in others
    assert prorated != key(missing={"rule": "prorate", "min_answered": 1})
    assert prorated != key(missing={"rule": "ignore", "min_answered": 2})
