"""Tests for the 6-item De Jong Gierveld loneliness scale: scoring, missing answers and bands, as in its manual."""

from itertools import combinations, product

import pytest

from tests.factories.questionnaires import load_definition, scores_by_scale, values_by_scale

YES, MORE_OR_LESS, NO = 1, 2, 3
EMOTIONAL, SOCIAL = ("q03", "q09", "q10"), ("q04", "q07", "q08")
ITEMS = EMOTIONAL + SOCIAL
DJG = load_definition("djg-6")


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
def test_answer_more_or_less_counts_as_lonely(
    emotional: tuple[int, ...], social: tuple[int, ...], scores: tuple[int, int, int]
) -> None:
    values = values_by_scale(DJG, answers_of(emotional, social))

    assert (values["emotional"], values["social"], values["total"]) == scores


@pytest.mark.parametrize("left_out", [some for n in range(len(ITEMS) + 1) for some in combinations(ITEMS, n)])
def test_one_missing_answer_removes_subscale_but_keeps_total(left_out: tuple[str, ...]) -> None:
    answers = answers_of((YES,) * 3, (NO,) * 3)
    for question in left_out:
        del answers[question]

    values = values_by_scale(DJG, answers)

    assert values["emotional"] == (None if set(left_out) & set(EMOTIONAL) else 3)
    assert values["social"] == (None if set(left_out) & set(SOCIAL) else 3)
    assert values["total"] == {0: 6, 1: 5}.get(len(left_out))


def spss_scores(answers: dict[str, int]) -> tuple[int | None, int | None, int | None]:
    """Score with the SPSS syntax of the manual, which codes "no" as 1, "more or less" as 2 and "yes" as 3."""
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


def test_all_answer_patterns_match_spss_syntax_of_manual() -> None:
    for row in product((None, YES, MORE_OR_LESS, NO), repeat=6):
        answers = {item: answer for item, answer in zip(ITEMS, row, strict=True) if answer is not None}

        values = values_by_scale(DJG, answers)

        assert (values["emotional"], values["social"], values["total"]) == spss_scores(answers), row


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
def test_total_bands_start_at_two_and_five(lonely: int, band: str) -> None:
    values = [1] * lonely + [0] * (6 - lonely)
    emotional = tuple(YES if value else NO for value in values[:3])
    social = tuple(NO if value else YES for value in values[3:])

    total = scores_by_scale(DJG, answers_of(emotional, social))["total"]

    assert (total.value, total.band) == (lonely, band)


@pytest.mark.parametrize(
    ("answers", "bands"),
    [
        ((NO, NO, NO), ("not_lonely", "lonely")),
        ((MORE_OR_LESS, NO, NO), ("lonely", "lonely")),
        ((YES, YES, YES), ("lonely", "not_lonely")),
    ],
)
def test_one_lonely_answer_reaches_lonely_band_of_subscale(answers: tuple[int, ...], bands: tuple[str, str]) -> None:
    scores = scores_by_scale(DJG, answers_of(answers, answers))

    assert (scores["emotional"].band, scores["social"].band) == bands


def test_scale_without_score_has_no_band() -> None:
    scores = scores_by_scale(DJG, {"q03": YES, "q09": YES})

    assert {score.band for score in scores.values()} == {None}
