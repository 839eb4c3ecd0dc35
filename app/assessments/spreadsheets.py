"""Parse spreadsheets of questionnaire answers, with one row per person and one column per question."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple

from app.assessments.rules.conditions import Answers
from app.assessments.rules.definition import Definition
from app.assessments.rules.reliability import Statistics, statistics
from app.assessments.rules.scoring import ScoringResult, filter_asked, keyed_answers, score

DELIMITERS = ",;\t"
MAX_QUOTED_LENGTH = 20  # maximum characters of an invalid cell that an error message quotes

Cells = Sequence[str]


class InvalidSpreadsheet(Exception):
    """Raised for malformed CSV, and for column names that are missing, duplicate or reserved."""


class CellError(NamedTuple):
    """An error in a cell. Rows are numbered as in a spreadsheet program, so that the header is row 1."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Column:
    """The column of a question: its position, and a mapping from the valid cell texts to answers."""

    position: int
    question: str
    answers: dict[str, int]


class Sheet:
    """The columns of a spreadsheet, matched by name to the questions of a questionnaire."""

    def __init__(self, header: Cells, definition: Definition) -> None:
        """Match the column names to question ids. Raise InvalidSpreadsheet."""
        names = [name.strip() for name in header]
        self._definition = definition
        self._column_count = len(names)
        self._columns = [
            Column(n, name, {str(answer): answer for answer in definition.question_by_id[name].answer_scores})
            for n, name in enumerate(names)
            if name in definition.question_by_id
        ]
        self._other_positions = [n for n, name in enumerate(names) if name not in definition.question_by_id]
        self._score_names = list(_score_columns(definition))
        self.missing_questions = [question.id for question in definition.questions if question.id not in names]
        self.header = [names[n] for n in self._other_positions] + self._score_names
        self._check(names)

    def errors(self, row: int, cells: Cells) -> Iterator[CellError]:
        if len(cells) != self._column_count:
            yield CellError(
                row, str(len(cells)), f"the row has {len(cells)} cells, the header has {self._column_count}"
            )
            return
        for column in self._columns:
            text = cells[column.position].strip()
            if text and text not in column.answers:
                yield CellError(row, column.question, f"{text[:MAX_QUOTED_LENGTH]!r} isn't one of the possible answers")

    def answers(self, cells: Cells) -> dict[str, int]:
        """Return the answers in a valid row by question id, without blank cells."""
        texts = ((column, cells[column.position].strip()) for column in self._columns)
        return {column.question: column.answers[text] for column, text in texts if text}

    def output_row(self, cells: Cells, outcome: ScoringResult) -> list[object]:
        """Return an output row: the cells that aren't answers, then the scores. Missing scores are None."""
        row: list[object] = [cells[n] for n in self._other_positions]
        for scale_score in outcome.scores:
            low, high = scale_score.interval or (None, None)
            row += [
                scale_score.value,
                scale_score.answered,
                scale_score.standard_error,
                low,
                high,
                scale_score.percentile,
                scale_score.t_score,
                scale_score.band,
            ]
        if self._definition.style:
            style = outcome.style
            row += [style.id, "yes" if style.borderline else "no"] if style else [None, None]
        return row

    def _check(self, names: Cells) -> None:
        duplicates = sorted(
            {
                name
                for name in self.header + [column.question for column in self._columns]
                if name and names.count(name) > 1
            }
        )
        conflicts = sorted(set(self._score_names) & {names[n] for n in self._other_positions})
        if not self._columns:
            raise InvalidSpreadsheet(
                "no column has a question id: name the columns by id in the first row, such as q01"
            )
        if duplicates:
            raise InvalidSpreadsheet(f"column {duplicates[0]!r} appears twice: keep one")
        if conflicts:
            raise InvalidSpreadsheet(f"column {conflicts[0]!r} has the name of a score column: rename it")


class Sample:
    """The scored people of a spreadsheet, collected to compute the statistics of each scale."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._scores: list[list[float | None]] = [[] for _ in definition.scales]
        self._items: list[list[list[float | None]]] = [[[] for _ in scale.items] for scale in definition.scales]

    def add(self, answers: Answers) -> ScoringResult:
        outcome = score(self._definition, answers)
        asked = filter_asked(self._definition, answers) if self._definition.has_conditions else answers
        for n, scale in enumerate(self._definition.scales):
            self._scores[n].append(outcome.scores[n].value)
            for column, keyed in zip(self._items[n], keyed_answers(scale, asked), strict=True):
                column.append(keyed)
        return outcome

    def statistics(self) -> Iterator[tuple[str, Statistics]]:
        """Yield the id and the statistics of each scale."""
        for scale, scores, items in zip(self._definition.scales, self._scores, self._items, strict=True):
            yield scale.id, statistics(scores, items)


def detect_delimiter(text: str, definition: Definition) -> str:
    """Return the delimiter that splits the header row into the most question ids."""

    def count_questions(delimiter: str) -> int:
        try:
            _, names = next(read_rows(StringIO(text, newline=""), delimiter), (1, []))
        except InvalidSpreadsheet:
            return 0
        return sum(name.strip() in definition.question_by_id for name in names)

    return max(DELIMITERS, key=count_questions)


def read_rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, Cells]]:
    """Yield each non-empty row with its number. Raise InvalidSpreadsheet for malformed CSV."""
    number = 0
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1):
            if cells:
                yield number, cells
    except csv.Error as error:
        raise InvalidSpreadsheet(f"row {number + 1}: {error}") from None


def _score_columns(definition: Definition) -> Iterator[str]:
    for scale in definition.scales:
        yield scale.id
        for part in ("answered", "standard_error", "low", "high", "percentile", "t_score", "band"):
            yield f"{scale.id}_{part}"
    if definition.style:
        yield from ("style", "style_borderline")
