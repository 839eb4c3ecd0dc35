"""Tests that compare questionnaire scores with the published scoring keys, and with scores calculated by hand.

They detect the scoring errors that occur in public code, such as swapped scales, the reverse keys of another version of
the questionnaire, and reversed answers that are off by one or two.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.questionnaires import (
    PUBLISHED,
    load_definition,
    load_stored_definition,
    scores_by_scale,
    values_by_scale,
)

# The published keys: the numbers of the items of each scale, negative if an item is reverse-keyed.
KEYS = {
    ("ecr", "anxiety"): "2 4 6 8 10 12 14 16 18 20 -22 24 26 28 30 32 34 36",
    ("ecr", "avoidance"): "1 -3 5 7 9 11 13 -15 17 -19 21 23 -25 -27 -29 -31 -33 -35",
    ("ecr-r", "anxiety"): "1 2 3 4 5 6 7 8 -9 10 -11 12 13 14 15 16 17 18",
    ("ecr-r", "avoidance"): "19 -20 21 -22 23 24 25 -26 -27 -28 -29 -30 -31 32 -33 -34 -35 -36",
    ("ecr-rs", "anxiety"): "7 8 9",
    ("ecr-rs", "avoidance"): "-1 -2 -3 -4 5 6",
    ("ecr-12", "anxiety"): "1 2 3 5 7 8",
    ("ecr-12", "avoidance"): "4 -6 -9 -10 -11 -12",
    ("ucla-20", "loneliness"): "-1 2 3 4 -5 -6 7 8 -9 -10 11 12 13 14 -15 -16 17 18 -19 -20",
}
MIN_ANSWERED = {"ecr": 14, "ecr-r": 14, "ucla-20": 16}  # the other questionnaires require all answers

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
    ("ecr-midpoint", 7, (75 / 18, 74 / 18)),
    ("ecr-r", 7, (70 / 18, 71 / 18)),
    ("ecr-rs", 7, (10 / 3, 33 / 6)),
    ("ecr-12", 7, (19 / 6, 24 / 6)),
    ("ucla-20", 4, (53,)),
]


@pytest.mark.parametrize(("name", "length", "expected"), CYCLES)
def test_cycled_answers_give_hand_calculated_scores(name: str, length: int, expected: tuple[float, ...]) -> None:
    questions = [question.id for question in load_definition(name).questions]

    values = values_by_scale(
        load_definition(name), {question: (int(question[1:]) - 1) % length + 1 for question in questions}
    )

    assert tuple(values.values()) == pytest.approx(expected, abs=1e-12)


@st.composite
def answered_questionnaires(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    """Generate the name of a questionnaire, and answers to it, up to eight of them missing."""
    name = draw(st.sampled_from([*MIN_ANSWERED, "ecr-rs", "ecr-12"]))
    questions = load_definition(name).question_by_id
    missing = draw(st.sets(st.sampled_from(sorted(questions)), max_size=8))
    random = draw(st.randoms(use_true_random=False))
    return name, {
        question: random.randint(1, 4 if name == "ucla-20" else 7) for question in questions if question not in missing
    }


@given(answered_questionnaires())
def test_score_follows_published_key(case: tuple[str, dict[str, int]]) -> None:
    name, answers = case
    low_plus_high, size = (5, 20) if name == "ucla-20" else (8, 1)
    for scale, score in scores_by_scale(load_definition(name), answers).items():
        key = [int(item) for item in KEYS[name, scale].split()]
        answered = {item: answers[f"q{abs(item):02}"] for item in key if f"q{abs(item):02}" in answers}
        keyed = [answer if item > 0 else low_plus_high - answer for item, answer in answered.items()]
        has_score = len(answered) >= MIN_ANSWERED.get(name, len(key))

        assert score.value == (pytest.approx(size * sum(keyed) / len(keyed)) if has_score else None)
        assert (score.min, score.max) == (size, size * (low_plus_high - 1))
        assert (score.answered, score.items) == (len(answered), len(key))


def test_without_answers_scores_are_none() -> None:
    for name in PUBLISHED:
        scores = scores_by_scale(load_definition(name), {}).values()

        assert [(score.value, score.answered) for score in scores] == [(None, 0)] * len(scores)


def test_definitions_contain_only_keys_and_published_bands() -> None:
    """Item texts are not included, because their licenses forbid it. Only one questionnaire has published bands."""
    for name in PUBLISHED:
        file = load_stored_definition(name)
        assert [question["text"] for question in file["questions"]] == [
            f"Item {int(question['id'].removeprefix('q'))}." for question in file["questions"]
        ]
        assert file["licence"]["commercial_use"] in {"forbidden", "unclear"}
        assert file["licence"]["override_reason"] == "Keys only, for tests; no item texts."
        assert not any({"norms", "reliability"} & scale.keys() for scale in file["scales"])
        cited = {scale["bands"]["source"] for scale in file["scales"] if "bands" in scale}
        assert cited <= {reference["id"] for reference in file["references"]}
        assert bool(cited) == (name == "djg-6")
