"""Tests for the SVG chart of an assessment result over HTTP."""

from base64 import b64encode
from hashlib import sha256
from xml.etree import ElementTree as ET

import pytest

from tests.factories.questionnaires import midpoint_style, questionnaire, reliability, scale
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    REFLECTION,
    RESULTS_PATH,
    QuestionnaireEditor,
    answers_for_scores,
    consenting_member,
    save_result,
)
from tests.factories.services import MemberClient, Service

SVG = "{http://www.w3.org/2000/svg}"
LEFT, TOP, SIDE = 110, 70, 320  # position and size of the square that shows two scores


def fetch_chart(member: MemberClient, result_id: str) -> ET.Element:
    response = member.request("GET", f"{RESULTS_PATH}/{result_id}/chart.svg")
    assert response.status_code == 200, response.text
    return ET.fromstring(response.content)


def text_of(image: ET.Element, name: str) -> str:
    text = image.findtext(f"{SVG}{name}")
    assert text
    return text


def elements(image: ET.Element, tag: str, css_class: str) -> list[ET.Element]:
    return [element for element in image.iter(f"{SVG}{tag}") if element.get("class") == css_class]


def rectangle(element: ET.Element) -> tuple[float, float, float, float]:
    x, y, width, height = (float(element.get(name, "nan")) for name in ("x", "y", "width", "height"))
    return x, y, width, height


def test_chart_is_svg_without_scripts(site: Service) -> None:
    member = consenting_member(site)

    response = member.request("GET", f"{RESULTS_PATH}/{save_result(member)}/chart.svg")

    assert response.headers["Content-Type"].partition(";")[0] == "image/svg+xml"
    policy = response.headers["Content-Security-Policy"].split("; ")
    stylesheet_hash = b64encode(sha256(text_of(ET.fromstring(response.content), "style").encode()).digest()).decode()
    assert {"default-src 'none'", f"style-src 'sha256-{stylesheet_hash}'"} <= set(policy)
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    for forbidden in ("<script", "href", "onload", "foreignObject", "url("):
        assert forbidden not in response.text


def test_chart_has_title_and_description(site: Service) -> None:
    member = consenting_member(site)

    image = fetch_chart(member, save_result(member))

    assert image.get("role") == "img"
    tags_by_id = {element.get("id"): element.tag for element in image.iter() if element.get("id")}
    assert sorted(tags_by_id.values()) == [f"{SVG}desc", f"{SVG}title"]
    assert image.get("aria-labelledby") == " ".join(sorted(map(str, tags_by_id), reverse=True))
    assert text_of(image, "title") == "Attachment Reflection: How Closeness Feels"
    assert text_of(image, "desc") == (
        "Worry about being left (anxiety): 6.00 on a scale from 1 to 7. "
        "Unease with closeness (avoidance): 2.00 on a scale from 1 to 7."
    )


def test_chart_supports_dark_theme(site: Service) -> None:
    member = consenting_member(site)

    assert "prefers-color-scheme:dark" in text_of(fetch_chart(member, save_result(member)), "style")


@pytest.mark.parametrize(("anxiety", "avoidance"), [(6, 2), (1, 1), (7, 7), (4, 4), (1, 7)])
def test_chart_of_two_scales_draws_point_on_plane(site: Service, anxiety: int, avoidance: int) -> None:
    member = consenting_member(site)

    image = fetch_chart(member, save_result(member, answers_for_scores(anxiety, avoidance)))

    [point] = elements(image, "circle", "p")
    x, y = float(point.get("cx", "nan")), float(point.get("cy", "nan"))
    assert x == pytest.approx(LEFT + SIDE * (anxiety - 1) / 6, abs=0.06)
    assert y == pytest.approx(TOP + SIDE - SIDE * (avoidance - 1) / 6, abs=0.06)


def test_chart_without_standard_error_draws_margins(site: Service) -> None:
    member = consenting_member(site)

    image = fetch_chart(member, save_result(member))

    assert elements(image, "rect", "a") == []
    across, up = (rectangle(area) for area in elements(image, "rect", "z"))
    assert across == pytest.approx((LEFT + SIDE * 2.5 / 6, TOP, SIDE / 6, SIDE), abs=0.06)
    assert up == pytest.approx((LEFT, TOP + SIDE * 2.5 / 6, SIDE, SIDE / 6), abs=0.06)


