"""Tests for creating, reading, listing and deleting assessment results over HTTP."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import time_machine

from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    REFLECTION,
    RESULTS_PATH,
    answers_for_scores,
    consenting_member,
    error_locations,
    new_id,
    put_result,
    read_result,
    result_body,
    save_result,
    scale_values,
    score_anonymously,
    status_and_code,
)
from tests.factories.rows import row_counts
from tests.factories.services import MemberClient, Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOW_SCORE_ANSWERS = answers_for_scores(2, 2)
CHECK_IN_ANSWERS = {f"q{n:02}": 3 for n in range(1, 9)}


@pytest.fixture(scope="module")
def member(site: Service) -> MemberClient:
    """Return a member shared by the tests of this module."""
    return consenting_member(site)


def list_ids(member: MemberClient, query: str = "") -> list[str]:
    response = member.request("GET", f"{RESULTS_PATH}{query}")
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


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
        {"claim_token": score_anonymously(site)["claim_token"]},
    ):
        response = put_result(member, result_id, other)
        assert (status_and_code(response), error_locations(response)) == ((409, "id_reused"), [("path", "/result_id")])

    assert read_result(member, result_id) == before


def test_create_result_ignores_key_order(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    put_result(member, result_id, result_body(ANXIOUS_ANSWERS))
    backwards = dict(reversed(result_body(dict(reversed(ANXIOUS_ANSWERS.items()))).items()))

    assert put_result(member, result_id, backwards).status_code == 200


def test_create_result_normalises_uuid(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    put_result(member, result_id, result_body(ANXIOUS_ANSWERS))

    for other in (result_id.upper(), UUID(result_id).hex):
        assert put_result(member, other, result_body(ANXIOUS_ANSWERS)).status_code == 200
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


@pytest.mark.parametrize("invalid_id", ["1", "not-a-uuid", "3b1f8c62-6f0e-4a57-9c0e", "%00"])
def test_result_id_that_is_no_uuid_returns_422(member: MemberClient, invalid_id: str) -> None:
    for response in (
        put_result(member, invalid_id, result_body(ANXIOUS_ANSWERS)),
        *(
            member.request(method, f"{RESULTS_PATH}/{invalid_id}{more}")
            for method, more in (("GET", ""), ("DELETE", ""))
        ),
        member.request("GET", f"{RESULTS_PATH}/{invalid_id}/chart.svg"),
    ):
        assert status_and_code(response) == (422, "invalid_input")
        assert error_locations(response) == [("path", "/result_id")]


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
        {"claim_token": score_anonymously(site)["claim_token"]},
    ):
        assert status_and_code(put_result(member, result_id, body)) == (410, "deleted")
    assert list_ids(member) == []


def test_delete_result_when_unknown_returns_404(site: Service) -> None:
    assert status_and_code(consenting_member(site).request("DELETE", f"{RESULTS_PATH}/{new_id()}")) == (
        404,
        "result_not_found",
    )


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, ["/assessment", "/version", "/answers"]),
        ({"assessment": REFLECTION}, ["/version", "/answers"]),
        ({"answers": ANXIOUS_ANSWERS}, ["/assessment", "/version"]),
        ({"assessment": REFLECTION, "answers": ANXIOUS_ANSWERS}, ["/version"]),
        ({"claim_token": "k.x", "assessment": REFLECTION}, ["/assessment"]),
        ({"claim_token": "k.x"} | result_body(ANXIOUS_ANSWERS), ["/assessment", "/version", "/answers"]),
    ],
)
def test_create_result_with_incomplete_or_mixed_body_returns_422(
    site: Service, member: MemberClient, body: dict[str, Any], missing: list[str]
) -> None:
    before = row_counts(site.database)["results"]

    response = put_result(member, new_id(), body)

    assert status_and_code(response) == (422, "invalid_input")
    assert error_locations(response) == [("body", pointer) for pointer in missing]
    assert row_counts(site.database)["results"] == before


@pytest.mark.parametrize(
    ("body", "code", "pointers"),
    [
        (result_body(ANXIOUS_ANSWERS | {"q01": 8}), "invalid_input", ["/answers/q01"]),
        (result_body(ANXIOUS_ANSWERS | {"q25": 1}), "invalid_input", ["/answers/q25"]),
        (result_body(ANXIOUS_ANSWERS) | {"version": "1"}, "invalid_input", ["/version"]),
        (result_body(ANXIOUS_ANSWERS) | {"version": None}, "invalid_input", ["/version"]),
        (result_body(ANXIOUS_ANSWERS) | {"assessment": "No Slug"}, "invalid_input", ["/assessment"]),
        (result_body({}) | {"answers": {"q01": True, "q02": "2"}}, "invalid_input", ["/answers/q01", "/answers/q02"]),
        (result_body(ANXIOUS_ANSWERS) | {"taken_at": "2026-01-01T00:00:00Z"}, "invalid_input", ["/taken_at"]),
        (result_body(ANXIOUS_ANSWERS, version=2), "unknown_version", ["/version"]),
        (result_body(ANXIOUS_ANSWERS, "no-such-thing"), "unknown_assessment", ["/assessment"]),
        (result_body({"q01": 1}), "too_few_answers", ["/answers"]),
        (result_body({}), "too_few_answers", ["/answers"]),
    ],
)  # fmt: skip
def test_create_result_with_unscorable_answers_returns_422(
    site: Service, member: MemberClient, body: dict[str, Any], code: str, pointers: list[str]
) -> None:
    before, result_id = row_counts(site.database)["results"], new_id()

    response = put_result(member, result_id, body)

    assert status_and_code(response) == (422, code)
    assert error_locations(response) == [("body", pointer) for pointer in pointers]
    assert row_counts(site.database)["results"] == before
    assert put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).status_code == 201


def test_create_result_stores_scale_without_score(site: Service) -> None:
    answers = {
        question: answer for question, answer in ANXIOUS_ANSWERS.items() if question not in {"q03", "q07", "q13"}
    }
    member = consenting_member(site)

    result = read_result(member, save_result(member, answers))

    assert (scale_values(result), result["style"]) == ({"anxiety": None, "avoidance": 2}, None)


def test_result_responses_have_no_store(site: Service) -> None:
    member = consenting_member(site)
    path = f"{RESULTS_PATH}/{save_result(member)}"

    for url in (RESULTS_PATH, path, f"{path}/chart.svg"):
        assert member.request("GET", url).headers["Cache-Control"] == "no-store"
