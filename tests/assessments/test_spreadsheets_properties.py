"""Property-based tests for scoring arbitrary spreadsheets of answers."""

import csv
from collections.abc import Sequence
from io import StringIO
from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.definition import parse_definition
from app.assessments.rules.reliability import statistics
from app.assessments.rules.scoring import filter_asked, keyed_answers, score
from app.assessments.spreadsheets import Sample, Sheet, detect_delimiter, read_rows
from tests.factories.questionnaires import branching_questionnaire, load_definition

DEFINITIONS = {name: load_definition(name) for name in ("ecr-rs", "djg-6")} | {
    "branching": parse_definition(branching_questionnaire())
}
TEXT_STRATEGY = st.text(st.characters(codec="utf-8"), max_size=20)


class SpreadsheetAnswers(NamedTuple):
    """A spreadsheet of answers: one row per person, with a column for each question and for a note."""

    name: str
    questions: Sequence[str]
    people: Sequence[Sequence[int | None]]
    notes: Sequence[str]

    def written(self, delimiter: str = ",", order: Sequence[int] | None = None, line_end: str = "\r\n") -> str:
        """Return the spreadsheet as CSV text. By default the note is the last column."""
        positions = order or range(len(self.questions) + 1)
        table = [[*self.questions, "note"]]
        table += [
            [*("" if answer is None else str(answer) for answer in person), f"> {note}"]
            for person, note in zip(self.people, self.notes, strict=True)
        ]
        file = StringIO(newline="")
        dialect = csv.excel if line_end == "\r\n" else csv.unix_dialect  # quotes all cells; otherwise Python omits "\r"
        csv.writer(file, dialect, delimiter=delimiter, lineterminator=line_end).writerows(
            [[row[position] for position in positions] for row in table]
        )
        return file.getvalue()

    def answers(self) -> list[dict[str, int]]:
        return [
            {question: answer for question, answer in zip(self.questions, person, strict=True) if answer is not None}
            for person in self.people
        ]


@st.composite
def surveys(draw: st.DrawFn) -> SpreadsheetAnswers:
    name = draw(st.sampled_from(sorted(DEFINITIONS)))
    questions_by_id = DEFINITIONS[name].question_by_id
    questions = draw(st.lists(st.sampled_from(sorted(questions_by_id)), min_size=1, unique=True))
    person = st.tuples(
        *(st.none() | st.sampled_from(sorted(questions_by_id[question].answer_scores)) for question in questions)
    )
    people = draw(st.lists(person, max_size=5))
    return SpreadsheetAnswers(name, questions, people, [draw(TEXT_STRATEGY) for _ in people])


def read(survey: SpreadsheetAnswers, text: str) -> tuple[Sheet, list[Sequence[str]]]:
    numbered_rows = read_rows(StringIO(text, newline=""), detect_delimiter(text, DEFINITIONS[survey.name]))
    _, header = next(numbered_rows)
    sheet = Sheet(header, DEFINITIONS[survey.name])
    cells = [row for number, row in numbered_rows if not list(sheet.errors(number, row))]
    return sheet, cells


@given(surveys(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.randoms(use_true_random=False))
def test_spreadsheet_row_scores_like_its_answers(
    survey: SpreadsheetAnswers, delimiter: str, line_end: str, random: Random
) -> None:
    order = list(range(len(survey.questions) + 1))
    random.shuffle(order)

    sheet, cells = read(survey, survey.written(delimiter, order, line_end))

    sample = Sample(DEFINITIONS[survey.name])
    for row, answers in zip(cells, survey.answers(), strict=True):
        assert sheet.answers(row) == answers
        assert sample.add(answers) == score(DEFINITIONS[survey.name], answers)


@given(surveys())
def test_written_file_can_be_read_back(survey: SpreadsheetAnswers) -> None:
    """Scores are written with all digits, so that reading them gives the same numbers."""
    sheet, cells = read(survey, survey.written())
    outcomes = [score(DEFINITIONS[survey.name], answers) for answers in survey.answers()]
    file = StringIO(newline="")
    csv.writer(file).writerows([sheet.header, *map(sheet.output_row, cells, outcomes)])

    header, *rows = csv.reader(StringIO(file.getvalue(), newline=""))

    assert [row[0] for row in rows] == [f"> {note}" for note in survey.notes]
    assert {len(row) for row in rows} <= {len(header)}
    for row, outcome in zip(rows, outcomes, strict=True):
        cells_by_name = dict(zip(header, row, strict=True))
        for scale_score in outcome.scores:
            value = cells_by_name[scale_score.scale]
            assert (float(value) if value else None) == scale_score.value
            assert cells_by_name[f"{scale_score.scale}_answered"] == str(scale_score.answered)


@given(surveys())
def test_sample_statistics_use_scores_and_asked_answers(survey: SpreadsheetAnswers) -> None:
    definition, people = DEFINITIONS[survey.name], survey.answers()
    sample = Sample(definition)
    outcomes = [sample.add(answers) for answers in people]

    for n, (scale_, (name, scale_statistics)) in enumerate(zip(definition.scales, sample.statistics(), strict=True)):
        keyed = [keyed_answers(scale_, filter_asked(definition, answers)) for answers in people]
        items = [[row[position] for row in keyed] for position in range(len(scale_.items))]
        assert (name, scale_statistics) == (
            scale_.id,
            statistics([outcome.scores[n].value for outcome in outcomes], items),
        )


@given(surveys(), st.data())
def test_single_invalid_cell_is_reported_by_row_and_column(survey: SpreadsheetAnswers, data: st.DataObject) -> None:
    cells = [["" if answer is None else str(answer) for answer in person] for person in survey.people]
    cells.append([""] * len(survey.questions))
    row = data.draw(st.integers(0, len(cells) - 1))
    position = data.draw(st.integers(0, len(survey.questions) - 1))
    question = DEFINITIONS[survey.name].question_by_id[survey.questions[position]]
    possible_texts = {"", *map(str, question.answer_scores)}
    cells[row][position] = data.draw(
        (st.sampled_from(["0.5", "1.0", "x", "+1", "01", "-1", "1 2", "１"]) | TEXT_STRATEGY).filter(
            lambda text: text.strip() not in possible_texts
        )
    )
    sheet = Sheet(survey.questions, DEFINITIONS[survey.name])

    errors = [error for number, row_cells in enumerate(cells, start=2) for error in sheet.errors(number, row_cells)]

    assert [(error.row, error.column) for error in errors] == [(row + 2, survey.questions[position])]


def test_score_column_names_are_unique() -> None:
    header = Sheet(["person", "q03"], load_definition("djg-6")).header

    assert (header[0], len(set(header))) == ("person", len(header))
