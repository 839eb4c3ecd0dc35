"""Tests for concurrent assessment requests from several devices: the outcome equals that of sequential requests."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random

from httpx2 import Response

from tests.factories.results import (
    ANXIOUS_ANSWERS,
    RESULTS_PATH,
    claim_body,
    consenting_member,
    draft_path,
    new_id,
    put_draft,
    put_result,
    result_body,
    save_result,
)
from tests.factories.rows import row_counts
from tests.factories.services import Service

MORNING = datetime(2026, 11, 1, tzinfo=UTC)


def send_concurrently(count: int, send: Callable[[int], Response]) -> list[Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


def count_statuses(responses: list[Response]) -> Counter[int]:
    return Counter(response.status_code for response in responses)


def test_concurrent_identical_requests_store_one_result(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    devices = [member, *(member.sign_in_on_new_device() for _ in range(3))]
    before = row_counts(site.database)["results"]

    responses = send_concurrently(20, lambda n: put_result(devices[n % 4], result_id, result_body(ANXIOUS_ANSWERS)))

    assert count_statuses(responses) == {201: 1, 200: 19}
    assert len({response.text for response in responses}) == 1
    assert row_counts(site.database)["results"] == before + 1


def test_concurrent_different_bodies_store_one_body(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    bodies = [result_body(ANXIOUS_ANSWERS), result_body(ANXIOUS_ANSWERS | {"q01": 7})]

    responses = send_concurrently(20, lambda n: put_result(member, result_id, bodies[n % 2]))

    assert count_statuses(responses) == {201: 1, 200: 9, 409: 10}
    assert member.request("GET", RESULTS_PATH).json()["total"] == 1


def test_concurrent_claims_with_different_ids_store_one_result(site: Service) -> None:
    members = consenting_member(site), consenting_member(site)
    body = claim_body(site)
    before = row_counts(site.database)

    responses = send_concurrently(20, lambda n: put_result(members[n % 2], new_id(), body))

    assert count_statuses(responses) == {201: 1, 409: 19}
    assert {response.json()["code"] for response in responses if response.status_code == 409} == {"claim_used"}
    after = row_counts(site.database)
    assert (after["results"], after["used_claims"]) == (before["results"] + 1, before["used_claims"] + 1)


def test_concurrent_claims_with_same_id_store_one_result(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    body = claim_body(site)

    responses = send_concurrently(20, lambda _: put_result(member, result_id, body))

    assert count_statuses(responses) == {201: 1, 200: 19}


def test_concurrent_draft_saves_keep_newest(site: Service) -> None:
    member = consenting_member(site)
    turns = Random(21).sample(range(20), 20)

    def save(n: int) -> Response:
        moment = (MORNING + timedelta(minutes=turns[n])).isoformat()
        return put_draft(member, {"q01": 1 + turns[n] % 7}, moment)

    responses = send_concurrently(20, save)

    assert set(count_statuses(responses)) <= {200, 409}
    assert responses[turns.index(19)].status_code == 200
    draft = member.request("GET", draft_path()).json()
    assert (draft["answered_at"], draft["answers"]) == ("2026-11-01T00:19:00Z", {"q01": 1 + 19 % 7})
    for response in responses:
        if response.status_code == 409:
            assert response.json()["code"] == "draft_newer"
            assert response.json()["draft"]["answered_at"] > "2026-11-01T00:00:00Z"


def test_concurrent_delete_and_create_end_deleted(site: Service) -> None:
    member = consenting_member(site)
    result_id = save_result(member)
    path = f"{RESULTS_PATH}/{result_id}"

    responses = send_concurrently(
        20,
        lambda n: (
            member.request("DELETE", path) if n % 2 else put_result(member, result_id, result_body(ANXIOUS_ANSWERS))
        ),
    )

    assert {response.status_code for response in responses[1::2]} == {204}
    assert {response.status_code for response in responses[::2]} <= {200, 410}
    assert member.request("GET", path).status_code == 404
    assert put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).status_code == 410


def test_concurrent_requests_of_several_members_all_succeed(site: Service) -> None:
    members, result_id = [consenting_member(site) for _ in range(5)], new_id()

    responses = send_concurrently(20, lambda n: put_result(members[n % 5], result_id, result_body(ANXIOUS_ANSWERS)))

    assert count_statuses(responses) == {201: 5, 200: 15}
