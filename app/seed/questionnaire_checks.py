"""Finds what is wrong with a questionnaire whose parts are each well formed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from typing import Any

from app.assessments.definition import Definition, definition_of
from app.assessments.definition import Scale as ScoredScale
from app.seed.questionnaires import Bands, Condition, QuestionnaireFile, ResponseScale, Scale, Style
from app.seed.sources import Faults, Place, Source, did_you_mean

ROUNDING = 1e-9


def checked(source: Source, file: QuestionnaireFile, faults: Faults) -> dict[str, Any]:
    """What is stored of a file; what is wrong with it is added to the faults."""
    stored = file.model_dump(mode="json", exclude_defaults=True)
    checker = _Checker(source, file, faults)
    checker.check_names()
    if not checker.found:
        checker.check_figures(definition_of(stored))
    return stored


class _Checker:
    def __init__(self, source: Source, file: QuestionnaireFile, faults: Faults) -> None:
        self._source = source
        self._file = file
        self._faults = faults
        self._questions = [each.id for each in file.questions]
        self._scales = [each.id for each in file.scales]
        self._references = [each.id for each in file.references]
        self.found = 0

    def check_names(self) -> None:
        """Everything is told apart, and whatever is named is there."""
        file = self._file
        self._once(("response_scales",), [each.id for each in file.response_scales], "response scale")
        self._once(("sections",), [each.id for each in file.sections], "section")
        self._once(("questions",), self._questions, "question")
        self._once(("scales",), self._scales, "scale")
        self._once(("references",), self._references, "reference")
        for n, answers in enumerate(file.response_scales):
            self._check_answers(("response_scales", n), answers)
        self._check_questions()
        for n, scale in enumerate(file.scales):
            self._check_scale(("scales", n), scale)
        self._check_places()
        if file.style:
            self._check_style(("style",), file.style)

    def check_figures(self, definition: Definition) -> None:
        """Missing answers and bands make sense for what a scale's scores can be."""
        sometimes = {question.id for question in definition.questions if question.show_if}
        for n, (scale, scored) in enumerate(zip(self._file.scales, definition.scales, strict=True)):
            self._check_missing(("scales", n, "missing"), scale, scored, sometimes)
            if scale.bands:
                self._check_bands(("scales", n, "bands", "values"), scale.bands, scored)

    def _fault(self, path: Place, message: str) -> None:
        self.found += 1
        self._faults.add(self._source, path, message)

    def _once(self, path: Place, names: Sequence[str], kind: str) -> None:
        for n, name in enumerate(names):
            if name in names[:n]:
                self._fault((*path, n), f"{kind} {name!r} stands here twice: keep one")

    def _known(self, path: Place, name: str | None, known: Sequence[str], kind: str) -> None:
        if name is not None and name not in known:
            self._fault(path, f"there is no {kind} {name!r}{did_you_mean(name, known)}")

    def _all_of(self, path: Place, names: Iterable[str], wanted: Sequence[str], kind: str) -> None:
        given = list(names)
        for name in given:
            self._known((*path, name), name, wanted, kind)
        for name in wanted:
            if name not in given:
                self._fault(path, f"says nothing about {name!r}")

    def _check_answers(self, path: Place, answers: ResponseScale) -> None:
        values = [str(value) for value in range(answers.min, answers.max + 1)]
        if answers.min >= answers.max:
            self._fault(path, "min must be less than max")
            return
        for end in (values[0], values[-1]):
            if end not in answers.labels:
                self._fault((*path, "labels"), f"has no label for {end}: label both ends at least")
        for name in answers.labels:
            self._known((*path, "labels", name), name, values, "answer")
        if answers.scores is not None:
            self._all_of((*path, "scores"), answers.scores, values, "answer")

    def _check_questions(self) -> None:
        sections = [each.id for each in self._file.sections]
        response_scales = [each.id for each in self._file.response_scales]
        for n, question in enumerate(self._file.questions):
            path: Place = ("questions", n)
            self._known((*path, "section"), question.section, sections, "section")
            self._known((*path, "response_scale"), question.response_scale, response_scales, "response scale")
            if question.options and question.response_scale:
                self._fault((*path, "options"), "has a response scale too: keep one of them")
            values = [option.value for option in question.options or ()]
            if len(set(values)) < len(values):
                self._fault((*path, "options"), "has a value twice: give each option its own")
            if question.show_if:
                self._check_condition((*path, "show_if"), question.show_if, self._questions[:n])
        used = {question.section for question in self._file.questions}
        for n, section in enumerate(sections):
            if section not in used:
                self._fault(("sections", n), f"no question is in section {section!r}: name it there or remove it")

    def _check_condition(self, path: Place, condition: Condition, earlier: Sequence[str]) -> None:
        if condition.question is not None and condition.question not in earlier:
            self._fault(
                path, f"{condition.question!r} isn't an earlier question{did_you_mean(condition.question, earlier)}"
            )
        for name, parts in (("all", condition.all), ("any", condition.any)):
            for n, part in enumerate(parts or ()):
                self._check_condition((*path, name, n), part, earlier)

    def _check_scale(self, path: Place, scale: Scale) -> None:
        for n, item in enumerate(scale.items):
            self._known((*path, "items", n), item, self._questions, "question")
        self._once((*path, "items"), scale.items, "item")
        self._once((*path, "reverse_keyed"), scale.reverse_keyed, "item")
        for n, item in enumerate(scale.reverse_keyed):
            if item not in scale.items:
                self._fault((*path, "reverse_keyed", n), f"{item!r} isn't an item of this scale: a key of another one?")
        for item in scale.weights:
            self._known((*path, "weights", item), item, scale.items, "item")
        for n, other in enumerate(scale.shares_items_with):
            self._known((*path, "shares_items_with", n), other, self._scales, "scale")
        if (scale.missing.min_answered or 0) > len(scale.items):
            self._fault((*path, "missing", "min_answered"), "is more than the scale has items")
        for name, part in (("reliability", scale.reliability), ("norms", scale.norms), ("bands", scale.bands)):
            if part:
                self._known((*path, name, "source"), part.source, self._references, "reference")

    def _check_places(self) -> None:
        """Each question is on one scale, unless it is declared otherwise."""
        scales = self._file.scales
        shared = {frozenset((scale.id, other)) for scale in scales for other in scale.shares_items_with}
        for n, question in enumerate(self._file.questions):
            on = [scale.id for scale in scales if question.id in scale.items]
            if not on and question.scored:
                self._fault(("questions", n), f"{question.id!r} is on no scale: add it to one, or say scored: false")
            if on and not question.scored:
                self._fault(("questions", n), f"{question.id!r} says scored: false, but is on {on[0]!r}")
            for one, other in ((one, other) for one in on for other in on if one < other):
                if frozenset((one, other)) not in shared:
                    message = f"{question.id!r} is on {one!r} and {other!r}: is that so? Then say shares_items_with"
                    self._fault(("questions", n), message)

    def _check_style(self, path: Place, style: Style) -> None:
        for n, scale in enumerate(style.scales):
            self._known((*path, "scales", n), scale, self._scales, "scale")
        self._once((*path, "scales"), style.scales, "scale")
        self._once((*path, "styles"), [each.id for each in style.styles], "style")
        self._known((*path, "source"), style.source, self._references, "reference")
        measured = {scale.id for scale in self._file.scales if scale.reliability}
        if style.borderline_margin is None and not measured.issuperset(style.scales):
            self._fault(path, "needs borderline_margin, or the reliability of each scale: else no style is ever said")
        if style.method == "midpoint":
            self._check_midpoints(path, style)
        else:
            self._check_functions(path, style)

    def _check_midpoints(self, path: Place, style: Style) -> None:
        self._all_of((*path, "midpoints"), style.midpoints or (), style.scales, "scale")
        for n, each in enumerate(style.styles):
            self._all_of((*path, "styles", n, "position"), each.position or (), style.scales, "scale")
            if each.function:
                self._fault((*path, "styles", n, "function"), "belongs to linear_discriminant: give its position")
        taken: Counter[tuple[str | None, ...]] = Counter(
            tuple((each.position or {}).get(scale) for scale in style.scales) for each in style.styles
        )
        for place in product(("low", "high"), repeat=len(style.scales)):
            if taken[place] != 1:
                where = ", ".join(f"{scale} {side}" for scale, side in zip(style.scales, place, strict=True))
                self._fault((*path, "styles"), f"{taken[place]} styles lie at {where}: there must be one")

    def _check_functions(self, path: Place, style: Style) -> None:
        if style.source is None:
            self._fault(path, "source is missing: whose functions are these?")
        if style.midpoints is not None:
            self._fault((*path, "midpoints"), "belongs to midpoint: remove it")
        for n, each in enumerate(style.styles):
            coefficients = each.function.coefficients if each.function else ()
            self._all_of((*path, "styles", n, "function"), coefficients, style.scales, "scale")
            if each.position:
                self._fault((*path, "styles", n, "position"), "belongs to midpoint: give its function")

    def _check_missing(self, path: Place, scale: Scale, scored: ScoredScale, sometimes: set[str]) -> None:
        ranges = {(min(item.keyed.values()), max(item.keyed.values())) for item in scored.items}
        rule = scale.missing.rule
        if rule == "prorate" and len(ranges) > 1:
            self._fault(path, "prorating needs items that all count from the same number to the same number")
        if rule == "ignore" and (scored.is_mean or {low for low, _ in ranges} != {0}):
            self._fault(path, "ignoring missing answers is for sums of items that count from 0")
        if rule == "require_complete" and (asked := sometimes.intersection(scale.items)):
            self._fault(path, f"{min(asked)!r} isn't always asked: prorate, or the scale never has a score then")

    def _check_bands(self, path: Place, bands: Bands, scored: ScoredScale) -> None:
        """Of whole-number sums each band ends one below the next; of others where the next begins."""
        values = bands.values
        self._once(path, [band.id for band in values], "band")
        step = 1.0 if _is_whole(scored) else 0.0
        if _differ(values[0].min, scored.minimum) or _differ(values[-1].max, scored.maximum):
            self._fault(path, f"must go from {scored.minimum:g} to {scored.maximum:g}, where the scores do")
        for n, (band, after) in enumerate(pairwise(values)):
            if after.min < band.max + step - ROUNDING:
                self._fault((*path, n + 1), f"overlaps with {band.id!r}: let it begin at {band.max + step:g}")
            elif after.min > band.max + step + ROUNDING:
                self._fault((*path, n + 1), f"leaves a gap after {band.id!r}: let it begin at {band.max + step:g}")


def _is_whole(scale: ScoredScale) -> bool:
    """Whether scores are whole numbers only."""
    steps = [item.weight * value for item in scale.items for value in item.keyed.values()]
    prorated = scale.is_prorated and scale.least < len(scale.items)
    return not scale.is_mean and not prorated and all(float(step).is_integer() for step in steps)


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > ROUNDING
