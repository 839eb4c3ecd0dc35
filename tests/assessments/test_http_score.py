"""Scoring over HTTP, for somebody of whom nothing is kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from tests.conftest import Backend
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    ANXIETY,
    CHECK_IN,
    REFLECTION,
    REVERSED,
    WORRIED,
    Answers,
    Desk,
    agreed,
    faults,
    leaning,
    score,
    serving,
    told,
    values,
)
from tests.factories.rows import all_rows, counts
from tests.factories.services import post

PATH = f"/v1/assessments/{REFLECTION}/score"
ALL = [f"q{n:02}" for n in range(1, 25)]
CHECKED_IN = {"q01": 1, "q02": 5, "q03": 4, "q04": 2, "q05": 5, "q06": 2, "q07": 3, "q08": 2}


@pytest.fixture(scope="module")
def desk(backend: Backend, furnished: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(backend, furnished) as service:
        desk = Desk.of(service, tmp_path_factory.mktemp("desk"))
        desk.publish("pair", questionnaire([scale("across", ["q01", "q02"])]))
        desk.publish("pair", questionnaire([scale("across", ["q01", "q02"], "sum")]) | {"title": "A sum"})
        yield desk


def without(answers: Answers, *questions: str) -> Answers:
    return {question: answer for question, answer in answers.items() if question not in questions}


@pytest.mark.parametrize(
    ("answers", "anxiety", "avoidance"),
    [
        (leaning(6, 2), 6, 2),
        (leaning(1, 7), 1, 7),
        (dict.fromkeys(ALL, 1), 4, 4),  # half of the items count 7
        (dict.fromkeys(ALL, 7), 4, 4),
        (WORRIED | {"q03": 5, "q02": 1}, 71 / 12, 29 / 12),  # q02 counts 7 instead of 2
        (without(WORRIED, "q03", "q07") | {"q23": 1}, 5.5, 2),  # nine sixes and a one
    ],
)
def test_the_reflections_scores_are_those_of_a_hand_and_pencil(
    reader: TestClient, answers: Answers, anxiety: float, avoidance: float
) -> None:
    body = post(reader, PATH, {"answers": answers}).json()

    assert values(body) == {"anxiety": anxiety, "avoidance": avoidance}


def test_the_check_ins_scores_are_those_of_a_hand_and_pencil(reader: TestClient) -> None:
    body = post(reader, f"/v1/assessments/{CHECK_IN}/score", {"answers": CHECKED_IN}).json()

    assert values(body) == {"loneliness": (5 + 4 + 4 + 3) / 4, "connection": (1 + 2 + 1 + 2) / 4}
    assert (body["style"]["id"], body["style"]["borderline"]) == ("missing_people", False)


def test_a_score_says_its_range_and_what_nobody_knows(reader: TestClient) -> None:
    body = post(reader, PATH, {"answers": without(WORRIED, "q03")}).json()

    assert body["scores"][0] == {
        "scale": "anxiety",
        "name": "Worry about being left (anxiety)",
        "value": 6,
        "min": 1,
        "max": 7,
        "answered": 11,
        "items": 12,
        "standard_error": None,
        "interval": None,
        "percentile": None,
        "t_score": None,
        "band": None,
    }


def test_a_score_is_explained_answer_by_answer(reader: TestClient) -> None:
    body = post(reader, PATH, {"answers": WORRIED}).json()

    assert [each["question"] for each in body["explanation"]] == ALL
    for each in body["explanation"]:
        reverse = each["question"] in REVERSED
        assert each["raw"] == WORRIED[each["question"]]
        assert each["keyed"] == (8 - each["raw"] if reverse else each["raw"])
        assert each["is_reversed"] == reverse
        assert each["scale"] == ("anxiety" if each["question"] in ANXIETY else "avoidance")


def test_with_too_few_answers_a_scale_has_no_score_and_nothing_has_a_style(reader: TestClient) -> None:
    body = post(reader, PATH, {"answers": without(WORRIED, "q03", "q07", "q13")}).json()

    assert values(body) == {"anxiety": None, "avoidance": 2}
    assert body["scores"][0]["answered"] == 9
    assert body["style"] is None
    assert [(each["scale"], each["next_step"]) for each in body["interpretation"]] == [("avoidance", None)]
    assert body["claim_token"]


@pytest.mark.parametrize("answers", [{}, {"q01": 4}, dict.fromkeys(ALL[:16], 4)])
def test_without_any_score_there_is_no_result(reader: TestClient, answers: Answers) -> None:
    reply = post(reader, PATH, {"answers": answers})

    assert told(reply) == (422, "too_few_answers")
    assert faults(reply) == [("body", "/answers")]


@pytest.mark.parametrize("answer", [0, 8, -1, 1000, "4", 4.0, 4.5, True, None, [4], {"value": 4}, 10**30, float("nan")])
def test_an_answer_that_is_none_of_the_possible_ones_is_refused_by_name(reader: TestClient, answer: Any) -> None:
    reply = post(reader, PATH, {"answers": WORRIED | {"q01": answer}})

    assert told(reply) == (422, "invalid_input")
    assert faults(reply) == [("body", "/answers/q01")]


def test_every_bad_answer_is_named(reader: TestClient) -> None:
    reply = post(reader, PATH, {"answers": WORRIED | {"q01": 0, "q09": 8, "q25": 4}})

    assert told(reply) == (422, "invalid_input")
    assert sorted(faults(reply)) == [("body", "/answers/q01"), ("body", "/answers/q09"), ("body", "/answers/q25")]


@pytest.mark.parametrize("name", ["I was so ashamed", "", "q01 ", "Q01", "x" * 41, "a/b~c", "q\u202501"])
def test_a_question_that_is_not_there_is_refused_and_not_repeated_if_it_is_no_name(
    reader: TestClient, name: str
) -> None:
    reply = post(reader, PATH, {"answers": WORRIED | {name: 4}})

    assert told(reply) == (422, "invalid_input")
    assert "ashamed" not in reply.text
    assert "a/b~c" not in reply.text


def test_a_question_that_is_answered_twice_is_refused(reader: TestClient) -> None:
    body = '{"answers": {"q01": 1, "q01": 7}}'

    reply = reader.post(PATH, content=body, headers={"Content-Type": "application/json"})

    assert 400 <= reply.status_code < 500
    assert reply.json()["code"] != "too_few_answers"


@pytest.mark.parametrize("body", [{}, {"answers": []}, {"answers": None}, {"answers": WORRIED, "slug": REFLECTION}])
def test_a_body_is_answers_and_perhaps_a_version(reader: TestClient, body: dict[str, Any]) -> None:
    assert told(post(reader, PATH, body)) == (422, "invalid_input")


def test_answers_are_scored_by_the_version_that_was_asked(desk: Desk) -> None:
    answers = {"q01": 1, "q02": 4}

    older, newer = (score(desk.service, answers, "pair", version=version) for version in (1, 2))
    current = score(desk.service, answers, "pair")

    assert (older["version"], values(older), older["title"]) == (1, {"across": 2.5}, "A questionnaire")
    assert (newer["version"], values(newer), newer["title"]) == (2, {"across": 5}, "A sum")
    assert (current["version"], values(current)) == (2, {"across": 5})


def test_a_version_that_there_never_was_is_refused(desk: Desk) -> None:
    path = "/v1/assessments/pair/score"

    reply = post(desk.service.client, path, {"answers": {"q01": 1, "q02": 4}, "version": 3})

    assert told(reply) == (422, "unknown_version")
    assert faults(reply) == [("body", "/version")]
    for version in (0, -1, "1", 1.0, True, 2**31):
        odd = post(desk.service.client, path, {"answers": {"q01": 1, "q02": 4}, "version": version})
        assert (told(odd), faults(odd)) == ((422, "invalid_input"), [("body", "/version")])


def test_what_is_not_there_can_not_be_scored(reader: TestClient) -> None:
    reply = post(reader, "/v1/assessments/no-such-thing/score", {"answers": {"q01": 1}})

    assert told(reply) == (404, "assessment_not_found")


def test_scoring_stores_nothing_whoever_asks(desk: Desk) -> None:
    person = agreed(desk.service)
    before, rows = counts(desk.service.database), all_rows(desk.service.database)

    score(desk.service, {"q01": 1, "q02": 4}, "pair")
    reply = person.ask("POST", "/v1/assessments/pair/score", {"answers": {"q01": 1, "q02": 4}})
    refused = post(desk.service.client, "/v1/assessments/pair/score", {"answers": {"q01": 1}})

    assert (reply.status_code, refused.status_code) == (200, 422)
    assert counts(desk.service.database) == before
    assert all_rows(desk.service.database) == rows


def test_a_score_is_kept_by_nobody_on_the_way(reader: TestClient) -> None:
    reply = post(reader, PATH, {"answers": WORRIED})

    assert reply.headers["Cache-Control"] == "no-store"
    assert "ETag" not in reply.headers
