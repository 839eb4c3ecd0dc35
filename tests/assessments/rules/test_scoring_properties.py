"""Property-based tests for scoring scales with arbitrary items, weights and answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.definition import Definition
from app.assessments.rules.scoring import ScaleScore, score
from tests.factories.questionnaires import missing_rule, parsed_questionnaire, scale, scores_by_scale

WEIGHTS = st.integers(1, 9) | st.floats(0.01, 9)


@dataclass(frozen=True)
class ScaleCase:
    """A generated scale with answers from `low` to `high`, of which enough are present for a score."""

    items: tuple[str, ...]
    low: int
    high: int
    more: dict[str, Any]
    answers: Mapping[str, int]

    def definition(self, items: tuple[str, ...] = ()) -> Definition:
        return parsed_questionnaire([scale("only", items or self.items, **self.more)], low=self.low, high=self.high)

    def score(self, answers: Mapping[str, int] | None = None) -> ScaleScore:
        return scores_by_scale(self.definition(), self.answers if answers is None else answers)["only"]

    def reverse(self, item: str, answer: int) -> int:
        """Return the keyed score of an answer, or the answer that has a keyed score."""
        return self.low + self.high - answer if item in self.more["reverse_keyed"] else answer

    def exact_score(self, keyed: Mapping[str, int]) -> float:
        """Compute the score from keyed scores by items, as an exact fraction."""
        weights = {item: Fraction(self.more["weights"].get(item, 1)) for item in self.items}
        mean = sum(weights[item] * value for item, value in keyed.items()) / sum(weights[item] for item in keyed)
        return float(mean if self.more["method"] == "mean" else mean * sum(weights.values()))


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


@given(scale_cases())
def test_prorated_score_matches_exact_computation(case: ScaleCase) -> None:
    score_ = case.score()

    keyed = {item: case.reverse(item, answer) for item, answer in case.answers.items()}
    assert score_.value == pytest.approx(case.exact_score(keyed))
    assert score_.min == pytest.approx(case.exact_score(dict.fromkeys(case.items, case.low)))
    assert score_.max == pytest.approx(case.exact_score(dict.fromkeys(case.items, case.high)))


@given(scale_cases())
def test_prorated_score_stays_within_range(case: ScaleCase) -> None:
    """Extreme answers are the most likely to exceed the range by a rounding error."""
    for end in (case.low, case.high):
        score_ = case.score({item: case.reverse(item, end) for item in case.answers})

        assert score_.value is not None
        assert score_.min <= score_.value <= score_.max


@given(scale_cases(), st.data())
def test_order_of_answers_and_items_does_not_change_score(case: ScaleCase, data: st.DataObject) -> None:
    answers = dict(data.draw(st.permutations(list(case.answers.items()))))
    items = tuple(data.draw(st.permutations(case.items)))

    [shuffled] = score(case.definition(items), answers).scores

    assert shuffled == case.score()


@given(scale_cases())
def test_higher_keyed_answer_never_lowers_score(case: ScaleCase) -> None:
    before = case.score().value
    assert before is not None
    for item, answer in case.answers.items():
        keyed = min(case.reverse(item, answer) + 1, case.high)

        after = case.score({**case.answers, item: case.reverse(item, keyed)}).value

        assert after is not None
        assert after >= before
