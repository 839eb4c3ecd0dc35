"""Tests for the response to questionnaire answers: interpretation, precision, recommendations and disclaimer."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.factories.content import write_article
from tests.factories.journeys import write_journey
from tests.factories.questionnaires import (
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
    CHECK_IN,
    REFLECTION,
    Answers,
    QuestionnaireEditor,
    answers_for_scores,
    consenting_member,
    read_result,
    save_result,
    scale_values,
    score_anonymously,
)
from tests.factories.services import Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

SECURE_TITLE = "Your answers lean toward ease with closeness"
PREOCCUPIED_TITLE = "Your answers lean toward wanting closeness and worrying whether it lasts"


@pytest.mark.parametrize(
    ("anxiety", "avoidance", "style", "words"),
    [
        (2, 2, "secure", "ease with closeness"),
        (6, 2, "preoccupied", "wanting closeness and worrying"),
        (2, 6, "dismissing", "keeping some distance"),
        (6, 6, "fearful", "worry about people and distance"),
    ],
)
def test_score_in_each_quadrant_returns_its_interpretation(
    site: Service, anxiety: int, avoidance: int, style: str, words: str
) -> None:
    body = score_anonymously(site, answers_for_scores(anxiety, avoidance))

    assert (body["style"]["id"], body["style"]["method"], body["style"]["borderline"]) == (style, "midpoint", False)
    [interpretation] = body["interpretation"]
    assert words in interpretation["title"]
    assert "matter of degree" in interpretation["text"]
    assert set(interpretation["next_step"]) == {"text", "label", "href"}
    assert interpretation["scale"] is None


@pytest.mark.parametrize(
    ("changed", "is_borderline"),
    [({}, False), (dict.fromkeys(("q03", "q07", "q13", "q19", "q22", "q23"), 4), True)],
)
def test_score_near_midpoint_returns_both_interpretations(
    site: Service, changed: Answers, *, is_borderline: bool
) -> None:
    """Anxiety 5 is one point above the midpoint. Anxiety 4.5 is half a point above it, exactly at the margin."""
    body = score_anonymously(site, answers_for_scores(5, 2) | changed)

    assert body["scores"][0]["value"] == (4.5 if is_borderline else 5)
    assert (body["style"]["id"], body["style"]["borderline"]) == ("preoccupied", is_borderline)
    assert (body["style"]["basis"], body["style"]["margin"]) == ("margin", 0.5)
    titles = [interpretation["title"] for interpretation in body["interpretation"]]
    assert titles == [PREOCCUPIED_TITLE, *([SECURE_TITLE] if is_borderline else [])]
    assert (" / " in body["style"]["name"]) == is_borderline


def test_score_returns_distance_to_each_style(site: Service) -> None:
    style = score_anonymously(site, answers_for_scores(6, 2))["style"]

    assert {distance["style"]: distance["points"] for distance in style["distances"]} == {
        "secure": 2,
        "preoccupied": 0,
        "dismissing": pytest.approx(8**0.5),
        "fearful": 2,
    }
    assert "editorial" in style["note"]


def test_score_in_each_band_returns_its_interpretation(editor: QuestionnaireEditor) -> None:
    scales = [
        scale("across", ["q01", "q02"], "sum", bands=bands(("little", 2, 7), ("some", 8, 11), ("much", 12, 14))),
        scale("up", ["q03"], bands=bands(("low", 1, 4), ("high", 4, 7))),
    ]
    editor.publish("banded", questionnaire(scales))

    for answers, expected in (
        ({"q01": 1, "q02": 6, "q03": 3}, ("little", "low")),
        ({"q01": 1, "q02": 7, "q03": 4}, ("some", "high")),
        ({"q01": 6, "q02": 6, "q03": 7}, ("much", "high")),
    ):
        body = score_anonymously(editor.service, answers, "banded")
        assert tuple(score["band"]["id"] for score in body["scores"]) == expected
        assert set(body["scores"][0]["band"]) == {"id", "name"}
        assert body["style"] is None
        assert [(interpretation["scale"], interpretation["title"]) for interpretation in body["interpretation"]] == [
            ("across", expected[0].title()),
            ("up", expected[1].title()),
        ]
        assert all(interpretation["text"] and interpretation["next_step"] for interpretation in body["interpretation"])


def test_score_with_reliability_and_norms_returns_derived_values(editor: QuestionnaireEditor) -> None:
    """The standard error is 1 * sqrt(1 - 0.91) = 0.3. The score 5 is one standard deviation above the mean."""
    measured_scale = scale("across", ["q01", "q02"], reliability=reliability(0.91, 1.0), norms=norms(4.0, 1.0))
    editor.publish("measured", questionnaire([measured_scale]))

    [five] = score_anonymously(editor.service, {"q01": 5, "q02": 5}, "measured")["scores"]
    [seven] = score_anonymously(editor.service, {"q01": 7, "q02": 7}, "measured")["scores"]

    assert five["standard_error"] == pytest.approx(0.3)
    assert five["interval"] == {"low": pytest.approx(4.412), "high": pytest.approx(5.588)}
    assert five["percentile"] == pytest.approx(84.134, abs=0.001)
    assert five["t_score"] == pytest.approx(60)
    assert seven["interval"] == {"low": pytest.approx(6.412), "high": 7}


def test_style_within_standard_error_of_midpoint_is_borderline(editor: QuestionnaireEditor) -> None:
    scales = [
        scale("across", ["q01", "q02"], reliability=reliability(0.75, 1.2)),  # standard error 0.6
        scale("up", ["q03"], reliability=reliability(0.91, 1.0)),
    ]
    editor.publish("unsure", questionnaire(scales, style=midpoint_style()))

    far, near = (
        score_anonymously(editor.service, {"q01": 5, "q02": answer, "q03": 1}, "unsure") for answer in (5, 4)
    )  # scores 5 and 4.5; only 4.5 is within 0.6 of the midpoint 4

    for body, is_borderline in ((far, False), (near, True)):
        assert (body["style"]["id"], body["style"]["borderline"]) == ("high_low", is_borderline)
        assert (body["style"]["basis"], body["style"]["margin"]) == ("standard_error", None)
        assert len(body["interpretation"]) == 1 + is_borderline


def test_score_excludes_answers_to_hidden_questions(editor: QuestionnaireEditor) -> None:
    """q02 is shown if the answer to q01 is at least 4, and q03 if the answer to q02 is at least 4."""
    questions = [
        question("q01"),
        question("q02", show_if={"question": "q01", "at_least": 4}),
        question("q03", show_if={"question": "q02", "at_least": 4}),
        question("q04"),
    ]
    counted = scale("across", ["q01", "q02", "q03", "q04"], missing=missing_rule("prorate", 2))
    editor.publish("branching", questionnaire([counted], questions=questions))
    answers = {"q01": 3, "q02": 7, "q03": 7, "q04": 5}

    hidden, shown = (score_anonymously(editor.service, answers | {"q01": first}, "branching") for first in (3, 4))

    assert (hidden["scores"][0]["value"], hidden["scores"][0]["answered"]) == (4, 2)
    left_out = [
        answer["question"] for answer in hidden["explanation"] if answer["scale"] is None and answer["keyed"] is None
    ]
    assert left_out == ["q02", "q03"]
    assert (shown["scores"][0]["value"], shown["scores"][0]["answered"]) == ((4 + 7 + 7 + 5) / 4, 4)


def test_score_uses_option_scores(editor: QuestionnaireEditor) -> None:
    questions = [question("q01", options=options(No=0, Rather=1, Yes=1)), question("q02", scored=False)]
    editor.publish("counting", questionnaire([scale("across", ["q01"], "sum")], questions=questions))

    bodies = [score_anonymously(editor.service, {"q01": answer, "q02": 3}, "counting") for answer in (0, 1, 2)]

    assert [scale_values(body)["across"] for body in bodies] == [0, 1, 1]
    assert bodies[2]["explanation"] == [
        {"question": "q01", "raw": 2, "keyed": 1, "scale": "across", "is_reversed": False},
        {"question": "q02", "raw": 3, "keyed": None, "scale": None, "is_reversed": False},
    ]


def test_score_recommends_only_public_content_in_order(editor: QuestionnaireEditor) -> None:
    write_article(editor.directory, "z-first", publish_at="2025-01-01T00:00:00Z")
    write_article(editor.directory, "a-draft", status="draft", publish_at=None)
    write_article(editor.directory, "b-scheduled", publish_at="2026-11-25T00:00:00Z")
    write_article(editor.directory, "m-last", publish_at="2025-01-01T00:00:00Z")
    recommendations = {
        "articles": ["z-first", "a-draft", "b-scheduled", "m-last"],
        "topics": ["habits", "sleep"],
        "journey": "21-days",
    }
    write_journey(editor.directory)
    editor.publish("advising", questionnaire([scale("across", ["q01"])]) | {"recommendations": recommendations})
    with time_machine.travel(NOON, tick=False) as clock:
        member = consenting_member(editor.service)
        before, result_id = (
            score_anonymously(editor.service, {"q01": 1}, "advising"),
            save_result(member, {"q01": 1}, "advising"),
        )
        clock.shift(timedelta(hours=12))
        member.sign_in()
        after, stored = score_anonymously(editor.service, {"q01": 1}, "advising"), read_result(member, result_id)

    assert [article["slug"] for article in before["recommendations"]["articles"]] == ["z-first", "m-last"]
    assert [article["slug"] for article in after["recommendations"]["articles"]] == ["z-first", "b-scheduled", "m-last"]
    assert stored["recommendations"] == after["recommendations"]
    assert set(after["recommendations"]["articles"][0]) == {"slug", "title", "excerpt", "reading_minutes"}
    assert after["recommendations"]["topics"] == [
        {"slug": "habits", "name": "habits"},
        {"slug": "sleep", "name": "sleep"},
    ]
    assert after["recommendations"]["journey"] == {"slug": "21-days"}


def test_shipped_questionnaires_recommend_existing_content(site: Service) -> None:
    for assessment in (REFLECTION, CHECK_IN):
        assessment_read = site.client.get(f"/v1/assessments/{assessment}").json()
        middle = sum(assessment_read["response_scale"][end] for end in ("min", "max")) // 2
        body = score_anonymously(
            site, {question["id"]: middle for question in assessment_read["questions"]}, assessment
        )
        recommendations = body["recommendations"]

        assert len(recommendations["articles"]) == 3
        for article in recommendations["articles"]:
            assert site.client.get(f"/v1/articles/{article['slug']}").json()["title"] == article["title"]
        for topic in recommendations["topics"]:
            assert site.client.get(f"/v1/topics/{topic['slug']}").json()["name"] == topic["name"]


@pytest.mark.parametrize("assessment", [REFLECTION, CHECK_IN])
def test_every_response_includes_disclaimer_and_support(site: Service, assessment: str) -> None:
    assessment_read = site.client.get(f"/v1/assessments/{assessment}").json()
    for end in ("min", "max"):
        answers = {question["id"]: assessment_read["response_scale"][end] for question in assessment_read["questions"]}
        body = score_anonymously(site, answers, assessment)
        member = consenting_member(site)
        result = read_result(member, save_result(member, answers, assessment))
        [listed] = member.request("GET", "/v1/me/results").json()["items"]

        for response in (body, result, listed):
            assert response["disclaimer"] == assessment_read["disclaimer"]
            assert response["support"] == assessment_read["support"]
