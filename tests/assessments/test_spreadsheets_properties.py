"""What holds for every spreadsheet: its rows score as the same answers do elsewhere, whatever stands around them."""

import csv
from collections.abc import Sequence
from io import StringIO
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.definition import definition_of
from app.assessments.rules.reliability import statistics
from app.assessments.rules.scoring import asked, keyed_answers, score
from app.assessments.spreadsheets import Sample, Sheet, delimiter_of, rows
from tests.factories.questionnaires import definition, missing, question, questionnaire, scale

NAMES = ("ecr", "ecr-12", "ucla-20", "djg-6", "branching")
BRANCHING = definition_of(
    questionnaire(
        [scale("only", ["q01", "q02", "q03"], missing=missing("prorate", 1))],
        questions=[
            question("q01"),
            question("q02", show_if={"question": "q01", "at_least": 4}),
            question("q03", show_if={"question": "q02", "at_least": 4}),
        ],
    )
)
DEFINITIONS = {name: BRANCHING if name == "branching" else definition(name) for name in NAMES}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


class Survey(NamedTuple):
    """People with an answer or none to each question that has a column, and a note."""

    name: str
    questions: Sequence[str]
    people: Sequence[Sequence[int | None]]
    notes: Sequence[str]

    def written(self, delimiter: str = ",", order: Sequence[int] | None = None, line_end: str = "\r\n") -> str:
        """With the columns in an order, the note being the last of them unless it says otherwise."""
        places = order or range(len(self.questions) + 1)
        table = [[*self.questions, "note"]]
        table += [
            [*("" if answer is None else str(answer) for answer in person), f"> {note}"]
            for person, note in zip(self.people, self.notes, strict=True)
        ]
        file = StringIO(newline="")
        kind = csv.excel if line_end == "\r\n" else csv.unix_dialect  # which quotes all, as Python else leaves out "\r"
        csv.writer(file, kind, delimiter=delimiter, lineterminator=line_end).writerows(
            [[row[place] for place in places] for row in table]
        )
        return file.getvalue()

    def answers(self) -> list[dict[str, int]]:
        return [
            {question: answer for question, answer in zip(self.questions, person, strict=True) if answer is not None}
            for person in self.people
        ]


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    name = draw(st.sampled_from(NAMES))
    known = DEFINITIONS[name].by_question
    questions = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, unique=True))
    person = st.tuples(*(st.none() | st.sampled_from(sorted(known[each].counts)) for each in questions))
    people = draw(st.lists(person, max_size=5))
    return Survey(name, questions, people, [draw(TEXTS) for _ in people])


def read(survey: Survey, text: str) -> tuple[Sheet, list[Sequence[str]]]:
    found = rows(StringIO(text, newline=""), delimiter_of(text, DEFINITIONS[survey.name]))
    _, header = next(found)
    sheet = Sheet(header, DEFINITIONS[survey.name])
    cells = [row for number, row in found if not list(sheet.faults(number, row))]
    return sheet, cells


@given(surveys(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.randoms(use_true_random=False))
def test_a_row_scores_as_its_answers_do(survey: Survey, delimiter: str, line_end: str, random: Random) -> None:
    order = list(range(len(survey.questions) + 1))
    random.shuffle(order)

    sheet, cells = read(survey, survey.written(delimiter, order, line_end))

    sample = Sample(DEFINITIONS[survey.name])
    assert [sheet.answers(row) for row in cells] == survey.answers()
    assert [sample.add(sheet.answers(row)) for row in cells] == [
        score(DEFINITIONS[survey.name], answers) for answers in survey.answers()
    ]


@given(surveys())
def test_notes_and_scores_come_back_from_the_file_that_is_written(survey: Survey) -> None:
    """Floats are written so that they are read as the same numbers."""
    sheet, cells = read(survey, survey.written())
    outcomes = [score(DEFINITIONS[survey.name], answers) for answers in survey.answers()]
    file = StringIO(newline="")
    csv.writer(file).writerows([sheet.header, *map(sheet.scored, cells, outcomes)])

    header, *found = csv.reader(StringIO(file.getvalue(), newline=""))

    assert [row[0] for row in found] == [f"> {note}" for note in survey.notes]
    assert {len(row) for row in found} <= {len(header)}
    for row, outcome in zip(found, outcomes, strict=True):
        people = dict(zip(header, row, strict=True))
        assert [float(people[each.scale]) if people[each.scale] else None for each in outcome.scores] == [
            each.value for each in outcome.scores
        ]
        assert [people[f"{each.scale}_answered"] for each in outcome.scores] == [
            str(each.answered) for each in outcome.scores
        ]


@given(surveys())
def test_statistics_are_of_the_scores_and_of_the_answers_that_were_asked_for(survey: Survey) -> None:
    rules, people = DEFINITIONS[survey.name], survey.answers()
    sample = Sample(rules)
    outcomes = [sample.add(answers) for answers in people]

    for n, (scale_, (name, found)) in enumerate(zip(rules.scales, sample.statistics(), strict=True)):
        keyed = [keyed_answers(scale_, asked(rules, answers)) for answers in people]
        items = [[row[place] for row in keyed] for place in range(len(scale_.items))]
        assert (name, found) == (scale_.id, statistics([each.scores[n].value for each in outcomes], items))


@given(surveys(), st.data())
def test_one_bad_cell_is_told_by_its_row_and_column_and_no_other_is(survey: Survey, data: st.DataObject) -> None:
    cells: list[list[str]] = [
        ["" if answer is None else str(answer) for answer in person] for person in survey.people
    ] + [["" for _ in survey.questions]]
    row = data.draw(st.integers(0, len(cells) - 1))
    place = data.draw(st.integers(0, len(survey.questions) - 1))
    known = {str(answer) for answer in DEFINITIONS[survey.name].by_question[survey.questions[place]].counts}
    cells[row][place] = data.draw(
        (st.sampled_from(["0.5", "1.0", "x", "+1", "01", "-1", "1 2", "１"]) | TEXTS).filter(
            lambda text: text.strip() and text.strip() not in known
        )
    )
    sheet = Sheet(survey.questions, DEFINITIONS[survey.name])

    told = [fault for number, each in enumerate(cells, start=2) for fault in sheet.faults(number, each)]

    assert [(fault.row, fault.column) for fault in told] == [(row + 2, survey.questions[place])]


@pytest.mark.parametrize("name", ["ecr", "djg-6"])
def test_every_column_of_the_scores_has_a_name_of_its_own(name: str) -> None:
    sheet = Sheet(["person", "q03"], definition(name))

    assert len(set(sheet.header)) == len(sheet.header)
    assert sheet.header[0] == "person"