def test_chart_with_standard_errors_draws_interval_area(editor: QuestionnaireEditor) -> None:
    """Both standard errors are 0.5, so each interval is the score plus or minus 0.98, within the scale's range."""
    scales = [
        scale(name, [item], reliability=reliability(0.75, 1.0)) for name, item in (("across", "q01"), ("up", "q02"))
    ]
    editor.publish("known", questionnaire(scales, style=midpoint_style()))
    member = consenting_member(editor.service)

    image = fetch_chart(member, save_result(member, {"q01": 4, "q02": 7}, "known"))

    [area] = elements(image, "rect", "a")
    x, y, width, height = rectangle(area)
    assert (x, width) == pytest.approx((LEFT + SIDE * 2.02 / 6, SIDE * 1.96 / 6), abs=0.06)
    assert (y, height) == pytest.approx((TOP, SIDE * 0.98 / 6), abs=0.06)
    assert elements(image, "rect", "z") == []
    assert "Across: 4.00 on a scale from 1 to 7, 95 % interval 3.02 to 4.98." in text_of(image, "desc")
    assert "Up: 7.00 on a scale from 1 to 7, 95 % interval 6.02 to 7.00." in text_of(image, "desc")


def test_chart_with_one_standard_error_draws_no_area(editor: QuestionnaireEditor) -> None:
    scales = [scale("across", ["q01"], reliability=reliability(0.75, 1.0)), scale("up", ["q02"])]
    editor.publish("half-known", questionnaire(scales, style=midpoint_style(margin=0.5)))
    member = consenting_member(editor.service)

    image = fetch_chart(member, save_result(member, {"q01": 4, "q02": 7}, "half-known"))

    assert elements(image, "rect", "a") == []
    assert "95 %" in text_of(image, "desc").partition("Up")[0]


def test_chart_of_three_scales_draws_bars(editor: QuestionnaireEditor) -> None:
    scales = [
        scale("one", ["q01"]),
        scale("two", ["q02"], "sum", reliability=reliability(0.75, 1.0)),
        scale("three", ["q03"]),
    ]
    editor.publish("bars", questionnaire(scales))
    member = consenting_member(editor.service)

    image = fetch_chart(member, save_result(member, {"q01": 1, "q02": 4, "q03": 7}, "bars"))

    assert elements(image, "circle", "p") == []
    assert [rectangle(bar)[2] for bar in elements(image, "rect", "p")] == [0, 180, 360]
    [area] = elements(image, "rect", "a")
    assert rectangle(area)[2] == pytest.approx(360 * 1.96 / 6, abs=0.06)
    texts = [text.text for text in elements(image, "text", "t")]
    assert texts[1:] == ["One", "1.00", "Two", "4.00", "Three", "7.00"]


def test_chart_with_too_few_answers_draws_no_score(site: Service) -> None:
    member = consenting_member(site)
    too_few_answers = {
        question: answer for question, answer in ANXIOUS_ANSWERS.items() if question not in {"q03", "q07", "q13"}
    }

    image = fetch_chart(member, save_result(member, too_few_answers))

    assert elements(image, "circle", "p") == []
    assert len(elements(image, "rect", "p")) == 1
    assert "too few answers" in [text.text for text in elements(image, "text", "t")]
    assert text_of(image, "desc") == (
        "Worry about being left (anxiety): too few answers for a score. "
        "Unease with closeness (avoidance): 2.00 on a scale from 1 to 7."
    )


def test_chart_escapes_names(editor: QuestionnaireEditor) -> None:
    scales = [
        scale("across", ["q01"], name='<script>alert("1")</script>'),
        scale("up", ["q02"], name="]]> & 'quoted' é ü 💙"),
    ]
    for slug, style in (("escaped-plane", midpoint_style(margin=0.5)), ("escaped-bars", None)):
        editor.publish(slug, questionnaire(scales, style=style) | {"title": "A & <B>"})
        member = consenting_member(editor.service)

        image = fetch_chart(member, save_result(member, {"q01": 1, "q02": 2}, slug))

        assert text_of(image, "title") == "A & <B>"
        texts = {text.text for text in elements(image, "text", "t")}
        assert {'<script>alert("1")</script>', "]]> & 'quoted' é ü 💙"} <= texts
        assert {element.tag.removeprefix(SVG) for element in image.iter()} <= {
            *("svg", "title", "desc", "style", "rect", "text", "path", "circle", "g"),
        }


@pytest.mark.parametrize("assessment", [REFLECTION, CHECK_IN])
def test_chart_elements_stay_within_view_box(site: Service, assessment: str) -> None:
    assessment_read = site.client.get(f"/v1/assessments/{assessment}").json()
    member = consenting_member(site)
    for end in ("min", "max"):
        answers = {question["id"]: assessment_read["response_scale"][end] for question in assessment_read["questions"]}

        image = fetch_chart(member, save_result(member, answers, assessment))

        _, _, image_width, image_height = map(float, image.get("viewBox", "").split())
        for rect in image.iter(f"{SVG}rect"):
            x, y, width, height = (float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
            assert (0 <= x <= x + width <= image_width, 0 <= y <= y + height <= image_height) == (True, True)
