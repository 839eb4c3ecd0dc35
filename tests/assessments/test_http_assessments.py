"""Tests for listing and reading questionnaires over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.factories.questionnaires import (
    NEXT_STEP,
    bands,
    midpoint_style,
    missing_rule,
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
    SAMPLE_REFERENCE,
    QuestionnaireEditor,
    error_summary,
    status_and_code,
)

PATH = f"/v1/assessments/{REFLECTION}"


def test_list_assessments_returns_summaries(shared_client: TestClient) -> None:
    body = shared_client.get("/v1/assessments").json()

    assert (body["total"], body["next"]) == (2, None)
    summaries = [(item["slug"], item["version"], item["minutes"], item["question_count"]) for item in body["items"]]
    assert summaries == [(REFLECTION, 1, 6, 24), (CHECK_IN, 1, 2, 8)]
    for item in body["items"]:
        assert set(item) == {"slug", "version", "title", "summary", "minutes", "question_count"}
        assert item["title"]
        assert item["summary"]


def test_list_assessments_with_limit_returns_pages(shared_client: TestClient) -> None:
    first = shared_client.get("/v1/assessments?limit=1")

    second = shared_client.get("/v1/assessments", params={"limit": 1, "cursor": first.json()["next"]})

    assert first.headers["Link"].endswith('rel="next"')
    assert [item["slug"] for item in first.json()["items"] + second.json()["items"]] == [REFLECTION, CHECK_IN]
    assert second.json()["next"] is None


def test_read_assessment_returns_all_fields(shared_client: TestClient) -> None:
    body = shared_client.get(PATH).json()

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
    assert [section["id"] for section in body["sections"]] == ["ordinary_days", "harder_days", "near_moments"]
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
    assert shared_client.get(body["support"]["href"]).status_code == 200


def test_read_assessment_returns_questions_in_order(shared_client: TestClient) -> None:
    body = shared_client.get(PATH).json()

    assert [question["id"] for question in body["questions"]] == [f"q{n:02}" for n in range(1, 25)]
    sections = {section["id"] for section in body["sections"]}
    for question_read in body["questions"]:
        assert set(question_read) == {"id", "text", "section", "options", "scored", "show_if"}
        assert question_read["section"] in sections
        assert (question_read["options"], question_read["scored"], question_read["show_if"]) == (None, True, None)


def test_read_assessment_returns_items_and_reverse_keyed_items(shared_client: TestClient) -> None:
    anxiety, avoidance = shared_client.get(PATH).json()["scales"]

    assert (anxiety["id"], avoidance["id"]) == ("anxiety", "avoidance")
    assert (tuple(anxiety["items"]), tuple(avoidance["items"])) == (ANXIETY, AVOIDANCE)
    for scale_read in (anxiety, avoidance):
        assert (scale_read["method"], scale_read["min"], scale_read["max"]) == ("mean", 1, 7)
        assert set(scale_read["reverse_keyed"]) == REVERSED.intersection(scale_read["items"])
        assert (scale_read["missing"]["rule"], scale_read["missing"]["min_answered"]) == ("prorate", 10)
        assert (scale_read["reliability"], scale_read["norms"], scale_read["bands"], scale_read["weights"]) == (
            None,
            None,
            None,
            None,
        )


def test_read_assessment_returns_style_rule_with_note_on_margin(shared_client: TestClient) -> None:
    style = shared_client.get(PATH).json()["style"]

    assert (style["method"], style["scales"]) == ("midpoint", ["anxiety", "avoidance"])
    assert style["midpoints"] == {"anxiety": 4, "avoidance": 4}
    assert style["borderline_margin"] == 0.5
    assert "editorial" in style["note"]
    assert [entry["id"] for entry in style["styles"]] == ["secure", "preoccupied", "dismissing", "fearful"]


def test_read_assessment_with_own_options_returns_options(editor: QuestionnaireEditor) -> None:
    questions = [
        question("q01", options=options(No=0, Yes=3)),
        question("q02", response_scale="often"),
        question("q03", scored=False, show_if={"any": [{"question": "q01", "at_least": 1}]}),
    ]
    definition = questionnaire([scale("across", ["q01", "q02"])], questions=questions)
    frequency = {"id": "often", "min": 0, "max": 2, "labels": {"0": "Never", "2": "Always"}}
    editor.publish("of-their-own", definition | {"response_scales": [*definition["response_scales"], frequency]})

    body = editor.service.client.get("/v1/assessments/of-their-own").json()

    first, second, third = body["questions"]
    assert first["options"] == [{"value": 0, "label": "No"}, {"value": 1, "label": "Yes"}]
    assert second["options"] == [
        {"value": 0, "label": "Never"},
        {"value": 1, "label": None},
        {"value": 2, "label": "Always"},
    ]
    assert (third["options"], third["scored"]) == (None, False)
    empty_condition: dict[str, Any] = {
        "question": None,
        "at_least": None,
        "at_most": None,
        "one_of": [],
        "all": [],
        "any": [],
    }
    assert third["show_if"] == empty_condition | {"any": [empty_condition | {"question": "q01", "at_least": 1}]}
    assert (body["scales"][0]["min"], body["scales"][0]["max"]) == (0, 2.5)


def test_read_assessment_returns_population_and_source(editor: QuestionnaireEditor) -> None:
    scales = [
        scale(
            "across",
            ["q01", "q02"],
            reliability=reliability(0.9, 1.1),
            norms=norms(3.5, 1.1),
            bands=bands(("little", 1, 4), ("much", 4, 7)),
            weights={"q02": 2},
        ),
        scale("up", ["q03"], missing=missing_rule("prorate", 1)),
    ]
    editor.publish("with-figures", questionnaire(scales, style=midpoint_style(margin=0.5)))

    body = editor.service.client.get("/v1/assessments/with-figures").json()

    scale_read = body["scales"][0]
    assert scale_read["reliability"] == reliability(0.9, 1.1)
    assert scale_read["norms"] == norms(3.5, 1.1)
    assert scale_read["bands"]["source"] == "nothing"
    assert scale_read["bands"]["values"] == [
        {"id": "little", "name": "Little", "min": 1, "max": 4},
        {"id": "much", "name": "Much", "min": 4, "max": 7},
    ]
    assert scale_read["weights"] == {"q02": 2}
    assert body["references"] == [SAMPLE_REFERENCE]
    assert NEXT_STEP["text"] not in editor.service.client.get("/v1/assessments/with-figures").text


def test_read_assessment_when_unknown_returns_404(shared_client: TestClient) -> None:
    assert status_and_code(shared_client.get("/v1/assessments/no-such-thing")) == (404, "assessment_not_found")
    assert status_and_code(shared_client.get("/v1/assessments/no-such-thing?version=1")) == (
        404,
        "assessment_not_found",
    )
    for version in (2, 999_999_999):
        response = shared_client.get(f"{PATH}?version={version}")
        assert error_summary(response) == (404, "version_not_found", "query/version")


@pytest.mark.parametrize("version", ["0", "1.0", "", "1_0", "9999999999"])
def test_read_assessment_with_invalid_version_returns_422(shared_client: TestClient, version: str) -> None:
    response = shared_client.get(f"{PATH}?version={version}")

    assert error_summary(response) == (422, "invalid_input", "query/version")


@pytest.mark.parametrize("path", ["/v1/assessments", PATH, f"{PATH}?version=1"])
def test_assessment_responses_with_etag_return_304(shared_client: TestClient, path: str) -> None:
    first_response = shared_client.get(path)

    repeated = shared_client.get(path, headers={"If-None-Match": first_response.headers["ETag"]})

    assert first_response.headers["Cache-Control"] == "public, no-cache"
    assert (repeated.status_code, repeated.content) == (304, b"")
