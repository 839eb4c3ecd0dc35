"""The six items of De Jong Gierveld: what counts, what may be missing, and the bands of the authors' manual."""

from itertools import combinations, product

import pytest

from tests.factories.questionnaires import definition, scores_of, values_of

YES, MORE_OR_LESS, NO = 1, 2, 3
EMOTIONAL, SOCIAL = ("q03", "q09", "q10"), ("q04", "q07", "q08")
ITEMS = EMOTIONAL + SOCIAL
DJG = definition("djg-6")


def answers_of(emotional: tuple[int, ...], social: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(ITEMS, emotional + social, strict=True))


@pytest.mark.parametrize(
    ("emotional", "social", "scores"),
    [
        ((NO, NO, NO), (YES, YES, YES), (0, 0, 0)),
        ((YES, NO, NO), (YES, YES, YES), (1, 0, 1)),
        ((MORE_OR_LESS, NO, NO), (YES, YES, YES), (1, 0, 1)),
        ((NO, NO, NO), (NO, YES, YES), (0, 1, 1)),
        ((NO, NO, NO), (YES, MORE_OR_LESS, YES), (0, 1, 1)),
        ((NO, YES, MORE_OR_LESS), (NO, YES, YES), (2, 1, 3)),
        ((YES, YES, YES), (YES, YES, YES), (3, 0, 3)),
        ((NO, NO, NO), (NO, NO, NO), (0, 3, 3)),
        ((MORE_OR_LESS,) * 3, (MORE_OR_LESS,) * 3, (3, 3, 6)),
        ((YES, YES, YES), (NO, NO, NO), (3, 3, 6)),
    ],
)
def test_more_or_less_always_counts_as_lonely(
    emotional: tuple[int, ...], social: tuple[int, ...], scores: tuple[int, int, int]
) -> None:
    values = values_of(DJG, answers_of(emotional, social))

    assert (values["emotional"], values["social"], values["total"]) == scores


@pytest.mark.parametrize("left_out", [some for n in range(len(ITEMS) + 1) for some in combinations(ITEMS, n)])
def test_one_missing_answer_leaves_a_total_and_takes_a_subscale(left_out: tuple[str, ...]) -> None:
    answers = answers_of((YES,) * 3, (NO,) * 3)
    for question in left_out:
        del answers[question]

    values = values_of(DJG, answers)

    assert values["emotional"] == (None if set(left_out) & set(EMOTIONAL) else 3)
    assert values["social"] == (None if set(left_out) & set(SOCIAL) else 3)
    assert values["total"] == {0: 6, 1: 5}.get(len(left_out))


def in_the_syntax(answers: dict[str, int]) -> tuple[int | None, int | None, int | None]:
    """The manual's syntax for SPSS. It codes no as 1, more or less as 2 and yes as 3."""
    coded = {question: 4 - answer for question, answer in answers.items()}
    loneemos = sum(coded.get(question) in {2, 3} for question in EMOTIONAL)
    lonesocs = sum(coded.get(question) in {1, 2} for question in SOCIAL)
    missing_emotional = sum(question not in coded for question in EMOTIONAL)
    missing_social = sum(question not in coded for question in SOCIAL)
    return (
        None if missing_emotional > 0 else loneemos,
        None if missing_social > 0 else lonesocs,
        None if missing_emotional + missing_social > 1 else loneemos + lonesocs,
    )


def test_every_way_of_answering_scores_as_in_the_syntax_of_the_manual() -> None:
    for given in product((None, YES, MORE_OR_LESS, NO), repeat=6):
        answers = {item: answer for item, answer in zip(ITEMS, given, strict=True) if answer is not None}

        values = values_of(DJG, answers)

        assert (values["emotional"], values["social"], values["total"]) == in_the_syntax(answers), given


@pytest.mark.parametrize(
    ("lonely", "band"),
    [
        (0, "not_lonely"),
        (1, "not_lonely"),
        (2, "moderate"),
        (3, "moderate"),
        (4, "moderate"),
        (5, "severe"),
        (6, "severe"),
    ],
)
def test_the_total_is_moderate_from_two_and_severe_from_five(lonely: int, band: str) -> None:
    values = [1] * lonely + [0] * (6 - lonely)
    emotional = tuple(YES if value else NO for value in values[:3])
    social = tuple(NO if value else YES for value in values[3:])

    total = scores_of(DJG, answers_of(emotional, social))["total"]

    assert (total.value, total.band) == (lonely, band)


@pytest.mark.parametrize(
    ("answers", "bands"),
    [
        ((NO, NO, NO), ("not_lonely", "lonely")),
        ((MORE_OR_LESS, NO, NO), ("lonely", "lonely")),
        ((YES, YES, YES), ("lonely", "not_lonely")),
    ],
)
def test_one_lonely_answer_is_enough_on_a_subscale(answers: tuple[int, ...], bands: tuple[str, str]) -> None:
    scores = scores_of(DJG, answers_of(answers, answers))

    assert (scores["emotional"].band, scores["social"].band) == bands


def test_without_a_value_there_is_no_band() -> None:
    scores = scores_of(DJG, {"q03": YES, "q09": YES})

    assert {score.band for score in scores.values()} == {None}
