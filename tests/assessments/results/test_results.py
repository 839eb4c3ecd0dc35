"""Tests for creating, reading, listing and deleting assessment results over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import insert

from app.assessments.models import DeletedResult
from app.assessments.results.save_result import MAX_RESULTS
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    CHECK_IN_ANSWERS,
    LOW_SCORE_ANSWERS,
    NOON,
    REFLECTION,
    RESULTS_PATH,
    TOO_FEW_ANXIETY_ANSWERS,
    claim_body,
    consenting_member,
    error_summary,
    list_ids,
    member_id,
    new_id,
    put_result,
    read_result,
    result_body,
    save_result,
    scale_values,
    score_anonymously,
    status_and_code,
)
from tests.factories.services import Service


def test_create_result_repeated_stores_one_result(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()

    first, *others = [put_result(member, result_id, result_body(ANXIOUS_ANSWERS)) for _ in range(3)]

    assert [first.status_code, *(response.status_code for response in others)] == [201, 200, 200]
    assert {response.text for response in others} == {first.text}
    assert read_result(member, result_id) == first.json()
    assert list_ids(member) == [result_id]


def test_read_result_includes_all_score_fields(site: Service) -> None:
    scored = score_anonymously(site)
    with time_machine.travel(NOON, tick=False):
        member = consenting_member(site)
        result_id = save_result(member)
        result = read_result(member, result_id)

    assert {name: result[name] for name in scored if not name.startswith("claim")} == {
        name: value for name, value in scored.items() if not name.startswith("claim")
    }
    own = {name: value for name, value in result.items() if name not in scored}
    assert own == {"id": result_id, "taken_at": "2026-11-24T12:00:00Z", "change": None}
    assert {answer["question"]: answer["raw"] for answer in result["explanation"]} == ANXIOUS_ANSWERS


def test_create_result_with_used_id_and_other_body_returns_409(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    before = put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).json()

    for other in (
        result_body(ANXIOUS_ANSWERS | {"q01": 7}),
        result_body({question: answer for question, answer in ANXIOUS_ANSWERS.items() if question != "q01"}),
        result_body(CHECK_IN_ANSWERS, CHECK_IN),
        result_body(ANXIOUS_ANSWERS, version=2),
        result_body(ANXIOUS_ANSWERS, assessment="no-such-thing"),
        claim_body(site),
    ):
        response = put_result(member, result_id, other)
        assert error_summary(response) == (409, "id_reused", "path/result_id")

    assert read_result(member, result_id) == before


def test_create_result_normalises_uuid_and_ignores_key_order(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    put_result(member, result_id, result_body(ANXIOUS_ANSWERS))
    backwards = dict(reversed(result_body(dict(reversed(ANXIOUS_ANSWERS.items()))).items()))

    for same_id in (result_id, result_id.upper(), UUID(result_id).hex):
        assert put_result(member, same_id, backwards).status_code == 200
    assert list_ids(member) == [result_id]


def test_same_result_id_of_two_members_is_separate(site: Service) -> None:
    member, other, result_id = consenting_member(site), consenting_member(site), new_id()

    responses = [
        put_result(member, result_id, result_body(ANXIOUS_ANSWERS)),
        put_result(other, result_id, result_body(LOW_SCORE_ANSWERS)),
    ]
    assert other.request("DELETE", f"{RESULTS_PATH}/{result_id}").status_code == 204

    assert [response.status_code for response in responses] == [201, 201]
    assert scale_values(read_result(member, result_id)) == {"anxiety": 6, "avoidance": 2}
    assert status_and_code(other.request("GET", f"{RESULTS_PATH}/{result_id}")) == (404, "result_not_found")


@pytest.mark.parametrize("invalid_id", ["1", "%00"])
def test_result_id_that_is_no_uuid_returns_422(site: Service, invalid_id: str) -> None:
    member, path = consenting_member(site), f"{RESULTS_PATH}/{invalid_id}"
    for response in (
        put_result(member, invalid_id, result_body(ANXIOUS_ANSWERS)),
        *(member.request(method, path) for method in ("GET", "DELETE")),
        member.request("GET", f"{path}/chart.svg"),
    ):
        assert error_summary(response) == (422, "invalid_input", "path/result_id")


def test_deleted_result_returns_404_and_cannot_be_recreated(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    path = f"{RESULTS_PATH}/{result_id}"
    put_result(member, result_id, result_body(ANXIOUS_ANSWERS))

    statuses = [member.request("DELETE", path).status_code for _ in range(3)]

    assert statuses == [204, 204, 204]
    assert status_and_code(member.request("GET", path)) == (404, "result_not_found")
    assert status_and_code(member.request("GET", f"{path}/chart.svg")) == (404, "result_not_found")
    for body in (
        result_body(ANXIOUS_ANSWERS),
        result_body(LOW_SCORE_ANSWERS),
        claim_body(site),
    ):
        assert status_and_code(put_result(member, result_id, body)) == (410, "deleted")
    assert list_ids(member) == []


def test_delete_result_when_unknown_returns_404(site: Service) -> None:
    response = consenting_member(site).request("DELETE", f"{RESULTS_PATH}/{new_id()}")

    assert status_and_code(response) == (404, "result_not_found")


INVALID_BODIES: list[tuple[dict[str, Any], str]] = [
    ({}, "body/assessment body/version body/answers"),
    ({"assessment": REFLECTION, "answers": ANXIOUS_ANSWERS}, "body/version"),
    ({"claim_token": "k.x", "assessment": REFLECTION}, "body/assessment"),
    ({"claim_token": "k.x"} | result_body(ANXIOUS_ANSWERS), "body/assessment body/version body/answers"),
    (result_body(ANXIOUS_ANSWERS) | {"version": "1"}, "body/version"),
    (result_body(ANXIOUS_ANSWERS) | {"assessment": "No Slug"}, "body/assessment"),
    (result_body(ANXIOUS_ANSWERS) | {"taken_at": "2026-01-01T00:00:00Z"}, "body/taken_at"),
    (result_body({}) | {"answers": {"q01": True, "q02": "2"}}, "body/answers/q01 body/answers/q02"),
    (result_body(ANXIOUS_ANSWERS | {"q01": 8, "q25": 1}), "body/answers/q01 body/answers/q25"),
]  # fmt: skip


def test_create_result_with_invalid_body_returns_422_and_stores_nothing(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()

    for body, locations in INVALID_BODIES:
        assert error_summary(put_result(member, result_id, body)) == (422, "invalid_input", locations)
    for body, code, location in (
        (result_body(ANXIOUS_ANSWERS, version=2), "unknown_version", "body/version"),
        (result_body(ANXIOUS_ANSWERS, "no-such-thing"), "unknown_assessment", "body/assessment"),
        (result_body({"q01": 1}), "too_few_answers", "body/answers"),
    ):
        assert error_summary(put_result(member, result_id, body)) == (422, code, location)

    assert list_ids(member) == []
    assert put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).status_code == 201


def test_create_result_above_limit_returns_409(site: Service) -> None:
    member, other = consenting_member(site), consenting_member(site)
    own_id, first, deleted_id = member_id(member), save_result(member), new_id()
    ids = [*(uuid4() for _ in range(MAX_RESULTS - 2)), UUID(deleted_id)]
    with site.database.transaction() as session:
        session.execute(insert(DeletedResult), [{"member_id": own_id, "id": id_} for id_ in ids])

    body = result_body(ANXIOUS_ANSWERS)
    assert status_and_code(put_result(member, new_id(), body)) == (409, "too_many_results")
    assert put_result(member, first, body).status_code == 200
    assert status_and_code(put_result(member, deleted_id, body)) == (410, "deleted")
    assert put_result(other, new_id(), body).status_code == 201


def test_create_result_stores_scale_without_score(site: Service) -> None:
    member = consenting_member(site)

    result = read_result(member, save_result(member, TOO_FEW_ANXIETY_ANSWERS))

    assert (scale_values(result), result["style"]) == ({"anxiety": None, "avoidance": 2}, None)


def test_result_responses_have_no_store(site: Service) -> None:
    member = consenting_member(site)
    path = f"{RESULTS_PATH}/{save_result(member)}"

    for url in (RESULTS_PATH, path, f"{path}/chart.svg"):
        assert member.request("GET", url).headers["Cache-Control"] == "no-store"
