"""Tests for saving, reading and deleting a draft of questionnaire answers over HTTP."""

from typing import Any

import pytest

from tests.factories.questionnaires import missing_rule, question, questionnaire, scale
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    Answers,
    QuestionnaireEditor,
    consenting_member,
    draft_body,
    draft_path,
    error_locations,
    new_id,
    put_result,
    result_body,
    save_result,
    status_and_code,
)
from tests.factories.rows import row_counts
from tests.factories.services import MemberClient, Service

TWO_ANSWERS = {"q01": 2, "q02": 6}
THREE_ANSWERS = TWO_ANSWERS | {"q03": 6}
TWO_QUESTIONS = questionnaire([scale("across", ["q01", "q02"])])


@pytest.fixture(scope="module")
def member(site: Service) -> MemberClient:
    """Return a member shared by tests that store no data."""
    return consenting_member(site)


def test_draft_saved_on_one_device_is_read_on_another(site: Service) -> None:
    phone = consenting_member(site)
    laptop = phone.sign_in_on_new_device()

    saved = phone.request("PUT", draft_path(), draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z"))
    read = laptop.request("GET", draft_path())
    continued = laptop.request("PUT", draft_path(), draft_body(THREE_ANSWERS, "2026-11-01T11:00:00+00:30"))

    assert (saved.status_code, read.status_code, continued.status_code) == (200, 200, 200)
    assert read.json() == saved.json()
    assert saved.json() == {
        "assessment": "attachment-reflection",
        "version": 1,
        "answers": TWO_ANSWERS,
        "answered_at": "2026-11-01T10:00:00Z",
        "progress": {"asked": 24, "answered": 2, "next_question": "q03"},
    }
    assert phone.request("GET", draft_path()).json() == continued.json()
    assert (continued.json()["answers"], continued.json()["answered_at"]) == (THREE_ANSWERS, "2026-11-01T10:30:00Z")


def test_save_draft_when_older_returns_409_with_stored_draft(site: Service) -> None:
    member = consenting_member(site)
    stored = member.request("PUT", draft_path(), draft_body(THREE_ANSWERS, "2026-11-01T10:00:00.000001Z")).json()

    response = member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z"))

    assert status_and_code(response) == (409, "draft_newer")
    assert error_locations(response) == [("body", "/answered_at")]
    assert response.json()["draft"] == stored
    assert member.request("GET", draft_path()).json() == stored


def test_save_draft_with_same_time_overwrites(site: Service) -> None:
    member = consenting_member(site)

    for answers in (THREE_ANSWERS, TWO_ANSWERS, TWO_ANSWERS):
        response = member.request("PUT", draft_path(), draft_body(answers, "2026-11-01T10:00:00Z"))
        assert (response.status_code, response.json()["answers"]) == (200, answers)

    assert member.request("GET", draft_path()).json()["answers"] == TWO_ANSWERS


def test_drafts_are_separate_by_assessment_and_member(site: Service) -> None:
    member, other_member = consenting_member(site), consenting_member(site)
    member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z"))
    member.request("PUT", draft_path(CHECK_IN), draft_body({"q01": 5}, "2026-11-01T10:00:00Z"))

    assert status_and_code(other_member.request("GET", draft_path())) == (404, "draft_not_found")
    assert other_member.request("DELETE", draft_path()).status_code == 204
    assert member.request("DELETE", draft_path(CHECK_IN)).status_code == 204

    assert status_and_code(member.request("GET", draft_path(CHECK_IN))) == (404, "draft_not_found")
    assert member.request("GET", draft_path()).json()["answers"] == TWO_ANSWERS


def test_create_result_deletes_draft_of_that_assessment_only(site: Service) -> None:
    member = consenting_member(site)
    for path, answers in ((draft_path(), TWO_ANSWERS), (draft_path(CHECK_IN), {"q01": 1})):
        member.request("PUT", path, draft_body(answers, "2026-11-01T10:00:00Z"))
    rejected = put_result(member, new_id(), result_body(TWO_ANSWERS))
    assert status_and_code(rejected) == (422, "too_few_answers")
    assert member.request("GET", draft_path()).status_code == 200

    save_result(member)

    assert status_and_code(member.request("GET", draft_path())) == (404, "draft_not_found")
    assert member.request("GET", draft_path(CHECK_IN)).json()["answers"] == {"q01": 1}


def test_repeated_create_result_keeps_newer_draft(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    put_result(member, result_id, result_body(ANXIOUS_ANSWERS))
    member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z"))

    assert put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).status_code == 200

    assert member.request("GET", draft_path()).json()["answers"] == TWO_ANSWERS


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (draft_body({"q01": 8}, "2026-11-01T10:00:00Z"), "invalid_input", "/answers/q01"),
        (draft_body({"q25": 1}, "2026-11-01T10:00:00Z"), "invalid_input", "/answers/q25"),
        (draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z", version=2), "unknown_version", "/version"),
        ({"answers": TWO_ANSWERS, "answered_at": "2026-11-01T10:00:00Z"}, "invalid_input", "/version"),
        ({"version": 1, "answered_at": "2026-11-01T10:00:00Z"}, "invalid_input", "/answers"),
        ({"version": 1, "answers": TWO_ANSWERS}, "invalid_input", "/answered_at"),
        (draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z") | {"progress": {}}, "invalid_input", "/progress"),
    ],
)
def test_save_draft_with_invalid_body_returns_422_and_stores_nothing(
    site: Service, member: MemberClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    before = row_counts(site.database)["drafts"]

    response = member.request("PUT", draft_path(), body)

    assert status_and_code(response) == (422, code)
    assert error_locations(response) == [("body", pointer)]
    assert row_counts(site.database)["drafts"] == before


def test_draft_of_unknown_assessment_returns_404(site: Service) -> None:
    member, path = consenting_member(site), draft_path("no-such-thing")

    assert status_and_code(member.request("PUT", path, draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z"))) == (
        404,
        "assessment_not_found",
    )
    assert status_and_code(member.request("GET", path)) == (404, "draft_not_found")
    assert status_and_code(member.request("DELETE", path)) == (404, "assessment_not_found")


@pytest.mark.parametrize(
    ("answers", "asked", "answered", "next_question"),
    [
        ({}, 2, 0, "q01"),
        ({"q01": 4}, 3, 1, "q02"),
        ({"q01": 3}, 2, 1, "q04"),
        ({"q01": 4, "q02": 5}, 4, 2, "q03"),
        ({"q01": 3, "q02": 5, "q03": 5}, 2, 1, "q04"),  # q02 and q03 are hidden, so their answers don't count
        ({"q01": 4, "q02": 5, "q03": 1, "q04": 1}, 4, 4, None),
        ({"q04": 1}, 2, 1, "q01"),
    ],
)
def test_draft_progress_counts_only_asked_questions(
    editor: QuestionnaireEditor, answers: Answers, asked: int, answered: int, next_question: str | None
) -> None:
    questions = [
        question("q01"),
        question("q02", show_if={"question": "q01", "at_least": 4}),
        question("q03", show_if={"question": "q02", "at_least": 4}),
        question("q04"),
    ]
    counted = scale("across", ["q01", "q02", "q03", "q04"], missing=missing_rule("prorate", 2))
    editor.publish("branching", questionnaire([counted], questions=questions))

    response = consenting_member(editor.service).request(
        "PUT", draft_path("branching"), draft_body(answers, "2026-11-01T10:00:00Z")
    )

    assert response.json()["progress"] == {"asked": asked, "answered": answered, "next_question": next_question}
    assert response.json()["answers"] == answers


def test_draft_of_older_version_keeps_version(editor: QuestionnaireEditor) -> None:
    member, path = consenting_member(editor.service), draft_path("renewed")
    editor.publish("renewed", TWO_QUESTIONS)
    member.request("PUT", path, draft_body({"q01": 1}, "2026-11-01T10:00:00Z"))
    editor.publish("renewed", questionnaire([scale("across", ["q01", "q02", "q03"])]))

    read = member.request("GET", path).json()
    older = member.request("PUT", path, draft_body({"q01": 1, "q02": 2}, "2026-11-01T11:00:00Z"))
    newer = member.request("PUT", path, draft_body({"q01": 1, "q03": 2}, "2026-11-01T12:00:00Z", version=2))

    assert (read["version"], read["progress"]["asked"]) == (1, 2)
    assert (older.json()["version"], older.json()["progress"]["next_question"]) == (1, None)
    assert (newer.json()["version"], newer.json()["progress"]["next_question"]) == (2, "q02")


def test_draft_responses_have_no_store(site: Service) -> None:
    member = consenting_member(site)
    saved = member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, "2026-11-01T10:00:00Z"))

    for response in (saved, member.request("GET", draft_path())):
        assert response.headers["Cache-Control"] == "no-store"
