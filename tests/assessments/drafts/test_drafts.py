"""Tests for saving, reading and deleting a draft of questionnaire answers over HTTP."""

from tests.factories.questionnaires import branching_questionnaire, questionnaire, scale
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    Answers,
    QuestionnaireEditor,
    consenting_member,
    draft_body,
    draft_path,
    error_summary,
    new_id,
    put_draft,
    put_result,
    result_body,
    status_and_code,
)
from tests.factories.services import Service

TWO_ANSWERS = {"q01": 2, "q02": 6}
THREE_ANSWERS = TWO_ANSWERS | {"q03": 6}


def test_draft_saved_on_one_device_is_read_on_another(site: Service) -> None:
    phone = consenting_member(site)
    laptop = phone.sign_in_on_new_device()

    saved = put_draft(phone, TWO_ANSWERS)
    read = laptop.request("GET", draft_path())
    continued = put_draft(laptop, THREE_ANSWERS, "2026-11-01T11:00:00+00:30")

    assert (saved.status_code, read.status_code, continued.status_code) == (200, 200, 200)
    assert {response.headers["Cache-Control"] for response in (saved, read, continued)} == {"no-store"}
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
    stored = put_draft(member, THREE_ANSWERS, "2026-11-01T10:00:00.000001Z").json()

    response = put_draft(member, TWO_ANSWERS)

    assert error_summary(response) == (409, "draft_newer", "body/answered_at")
    assert response.json()["draft"] == stored
    assert member.request("GET", draft_path()).json() == stored


def test_save_draft_with_same_time_overwrites(site: Service) -> None:
    member = consenting_member(site)

    for answers in (THREE_ANSWERS, TWO_ANSWERS, TWO_ANSWERS):
        response = put_draft(member, answers)
        assert (response.status_code, response.json()["answers"]) == (200, answers)

    assert member.request("GET", draft_path()).json()["answers"] == TWO_ANSWERS


def test_drafts_are_separate_by_assessment_and_member(site: Service) -> None:
    member, other_member = consenting_member(site), consenting_member(site)
    put_draft(member, TWO_ANSWERS)
    put_draft(member, {"q01": 5}, assessment=CHECK_IN)

    assert status_and_code(other_member.request("GET", draft_path())) == (404, "draft_not_found")
    assert other_member.request("DELETE", draft_path()).status_code == 204
    assert member.request("DELETE", draft_path(CHECK_IN)).status_code == 204

    assert status_and_code(member.request("GET", draft_path(CHECK_IN))) == (404, "draft_not_found")
    assert member.request("GET", draft_path()).json()["answers"] == TWO_ANSWERS


def test_create_result_deletes_draft_of_that_assessment_only(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    put_draft(member, TWO_ANSWERS)
    put_draft(member, {"q01": 1}, assessment=CHECK_IN)
    assert status_and_code(put_result(member, result_id, result_body(TWO_ANSWERS))) == (422, "too_few_answers")
    assert member.request("GET", draft_path()).status_code == 200

    put_result(member, result_id, result_body(ANXIOUS_ANSWERS))

    assert status_and_code(member.request("GET", draft_path())) == (404, "draft_not_found")
    assert member.request("GET", draft_path(CHECK_IN)).json()["answers"] == {"q01": 1}

    put_draft(member, TWO_ANSWERS)
    assert put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).status_code == 200

    assert member.request("GET", draft_path()).json()["answers"] == TWO_ANSWERS


def test_save_draft_with_invalid_body_returns_422_and_stores_nothing(site: Service) -> None:
    member, complete = consenting_member(site), draft_body(TWO_ANSWERS)
    for change, code, pointer in (
        ({"answers": {"q01": 8}}, "invalid_input", "/answers/q01"),
        ({"answers": {"q25": 1}}, "invalid_input", "/answers/q25"),
        ({"version": 2}, "unknown_version", "/version"),
        ({"answered_at": "2026-11-01"}, "invalid_input", "/answered_at"),
        ({"progress": {}}, "invalid_input", "/progress"),
    ):
        response = member.request("PUT", draft_path(), complete | change)
        assert error_summary(response) == (422, code, f"body{pointer}")
    for name in complete:
        response = member.request("PUT", draft_path(), {key: value for key, value in complete.items() if key != name})
        assert error_summary(response) == (422, "invalid_input", f"body/{name}")

    assert status_and_code(member.request("GET", draft_path())) == (404, "draft_not_found")


def test_draft_of_unknown_assessment_returns_404(site: Service) -> None:
    member, path = consenting_member(site), draft_path("no-such-thing")

    saved = put_draft(member, TWO_ANSWERS, assessment="no-such-thing")
    assert status_and_code(saved) == (404, "assessment_not_found")
    assert status_and_code(member.request("GET", path)) == (404, "draft_not_found")
    assert status_and_code(member.request("DELETE", path)) == (404, "assessment_not_found")


def test_draft_progress_counts_only_asked_questions(editor: QuestionnaireEditor) -> None:
    editor.publish("branching", branching_questionnaire())
    member = consenting_member(editor.service)
    cases: list[tuple[Answers, int, int, str | None]] = [
        ({}, 2, 0, "q01"),
        ({"q01": 4}, 3, 1, "q02"),
        ({"q01": 3, "q02": 5, "q03": 5}, 2, 1, "q04"),  # q02 and q03 are hidden, so their answers don't count
        ({"q01": 4, "q02": 5, "q03": 1, "q04": 1}, 4, 4, None),
    ]
    for answers, asked, answered, next_question in cases:
        draft = put_draft(member, answers, assessment="branching").json()
        assert draft["progress"] == {"asked": asked, "answered": answered, "next_question": next_question}
        assert draft["answers"] == answers


def test_draft_of_older_version_keeps_version(editor: QuestionnaireEditor) -> None:
    member = consenting_member(editor.service)
    editor.publish("renewed", questionnaire([scale("across", ["q01", "q02"])]))
    put_draft(member, {"q01": 1}, assessment="renewed")
    editor.publish("renewed", questionnaire([scale("across", ["q01", "q02", "q03"])]))

    read = member.request("GET", draft_path("renewed")).json()
    older = put_draft(member, {"q01": 1, "q02": 2}, "2026-11-01T11:00:00Z", assessment="renewed").json()
    newer = put_draft(member, {"q01": 1, "q03": 2}, "2026-11-01T12:00:00Z", assessment="renewed", version=2).json()

    assert (read["version"], read["progress"]["asked"]) == (1, 2)
    assert (older["version"], older["progress"]["next_question"]) == (1, None)
    assert (newer["version"], newer["progress"]["next_question"]) == (2, "q02")
