"""Finds what is wrong with a questionnaire whose parts are each well formed."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from app.assessments.files.names import NameChecker
from app.assessments.files.questionnaires import (
    BandsEntry,
    ConditionEntry,
    QuestionEntry,
    QuestionnaireFile,
    ScaleEntry,
)
from app.assessments.rules.definition import Scale, counts_of, scale_of
from app.assessments.rules.styles import ROUNDING
from app.core.source_files.sources import FaultCollector, Place, Source, validated


def read_definition(source: Source, faults: FaultCollector) -> dict[str, Any] | None:
    """The definition that is stored of a questionnaire's file; what is wrong with it is added to the faults."""
    file = validated(source, QuestionnaireFile, faults)
    if file is None:
        return None
    stored = file.model_dump(mode="json", exclude_defaults=True)
    NameChecker(source, file, faults).check()
    _FigureChecker(source, file, stored, faults).check()
    return stored


class _FigureChecker:
    """Scores, conditions and boundaries make sense for the answers that can be given.

    What can't be worked out, because a name in it leads nowhere, is left out here.
    """

    def __init__(
        self, source: Source, file: QuestionnaireFile, stored: Mapping[str, Any], faults: FaultCollector
    ) -> None:
        self._source = source
        self._file = file
        self._faults = faults
        counts = counts_of(stored)
        self._counts = {question.id: counts[question.id] for question in file.questions if self._is_clear(question)}
        self._scored = {
            scale["id"]: scale_of(scale, self._counts)
            for scale in stored["scales"]
            if all(item in self._counts for item in scale["items"])
        }

    def check(self) -> None:
        for n, question in enumerate(self._file.questions):
            if question.show_if:
                self._check_condition(("questions", n, "show_if"), question.show_if)
        sometimes = {question.id for question in self._file.questions if question.show_if}
        for n, scale in enumerate(self._file.scales):
            scored = self._scored.get(scale.id)
            if scored:
                self._check_scale(("scales", n), scale, scored, sometimes)
        style = self._file.style
        for name, midpoint in ((style and style.midpoints) or {}).items():
            scored = self._scored.get(name)
            if scored and not scored.minimum <= midpoint <= scored.maximum:
                message = f"{name} goes from {scored.minimum:g} to {scored.maximum:g}: its midpoint must lie there"
                self._fault(("style", "midpoints", name), message)

    def _is_clear(self, question: QuestionEntry) -> bool:
        """Whether it can be said how a question is answered."""
        options = [option.value for option in question.options or ()]
        if options:
            return question.response_scale is None and len(set(options)) == len(options)
        scales = self._file.response_scales
        name = question.response_scale or scales[0].id
        return any(each.id == name and each.min < each.max for each in scales)

    def _fault(self, path: Place, message: str) -> None:
        self._faults.add(self._source, path, message)

    def _check_condition(self, path: Place, condition: ConditionEntry) -> None:
        possible = self._counts.get(condition.question or "")
        if possible:
            wanted = condition.one_of or [
                answer
                for answer in possible
                if (condition.at_least is None or answer >= condition.at_least)
                and (condition.at_most is None or answer <= condition.at_most)
            ]
            if not wanted or not possible.keys() >= set(wanted):
                answers = ", ".join(map(str, sorted(possible)))
                self._fault(path, f"{condition.question} is answered with {answers}: ask for what can be answered")
        for name, parts in (("all", condition.all), ("any", condition.any)):
            for n, part in enumerate(parts or ()):
                self._check_condition((*path, name, n), part)

    def _check_scale(self, path: Place, scale: ScaleEntry, scored: Scale, sometimes: set[str]) -> None:
        if scored.minimum == scored.maximum:
            self._fault(path, "every answer leads to the same score: look at what they count")
        middle = scale.norms.mean if scale.norms else scored.minimum
        if not scored.minimum <= middle <= scored.maximum:
            self._fault((*path, "norms", "mean"), f"{scale.id} goes from {scored.minimum:g} to {scored.maximum:g}")
        for name, part in (("norms", scale.norms), ("reliability", scale.reliability)):
            if part and part.sd > (scored.maximum - scored.minimum) / 2:
                self._fault((*path, name, "sd"), "is more than half of the scale: is it that of sums, or of means?")
        self._check_missing((*path, "missing"), scale, scored, sometimes)
        if scale.bands:
            self._check_bands((*path, "bands", "values"), scale.bands, scored)

    def _check_missing(self, path: Place, scale: ScaleEntry, scored: Scale, sometimes: set[str]) -> None:
        ranges = {(min(item.keyed.values()), max(item.keyed.values())) for item in scored.items}
        rule = scale.missing.rule
        if rule == "prorate" and len(ranges) > 1:
            self._fault(path, "prorating needs items that all count from the same number to the same number")
        if rule == "ignore" and (scored.is_mean or {low for low, _ in ranges} != {0}):
            self._fault(path, "ignoring missing answers is for sums of items that count from 0")
        if rule == "require_complete" and (asked := sometimes.intersection(scale.items)):
            self._fault(path, f"{min(asked)!r} isn't always asked: prorate, or the scale never has a score then")

    def _check_bands(self, path: Place, bands: BandsEntry, scored: Scale) -> None:
        """Of whole-number sums each band ends one below the next; of others where the next begins."""
        values = bands.values
        step = 1.0 if _is_whole(scored) else 0.0
        if _differ(values[0].min, scored.minimum) or _differ(values[-1].max, scored.maximum):
            self._fault(path, f"the bands must go from {scored.minimum:g} to {scored.maximum:g}, where the scores do")
        for n, band in enumerate(values):
            if not step and band.min == band.max:
                self._fault((*path, n), "begins where it ends: no score lies there")
        for n, (band, after) in enumerate(pairwise(values)):
            if after.min < band.max + step - ROUNDING:
                self._fault((*path, n + 1), f"overlaps with {band.id!r}: let it begin at {band.max + step:g}")
            elif after.min > band.max + step + ROUNDING:
                self._fault((*path, n + 1), f"leaves a gap after {band.id!r}: let it begin at {band.max + step:g}")
            elif step and not after.min.is_integer():
                self._fault((*path, n + 1), "must begin at a whole number, one above the end of the band before")


def _is_whole(scale: Scale) -> bool:
    """Whether scores are whole numbers only."""
    steps = [item.weight * value for item in scale.items for value in item.keyed.values()]
    prorated = scale.is_prorated and scale.least < len(scale.items)
    return not scale.is_mean and not prorated and all(float(step).is_integer() for step in steps)


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > ROUNDING
