"""Tests for questionnaire versions over HTTP: old versions stay available and never change."""

from tests.factories.questionnaires import (
    questionnaire,
    scale,
)
from tests.factories.results import (
    QuestionnaireEditor,
    consenting_member,
    draft_body,
    draft_path,
    new_id,
    put_draft,
    put_result,
    read_result,
    result_body,
    save_result,
    scale_values,
    status_and_code,
)
from tests.factories.services import post

SCALES = [scale("across", ["q01", "q02"])]


def test_read_assessment_with_older_version_returns_it_unchanged(editor: QuestionnaireEditor) -> None:
    client, path = editor.service.client, "/v1/assessments/renewed"
    editor.publish("renewed", questionnaire(SCALES))
    first = client.get(path)
    editor.publish("renewed", questionnaire(SCALES) | {"title": "Renewed"})

    current, older, same = client.get(path), client.get(f"{path}?version=1"), client.get(f"{path}?version=2")

    assert (current.json()["title"], current.json()["version"], current.json()["current_version"]) == ("Renewed", 2, 2)
    assert older.json() == first.json() | {"current_version": 2}
    assert same.json() == current.json()
    assert current.json()["digest"] != older.json()["digest"]


def test_loading_same_questionnaire_again_keeps_version(editor: QuestionnaireEditor) -> None:
    for _ in range(2):
        editor.publish("the-same", questionnaire(SCALES))

    assert editor.service.client.get("/v1/assessments/the-same").json()["version"] == 1


def test_read_assessment_after_new_version_returns_new_etag(editor: QuestionnaireEditor) -> None:
    editor.publish("tagged", questionnaire(SCALES))
    etag = editor.service.client.get("/v1/assessments/tagged").headers["ETag"]
    editor.publish("tagged", questionnaire(SCALES) | {"minutes": 9})

    response = editor.service.client.get("/v1/assessments/tagged", headers={"If-None-Match": etag})

    assert (response.status_code, response.json()["minutes"]) == (200, 9)


def test_unpublished_questionnaire_keeps_results_but_accepts_no_answers(
    editor: QuestionnaireEditor,
) -> None:
    client, member = editor.service.client, consenting_member(editor.service)
    editor.publish("withdrawn", questionnaire(SCALES))
    body = result_body({"q01": 1, "q02": 4}, "withdrawn")
    result_id = new_id()
    assert put_result(member, result_id, body).status_code == 201
    draft = put_draft(member, {"q01": 2}, "2026-11-01T00:00:00Z", assessment="withdrawn")
    editor.unpublish("withdrawn")

    assert status_and_code(client.get("/v1/assessments/withdrawn")) == (404, "assessment_not_found")
    old_version = client.get("/v1/assessments/withdrawn?version=1").json()
    assert (old_version["version"], old_version["current_version"], len(old_version["questions"])) == (1, None, 2)
    assert "withdrawn" not in [item["slug"] for item in client.get("/v1/assessments").json()["items"]]
    scoring = post(client, "/v1/assessments/withdrawn/score", {"answers": body["answers"], "version": 1})
    assert status_and_code(scoring) == (404, "assessment_not_found")
    assert status_and_code(put_result(member, new_id(), body)) == (422, "unknown_assessment")
    later = draft_body({"q01": 3}, "2026-11-02T00:00:00Z")
    assert status_and_code(member.request("PUT", draft_path("withdrawn"), later)) == (404, "assessment_not_found")

    assert scale_values(read_result(member, result_id)) == {"across": 2.5}
    assert put_result(member, result_id, body).status_code == 200
    assert [item["id"] for item in member.request("GET", "/v1/me/results").json()["items"]] == [result_id]
    assert member.request("GET", f"/v1/me/results/{result_id}/chart.svg").status_code == 200
    assert member.request("GET", draft_path("withdrawn")).json() == draft.json()
    assert member.request("DELETE", draft_path("withdrawn")).status_code == 204
    assert member.request("DELETE", f"/v1/me/results/{result_id}").status_code == 204


def test_republished_questionnaire_keeps_version(editor: QuestionnaireEditor) -> None:
    editor.publish("returning", questionnaire(SCALES))
    editor.unpublish("returning")

    editor.publish("returning", questionnaire(SCALES))

    assert editor.service.client.get("/v1/assessments/returning").json()["version"] == 1
    assert save_result(consenting_member(editor.service), {"q01": 1, "q02": 4}, "returning")
