"""Versions of questionnaires over HTTP: none ever changes, and none that was answered ever goes."""

from tests.factories.questionnaires import (
    questionnaire,
    scale,
)
from tests.factories.results import (
    Desk,
    agreed,
    body_of,
    draft_of,
    draft_path,
    keep,
    new_id,
    put,
    read,
    told,
    values,
)
from tests.factories.services import post

PAIR = [scale("across", ["q01", "q02"])]


def test_an_older_version_is_read_as_it_was(desk: Desk) -> None:
    client, path = desk.service.client, "/v1/assessments/renewed"
    desk.publish("renewed", questionnaire(PAIR))
    first = client.get(path)
    desk.publish("renewed", questionnaire(PAIR) | {"title": "Renewed"})

    now, then, same = client.get(path), client.get(f"{path}?version=1"), client.get(f"{path}?version=2")

    assert (now.json()["title"], now.json()["version"], now.json()["current_version"]) == ("Renewed", 2, 2)
    assert then.json() == first.json() | {"current_version": 2}
    assert same.json() == now.json()
    assert now.json()["digest"] != then.json()["digest"]


def test_the_same_questionnaire_loaded_again_is_no_new_version(desk: Desk) -> None:
    for _ in range(2):
        desk.publish("the-same", questionnaire(PAIR))

    assert desk.service.client.get("/v1/assessments/the-same").json()["version"] == 1


def test_a_new_version_is_a_new_reply(desk: Desk) -> None:
    desk.publish("tagged", questionnaire(PAIR))
    before = desk.service.client.get("/v1/assessments/tagged").headers["ETag"]
    desk.publish("tagged", questionnaire(PAIR) | {"minutes": 9})

    reply = desk.service.client.get("/v1/assessments/tagged", headers={"If-None-Match": before})

    assert (reply.status_code, reply.json()["minutes"]) == (200, 9)


def test_an_unpublished_questionnaire_is_asked_of_nobody_and_what_was_answered_stays(desk: Desk) -> None:
    client, person = desk.service.client, agreed(desk.service)
    desk.publish("withdrawn", questionnaire(PAIR))
    body = body_of({"q01": 1, "q02": 4}, "withdrawn")
    result_id = new_id()
    assert put(person, result_id, body).status_code == 201
    draft = person.ask("PUT", draft_path("withdrawn"), draft_of({"q01": 2}, "2026-11-01T00:00:00Z"))
    desk.unpublish("withdrawn")

    assert told(client.get("/v1/assessments/withdrawn")) == (404, "assessment_not_found")
    asked = client.get("/v1/assessments/withdrawn?version=1").json()
    assert (asked["version"], asked["current_version"], len(asked["questions"])) == (1, None, 2)
    assert "withdrawn" not in [each["slug"] for each in client.get("/v1/assessments").json()["items"]]
    scoring = post(client, "/v1/assessments/withdrawn/score", {"answers": body["answers"], "version": 1})
    assert told(scoring) == (404, "assessment_not_found")
    assert told(put(person, new_id(), body)) == (422, "unknown_assessment")
    later = draft_of({"q01": 3}, "2026-11-02T00:00:00Z")
    assert told(person.ask("PUT", draft_path("withdrawn"), later)) == (404, "assessment_not_found")

    assert values(read(person, result_id)) == {"across": 2.5}
    assert put(person, result_id, body).status_code == 200
    assert [each["id"] for each in person.ask("GET", "/v1/me/results").json()["items"]] == [result_id]
    assert person.ask("GET", f"/v1/me/results/{result_id}/chart.svg").status_code == 200
    assert person.ask("GET", draft_path("withdrawn")).json() == draft.json()
    assert person.ask("DELETE", draft_path("withdrawn")).status_code == 204
    assert person.ask("DELETE", f"/v1/me/results/{result_id}").status_code == 204


def test_a_questionnaire_that_comes_back_is_the_version_that_it_was(desk: Desk) -> None:
    desk.publish("returning", questionnaire(PAIR))
    desk.unpublish("returning")

    desk.publish("returning", questionnaire(PAIR))

    assert desk.service.client.get("/v1/assessments/returning").json()["version"] == 1
    assert keep(agreed(desk.service), {"q01": 1, "q02": 4}, "returning")
