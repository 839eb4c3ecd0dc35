"""The picture of a result: it can be looked at, listened to, and shown anywhere without running anything."""

from base64 import b64encode
from hashlib import sha256
from xml.etree import ElementTree as ET

import pytest

from tests.factories.questionnaires import midpoint_style, questionnaire, reliability, scale
from tests.factories.results import (
    CHECK_IN,
    REFLECTION,
    RESULTS,
    WORRIED,
    Desk,
    agreed,
    keep,
    leaning,
)
from tests.factories.services import Person, Service

SVG = "{http://www.w3.org/2000/svg}"
LEFT, TOP, SIDE = 110, 70, 320  # of the plane


def drawn(person: Person, result_id: str) -> ET.Element:
    reply = person.ask("GET", f"{RESULTS}/{result_id}/chart.svg")
    assert reply.status_code == 200, reply.text
    return ET.fromstring(reply.content)


def said(image: ET.Element, name: str) -> str:
    found = image.findtext(f"{SVG}{name}")
    assert found
    return found


def parts(image: ET.Element, tag: str, kind: str) -> list[ET.Element]:
    return [each for each in image.iter(f"{SVG}{tag}") if each.get("class") == kind]


def box(each: ET.Element) -> tuple[float, float, float, float]:
    x, y, width, height = (float(each.get(name, "nan")) for name in ("x", "y", "width", "height"))
    return x, y, width, height


def test_it_is_an_image_that_runs_nothing(site: Service) -> None:
    person = agreed(site)

    reply = person.ask("GET", f"{RESULTS}/{keep(person)}/chart.svg")

    assert reply.headers["Content-Type"].partition(";")[0] == "image/svg+xml"
    policy = reply.headers["Content-Security-Policy"].split("; ")
    its_style = b64encode(sha256(said(ET.fromstring(reply.content), "style").encode()).digest()).decode()
    assert {"default-src 'none'", f"style-src 'sha256-{its_style}'"} <= set(policy)
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    for running in ("<script", "href", "onload", "foreignObject", "url("):
        assert running not in reply.text


def test_it_says_in_words_what_it_shows(site: Service) -> None:
    person = agreed(site)

    image = drawn(person, keep(person))

    assert image.get("role") == "img"
    named = {each.get("id"): each.tag for each in image.iter() if each.get("id")}
    assert sorted(named.values()) == [f"{SVG}desc", f"{SVG}title"]
    assert image.get("aria-labelledby") == " ".join(sorted(map(str, named), reverse=True))
    assert said(image, "title") == "Attachment Reflection: How Closeness Feels"
    assert said(image, "desc") == (
        "Worry about being left (anxiety): 6.00 on a scale from 1 to 7. "
        "Unease with closeness (avoidance): 2.00 on a scale from 1 to 7."
    )


def test_it_follows_the_light_or_dark_theme(site: Service) -> None:
    person = agreed(site)

    assert "prefers-color-scheme:dark" in said(drawn(person, keep(person)), "style")


@pytest.mark.parametrize(("anxiety", "avoidance"), [(6, 2), (1, 1), (7, 7), (4, 4), (1, 7)])
def test_two_scales_are_a_point_on_a_plane(site: Service, anxiety: int, avoidance: int) -> None:
    person = agreed(site)

    image = drawn(person, keep(person, leaning(anxiety, avoidance)))

    [point] = parts(image, "circle", "p")
    x, y = float(point.get("cx", "nan")), float(point.get("cy", "nan"))
    assert x == pytest.approx(LEFT + SIDE * (anxiety - 1) / 6, abs=0.06)
    assert y == pytest.approx(TOP + SIDE - SIDE * (avoidance - 1) / 6, abs=0.06)


def test_where_no_error_is_known_no_interval_is_drawn_but_how_far_the_middle_goes(site: Service) -> None:
    person = agreed(site)

    image = drawn(person, keep(person))

    assert parts(image, "rect", "a") == []
    across, up = (box(each) for each in parts(image, "rect", "z"))
    assert across == pytest.approx((LEFT + SIDE * 2.5 / 6, TOP, SIDE / 6, SIDE), abs=0.06)
    assert up == pytest.approx((LEFT, TOP + SIDE * 2.5 / 6, SIDE, SIDE / 6), abs=0.06)


