"""Questionnaires over HTTP: everything that an editor wrote is there, in every version that there ever was."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.factories.questionnaires import (
    STEP,
    bands,
    midpoint_style,
    missing,
    norms,
    options,
    question,
    questionnaire,
    reliability,
    scale,
)
from tests.factories.results import (
    ANXIETY,
    AVOIDANCE,
    CHECK_IN,
    REFLECTION,
    REVERSED,
    SOURCE,
    Desk,
    faults,
    told,
)

PATH = f"/v1/assessments/{REFLECTION}"


def test_the_list_says_what_one_needs_to_choose(reader: TestClient) -> None:
    body = reader.get("/v1/assessments").json()

    assert (body["total"], body["next"]) == (2, None)
    found = [(each["slug"], each["version"], each["minutes"], each["question_count"]) for each in body["items"]]
    assert found == [(REFLECTION, 1, 6, 24), (CHECK_IN, 1, 2, 8)]
    for each in body["items"]:
        assert set(each) == {"slug", "version", "title", "summary", "minutes", "question_count"}
        assert each["title"]
        assert each["summary"]


def test_the_list_comes_in_pages(reader: TestClient) -> None:
    first = reader.get("/v1/assessments?limit=1")

    second = reader.get("/v1/assessments", params={"limit": 1, "cursor": first.json()["next"]})

    assert first.headers["Link"].endswith('rel="next"')
    assert [each["slug"] for each in first.json()["items"] + second.json()["items"]] == [REFLECTION, CHECK_IN]
    assert second.json()["next"] is None


def test_an_assessment_has_everything_around_its_questions(reader: TestClient) -> None:
    body = reader.get(PATH).json()

    assert set(body) == {
        *("slug", "version", "current_version", "digest", "published_at", "title", "summary", "minutes", "about"),
        *("instructions", "response_scale", "sections", "questions", "scales", "style", "licence", "references"),
        *("disclaimer", "support"),
    }
    assert (body["slug"], body["version"], body["current_version"]) == (REFLECTION, 1, 1)
    assert len(body["digest"]) == 64
    assert body["published_at"].endswith("Z")
    assert {body["response_scale"]["min"], body["response_scale"]["max"]} == {1, 7}
    assert set(body["response_scale"]["labels"]) == {"1", "2", "3", "4", "5", "6", "7"}
    assert [each["id"] for each in body["sections"]] == ["ordinary_days", "harder_days", "near_moments"]
    assert body["licence"] == {
        "status": "original",
        "holder": "21|Twenty One",
        "url": None,
        "commercial_use": "allowed",
    }
    assert body["references"][0]["url"].startswith("https://")
    assert "not a diagnosis" in body["disclaimer"]
    assert "not a validated instrument" in body["disclaimer"]
    assert body["support"]["href"] == "/v1/support"
    assert reader.get(body["support"]["href"]).status_code == 200


def test_the_questions_come_in_the_order_in_which_they_are_asked(reader: TestClient) -> None:
    body = reader.get(PATH).json()

    assert [each["id"] for each in body["questions"]] == [f"q{n:02}" for n in range(1, 25)]
    sections = {each["id"] for each in body["sections"]}
    for each in body["questions"]:
        assert set(each) == {"id", "text", "section", "options", "scored", "show_if"}
        assert each["section"] in sections
        assert (each["options"], each["scored"], each["show_if"]) == (None, True, None)


def test_the_scales_say_their_items_and_which_of_them_count_the_other_way_round(reader: TestClient) -> None:
    anxiety, avoidance = reader.get(PATH).json()["scales"]

    assert (anxiety["id"], avoidance["id"]) == ("anxiety", "avoidance")
    assert (tuple(anxiety["items"]), tuple(avoidance["items"])) == (ANXIETY, AVOIDANCE)
    for each in (anxiety, avoidance):
        assert (each["method"], each["min"], each["max"]) == ("mean", 1, 7)
        assert set(each["reverse_keyed"]) == REVERSED.intersection(each["items"])
        assert (each["missing"]["rule"], each["missing"]["min_answered"]) == ("prorate", 10)
        assert (each["reliability"], each["norms"], each["bands"], each["weights"]) == (None, None, None, None)


def test_the_style_says_its_method_and_that_its_margin_is_an_editors(reader: TestClient) -> None:
    style = reader.get(PATH).json()["style"]

    assert (style["method"], style["scales"]) == ("midpoint", ["anxiety", "avoidance"])
    assert style["midpoints"] == {"anxiety": 4, "avoidance": 4}
    assert style["borderline_margin"] == 0.5
    assert "editorial" in style["note"]
    assert [each["id"] for each in style["styles"]] == ["secure", "preoccupied", "dismissing", "fearful"]


def test_questions_with_answers_of_their_own_say_them(desk: Desk) -> None:
    questions = [
        question("q01", options=options(No=0, Yes=3)),
        question("q02", response_scale="often"),
        question("q03", scored=False, show_if={"any": [{"question": "q01", "at_least": 1}]}),
    ]
    made = questionnaire([scale("across", ["q01", "q02"])], questions=questions)
    often = {"id": "often", "min": 0, "max": 2, "labels": {"0": "Never", "2": "Always"}}
    desk.publish("of-their-own", made | {"response_scales": [*made["response_scales"], often]})

    body = desk.service.client.get("/v1/assessments/of-their-own").json()

    one, two, three = body["questions"]
    assert one["options"] == [{"value": 0, "label": "No"}, {"value": 1, "label": "Yes"}]
    assert two["options"] == [
        {"value": 0, "label": "Never"},
        {"value": 1, "label": None},
        {"value": 2, "label": "Always"},
    ]
    assert (three["options"], three["scored"]) == (None, False)
    nothing: dict[str, Any] = {"question": None, "at_least": None, "at_most": None, "one_of": [], "all": [], "any": []}
    assert three["show_if"] == nothing | {"any": [nothing | {"question": "q01", "at_least": 1}]}
    assert (body["scales"][0]["min"], body["scales"][0]["max"]) == (0, 2.5)


def test_figures_come_with_their_population_and_source(desk: Desk) -> None:
    scales = [
        scale(
            "across",
            ["q01", "q02"],
            reliability=reliability(0.9, 1.1),
            norms=norms(3.5, 1.1),
            bands=bands(("little", 1, 4), ("much", 4, 7)),
            weights={"q02": 2},
        ),
        scale("up", ["q03"], missing=missing("prorate", 1)),
    ]
    desk.publish("with-figures", questionnaire(scales, style=midpoint_style(margin=0.5)))

    body = desk.service.client.get("/v1/assessments/with-figures").json()

    shown = body["scales"][0]
    assert shown["reliability"] == reliability(0.9, 1.1)
    assert shown["norms"] == norms(3.5, 1.1)
    assert shown["bands"]["source"] == "nothing"
    assert shown["bands"]["values"] == [
        {"id": "little", "name": "Little", "min": 1, "max": 4},
        {"id": "much", "name": "Much", "min": 4, "max": 7},
    ]
    assert shown["weights"] == {"q02": 2}
    assert body["references"] == [SOURCE]
    assert STEP["text"] not in desk.service.client.get("/v1/assessments/with-figures").text


def test_what_is_not_there_is_not_found(reader: TestClient) -> None:
    assert told(reader.get("/v1/assessments/no-such-thing")) == (404, "assessment_not_found")
    assert told(reader.get("/v1/assessments/no-such-thing?version=1")) == (404, "assessment_not_found")
    for version in (2, 999_999_999):
        reply = reader.get(f"{PATH}?version={version}")
        assert told(reply) == (404, "version_not_found")
        assert faults(reply) == [("query", "/version")]


@pytest.mark.parametrize("version", ["0", "-1", "1.0", "one", "", "1_0", "9999999999", "%201"])
def test_a_version_is_a_whole_number(reader: TestClient, version: str) -> None:
    reply = reader.get(f"{PATH}?version={version}")

    assert told(reply) == (422, "invalid_input")
    assert faults(reply) == [("query", "/version")]


@pytest.mark.parametrize("path", ["/v1/assessments", PATH, f"{PATH}?version=1"])
def test_the_replies_are_kept_and_known_by_a_tag(reader: TestClient, path: str) -> None:
    whole = reader.get(path)

    again = reader.get(path, headers={"If-None-Match": whole.headers["ETag"]})

    assert whole.headers["Cache-Control"] == "public, no-cache"
    assert (again.status_code, again.content) == (304, b"")
