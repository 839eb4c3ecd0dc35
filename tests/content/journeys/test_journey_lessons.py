"""What the journey's texts may hold: Markdown as in articles, and citations that lead to a reference."""

from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import faults_of, line_of, replace_in
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
def test_a_citation_leads_to_a_reference_of_its_day(folder: Path, path: Path, href: str, message: str) -> None:
    write_day(folder, 2, references=[REFERENCE | {"id": "zebra"}])
    file = write_day(folder, 3, lesson=f"A [first](#ref-lally-2010).\n\n## A heading\n\nThe [other]({href}).\n")

    reported = [fault for fault in faults_of(folder) if "day-03" in fault]
    assert f"journey/day-03.md:{line_of(file, 'The [other]')}: {message}" in reported


@pytest.mark.parametrize("name", ["description", "about_21_days"])
def test_a_citation_in_what_is_said_of_it_leads_to_a_reference_of_its_own(folder: Path, name: str) -> None:
    path = write_journey(folder, **{name: "See [there](#ref-lally-2011)."}) / "journey.yaml"

    unknown = "links to '#ref-lally-2011', but there is no such reference; did you mean 'lally-2010'?"
    assert faults_of(folder) == [f"{ABOUT}:{line_of(path, 'See [')}: {unknown}"]


def test_a_fault_in_a_text_of_many_lines_is_told_with_its_line(folder: Path, path: Path) -> None:
    file = path / "journey.yaml"
    replace_in(file, "description: What it *is*.\n", "description: |\n  One.\n\n  Two.\n\n  A <b>third</b>.\n")

    assert {fault.split(": ")[0] for fault in faults_of(folder)} == {f"{ABOUT}:{line_of(file, 'A <b>')}"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Level one", "a heading of level 1: the title is level 1, use ## to ####"),
        ("<div>block</div>", "raw HTML isn't used; write it in Markdown"),
        (
            "A [script](javascript:alert(1)).",
            "a link to 'javascript:alert(1)': use https://, mailto:, a path such as /journey, or #an-anchor",
        ),
        ("![A picture](http://example.org/a.png)", "an image needs an https address"),
    ],
)
def test_a_lesson_keeps_to_the_markdown_that_is_served(folder: Path, path: Path, text: str, message: str) -> None:
    file = write_day(folder, 14, lesson=f"First.\n\n{text}\n")

    assert faults_of(folder) == [f"journey/day-14.md:{line_of(file, text)}: {message}"]


@pytest.mark.parametrize("name", ["lesson", "description", "about_21_days"])
def test_a_control_character_may_not_be_spelled(folder: Path, name: str) -> None:
    text = "One &#12; two."
    path = write_journey(folder, **{name: text} if name != "lesson" else {})
    if name == "lesson":
        write_day(folder, 1, lesson=text)

    [fault] = faults_of(folder)
    assert fault.startswith(f"journey/{'day-01.md' if name == 'lesson' else 'journey.yaml'}:")
    assert fault.endswith(": the text spells a control character, such as &#12;: remove it")
    assert path.is_dir()


@pytest.mark.parametrize(("slug", "advice"), [("21-day", "; did you mean '21-days'?"), ("zebra", "")])
def test_a_questionnaire_recommends_a_journey_that_is_there(folder: Path, path: Path, slug: str, advice: str) -> None:
    file = write_questionnaire(folder, recommendations={"journey": slug, "articles": [], "topics": []})

    place = f"assessments/attachment-reflection.yaml:{line_of(file, f'journey: {slug}')}"
    assert faults_of(folder) == [f"{place}: there is no journey {slug!r}{advice}"]


def test_a_questionnaire_is_not_blamed_for_a_fault_in_the_journey_that_it_recommends(folder: Path, path: Path) -> None:
    write_questionnaire(folder, recommendations={"journey": "21-days", "articles": [], "topics": []})
    assert read_content(folder).assessments
    (path / "day-01.md").unlink()

    assert [fault.split(":")[0] for fault in faults_of(folder)] == ["journey/day-01.md"]
