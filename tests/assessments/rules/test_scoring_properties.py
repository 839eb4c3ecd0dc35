"""Property-based tests for scoring questionnaires with arbitrary answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.definition import Definition, parse_definition
from app.assessments.rules.scoring import ScaleScore, score
from tests.factories.questionnaires import (
    load_definition,
    missing_rule,
    questionnaire,
    scale,
    scores_by_scale,
    values_by_scale,
)

LIKERT = ("ecr", "ecr-midpoint", "ecr-r", "ecr-rs", "ecr-12", "ucla-20")


def answers_to(name: str) -> st.SearchStrategy[dict[str, int]]:
    """Generate answers to a questionnaire, some of them missing."""
    questions = load_definition(name).questions
    rows = st.tuples(*(st.none() | st.sampled_from(sorted(question.answer_scores)) for question in questions))
    return rows.map(
        lambda row: {question.id: answer for question, answer in zip(questions, row, strict=True) if answer is not None}
    )


PUBLISHED = st.sampled_from([*LIKERT, "djg-6"]).flatmap(lambda name: st.tuples(st.just(name), answers_to(name)))
MIRRORED = st.sampled_from(LIKERT).flatmap(lambda name: st.tuples(st.just(name), answers_to(name)))
WEIGHTS = st.integers(1, 9) | st.floats(0.01, 9)


@dataclass(frozen=True)
class ScaleCase:
    """A generated scale with answers from `low` to `high`, of which enough are present for a score."""

    items: tuple[str, ...]
    low: int
    high: int
    more: dict[str, Any]
    answers: Mapping[str, int]

    def definition(self, items: tuple[str, ...] = (), **changes: Any) -> Definition:
        file = questionnaire([scale("only", items or self.items, **self.more | changes)], low=self.low, high=self.high)
        return parse_definition(file)

    def score(self, answers: Mapping[str, int] | None = None, **changes: Any) -> ScaleScore:
        return scores_by_scale(self.definition(**changes), self.answers if answers is None else answers)["only"]

    @property
    def mirrored(self) -> dict[str, int]:
        return {item: self.low + self.high - answer for item, answer in self.answers.items()}


@st.composite
def scale_cases(draw: st.DrawFn) -> ScaleCase:
    items = tuple("abcdefgh"[: draw(st.integers(1, 8))])
    low, high = draw(st.integers(0, 1)), draw(st.integers(2, 10))
    min_answered = draw(st.integers(1, len(items)))
    given_items = draw(st.permutations(items).map(lambda mixed: mixed[: draw(st.integers(min_answered, len(items)))]))
    return ScaleCase(
        items=items,
        low=low,
        high=high,
        more={
            "method": draw(st.sampled_from(["mean", "sum"])),
            "missing": missing_rule("prorate", min_answered),
            "reverse_keyed": draw(st.lists(st.sampled_from(items), unique=True)),
            "weights": draw(st.dictionaries(st.sampled_from(items), WEIGHTS)),
        },
        answers={item: draw(st.integers(low, high)) for item in given_items},
    )


@given(MIRRORED)
def test_mirrored_answers_to_published_questionnaire_mirror_scores(case: tuple[str, dict[str, int]]) -> None:
    name, answers = case
    low_plus_high = 5 if name == "ucla-20" else 8
    mirrored = scores_by_scale(
        load_definition(name), {question: low_plus_high - answer for question, answer in answers.items()}
    )

    for scale_, score_ in scores_by_scale(load_definition(name), answers).items():
        value = mirrored[scale_].value
        assert value == (None if score_.value is None else pytest.approx(score_.min + score_.max - score_.value))


@given(scale_cases())
def test_mirrored_answers_to_prorated_scale_mirror_score(scale_: ScaleCase) -> None:
    score_, mirrored = scale_.score(), scale_.score(scale_.mirrored)

    assert score_.value is not None
    assert mirrored.value == pytest.approx(score_.min + score_.max - score_.value)


@given(scale_cases())
def test_prorated_score_stays_within_range(scale_: ScaleCase) -> None:
    score_ = scale_.score()

    assert score_.value is not None
    assert score_.min <= score_.value <= score_.max


@given(scale_cases(), st.sampled_from(["lowest", "highest"]))
def test_extreme_answers_give_extreme_scores_despite_missing_answers(scale_: ScaleCase, end: str) -> None:
    lowest = {item: scale_.high if item in scale_.more["reverse_keyed"] else scale_.low for item in scale_.answers}
    highest = {item: scale_.low + scale_.high - answer for item, answer in lowest.items()}

    score_ = scale_.score({"lowest": lowest, "highest": highest}[end])

    assert score_.value == pytest.approx({"lowest": score_.min, "highest": score_.max}[end])


@given(PUBLISHED)
def test_published_questionnaire_scores_stay_within_range(case: tuple[str, dict[str, int]]) -> None:
    name, answers = case

    for scale_score in scores_by_scale(load_definition(name), answers).values():
        assert scale_score.value is None or scale_score.min <= scale_score.value <= scale_score.max


@given(scale_cases(), st.data())
def test_order_of_answers_and_items_does_not_change_score(scale_: ScaleCase, data: st.DataObject) -> None:
    answers = dict(data.draw(st.permutations(list(scale_.answers.items()))))
    items = tuple(data.draw(st.permutations(scale_.items)))

    [shuffled] = score(scale_.definition(items), answers).scores

    assert shuffled == scale_.score()


@given(PUBLISHED, st.randoms(use_true_random=False))
def test_order_of_answers_does_not_change_outcome(case: tuple[str, dict[str, int]], random: Any) -> None:
    name, answers = case
    mixed = list(answers.items())
    random.shuffle(mixed)

    assert score(load_definition(name), dict(mixed)) == score(load_definition(name), answers)


@given(scale_cases())
def test_reversing_twice_keeps_score(scale_: ScaleCase) -> None:
    others = [item for item in scale_.items if item not in scale_.more["reverse_keyed"]]

    assert scale_.score(scale_.mirrored, reverse_keyed=others) == scale_.score()


@given(PUBLISHED, st.data())
def test_more_answers_never_remove_score(case: tuple[str, dict[str, int]], data: st.DataObject) -> None:
    name, answers = case
    more = data.draw(answers_to(name)) | answers

    before, after = values_by_scale(load_definition(name), answers), values_by_scale(load_definition(name), more)

    assert not {scale_ for scale_, value in before.items() if value is not None and after[scale_] is None}


@given(scale_cases())
def test_higher_keyed_answer_never_lowers_score(scale_: ScaleCase) -> None:
    before = scale_.score().value
    reverse = scale_.more["reverse_keyed"]
    for item, answer in scale_.answers.items():
        changed_answer = max(answer - 1, scale_.low) if item in reverse else min(answer + 1, scale_.high)

        after = scale_.score({**scale_.answers, item: changed_answer}).value

        assert before is not None
        assert after is not None
        assert after >= before
