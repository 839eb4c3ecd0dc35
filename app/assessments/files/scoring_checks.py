"""Validate the scoring rules of a questionnaire file, after each field has been validated on its own."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from app.assessments.files.name_checks import NameChecker
from app.assessments.files.questionnaires import (
    BandsEntry,
    ConditionEntry,
    QuestionEntry,
    QuestionnaireFile,
    ScaleEntry,
)
from app.assessments.rules.definition import Scale, answer_scores_by_question, parse_scale
from app.assessments.rules.styles import BOUNDARY_TOLERANCE
from app.core.source_files.sources import ErrorCollector, Location, Source, validate


def read_definition(source: Source, errors: ErrorCollector) -> dict[str, Any] | None:
    """Validate a questionnaire file, and return the definition to store in the database.

    Errors are added to the collector. Return None if a field is invalid.
    """
    file = validate(source, QuestionnaireFile, errors)
    if file is None:
        return None
    stored = file.model_dump(mode="json", exclude_defaults=True)
    NameChecker(source, file, errors).check()
    _ScoringChecker(source, file, stored, errors).check()
    return stored


class _ScoringChecker:
    """Check scales, score ranges and display conditions against the possible answers to the questions.

    Scales and questions that refer to an unknown id are skipped, because NameChecker reports them.
    """

    def __init__(
        self, source: Source, file: QuestionnaireFile, stored: Mapping[str, Any], errors: ErrorCollector
    ) -> None:
        self._source = source
        self._file = file
        self._errors = errors
        answer_scores = answer_scores_by_question(stored)
        self._answer_scores = {
            question.id: answer_scores[question.id]
            for question in file.questions
            if self._has_unambiguous_answers(question)
        }
        self._scales = {
            scale["id"]: parse_scale(scale, self._answer_scores)
            for scale in stored["scales"]
            if all(item in self._answer_scores for item in scale["items"])
        }

    def check(self) -> None:
        for n, question in enumerate(self._file.questions):
            if question.show_if:
                self._check_condition(("questions", n, "show_if"), question.show_if)
        conditional = {question.id for question in self._file.questions if question.show_if}
        for n, scale in enumerate(self._file.scales):
            parsed_scale = self._scales.get(scale.id)
            if parsed_scale:
                self._check_scale(("scales", n), scale, parsed_scale, conditional)
        style = self._file.style
        for name, midpoint in ((style and style.midpoints) or {}).items():
            parsed_scale = self._scales.get(name)
            if parsed_scale and not parsed_scale.minimum <= midpoint <= parsed_scale.maximum:
                scale_range = f"{parsed_scale.minimum:g} to {parsed_scale.maximum:g}"
                message = f"{name} ranges from {scale_range}: its midpoint must be in that range"
                self._add_error(("style", "midpoints", name), message)

    def _has_unambiguous_answers(self, question: QuestionEntry) -> bool:
        """Return whether the possible answers to a question are defined without errors."""
        options = [option.value for option in question.options or ()]
        if options:
            return question.response_scale is None and len(set(options)) == len(options)
        scales = self._file.response_scales
        name = question.response_scale or scales[0].id
        return any(response_scale.id == name and response_scale.min < response_scale.max for response_scale in scales)

    def _add_error(self, path: Location, message: str) -> None:
        self._errors.add(self._source, path, message)

    def _check_condition(self, path: Location, condition: ConditionEntry) -> None:
        answer_scores = self._answer_scores.get(condition.question or "")
        if answer_scores:
            accepted = condition.one_of or [
                answer
                for answer in answer_scores
                if (condition.at_least is None or answer >= condition.at_least)
                and (condition.at_most is None or answer <= condition.at_most)
            ]
            if not accepted or not answer_scores.keys() >= set(accepted):
                answers = ", ".join(map(str, sorted(answer_scores)))
                self._add_error(path, f"{condition.question} has the answers {answers}: compare with one of them")
        for name, parts in (("all", condition.all), ("any", condition.any)):
            for n, part in enumerate(parts or ()):
                self._check_condition((*path, name, n), part)

    def _check_scale(self, path: Location, scale: ScaleEntry, parsed: Scale, conditional: set[str]) -> None:
        if parsed.minimum == parsed.maximum:
            self._add_error(path, "every answer leads to the same score: check the scores of the answers")
        mean = scale.norms.mean if scale.norms else parsed.minimum
        if not parsed.minimum <= mean <= parsed.maximum:
            self._add_error(
                (*path, "norms", "mean"), f"{scale.id} ranges from {parsed.minimum:g} to {parsed.maximum:g}"
            )
        for name, part in (("norms", scale.norms), ("reliability", scale.reliability)):
            if part and part.sd > (parsed.maximum - parsed.minimum) / 2:
                self._add_error(
                    (*path, name, "sd"), "is more than half of the scale's range: does it refer to sums, or to means?"
                )
        self._check_missing((*path, "missing"), scale, parsed, conditional)
        if scale.bands:
            self._check_bands((*path, "bands", "values"), scale.bands, parsed)

    def _check_missing(self, path: Location, scale: ScaleEntry, parsed: Scale, conditional: set[str]) -> None:
        score_ranges = {(min(item.keyed_scores.values()), max(item.keyed_scores.values())) for item in parsed.items}
        rule = scale.missing.rule
        if rule == "prorate" and len(score_ranges) > 1:
            self._add_error(path, "prorate needs items with equal lowest and equal highest scores")
        if rule == "ignore" and (parsed.is_mean or {low for low, _ in score_ranges} != {0}):
            self._add_error(path, "ignore needs the method sum and items with the lowest score 0")
        if rule == "require_complete" and (conditional_items := conditional.intersection(scale.items)):
            self._add_error(
                path,
                f"{min(conditional_items)!r} isn't always asked: use prorate, or the scale has no score without it",
            )

    def _check_bands(self, path: Location, bands: BandsEntry, parsed: Scale) -> None:
        """Check that the score ranges (bands) of a scale cover all scores without gaps or overlaps.

        If all scores are whole numbers, each band starts one above the maximum of the previous band. Otherwise, it
        starts at that maximum.
        """
        values = bands.values
        step = 1.0 if _has_whole_number_scores(parsed) else 0.0
        if _is_different(values[0].min, parsed.minimum) or _is_different(values[-1].max, parsed.maximum):
            self._add_error(path, f"the bands must cover the scores, from {parsed.minimum:g} to {parsed.maximum:g}")
        for n, band in enumerate(values):
            if not step and band.min == band.max:
                self._add_error((*path, n), "min equals max: the band contains no score")
        for n, (band, next_band) in enumerate(pairwise(values)):
            if next_band.min < band.max + step - BOUNDARY_TOLERANCE:
                self._add_error((*path, n + 1), f"overlaps with {band.id!r}: set min to {band.max + step:g}")
            elif next_band.min > band.max + step + BOUNDARY_TOLERANCE:
                self._add_error((*path, n + 1), f"leaves a gap after {band.id!r}: set min to {band.max + step:g}")
            elif step and not next_band.min.is_integer():
                self._add_error((*path, n + 1), "min must be a whole number, one above the max of the band before")


def _has_whole_number_scores(scale: Scale) -> bool:
    """Return whether every possible score of the scale is a whole number."""
    steps = [item.weight * value for item in scale.items for value in item.keyed_scores.values()]
    prorated = scale.is_prorated and scale.min_answered < len(scale.items)
    return not scale.is_mean and not prorated and all(float(step).is_integer() for step in steps)


def _is_different(first: float, second: float) -> bool:
    return abs(first - second) > BOUNDARY_TOLERANCE
