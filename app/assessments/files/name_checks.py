"""Check the ids in a questionnaire file: duplicates, unknown references and misplaced fields."""

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
from app.core.source_files.sources import ErrorCollector, Location, Source


class NameChecker:
    """Report duplicate ids, unknown references and misplaced fields in a questionnaire file."""

    def __init__(self, source: Source, file: QuestionnaireFile, errors: ErrorCollector) -> None:
        self._source = source
        self._file = file
        self._errors = errors
        self._questions = [question.id for question in file.questions]
        self._scales = [scale.id for scale in file.scales]
        self._references = [reference.id for reference in file.references]

    def check(self) -> None:
        file = self._file
        self._check_unique(
            ("response_scales",), [response_scale.id for response_scale in file.response_scales], "response scale"
        )
        self._check_unique(("sections",), [section.id for section in file.sections], "section")
        self._check_unique(("questions",), self._questions, "question")
        self._check_unique(("scales",), self._scales, "scale")
        self._check_unique(("references",), self._references, "reference")
        for n, answers in enumerate(file.response_scales):
            self._check_response_scale(("response_scales", n), answers)
        self._check_questions()
        for n, scale in enumerate(file.scales):
            self._check_scale(("scales", n), scale)
        self._check_scale_membership()
        if file.style:
            self._check_style(("style",), file.style)

    def _add_error(self, path: Location, message: str) -> None:
        self._errors.add(self._source, path, message)

    def _check_unique(self, path: Location, names: Sequence[str], kind: str) -> None:
        for n, name in enumerate(names):
            if name in names[:n]:
                self._add_error((*path, n), f"{kind} {name!r} appears twice: keep one")

    def _check_exists(self, path: Location, name: str | None, known: Sequence[str], kind: str) -> None:
        if name is not None and name not in known:
            self._add_error(path, f"there is no {kind} {name!r}{did_you_mean(name, known)}")

    def _check_complete(self, path: Location, names: Iterable[str], required: Sequence[str], kind: str) -> None:
        entries = list(names)
        for name in entries:
            self._check_exists((*path, name), name, required, kind)
        for name in required:
            if name not in entries:
                self._add_error(path, f"{path[-1]} has no entry for {name!r}")

    def _check_response_scale(self, path: Location, response_scale: ResponseScaleEntry) -> None:
        values = [str(value) for value in range(response_scale.min, response_scale.max + 1)]
        if response_scale.min >= response_scale.max:
            self._add_error(path, "min must be less than max")
            return
        for end in (values[0], values[-1]):
            if end not in response_scale.labels:
                self._add_error((*path, "labels"), f"has no label for {end}: label both ends at least")
        for name in response_scale.labels:
            self._check_exists((*path, "labels", name), name, values, "answer")
        if response_scale.scores is not None:
            self._check_complete((*path, "scores"), response_scale.scores, values, "answer")

    def _check_questions(self) -> None:
        sections = [section.id for section in self._file.sections]
        response_scales = [response_scale.id for response_scale in self._file.response_scales]
        for n, question in enumerate(self._file.questions):
            path: Location = ("questions", n)
            self._check_exists((*path, "section"), question.section, sections, "section")
            self._check_exists((*path, "response_scale"), question.response_scale, response_scales, "response scale")
            if question.options and question.response_scale:
                self._add_error((*path, "options"), "has both options and response_scale: keep one of them")
            values = [option.value for option in question.options or ()]
            if len(set(values)) < len(values):
                self._add_error((*path, "options"), "two options have the same value: give each option its own value")
            if question.show_if:
                self._check_condition((*path, "show_if"), question.show_if, self._questions[:n])
        used = {question.section for question in self._file.questions}
        for n, section in enumerate(sections):
            if section not in used:
                self._add_error(("sections", n), f"no question is in section {section!r}: use the section or remove it")

    def _check_condition(self, path: Location, condition: ConditionEntry, earlier: Sequence[str]) -> None:
        name = condition.question
        if name in self._questions and name not in earlier:
            self._add_error(path, f"{name!r} isn't an earlier question: a condition must refer to an earlier question")
        else:
            self._check_exists(path, name, self._questions, "question")
        for kind, parts in (("all", condition.all), ("any", condition.any)):
            for n, part in enumerate(parts or ()):
                self._check_condition((*path, kind, n), part, earlier)

    def _check_scale(self, path: Location, scale: ScaleEntry) -> None:
        for n, item in enumerate(scale.items):
            self._check_exists((*path, "items", n), item, self._questions, "question")
        self._check_unique((*path, "items"), scale.items, "item")
        self._check_unique((*path, "reverse_keyed"), scale.reverse_keyed, "item")
        for n, item in enumerate(scale.reverse_keyed):
            if item not in scale.items:
                self._add_error((*path, "reverse_keyed", n), f"{item!r} isn't an item of this scale: remove it here")
        for item in scale.weights:
            if item not in scale.items:
                self._add_error((*path, "weights", item), f"{item!r} isn't an item of this scale: remove it here")
        others = [name for name in self._scales if name != scale.id]
        for n, other in enumerate(scale.shares_items_with):
            self._check_exists((*path, "shares_items_with", n), other, others, "other scale")
        bands = scale.bands.values if scale.bands else []
        self._check_unique((*path, "bands", "values"), [band.id for band in bands], "band")
        if (scale.missing.min_answered or 0) > len(scale.items):
            self._add_error((*path, "missing", "min_answered"), "min_answered is larger than the number of items")
        for name, part in (("reliability", scale.reliability), ("norms", scale.norms), ("bands", scale.bands)):
            if part:
                self._check_exists((*path, name, "source"), part.source, self._references, "reference")

    def _check_scale_membership(self) -> None:
        """Report scored questions that belong to no scale, and questions shared by scales without a declaration."""
        scales = self._file.scales
        shared_pairs = {frozenset((scale.id, other)) for scale in scales for other in scale.shares_items_with}
        for n, question in enumerate(self._file.questions):
            scale_ids = [scale.id for scale in scales if question.id in scale.items]
            if not scale_ids and question.scored:
                self._add_error(
                    ("questions", n), f"{question.id!r} is on no scale: add it to one, or set scored: false"
                )
            if scale_ids and not question.scored:
                self._add_error(("questions", n), f"{question.id!r} has scored: false, but is on {scale_ids[0]!r}")
            for first, second in ((first, second) for first in scale_ids for second in scale_ids if first < second):
                if frozenset((first, second)) not in shared_pairs:
                    message = f"{question.id!r} is on {first!r} and {second!r}: if intended, declare shares_items_with"
                    self._add_error(("questions", n), message)

    def _check_style(self, path: Location, style: StyleRuleEntry) -> None:
        for n, scale in enumerate(style.scales):
            self._check_exists((*path, "scales", n), scale, self._scales, "scale")
        self._check_unique((*path, "scales"), style.scales, "scale")
        self._check_unique((*path, "styles"), [entry.id for entry in style.styles], "style")
        self._check_exists((*path, "source"), style.source, self._references, "reference")
        scales_with_reliability = {scale.id for scale in self._file.scales if scale.reliability}
        if style.borderline_margin is None and not scales_with_reliability.issuperset(style.scales):
            self._add_error(
                path, "needs borderline_margin or the reliability of each scale: without them no style is assigned"
            )
        if style.method == "midpoint":
            self._check_midpoints(path, style)
        else:
            self._check_discriminant_functions(path, style)

    def _check_midpoints(self, path: Location, style: StyleRuleEntry) -> None:
        self._check_complete((*path, "midpoints"), style.midpoints or (), style.scales, "scale")
        for n, entry in enumerate(style.styles):
            self._check_complete((*path, "styles", n, "position"), entry.position or (), style.scales, "scale")
            if entry.function:
                self._add_error(
                    (*path, "styles", n, "function"),
                    "function isn't allowed for the method midpoint: give a position",
                )
        style_counts: Counter[tuple[str | None, ...]] = Counter(
            tuple((entry.position or {}).get(scale) for scale in style.scales) for entry in style.styles
        )
        for position in product(("low", "high"), repeat=len(style.scales)):
            if style_counts[position] != 1:
                region = ", ".join(f"{scale} {side}" for scale, side in zip(style.scales, position, strict=True))
                self._add_error(
                    (*path, "styles"), f"{style_counts[position]} styles have the position {region}: define exactly one"
                )

    def _check_discriminant_functions(self, path: Location, style: StyleRuleEntry) -> None:
        if style.source is None:
            self._add_error(path, "source is missing: name the reference that publishes the functions")
        if style.midpoints is not None:
            self._add_error((*path, "midpoints"), "midpoints is only for the method midpoint: remove it")
        for n, entry in enumerate(style.styles):
            coefficients = entry.function.coefficients if entry.function else ()
            self._check_complete((*path, "styles", n, "function"), coefficients, style.scales, "scale")
            if entry.position:
                self._add_error(
                    (*path, "styles", n, "position"), "position is only for the method midpoint: give a function"
                )
