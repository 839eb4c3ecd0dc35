"""What stands around a score: words, uncertainty, where to go on, and that it is no diagnosis."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.factories.content import write_article
from tests.factories.journeys import write_journey
from tests.factories.questionnaires import (
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
    CHECK_IN,
    REFLECTION,
    Answers,
    Desk,
    agreed,
    keep,
    leaning,
    read,
    score,
    values,
)
from tests.factories.services import Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


EASE = "Your answers lean toward ease with closeness"
WORRYING = "Your answers lean toward wanting closeness and worrying whether it lasts"


@pytest.mark.parametrize(
    ("anxiety", "avoidance", "style", "words"),
    [
        (2, 2, "secure", "ease with closeness"),
        (6, 2, "preoccupied", "wanting closeness and worrying"),
        (2, 6, "dismissing", "keeping some distance"),
        (6, 6, "fearful", "worry about people and distance"),
    ],
)
def test_each_corner_has_words_of_its_own(site: Service, anxiety: int, avoidance: int, style: str, words: str) -> None:
    body = score(site, leaning(anxiety, avoidance))

    assert (body["style"]["id"], body["style"]["method"], body["style"]["borderline"]) == (style, "midpoint", False)
    [said] = body["interpretation"]
    assert words in said["title"]
    assert "matter of degree" in said["text"]
    assert set(said["next_step"]) == {"text", "label", "href"}
    assert said["scale"] is None


@pytest.mark.parametrize(
    ("changed", "is_borderline"),
    [({}, False), (dict.fromkeys(("q03", "q07", "q13", "q19", "q22", "q23"), 4), True)],
)
def test_near_one_line_both_sides_of_it_are_told(site: Service, changed: Answers, *, is_borderline: bool) -> None:
    """Of worry 5, which is a point away; then, six items counting 4, of 4.5, which is exactly the margin."""
    body = score(site, leaning(5, 2) | changed)

    assert body["scores"][0]["value"] == (4.5 if is_borderline else 5)
    assert (body["style"]["id"], body["style"]["borderline"]) == ("preoccupied", is_borderline)
    assert (body["style"]["basis"], body["style"]["margin"]) == ("margin", 0.5)
    titles = [each["title"] for each in body["interpretation"]]
    assert titles == [WORRYING, *([EASE] if is_borderline else [])]
    assert (" / " in body["style"]["name"]) == is_borderline


def test_every_style_is_told_with_its_distance(site: Service) -> None:
    style = score(site, leaning(6, 2))["style"]

    assert {each["style"]: each["points"] for each in style["distances"]} == {
        "secure": 2,
        "preoccupied": 0,
        "dismissing": pytest.approx(8**0.5),
        "fearful": 2,
    }
    assert "editorial" in style["note"]


def test_each_band_has_words_of_its_own(desk: Desk) -> None:
    scales = [
        scale("across", ["q01", "q02"], "sum", bands=bands(("little", 2, 7), ("some", 8, 11), ("much", 12, 14))),
        scale("up", ["q03"], bands=bands(("low", 1, 4), ("high", 4, 7))),
    ]
    desk.publish("banded", questionnaire(scales))

    for answers, expected in (
        ({"q01": 1, "q02": 6, "q03": 3}, ("little", "low")),
        ({"q01": 1, "q02": 7, "q03": 4}, ("some", "high")),
        ({"q01": 6, "q02": 6, "q03": 7}, ("much", "high")),
    ):
        body = score(desk.service, answers, "banded")
        assert tuple(each["band"]["id"] for each in body["scores"]) == expected
        assert set(body["scores"][0]["band"]) == {"id", "name"}
        assert body["style"] is None
        assert [(each["scale"], each["title"]) for each in body["interpretation"]] == [
            ("across", expected[0].title()),
            ("up", expected[1].title()),
        ]
        assert all(each["text"] and each["next_step"] for each in body["interpretation"])


def test_what_is_known_of_a_scale_says_how_sure_a_score_is(desk: Desk) -> None:
    """A standard error of 1 * sqrt(1 - 0.91) = 0.3; a score one standard deviation above the mean of the norms."""
    known = scale("across", ["q01", "q02"], reliability=reliability(0.91, 1.0), norms=norms(4.0, 1.0))
    desk.publish("measured", questionnaire([known]))

    [five] = score(desk.service, {"q01": 5, "q02": 5}, "measured")["scores"]
    [seven] = score(desk.service, {"q01": 7, "q02": 7}, "measured")["scores"]

    assert five["standard_error"] == pytest.approx(0.3)
    assert five["interval"] == {"low": pytest.approx(4.412), "high": pytest.approx(5.588)}
    assert five["percentile"] == pytest.approx(84.134, abs=0.001)
    assert five["t_score"] == pytest.approx(60)
    assert seven["interval"] == {"low": pytest.approx(6.412), "high": 7}


def test_where_the_error_is_known_a_style_is_a_toss_up_within_it(desk: Desk) -> None:
    scales = [
        scale("across", ["q01", "q02"], reliability=reliability(0.75, 1.2)),  # 0.6
        scale("up", ["q03"], reliability=reliability(0.91, 1.0)),
    ]
    desk.publish("unsure", questionnaire(scales, style=midpoint_style()))

    far, near = (
        score(desk.service, {"q01": 5, "q02": answer, "q03": 1}, "unsure") for answer in (5, 4)
    )  # 5 and 4.5: half a point is within 0.6

    for body, is_borderline in ((far, False), (near, True)):
        assert (body["style"]["id"], body["style"]["borderline"]) == ("high_low", is_borderline)
        assert (body["style"]["basis"], body["style"]["margin"]) == ("standard_error", None)
        assert len(body["interpretation"]) == 1 + is_borderline


def test_answers_to_questions_that_were_not_asked_are_left_out(desk: Desk) -> None:
    """The second is asked of those who answered the first with 4 or more, the third after a high second only."""
    questions = [
        question("q01"),
        question("q02", show_if={"question": "q01", "at_least": 4}),
        question("q03", show_if={"question": "q02", "at_least": 4}),
        question("q04"),
    ]
    counted = scale("across", ["q01", "q02", "q03", "q04"], missing=missing("prorate", 2))
    desk.publish("branching", questionnaire([counted], questions=questions))
    answers = {"q01": 3, "q02": 7, "q03": 7, "q04": 5}

    hidden, shown = (score(desk.service, answers | {"q01": first}, "branching") for first in (3, 4))

    assert (hidden["scores"][0]["value"], hidden["scores"][0]["answered"]) == (4, 2)
    left_out = [each["question"] for each in hidden["explanation"] if each["scale"] is None and each["keyed"] is None]
    assert left_out == ["q02", "q03"]
    assert (shown["scores"][0]["value"], shown["scores"][0]["answered"]) == ((4 + 7 + 7 + 5) / 4, 4)


def test_an_option_counts_what_the_editor_says(desk: Desk) -> None:
    questions = [question("q01", options=options(No=0, Rather=1, Yes=1)), question("q02", scored=False)]
    desk.publish("counting", questionnaire([scale("across", ["q01"], "sum")], questions=questions))

    bodies = [score(desk.service, {"q01": answer, "q02": 3}, "counting") for answer in (0, 1, 2)]

    assert [values(body)["across"] for body in bodies] == [0, 1, 1]
    assert bodies[2]["explanation"] == [
        {"question": "q01", "raw": 2, "keyed": 1, "scale": "across", "is_reversed": False},
        {"question": "q02", "raw": 3, "keyed": None, "scale": None, "is_reversed": False},
    ]


def test_only_what_is_public_is_recommended_and_in_the_editors_order(desk: Desk) -> None:
    write_article(desk.folder, "z-first", publish_at="2025-01-01T00:00:00Z")
    write_article(desk.folder, "a-draft", status="draft", publish_at=None)
    write_article(desk.folder, "b-scheduled", publish_at="2026-11-25T00:00:00Z")
    write_article(desk.folder, "m-last", publish_at="2025-01-01T00:00:00Z")
    wanted = {
        "articles": ["z-first", "a-draft", "b-scheduled", "m-last"],
        "topics": ["habits", "sleep"],
        "journey": "21-days",
    }
    write_journey(desk.folder)
    desk.publish("advising", questionnaire([scale("across", ["q01"])]) | {"recommendations": wanted})
    with time_machine.travel(NOON, tick=False) as clock:
        person = agreed(desk.service)
        before, result_id = score(desk.service, {"q01": 1}, "advising"), keep(person, {"q01": 1}, "advising")
        clock.shift(timedelta(hours=12))
        person.sign_in()
        after, stored = score(desk.service, {"q01": 1}, "advising"), read(person, result_id)

    assert [each["slug"] for each in before["recommendations"]["articles"]] == ["z-first", "m-last"]
    assert [each["slug"] for each in after["recommendations"]["articles"]] == ["z-first", "b-scheduled", "m-last"]
    assert stored["recommendations"] == after["recommendations"]
    assert set(after["recommendations"]["articles"][0]) == {"slug", "title", "excerpt", "reading_minutes"}
    assert after["recommendations"]["topics"] == [
        {"slug": "habits", "name": "habits"},
        {"slug": "sleep", "name": "sleep"},
    ]
    assert after["recommendations"]["journey"] == {"slug": "21-days"}


def test_what_is_shipped_recommends_only_what_is_there(site: Service) -> None:
    for assessment in (REFLECTION, CHECK_IN):
        asked = site.client.get(f"/v1/assessments/{assessment}").json()
        middle = sum(asked["response_scale"][end] for end in ("min", "max")) // 2
        body = score(site, {each["id"]: middle for each in asked["questions"]}, assessment)
        found = body["recommendations"]

        assert len(found["articles"]) == 3
        for each in found["articles"]:
            assert site.client.get(f"/v1/articles/{each['slug']}").json()["title"] == each["title"]
        for each in found["topics"]:
            assert site.client.get(f"/v1/topics/{each['slug']}").json()["name"] == each["name"]


@pytest.mark.parametrize("assessment", [REFLECTION, CHECK_IN])
def test_every_score_says_that_it_is_no_diagnosis_and_where_people_are(site: Service, assessment: str) -> None:
    asked = site.client.get(f"/v1/assessments/{assessment}").json()
    for end in ("min", "max"):
        answers = {each["id"]: asked["response_scale"][end] for each in asked["questions"]}
        body = score(site, answers, assessment)
        person = agreed(site)
        result = read(person, keep(person, answers, assessment))
        [listed] = person.ask("GET", "/v1/me/results").json()["items"]

        for shown in (body, result, listed):
            assert shown["disclaimer"] == asked["disclaimer"]
            assert shown["support"] == asked["support"]
