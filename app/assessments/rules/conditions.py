"""When a question is asked: conditions on earlier answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Answers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier question was answered with one of some values. Without an answer it doesn't hold."""

    question: str
    values: frozenset[int]

    def holds(self, answers: Answers) -> bool:
        return answers.get(self.question) in self.values


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Condition", ...]

    def holds(self, answers: Answers) -> bool:
        return all(part.holds(answers) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]

    def holds(self, answers: Answers) -> bool:
        return any(part.holds(answers) for part in self.parts)


Condition = Answered | AllOf | AnyOf


def condition_of(stored: Mapping[str, Any], options: Mapping[str, frozenset[int]]) -> Condition:
    """A condition as a definition states it. `options` are the values that each question may be answered with."""
    match stored:
        case {"all": parts}:
            return AllOf(tuple(condition_of(part, options) for part in parts))
        case {"any": parts}:
            return AnyOf(tuple(condition_of(part, options) for part in parts))
    question = stored["question"]
    return Answered(question, frozenset(value for value in options[question] if _fits(stored, value)))


def _fits(stored: Mapping[str, Any], value: int) -> bool:
    return (
        stored.get("at_least", value) <= value <= stored.get("at_most", value)
        and value in stored.get("one_of", [value])
    )  # fmt: skip
