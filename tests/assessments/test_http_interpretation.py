"""Tests for the response to questionnaire answers: interpretation, precision, recommendations and disclaimer."""

from datetime import timedelta

import pytest
import time_machine

from tests.factories.content import write_article
from tests.factories.journeys import write_journey
from tests.factories.questionnaires import (
    bands,
    branching_questionnaire,
    midpoint_style,
    norms,
    options,
    question,
    questionnaire,
    reliability,
    scale,
)
from tests.factories.results import (
    CHECK_IN,
    NOON,
    REFLECTION,
    QuestionnaireEditor,
    answers_for_scores,
    consenting_member,
    read_result,
    save_result,
    scale_values,
    score_anonymously,
)
from tests.factories.services import Service

SECURE_TITLE = "Your answers lean toward ease with closeness"
PREOCCUPIED_TITLE = "Your answers lean toward wanting closeness and worrying whether it lasts"


def test_score_near_midpoint_returns_both_interpretations(site: Service) -> None:
    """Anxiety 5 is one point above the midpoint. Anxiety 4.5 is half a point above it, exactly at the margin."""
    clear_answers = answers_for_scores(5, 2)
    near_answers = clear_answers | dict.fromkeys(("q03", "q07", "q13", "q19", "q22", "q23"), 4)

    clear, near = (score_anonymously(site, answers) for answers in (clear_answers, near_answers))

    assert (clear["scores"][0]["value"], near["scores"][0]["value"]) == (5, 4.5)
    for body, titles in ((clear, [PREOCCUPIED_TITLE]), (near, [PREOCCUPIED_TITLE, SECURE_TITLE])):
        is_borderline = len(titles) == 2
        assert (body["style"]["id"], body["style"]["borderline"]) == ("preoccupied", is_borderline)
        assert (body["style"]["basis"], body["style"]["margin"]) == ("margin", 0.5)
        assert [interpretation["title"] for interpretation in body["interpretation"]] == titles
        assert (" / " in body["style"]["name"]) == is_borderline


def test_score_at_all_midpoints_returns_middle_interpretation(site: Service) -> None:
    body = score_anonymously(site, dict.fromkeys(answers_for_scores(5, 2), 4))

    [interpretation] = body["interpretation"]
    assert interpretation["title"] == body["style"]["name"] == "Your answers are close to the middle"
    assert body["style"]["borderline"]


def test_score_with_highest_loneliness_is_not_interpreted_as_middle(site: Service) -> None:
    """The connection score is at its midpoint, but the loneliness score is the highest possible."""
    lonely_answers = {"q02": 5, "q03": 5, "q06": 1, "q07": 5}
    on_the_line = {"q01": 3, "q04": 3, "q05": 3, "q08": 3}

    body = score_anonymously(site, lonely_answers | on_the_line, "connection-check-in")
    alone = score_anonymously(site, lonely_answers, "connection-check-in")

    assert [score["value"] for score in body["scores"]] == [5, 3]
    assert [interpretation["title"] for interpretation in body["interpretation"]] == [
        "Your answers lean toward loneliness, with people around",
        "Your answers lean toward missing people",
    ]
    assert alone["style"] is None
    assert [(interpretation["scale"], interpretation["text"]) for interpretation in alone["interpretation"]] == [
        ("loneliness", "Loneliness was often there in these two weeks.")
    ]


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
    editor.publish("branching", branching_questionnaire())
    answers = {"q01": 3, "q02": 7, "q03": 7, "q04": 5}

    hidden = score_anonymously(editor.service, answers, "branching")

    assert (hidden["scores"][0]["value"], hidden["scores"][0]["answered"]) == (4, 2)
    left_out = [answer["question"] for answer in hidden["explanation"] if answer["scale"] is answer["keyed"] is None]
    assert left_out == ["q02", "q03"]


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
    assert after["recommendations"]["topics"] == [{"slug": slug, "name": slug} for slug in ("habits", "sleep")]
    assert after["recommendations"]["journey"] == {"slug": "21-days"}


@pytest.mark.parametrize("assessment", [REFLECTION, CHECK_IN])
def test_every_response_includes_disclaimer_and_support(site: Service, assessment: str) -> None:
    assessment_read, member = site.client.get(f"/v1/assessments/{assessment}").json(), consenting_member(site)
    answers = {question["id"]: assessment_read["response_scale"]["max"] for question in assessment_read["questions"]}

    scored = score_anonymously(site, answers, assessment)
    result = read_result(member, save_result(member, answers, assessment))
    [listed] = member.request("GET", "/v1/me/results").json()["items"]

    for response in (scored, result, listed):
        assert response["disclaimer"] == assessment_read["disclaimer"]
        assert response["support"] == assessment_read["support"]
