"""Finds names in a questionnaire that stand twice, that lead nowhere, or that don't belong where they are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

from app.assessments.files.questionnaires import (
    ConditionEntry,
    QuestionnaireFile,
    ResponseScaleEntry,
    ScaleEntry,
    StyleRuleEntry,
)
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import FaultCollector, Place, Source


class NameChecker:
    """Everything is told apart, and whatever is named is there."""

    def __init__(self, source: Source, file: QuestionnaireFile, faults: FaultCollector) -> None:
        self._source = source
        self._file = file
        self._faults = faults
        self._questions = [each.id for each in file.questions]
        self._scales = [each.id for each in file.scales]
        self._references = [each.id for each in file.references]

    def check(self) -> None:
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

    def _fault(self, path: Place, message: str) -> None:
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
                self._fault(path, f"{path[-1]} says nothing about {name!r}")

    def _check_answers(self, path: Place, answers: ResponseScaleEntry) -> None:
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
                self._fault((*path, "options"), "options and response_scale: keep one of them")
            values = [option.value for option in question.options or ()]
            if len(set(values)) < len(values):
                self._fault((*path, "options"), "options has a value twice: give each its own")
            if question.show_if:
                self._check_condition((*path, "show_if"), question.show_if, self._questions[:n])
        used = {question.section for question in self._file.questions}
        for n, section in enumerate(sections):
            if section not in used:
                self._fault(("sections", n), f"no question is in section {section!r}: name it there or remove it")

    def _check_condition(self, path: Place, condition: ConditionEntry, earlier: Sequence[str]) -> None:
        name = condition.question
        if name in self._questions and name not in earlier:
            self._fault(path, f"{name!r} doesn't stand before: a condition is about an earlier question")
        else:
            self._known(path, name, self._questions, "question")
        for kind, parts in (("all", condition.all), ("any", condition.any)):
            for n, part in enumerate(parts or ()):
                self._check_condition((*path, kind, n), part, earlier)

    def _check_scale(self, path: Place, scale: ScaleEntry) -> None:
        for n, item in enumerate(scale.items):
            self._known((*path, "items", n), item, self._questions, "question")
        self._once((*path, "items"), scale.items, "item")
        self._once((*path, "reverse_keyed"), scale.reverse_keyed, "item")
        for n, item in enumerate(scale.reverse_keyed):
            if item not in scale.items:
                self._fault((*path, "reverse_keyed", n), f"{item!r} isn't an item of this scale: remove it here")
        for item in scale.weights:
            if item not in scale.items:
                self._fault((*path, "weights", item), f"{item!r} isn't an item of this scale: remove it here")
        others = [name for name in self._scales if name != scale.id]
        for n, other in enumerate(scale.shares_items_with):
            self._known((*path, "shares_items_with", n), other, others, "other scale")
        bands = scale.bands.values if scale.bands else []
        self._once((*path, "bands", "values"), [band.id for band in bands], "band")
        if (scale.missing.min_answered or 0) > len(scale.items):
            self._fault((*path, "missing", "min_answered"), "min_answered is more than the scale has items")
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

    def _check_style(self, path: Place, style: StyleRuleEntry) -> None:
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

    def _check_midpoints(self, path: Place, style: StyleRuleEntry) -> None:
        self._all_of((*path, "midpoints"), style.midpoints or (), style.scales, "scale")
        for n, each in enumerate(style.styles):
            self._all_of((*path, "styles", n, "position"), each.position or (), style.scales, "scale")
            if each.function:
                self._fault(
                    (*path, "styles", n, "function"),
                    "function isn't for the method midpoint: give its position",
                )
        taken: Counter[tuple[str | None, ...]] = Counter(
            tuple((each.position or {}).get(scale) for scale in style.scales) for each in style.styles
        )
        for place in product(("low", "high"), repeat=len(style.scales)):
            if taken[place] != 1:
                where = ", ".join(f"{scale} {side}" for scale, side in zip(style.scales, place, strict=True))
                self._fault((*path, "styles"), f"{taken[place]} styles lie at {where}: there must be one")

    def _check_functions(self, path: Place, style: StyleRuleEntry) -> None:
        if style.source is None:
            self._fault(path, "source is missing: whose functions are these?")
        if style.midpoints is not None:
            self._fault((*path, "midpoints"), "midpoints is for the method midpoint: remove it")
        for n, each in enumerate(style.styles):
            coefficients = each.function.coefficients if each.function else ()
            self._all_of((*path, "styles", n, "function"), coefficients, style.scales, "scale")
            if each.position:
                self._fault((*path, "styles", n, "position"), "position is for the method midpoint: give its function")
