"""Spreadsheets of responses: one row a person, columns named by question, and the scores beside what else there was."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple

from app.assessments.rules.conditions import Answers
from app.assessments.rules.definition import Definition
from app.assessments.rules.reliability import Statistics, statistics
from app.assessments.rules.scoring import ScoringResult, asked, keyed_answers, score

DELIMITERS = ",;\t"
MOST_SHOWN = 20  # characters of a cell that is refused

Cells = Sequence[str]


class BadSheet(Exception):
    """Says what is wrong with the names of the columns, or where no cells can be made out."""


class BadCell(NamedTuple):
    """A cell that is no answer, by its row and column as a spreadsheet counts them; the header is row 1."""

    row: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.what}"


@dataclass(frozen=True, slots=True)
class Column:
    """Where a question's answers stand, and what they may be."""

    place: int
    question: str
    answers: dict[str, int]


class Sheet:
    """What a spreadsheet's columns mean for a questionnaire."""

    def __init__(self, header: Cells, definition: Definition) -> None:
        """Raises BadSheet."""
        names = [name.strip() for name in header]
        self._definition = definition
        self._width = len(names)
        self._columns = [
            Column(n, name, {str(answer): answer for answer in definition.by_question[name].counts})
            for n, name in enumerate(names)
            if name in definition.by_question
        ]
        self._others = [n for n, name in enumerate(names) if name not in definition.by_question]
        self.scores = list(_score_names(definition))
        self.unanswered = [each.id for each in definition.questions if each.id not in names]
        self.header = [names[n] for n in self._others] + self.scores
        self._check(names)

    def faults(self, row: int, cells: Cells) -> Iterator[BadCell]:
        if len(cells) != self._width:
            yield BadCell(row, str(len(cells)), f"the row ends here, the header has {self._width} columns")
            return
        for column in self._columns:
            text = cells[column.place].strip()
            if text and text not in column.answers:
                yield BadCell(row, column.question, f"{text[:MOST_SHOWN]!r} isn't one of the possible answers")

    def answers(self, cells: Cells) -> dict[str, int]:
        """What a person answered, in a row without faults. Blanks are missing answers."""
        texts = ((column, cells[column.place].strip()) for column in self._columns)
        return {column.question: column.answers[text] for column, text in texts if text}

    def scored(self, cells: Cells, outcome: ScoringResult) -> list[object]:
        """What was beside the answers, then the scores; blank where there is none."""
        row: list[object] = [cells[n] for n in self._others]
        for each in outcome.scores:
            low, high = each.interval or (None, None)
            row += [each.value, each.answered, each.standard_error, low, high, each.percentile, each.t_score, each.band]
        if self._definition.style:
            style = outcome.style
            row += [style.id, "yes" if style.borderline else "no"] if style else [None, None]
        return row

    def _check(self, names: Cells) -> None:
        twice = sorted(
            {name for name in self.header + [each.question for each in self._columns] if name and names.count(name) > 1}
        )
        taken = sorted(set(self.scores) & {names[n] for n in self._others})
        if not self._columns:
            raise BadSheet("no column has the id of a question: the first row must name them, such as q01")
        if twice:
            raise BadSheet(f"column {twice[0]!r} stands there twice: keep one")
        if taken:
            raise BadSheet(f"column {taken[0]!r} has the name of a score: give it another one")


class Sample:
    """The people who were scored, for the statistics of each scale."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._scores: list[list[float | None]] = [[] for _ in definition.scales]
        self._items: list[list[list[float | None]]] = [[[] for _ in scale.items] for scale in definition.scales]

    def add(self, answers: Answers) -> ScoringResult:
        outcome = score(self._definition, answers)
        given = asked(self._definition, answers) if self._definition.branches else answers
        for n, scale in enumerate(self._definition.scales):
            self._scores[n].append(outcome.scores[n].value)
            for column, keyed in zip(self._items[n], keyed_answers(scale, given), strict=True):
                column.append(keyed)
        return outcome

    def statistics(self) -> Iterator[tuple[str, Statistics]]:
        """By scale."""
        for scale, scores, items in zip(self._definition.scales, self._scores, self._items, strict=True):
            yield scale.id, statistics(scores, items)


def delimiter_of(beginning: str, definition: Definition) -> str:
    """What parts the cells: the one by which the first row names most questions."""

    def questions(delimiter: str) -> int:
        try:
            _, names = next(rows(StringIO(beginning, newline=""), delimiter), (1, []))
        except BadSheet:
            return 0
        return sum(name.strip() in definition.by_question for name in names)

    return max(DELIMITERS, key=questions)


def rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, Cells]]:
    """The rows that aren't empty, numbered as in a spreadsheet. Raises BadSheet."""
    number = 0
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1):
            if cells:
                yield number, cells
    except csv.Error as error:
        raise BadSheet(f"row {number + 1}: {error}") from None


def _score_names(definition: Definition) -> Iterator[str]:
    for scale in definition.scales:
        yield scale.id
        for part in ("answered", "standard_error", "low", "high", "percentile", "t_score", "band"):
            yield f"{scale.id}_{part}"
    if definition.style:
        yield from ("style", "style_borderline")
