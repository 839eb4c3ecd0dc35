"""Tests that compare questionnaire scores with scores calculated by hand from the published scoring keys."""

import pytest

from tests.factories.questionnaires import PUBLISHED, load_definition, scores_by_scale, uniform_answers, values_by_scale

# Scales are in the order of the file. The ECR reverses 1 of 18 anxiety items and 9 of 18 avoidance items. If all
# answers are 1, the means are (17 * 1 + 7) / 18 = 24 / 18 and (9 * 1 + 9 * 7) / 18 = 4. ECR-R: (16 + 14) / 18 and
# (6 + 84) / 18 = 5. ECR-RS: 1 and (2 + 28) / 6 = 5. ECR-12: 1 and (1 + 35) / 6 = 6. UCLA: 11 * 1 + 9 * 4 = 47.
SAME_ANSWERS = [
    ("ecr", 1, (24 / 18, 4)),
    ("ecr", 2, (40 / 18, 4)),
    ("ecr", 4, (4, 4)),
    ("ecr", 7, (120 / 18, 4)),
    ("ecr-midpoint", 7, (120 / 18, 4)),
    ("ecr-r", 1, (30 / 18, 5)),
    ("ecr-r", 2, (44 / 18, 84 / 18)),
    ("ecr-r", 4, (4, 4)),
    ("ecr-r", 7, (114 / 18, 3)),
    ("ecr-rs", 1, (1, 5)),
    ("ecr-rs", 3, (3, 26 / 6)),
    ("ecr-rs", 7, (7, 3)),
    ("ecr-12", 1, (1, 6)),
    ("ecr-12", 5, (5, 20 / 6)),
    ("ecr-12", 7, (7, 2)),
    ("ucla-20", 1, (47,)),
    ("ucla-20", 2, (49,)),
    ("ucla-20", 3, (51,)),
    ("ucla-20", 4, (53,)),
    ("djg-6", 1, (3, 0, 3)),
    ("djg-6", 2, (3, 3, 6)),
    ("djg-6", 3, (0, 3, 3)),
]

# The answer to item n is n mod 7, or 7 instead of 0 (UCLA: n mod 4, or 4). The sums are item by item.
# ECR anxiety: items 2 4 6 8 10 12 14 16 18 20 22r 24 ... 36: 2+4+6+1+3+5+7+2+4+6 + (8-1) + 3+5+7+2+4+6+1 = 75.
# ECR avoidance: 1 3r 5 7 9 11 13 15r 17 19r 21 23 25r 27r ... 35r: 1+5+5+7+2+4+6+7+3+3+7+2+4+2+7+5+3+1 = 74.
# ECR-R anxiety: 1..7 = 28, 8 = 1, 9r = 6, 10 = 3, 11r = 4, 12..14 = 18, 15..18 = 10: 70.
# ECR-R avoidance: 19 = 5, 20r = 2, 21 = 7, 22r = 7, 23..25 = 9, 26r..28r = 3+2+1, 29r..31r = 7+6+5, 32 = 4,
# 33r..35r = 3+2+1, 36r = 7: 71.
# ECR-RS: 7+1+2 = 10 of 3, 7+6+5+4+5+6 = 33 of 6. ECR-12: 1+2+3+5+7+1 = 19, 4+2+6+5+4+3 = 24.
# UCLA: 1r 2 3 4 5r 6r 7 8 9r 10r 11 12 13 14 15r 16r 17 18 19r 20r:
# 4+2+3+4+4+3+3+4+4+3+3+4+1+2+2+1+1+2+2+1 = 53.
CYCLES = [
    ("ecr", 7, (75 / 18, 74 / 18)),
    ("ecr-r", 7, (70 / 18, 71 / 18)),
    ("ecr-rs", 7, (10 / 3, 33 / 6)),
    ("ecr-12", 7, (19 / 6, 24 / 6)),
    ("ucla-20", 4, (53,)),
]


@pytest.mark.parametrize(("name", "answer", "expected"), SAME_ANSWERS)
def test_same_answer_to_all_items_gives_hand_calculated_scores(
    name: str, answer: int, expected: tuple[float, ...]
) -> None:
    values = values_by_scale(load_definition(name), uniform_answers(load_definition(name), answer))

    assert tuple(values.values()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("name", "length", "expected"), CYCLES)
def test_cycled_answers_give_hand_calculated_scores(name: str, length: int, expected: tuple[float, ...]) -> None:
    questions = [question.id for question in load_definition(name).questions]

    values = values_by_scale(
        load_definition(name), {question: (int(question[1:]) - 1) % length + 1 for question in questions}
    )

    assert tuple(values.values()) == pytest.approx(expected, abs=1e-12)


REVERSE = {
    "ecr": (3, 15, 19, 22, 25, 27, 29, 31, 33, 35),
    "ecr-r": (9, 11, 20, 22, 26, 27, 28, 29, 30, 31, 33, 34, 35, 36),
    "ecr-rs": (1, 2, 3, 4),
    "ecr-12": (6, 9, 10, 11, 12),
    "ucla-20": (1, 5, 6, 9, 10, 15, 16, 19, 20),
}


@pytest.mark.parametrize("name", REVERSE)
def test_extreme_keyed_answers_give_extreme_scores(name: str) -> None:
    questionnaire, low, high = load_definition(name), 1, 4 if name == "ucla-20" else 7
    reverse_keyed = {f"q{item:02d}" for item in REVERSE[name]}
    lowest = {question.id: high if question.id in reverse_keyed else low for question in questionnaire.questions}
    highest = {question: low + high - answer for question, answer in lowest.items()}

    for score in scores_by_scale(questionnaire, lowest).values():
        assert score.value == score.min == (20 if name == "ucla-20" else 1)
    for score in scores_by_scale(questionnaire, highest).values():
        assert score.value == score.max == (80 if name == "ucla-20" else 7)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("ecr", (18, 18)),
        ("ecr-r", (18, 18)),
        ("ecr-rs", (3, 6)),
        ("ecr-12", (6, 6)),
        ("ucla-20", (20,)),
        ("djg-6", (3, 3, 6)),
    ],
)
def test_score_counts_items_and_answered_items(name: str, sizes: tuple[int, ...]) -> None:
    questionnaire = load_definition(name)
    answers = uniform_answers(questionnaire, 2)
    del answers[questionnaire.scales[0].items[0].question]

    scores = list(scores_by_scale(questionnaire, answers).values())

    assert tuple(score.items for score in scores) == sizes
    assert scores[0].answered == sizes[0] - 1


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_answers_scores_are_none(name: str) -> None:
    scores = scores_by_scale(load_definition(name), {}).values()

    assert [(score.value, score.answered) for score in scores] == [(None, 0)] * len(scores)
