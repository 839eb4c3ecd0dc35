"""Conditions on earlier answers that determine whether a question is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Answers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AnswerCondition:
    """A condition that is met if the answer to a question is one of the given values."""

    question: str
    values: frozenset[int]

    def is_met(self, answers: Answers) -> bool:
        return answers.get(self.question) in self.values


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple["Condition", ...]

    def is_met(self, answers: Answers) -> bool:
        return all(part.is_met(answers) for part in self.conditions)


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple["Condition", ...]

    def is_met(self, answers: Answers) -> bool:
        return any(part.is_met(answers) for part in self.conditions)


Condition = AnswerCondition | AllOf | AnyOf


def parse_condition(stored: Mapping[str, Any], options: Mapping[str, frozenset[int]]) -> Condition:
    """Parse a condition from a questionnaire's stored JSON.

    `options` contains the possible answers to each question.
    """
    match stored:
        case {"all": parts}:
            return AllOf(tuple(parse_condition(part, options) for part in parts))
        case {"any": parts}:
            return AnyOf(tuple(parse_condition(part, options) for part in parts))
    question = stored["question"]
    return AnswerCondition(question, frozenset(value for value in options[question] if _is_accepted(stored, value)))


def _is_accepted(stored: Mapping[str, Any], value: int) -> bool:
    return (
        stored.get("at_least", value) <= value <= stored.get("at_most", value)
        and value in stored.get("one_of", [value])
    )  # fmt: skip
