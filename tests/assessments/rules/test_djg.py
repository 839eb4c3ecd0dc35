"""Tests for the 6-item De Jong Gierveld loneliness scale: scoring, missing answers and bands, as in its manual."""

from itertools import product

import pytest

from tests.factories.questionnaires import load_definition, scores_by_scale, values_by_scale

YES, MORE_OR_LESS, NO = 1, 2, 3
EMOTIONAL, SOCIAL = ("q03", "q09", "q10"), ("q04", "q07", "q08")
ITEMS = EMOTIONAL + SOCIAL
DJG = load_definition("djg-6")
TOTAL_BANDS = ["not_lonely", "not_lonely", "moderate", "moderate", "moderate", "severe", "severe"]


def spss_scores(answers: dict[str, int]) -> dict[str, int | None]:
    """Score with the SPSS syntax of the manual, which codes "no" as 1, "more or less" as 2 and "yes" as 3."""
    coded = {question: 4 - answer for question, answer in answers.items()}
    loneemos = sum(coded.get(question) in {2, 3} for question in EMOTIONAL)
    lonesocs = sum(coded.get(question) in {1, 2} for question in SOCIAL)
    missing_emotional = sum(question not in coded for question in EMOTIONAL)
    missing_social = sum(question not in coded for question in SOCIAL)
    return {
        "emotional": None if missing_emotional > 0 else loneemos,
        "social": None if missing_social > 0 else lonesocs,
        "total": None if missing_emotional + missing_social > 1 else loneemos + lonesocs,
    }


def test_all_answer_patterns_match_spss_syntax_of_manual() -> None:
    for row in product((None, YES, MORE_OR_LESS, NO), repeat=6):
        answers = {item: answer for item, answer in zip(ITEMS, row, strict=True) if answer is not None}

        assert values_by_scale(DJG, answers) == spss_scores(answers), row


@pytest.mark.parametrize(
    ("answers", "scores"),
    [
        ((NO, NO, NO, YES, YES, YES), (0, 0, 0)),
        ((NO, YES, MORE_OR_LESS, NO, YES, YES), (2, 1, 3)),
        ((MORE_OR_LESS,) * 6, (3, 3, 6)),
    ],
)
def test_answer_more_or_less_counts_as_lonely(answers: tuple[int, ...], scores: tuple[int, ...]) -> None:
    assert tuple(values_by_scale(DJG, dict(zip(ITEMS, answers, strict=True))).values()) == scores


def test_bands_start_at_two_and_five_of_total_and_at_one_of_subscales() -> None:
    least_lonely = dict.fromkeys(EMOTIONAL, NO) | dict.fromkeys(SOCIAL, YES)
    for lonely in range(7):
        scores = scores_by_scale(DJG, least_lonely | dict.fromkeys(ITEMS[:lonely], MORE_OR_LESS))

        assert (scores["total"].value, scores["total"].band) == (lonely, TOTAL_BANDS[lonely])
        assert scores["emotional"].band == ("lonely" if lonely > 0 else "not_lonely")
        assert scores["social"].band == ("lonely" if lonely > 3 else "not_lonely")


def test_scale_without_score_has_no_band() -> None:
    scores = scores_by_scale(DJG, {"q03": YES, "q09": YES})

    assert {score.band for score in scores.values()} == {None}
