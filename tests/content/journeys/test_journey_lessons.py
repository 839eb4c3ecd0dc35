"""Tests for validating content files: unsupported Markdown and unknown citations in the texts of a 21-day journey."""

from pathlib import Path

from app.content.reader import read_content
from tests.content.conftest import content_errors, make_edits
from tests.factories.content import write_questionnaire
from tests.factories.journeys import REFERENCE, write_day

ABOUT, DAY_2 = "journey/journey.yaml", "journey/day-02.md"
QUESTIONNAIRE = "assessments/attachment-reflection.yaml"
CONTROL = "the text has a reference to a control character, such as &#12;: remove it"
UNKNOWN = "but there is no such reference"
SUGGESTION = "did you mean 'lally-2010'?"
LESSON = (  # blocks, some with an error
    ("First &#12; of all.", CONTROL),
    ("A [first](#ref-lally-2010).",),
    ("A [second](#ref-lally-2011).", f"links to '#ref-lally-2011', {UNKNOWN}; {SUGGESTION}"),
    ("A [third](#ref-zebra).", f"links to '#ref-zebra', {UNKNOWN}"),
    ("## A heading",),
    ("A [fourth](#a-heading).", f"links to '#a-heading', {UNKNOWN}"),
    ("A [fifth](#lally-2010).", f"links to '#lally-2010', {UNKNOWN}; {SUGGESTION}"),
    ("# Level one", "a heading of level 1: the title is level 1, use ## to ####"),
    ("<div>block</div>", "raw HTML is not supported: write Markdown"),
)


def test_lesson_reports_each_error_with_line(content_dir: Path, path: Path) -> None:
    """A reference of another day is unknown."""
    write_day(content_dir, 1, references=[REFERENCE | {"id": "zebra"}])
    write_day(content_dir, 2, lesson="\n\n".join(text for text, *_ in LESSON))
    expected = make_edits(content_dir, DAY_2, *((text, text, *error) for text, *error in LESSON))

    assert content_errors(content_dir) == expected


def test_journey_texts_report_each_error_with_line(content_dir: Path, path: Path) -> None:
    description = "description: |\n  See [there](#ref-lally-2011).\n\n  Two &#12; three.\n\n  A <b> tag.\n"
    expected = make_edits(
        content_dir,
        ABOUT,
        ("description: What it *is*.\n", description, f"links to '#ref-lally-2011', {UNKNOWN}; {SUGGESTION}", "  See"),
        ("  See", "  See", CONTROL),
        ("  A <b> tag.", "  A <b> tag.", "raw HTML is not supported: write Markdown"),
        ("(#ref-lally-2010)", "(#ref-zebra)", f"links to '#ref-zebra', {UNKNOWN}"),
    )

    assert content_errors(content_dir) == expected


def test_duplicate_reference_is_error(content_dir: Path, path: Path) -> None:
    write_day(content_dir, 2, references=[REFERENCE, REFERENCE | {"year": 2011}])
    second = "- id: lally-2010\n  authors: Lally, P.\n  year: 2011"
    expected = make_edits(
        content_dir, DAY_2, (second, second, "reference 'lally-2010' appears twice: keep one", second)
    )

    assert content_errors(content_dir) == expected


def test_recommended_journey_that_is_unknown_is_error(content_dir: Path, path: Path) -> None:
    recommended = {"journey": "21-days", "articles": [], "topics": []}
    write_questionnaire(content_dir, recommendations=recommended)
    error = "there is no journey '21-day'; did you mean '21-days'?"
    expected = make_edits(content_dir, QUESTIONNAIRE, ("journey: 21-days", "journey: 21-day", error, "journey: 21-"))

    assert content_errors(content_dir) == expected


def test_error_in_journey_causes_no_error_in_questionnaire(content_dir: Path, path: Path) -> None:
    write_questionnaire(content_dir, recommendations={"journey": "21-days", "articles": [], "topics": []})
    assert read_content(content_dir).assessments
    (path / "day-01.md").unlink()

    assert [error.split(":")[0] for error in content_errors(content_dir)] == ["journey/day-01.md"]
