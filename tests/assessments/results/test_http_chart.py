"""Tests for the SVG chart of an assessment result over HTTP: its headers, and which scores it draws."""

from xml.etree import ElementTree as ET

from app.assessments.rules.svg_chart import stylesheet_hash
from tests.factories.questionnaires import midpoint_style, questionnaire, reliability, scale
from tests.factories.results import (
    RESULTS_PATH,
    Answers,
    QuestionnaireEditor,
    consenting_member,
    read_result,
    save_result,
)
from tests.factories.services import MemberClient, Service

SVG = "{http://www.w3.org/2000/svg}"


def fetch_chart(member: MemberClient, result_id: str) -> ET.Element:
    response = member.request("GET", f"{RESULTS_PATH}/{result_id}/chart.svg")
    assert response.status_code == 200, response.text
    return ET.fromstring(response.content)


def chart_of(editor: QuestionnaireEditor, slug: str, answers: Answers) -> ET.Element:
    member = consenting_member(editor.service)
    return fetch_chart(member, save_result(member, answers, slug))


def count(image: ET.Element, tag: str, css_class: str) -> int:
    return sum(element.get("class") == css_class for element in image.iter(f"{SVG}{tag}"))


def test_chart_is_svg_without_scripts(site: Service) -> None:
    member = consenting_member(site)

    response = member.request("GET", f"{RESULTS_PATH}/{save_result(member)}/chart.svg")

    assert response.headers["Content-Type"].partition(";")[0] == "image/svg+xml"
    policy = response.headers["Content-Security-Policy"]
    assert {"default-src 'none'", f"style-src '{stylesheet_hash()}'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    for forbidden in ("<script", "href", "onload", "foreignObject", "url("):
        assert forbidden not in response.text


def test_chart_of_two_scales_draws_point_with_margins(site: Service) -> None:
    member = consenting_member(site)
    result_id = save_result(member)

    image = fetch_chart(member, result_id)

    assert image.findtext(f"{SVG}title") == read_result(member, result_id)["title"]
    assert image.findtext(f"{SVG}desc") == (
        "Worry about being left (anxiety): 6.00 on a scale from 1 to 7. "
        "Unease with closeness (avoidance): 2.00 on a scale from 1 to 7."
    )
    assert [element.get("id") for element in image if element.get("id")] == [f"title-{result_id}", f"desc-{result_id}"]
    assert [count(image, "circle", "p"), count(image, "rect", "z"), count(image, "rect", "a")] == [1, 2, 0]


def test_chart_with_reliability_draws_interval_instead_of_margin(editor: QuestionnaireEditor) -> None:
    """Both standard errors are 0.5, so each interval is the score plus or minus 0.98, within the scale's range."""
    known = {"reliability": reliability(0.75, 1.0)}
    scales = [scale("across", ["q01"], **known), scale("up", ["q02"], **known)]
    editor.publish("known", questionnaire(scales, style=midpoint_style(margin=0.5)))

    image = chart_of(editor, "known", {"q01": 4, "q02": 7})

    assert [count(image, "circle", "p"), count(image, "rect", "z"), count(image, "rect", "a")] == [1, 0, 1]
    assert image.findtext(f"{SVG}desc") == (
        "Across: 4.00 on a scale from 1 to 7, 95 % interval 3.02 to 4.98. "
        "Up: 7.00 on a scale from 1 to 7, 95 % interval 6.02 to 7.00."
    )


def test_chart_without_style_draws_all_scales_as_bars(editor: QuestionnaireEditor) -> None:
    editor.publish("bars", questionnaire([scale("one", ["q01"]), scale("two", ["q02"])]))

    image = chart_of(editor, "bars", {"q01": 4, "q02": 7})

    assert [count(image, "circle", "p"), count(image, "rect", "p")] == [0, 2]
