"""Tests for scoring questionnaire answers over HTTP without an account."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from tests.conftest import Backend
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    ANXIETY,
    ANXIOUS_ANSWERS,
    CHECK_IN,
    REFLECTION,
    REVERSED,
    TOO_FEW_ANXIETY_ANSWERS,
    Answers,
    QuestionnaireEditor,
    consenting_member,
    error_summary,
    running_service,
    scale_values,
    score_anonymously,
    status_and_code,
)
from tests.factories.rows import all_rows
from tests.factories.services import post

PATH = f"/v1/assessments/{REFLECTION}/score"
QUESTION_IDS = [f"q{n:02}" for n in range(1, 25)]
MIXED_ANSWERS = {"q01": 1, "q02": 5, "q03": 4, "q04": 2, "q05": 5, "q06": 2, "q07": 3, "q08": 2}


@pytest.fixture(scope="module")
def editor(
    backend: Backend, sample_template: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[QuestionnaireEditor]:
    with running_service(backend, sample_template) as service:
        editor = QuestionnaireEditor.create(service, tmp_path_factory.mktemp("editor"))
        editor.publish("pair", questionnaire([scale("across", ["q01", "q02"])]))
        editor.publish("pair", questionnaire([scale("across", ["q01", "q02"], "sum")]) | {"title": "A sum"})
        yield editor


def answers_without(answers: Answers, *questions: str) -> Answers:
    return {question: answer for question, answer in answers.items() if question not in questions}


def test_shipped_questionnaires_score_like_hand_calculation(shared_client: TestClient) -> None:
    answers = answers_without(ANXIOUS_ANSWERS, "q03", "q07") | {"q23": 1, "q02": 1}

    reflection = post(shared_client, PATH, {"answers": answers}).json()
    check_in = post(shared_client, f"/v1/assessments/{CHECK_IN}/score", {"answers": MIXED_ANSWERS}).json()

    # Anxiety: nine scores of 6 and one of 1. Avoidance: q02 is reverse-keyed and scores 7, and eleven others score 2.
    assert scale_values(reflection) == {"anxiety": (9 * 6 + 1) / 10, "avoidance": (11 * 2 + 7) / 12}
    assert scale_values(check_in) == {"loneliness": (5 + 4 + 4 + 3) / 4, "connection": (1 + 2 + 1 + 2) / 4}
    assert (check_in["style"]["id"], check_in["style"]["borderline"]) == ("missing_people", False)


def test_score_includes_range_and_null_statistics(shared_client: TestClient) -> None:
    body = post(shared_client, PATH, {"answers": answers_without(ANXIOUS_ANSWERS, "q03")}).json()

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


def test_score_explains_each_answer(shared_client: TestClient) -> None:
    body = post(shared_client, PATH, {"answers": ANXIOUS_ANSWERS}).json()

    assert [answer["question"] for answer in body["explanation"]] == QUESTION_IDS
    for answer in body["explanation"]:
        reverse = answer["question"] in REVERSED
        assert answer["raw"] == ANXIOUS_ANSWERS[answer["question"]]
        assert answer["keyed"] == (8 - answer["raw"] if reverse else answer["raw"])
        assert answer["is_reversed"] == reverse
        assert answer["scale"] == ("anxiety" if answer["question"] in ANXIETY else "avoidance")


def test_score_with_too_few_answers_on_scale_has_no_style(shared_client: TestClient) -> None:
    body = post(shared_client, PATH, {"answers": TOO_FEW_ANXIETY_ANSWERS}).json()

    assert scale_values(body) == {"anxiety": None, "avoidance": 2}
    assert body["scores"][0]["answered"] == 9
    assert body["style"] is None
    assert [(interpretation["scale"], interpretation["next_step"]) for interpretation in body["interpretation"]] == [
        ("avoidance", None)
    ]
    assert body["claim_token"]


def test_score_without_enough_answers_returns_422(shared_client: TestClient) -> None:
    for answers in ({}, dict.fromkeys(QUESTION_IDS[:16], 4)):
        response = post(shared_client, PATH, {"answers": answers})
        assert error_summary(response) == (422, "too_few_answers", "body/answers")


@pytest.mark.parametrize("answer", [0, 1000, "4", 4.0, True, None, [4], 10**30, float("nan")])
def test_score_with_impossible_answer_returns_422(shared_client: TestClient, answer: Any) -> None:
    response = post(shared_client, PATH, {"answers": ANXIOUS_ANSWERS | {"q01": answer}})

    assert error_summary(response) == (422, "invalid_input", "body/answers/q01")


def test_score_reports_every_invalid_answer(shared_client: TestClient) -> None:
    response = post(shared_client, PATH, {"answers": ANXIOUS_ANSWERS | {"q01": 0, "q09": 8, "q25": 4}})

    assert error_summary(response) == (422, "invalid_input", "body/answers/q01 body/answers/q09 body/answers/q25")


@pytest.mark.parametrize("name", ["I was so ashamed", "", "x" * 41, "a/b~c", "q\u202501"])
def test_score_with_unknown_question_returns_422_without_its_name(shared_client: TestClient, name: str) -> None:
    response = post(shared_client, PATH, {"answers": ANXIOUS_ANSWERS | {name: 4}})

    assert status_and_code(response) == (422, "invalid_input")
    assert "ashamed" not in response.text
    assert "a/b~c" not in response.text


def test_score_with_duplicate_question_returns_4xx(shared_client: TestClient) -> None:
    body = '{"answers": {"q01": 1, "q01": 7}}'

    response = shared_client.post(PATH, content=body, headers={"Content-Type": "application/json"})

    assert 400 <= response.status_code < 500
    assert response.json()["code"] != "too_few_answers"


def test_score_with_invalid_body_returns_422(shared_client: TestClient) -> None:
    bodies: list[dict[str, Any]] = [{}, {"answers": []}, {"answers": ANXIOUS_ANSWERS, "slug": REFLECTION}]
    for body in bodies:
        assert status_and_code(post(shared_client, PATH, body)) == (422, "invalid_input")


def test_score_uses_requested_version(editor: QuestionnaireEditor) -> None:
    answers = {"q01": 1, "q02": 4}

    older, newer = (score_anonymously(editor.service, answers, "pair", version=version) for version in (1, 2))
    current = score_anonymously(editor.service, answers, "pair")

    assert (older["version"], scale_values(older), older["title"]) == (1, {"across": 2.5}, "A questionnaire")
    assert (newer["version"], scale_values(newer), newer["title"]) == (2, {"across": 5}, "A sum")
    assert (current["version"], scale_values(current)) == (2, {"across": 5})


def test_score_with_unknown_version_returns_422(shared_client: TestClient) -> None:
    for version, code in ((3, "unknown_version"), *((odd, "invalid_input") for odd in (0, "1", 1.0, True, 2**31))):
        response = post(shared_client, PATH, {"answers": ANXIOUS_ANSWERS, "version": version})
        assert error_summary(response) == (422, code, "body/version")


def test_score_with_unknown_assessment_returns_404(shared_client: TestClient) -> None:
    response = post(shared_client, "/v1/assessments/no-such-thing/score", {"answers": {"q01": 1}})

    assert status_and_code(response) == (404, "assessment_not_found")


def test_score_stores_nothing(editor: QuestionnaireEditor) -> None:
    member = consenting_member(editor.service)
    before = all_rows(editor.service.database)

    score_anonymously(editor.service, {"q01": 1, "q02": 4}, "pair")
    response = member.request("POST", "/v1/assessments/pair/score", {"answers": {"q01": 1, "q02": 4}})
    rejected = post(editor.service.client, "/v1/assessments/pair/score", {"answers": {"q01": 1}})

    assert (response.status_code, rejected.status_code) == (200, 422)
    assert all_rows(editor.service.database) == before


def test_score_response_has_no_store(shared_client: TestClient) -> None:
    response = post(shared_client, PATH, {"answers": ANXIOUS_ANSWERS})

    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