def test_where_the_error_is_known_the_interval_is_an_area(desk: Desk) -> None:
    """A standard error of 0.5 on both: 0.98 on either side, and not beyond the end of the scale."""
    known = [
        scale(name, [item], reliability=reliability(0.75, 1.0)) for name, item in (("across", "q01"), ("up", "q02"))
    ]
    desk.publish("known", questionnaire(known, style=midpoint_style()))
    person = agreed(desk.service)

    image = drawn(person, keep(person, {"q01": 4, "q02": 7}, "known"))

    [area] = parts(image, "rect", "a")
    x, y, width, height = box(area)
    assert (x, width) == pytest.approx((LEFT + SIDE * 2.02 / 6, SIDE * 1.96 / 6), abs=0.06)
    assert (y, height) == pytest.approx((TOP, SIDE * 0.98 / 6), abs=0.06)
    assert parts(image, "rect", "z") == []
    assert "Across: 4.00 on a scale from 1 to 7, 95 % interval 3.02 to 4.98." in said(image, "desc")
    assert "Up: 7.00 on a scale from 1 to 7, 95 % interval 6.02 to 7.00." in said(image, "desc")


def test_where_one_error_is_known_there_is_no_area_that_would_claim_both(desk: Desk) -> None:
    scales = [scale("across", ["q01"], reliability=reliability(0.75, 1.0)), scale("up", ["q02"])]
    desk.publish("half-known", questionnaire(scales, style=midpoint_style(margin=0.5)))
    person = agreed(desk.service)

    image = drawn(person, keep(person, {"q01": 4, "q02": 7}, "half-known"))

    assert parts(image, "rect", "a") == []
    assert "95 %" in said(image, "desc").partition("Up")[0]


def test_others_are_a_bar_for_each_scale(desk: Desk) -> None:
    scales = [
        scale("one", ["q01"]),
        scale("two", ["q02"], "sum", reliability=reliability(0.75, 1.0)),
        scale("three", ["q03"]),
    ]
    desk.publish("bars", questionnaire(scales))
    person = agreed(desk.service)

    image = drawn(person, keep(person, {"q01": 1, "q02": 4, "q03": 7}, "bars"))

    assert parts(image, "circle", "p") == []
    assert [box(each)[2] for each in parts(image, "rect", "p")] == [0, 180, 360]
    [area] = parts(image, "rect", "a")
    assert box(area)[2] == pytest.approx(360 * 1.96 / 6, abs=0.06)
    texts = [each.text for each in parts(image, "text", "t")]
    assert texts[1:] == ["One", "1.00", "Two", "4.00", "Three", "7.00"]


def test_too_few_answers_are_said_and_drawn_as_no_score(site: Service) -> None:
    person = agreed(site)
    few = {question: answer for question, answer in WORRIED.items() if question not in {"q03", "q07", "q13"}}

    image = drawn(person, keep(person, few))

    assert parts(image, "circle", "p") == []
    assert len(parts(image, "rect", "p")) == 1
    assert "too few answers" in [each.text for each in parts(image, "text", "t")]
    assert said(image, "desc") == (
        "Worry about being left (anxiety): too few answers for a score. "
        "Unease with closeness (avoidance): 2.00 on a scale from 1 to 7."
    )


def test_names_are_texts_and_nothing_else(desk: Desk) -> None:
    scales = [
        scale("across", ["q01"], name='<script>alert("1")</script>'),
        scale("up", ["q02"], name="]]> & 'quoted' é ü 💙"),
    ]
    for slug, style in (("escaped-plane", midpoint_style(margin=0.5)), ("escaped-bars", None)):
        desk.publish(slug, questionnaire(scales, style=style) | {"title": "A & <B>"})
        person = agreed(desk.service)

        image = drawn(person, keep(person, {"q01": 1, "q02": 2}, slug))

        assert said(image, "title") == "A & <B>"
        texts = {each.text for each in parts(image, "text", "t")}
        assert {'<script>alert("1")</script>', "]]> & 'quoted' é ü 💙"} <= texts
        assert {each.tag.removeprefix(SVG) for each in image.iter()} <= {
            *("svg", "title", "desc", "style", "rect", "text", "path", "circle", "g"),
        }


@pytest.mark.parametrize("assessment", [REFLECTION, CHECK_IN])
def test_all_that_is_drawn_is_within_the_picture(site: Service, assessment: str) -> None:
    asked = site.client.get(f"/v1/assessments/{assessment}").json()
    person = agreed(site)
    for end in ("min", "max"):
        answers = {each["id"]: asked["response_scale"][end] for each in asked["questions"]}

        image = drawn(person, keep(person, answers, assessment))

        _, _, wide, high = map(float, image.get("viewBox", "").split())
        for rect in image.iter(f"{SVG}rect"):
            x, y, width, height = (float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
            assert (0 <= x <= x + width <= wide, 0 <= y <= y + height <= high) == (True, True)
