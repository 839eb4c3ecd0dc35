"""What holds for every way of answering."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.definition import Definition, definition_of
from app.assessments.rules.scoring import ScaleScore, score
from tests.factories.questionnaires import definition, missing, questionnaire, scale, scores_of, values_of

LIKERT = ("ecr", "ecr-midpoint", "ecr-r", "ecr-rs", "ecr-12", "ucla-20")


def answers_to(name: str) -> st.SearchStrategy[dict[str, int]]:
    """Any answers, mostly not to every question."""
    questions = definition(name).questions
    rows = st.tuples(*(st.none() | st.sampled_from(sorted(question.counts)) for question in questions))
    return rows.map(
        lambda row: {each.id: answer for each, answer in zip(questions, row, strict=True) if answer is not None}
    )


PUBLISHED = st.sampled_from([*LIKERT, "djg-6"]).flatmap(lambda name: st.tuples(st.just(name), answers_to(name)))
MIRRORED = st.sampled_from(LIKERT).flatmap(lambda name: st.tuples(st.just(name), answers_to(name)))
WEIGHTS = st.integers(1, 9) | st.floats(0.01, 9)


@dataclass(frozen=True)
class Made:
    """A made-up scale, 0 or 1 to `high`, and answers to at least as many of its items as it needs."""

    items: tuple[str, ...]
    low: int
    high: int
    more: dict[str, Any]
    answers: Mapping[str, int]

    def definition(self, items: tuple[str, ...] = (), **other: Any) -> Definition:
        file = questionnaire([scale("only", items or self.items, **self.more | other)], low=self.low, high=self.high)
        return definition_of(file)

    def score(self, answers: Mapping[str, int] | None = None, **other: Any) -> ScaleScore:
        return scores_of(self.definition(**other), self.answers if answers is None else answers)["only"]

    @property
    def mirrored(self) -> dict[str, int]:
        return {item: self.low + self.high - answer for item, answer in self.answers.items()}


@st.composite
def made(draw: st.DrawFn) -> Made:
    items = tuple("abcdefgh"[: draw(st.integers(1, 8))])
    low, high = draw(st.integers(0, 1)), draw(st.integers(2, 10))
    least = draw(st.integers(1, len(items)))
    given_items = draw(st.permutations(items).map(lambda mixed: mixed[: draw(st.integers(least, len(items)))]))
    return Made(
        items=items,
        low=low,
        high=high,
        more={
            "method": draw(st.sampled_from(["mean", "sum"])),
            "missing": missing("prorate", least),
            "reverse_keyed": draw(st.lists(st.sampled_from(items), unique=True)),
            "weights": draw(st.dictionaries(st.sampled_from(items), WEIGHTS)),
        },
        answers={item: draw(st.integers(low, high)) for item in given_items},
    )


@given(MIRRORED)
def test_mirrored_answers_to_a_published_questionnaire_have_mirrored_scores(case: tuple[str, dict[str, int]]) -> None:
    name, answers = case
    ends = 5 if name == "ucla-20" else 8
    mirrored = scores_of(definition(name), {question: ends - answer for question, answer in answers.items()})

    for scale_, score_ in scores_of(definition(name), answers).items():
        value = mirrored[scale_].value
        assert value == (None if score_.value is None else pytest.approx(score_.min + score_.max - score_.value))


@given(made())
def test_mirrored_answers_to_any_prorated_scale_have_a_mirrored_score(scale_: Made) -> None:
    score_, mirrored = scale_.score(), scale_.score(scale_.mirrored)

    assert score_.value is not None
    assert mirrored.value == pytest.approx(score_.min + score_.max - score_.value)


@given(made())
def test_a_prorated_score_stays_within_the_range(scale_: Made) -> None:
    score_ = scale_.score()

    assert score_.value is not None
    assert score_.min <= score_.value <= score_.max


@given(made(), st.sampled_from(["lowest", "highest"]))
def test_lowest_and_highest_answers_are_the_ends_of_a_scale_whatever_is_missing(scale_: Made, end: str) -> None:
    lowest = {item: scale_.high if item in scale_.more["reverse_keyed"] else scale_.low for item in scale_.answers}
    highest = {item: scale_.low + scale_.high - answer for item, answer in lowest.items()}

    score_ = scale_.score({"lowest": lowest, "highest": highest}[end])

    assert score_.value == pytest.approx({"lowest": score_.min, "highest": score_.max}[end])


@given(PUBLISHED)
def test_scores_of_published_questionnaires_stay_within_their_ranges(case: tuple[str, dict[str, int]]) -> None:
    name, answers = case

    for each in scores_of(definition(name), answers).values():
        assert each.value is None or each.min <= each.value <= each.max


@given(made(), st.data())
def test_neither_the_order_of_answers_nor_that_of_items_changes_a_digit(scale_: Made, data: st.DataObject) -> None:
    answers = dict(data.draw(st.permutations(list(scale_.answers.items()))))
    items = tuple(data.draw(st.permutations(scale_.items)))

    [shuffled] = score(scale_.definition(items), answers).scores

    assert shuffled == scale_.score()


@given(PUBLISHED, st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_nothing_of_an_outcome(case: tuple[str, dict[str, int]], random: Any) -> None:
    name, answers = case
    mixed = list(answers.items())
    random.shuffle(mixed)

    assert score(definition(name), dict(mixed)) == score(definition(name), answers)


@given(made())
def test_reversing_twice_is_nothing(scale_: Made) -> None:
    others = [item for item in scale_.items if item not in scale_.more["reverse_keyed"]]

    assert scale_.score(scale_.mirrored, reverse_keyed=others) == scale_.score()


@given(PUBLISHED, st.data())
def test_more_answers_never_take_a_score_away(case: tuple[str, dict[str, int]], data: st.DataObject) -> None:
    name, answers = case
    more = data.draw(answers_to(name)) | answers

    before, after = values_of(definition(name), answers), values_of(definition(name), more)

    assert not {scale_ for scale_, value in before.items() if value is not None and after[scale_] is None}


@given(made())
def test_a_higher_answer_never_lowers_a_score_that_it_is_keyed_to_raise(scale_: Made) -> None:
    before = scale_.score().value
    reverse = scale_.more["reverse_keyed"]
    for item, answer in scale_.answers.items():
        toward = max(answer - 1, scale_.low) if item in reverse else min(answer + 1, scale_.high)

        after = scale_.score({**scale_.answers, item: toward}).value

        assert before is not None
        assert after is not None
        assert after >= before
