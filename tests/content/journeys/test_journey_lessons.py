"""Tests for validating content files: unsupported Markdown and unknown citations in the texts of a 21-day journey."""

from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import content_errors, line_number, replace_in
from tests.factories.content import write_questionnaire
from tests.factories.journeys import REFERENCE, write_day, write_journey

ABOUT = "journey/journey.yaml"


@pytest.mark.parametrize(
    ("href", "message"),
    [
        ("#ref-lally-2011", "links to '#ref-lally-2011', but there is no such reference; did you mean 'lally-2010'?"),
        ("#ref-zebra", "links to '#ref-zebra', but there is no such reference"),
        ("#a-heading", "links to '#a-heading', but there is no such reference"),
        ("#lally-2010", "links to '#lally-2010', but there is no such reference; did you mean 'lally-2010'?"),
    ],
)
def test_lesson_with_unknown_citation_is_error(content_dir: Path, path: Path, href: str, message: str) -> None:
    write_day(content_dir, 2, references=[REFERENCE | {"id": "zebra"}])
    file = write_day(content_dir, 3, lesson=f"A [first](#ref-lally-2010).\n\n## A heading\n\nThe [other]({href}).\n")

    reported = [error for error in content_errors(content_dir) if "day-03" in error]
    assert f"journey/day-03.md:{line_number(file, 'The [other]')}: {message}" in reported


@pytest.mark.parametrize("name", ["description", "about_21_days"])
def test_journey_text_with_unknown_citation_is_error(content_dir: Path, name: str) -> None:
    path = write_journey(content_dir, **{name: "See [there](#ref-lally-2011)."}) / "journey.yaml"

    unknown = "links to '#ref-lally-2011', but there is no such reference; did you mean 'lally-2010'?"
    assert content_errors(content_dir) == [f"{ABOUT}:{line_number(path, 'See [')}: {unknown}"]


def test_error_in_multiline_text_has_its_line(content_dir: Path, path: Path) -> None:
    file = path / "journey.yaml"
    replace_in(file, "description: What it *is*.\n", "description: |\n  One.\n\n  Two.\n\n  A <b>third</b>.\n")

    assert {error.split(": ")[0] for error in content_errors(content_dir)} == {f"{ABOUT}:{line_number(file, 'A <b>')}"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Level one", "a heading of level 1: the title is level 1, use ## to ####"),
        ("<div>block</div>", "raw HTML is not supported: write Markdown"),
        (
            "A [script](javascript:alert(1)).",
            "a link to 'javascript:alert(1)': use https://, mailto:, a path such as /journey, or #an-anchor",
        ),
        ("![A picture](http://example.org/a.png)", "an image needs an https address"),
    ],
)
def test_lesson_with_unsupported_markdown_is_error(content_dir: Path, path: Path, text: str, message: str) -> None:
    file = write_day(content_dir, 14, lesson=f"First.\n\n{text}\n")

    assert content_errors(content_dir) == [f"journey/day-14.md:{line_number(file, text)}: {message}"]


@pytest.mark.parametrize("name", ["lesson", "description", "about_21_days"])
def test_journey_text_with_control_character_is_error(content_dir: Path, name: str) -> None:
    text = "One &#12; two."
    path = write_journey(content_dir, **{name: text} if name != "lesson" else {})
    if name == "lesson":
        write_day(content_dir, 1, lesson=text)

    [error] = content_errors(content_dir)
    assert error.startswith(f"journey/{'day-01.md' if name == 'lesson' else 'journey.yaml'}:")
    assert error.endswith(": the text has a reference to a control character, such as &#12;: remove it")
    assert path.is_dir()


@pytest.mark.parametrize(("slug", "advice"), [("21-day", "; did you mean '21-days'?"), ("zebra", "")])
def test_recommended_journey_that_is_unknown_is_error(content_dir: Path, path: Path, slug: str, advice: str) -> None:
    file = write_questionnaire(content_dir, recommendations={"journey": slug, "articles": [], "topics": []})

    location = f"assessments/attachment-reflection.yaml:{line_number(file, f'journey: {slug}')}"
    assert content_errors(content_dir) == [f"{location}: there is no journey {slug!r}{advice}"]


def test_error_in_journey_causes_no_error_in_questionnaire(content_dir: Path, path: Path) -> None:
    write_questionnaire(content_dir, recommendations={"journey": "21-days", "articles": [], "topics": []})
    assert read_content(content_dir).assessments
    (path / "day-01.md").unlink()

    assert [error.split(":")[0] for error in content_errors(content_dir)] == ["journey/day-01.md"]
