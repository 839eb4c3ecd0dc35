"""Tests for consent to store health data: required to save results and drafts, but not to read or delete them."""

from datetime import timedelta

import time_machine

from tests.factories.results import (
    ANXIOUS_ANSWERS,
    LOW_SCORE_ANSWERS,
    NOON,
    RESULTS_PATH,
    claim_body,
    consenting_member,
    draft_body,
    draft_path,
    new_id,
    put_draft,
    put_result,
    read_result,
    result_body,
    save_result,
    score_anonymously,
    set_consent,
    status_and_code,
)
from tests.factories.rows import all_rows
from tests.factories.services import Service


def test_without_consent_nothing_is_stored(site: Service) -> None:
    member = site.register()
    token, before = score_anonymously(site)["claim_token"], all_rows(site.database)

    responses = [
        put_result(member, new_id(), result_body(ANXIOUS_ANSWERS)),
        put_result(member, new_id(), {"claim_token": token}),
        put_draft(member, {"q01": 1}, "2026-11-01T00:00:00Z"),
    ]

    assert {status_and_code(response) for response in responses} == {(403, "consent_required")}
    assert all_rows(site.database) == before
    assert member.request("GET", RESULTS_PATH).json() == {"items": [], "total": 0, "next": None}


def test_create_result_after_consent_accepts_same_request(site: Service) -> None:
    member, result_id = site.register(), new_id()
    assert put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).status_code == 403

    set_consent(member, granted=True)

    assert put_result(member, result_id, result_body(ANXIOUS_ANSWERS)).status_code == 201


def test_after_withdrawal_only_writes_are_rejected(site: Service) -> None:
    member = consenting_member(site)
    first, second = save_result(member), save_result(member, LOW_SCORE_ANSWERS)
    draft = put_draft(member, {"q01": 1}, "2026-11-01T00:00:00Z").json()
    saved_result = read_result(member, second)
    set_consent(member, granted=False)

    assert status_and_code(put_result(member, new_id(), result_body(ANXIOUS_ANSWERS))) == (403, "consent_required")
    assert status_and_code(put_result(member, new_id(), claim_body(site))) == (
        403,
        "consent_required",
    )
    later = draft_body({"q01": 2}, "2026-11-02T00:00:00Z")
    assert status_and_code(member.request("PUT", draft_path(), later)) == (403, "consent_required")

    assert read_result(member, second) == saved_result
    assert member.request("GET", RESULTS_PATH).json()["total"] == 2
    assert member.request("GET", f"{RESULTS_PATH}/{second}/change?since={first}").status_code == 200
    assert member.request("GET", f"{RESULTS_PATH}/{second}/chart.svg").status_code == 200
    assert member.request("GET", draft_path()).json() == draft
    assert member.request("DELETE", f"{RESULTS_PATH}/{first}").status_code == 204
    assert member.request("DELETE", draft_path()).status_code == 204
    assert member.request("GET", RESULTS_PATH).json()["total"] == 1


def test_after_withdrawal_older_draft_returns_403_without_newer_draft(site: Service) -> None:
    member = consenting_member(site)
    put_draft(member, {"q01": 1}, "2026-11-02T00:00:00Z")
    set_consent(member, granted=False)

    response = put_draft(member, {"q01": 2}, "2026-11-01T00:00:00Z")

    assert status_and_code(response) == (403, "consent_required")
    assert "draft" not in response.json()


def test_repeated_request_is_recognised_before_other_checks(site: Service) -> None:
    """A repeated request is recognized even after consent is withdrawn and the claim token has expired."""
    with time_machine.travel(NOON, tick=False) as clock:
        member, token = consenting_member(site), score_anonymously(site)["claim_token"]
        answered, claimed, deleted = save_result(member), new_id(), save_result(member)
        assert put_result(member, claimed, {"claim_token": token}).status_code == 201
        assert member.request("DELETE", f"{RESULTS_PATH}/{deleted}").status_code == 204
        set_consent(member, granted=False)
        clock.shift(timedelta(days=8))
        member.sign_in()

        assert put_result(member, answered, result_body(ANXIOUS_ANSWERS)).status_code == 200
        assert put_result(member, claimed, {"claim_token": token}).status_code == 200
        assert status_and_code(put_result(member, answered, result_body(LOW_SCORE_ANSWERS))) == (409, "id_reused")
        assert status_and_code(put_result(member, claimed, {"claim_token": "not.good"})) == (409, "id_reused")
        assert status_and_code(put_result(member, deleted, result_body(ANXIOUS_ANSWERS))) == (410, "deleted")
        assert status_and_code(put_result(member, deleted, {"claim_token": "not.good"})) == (410, "deleted")
        assert status_and_code(put_result(member, new_id(), {"claim_token": "not.good"})) == (403, "consent_required")


def test_renewed_consent_keeps_history(site: Service) -> None:
    member = consenting_member(site)
    first = save_result(member)
    for granted in (False, True):
        set_consent(member, granted=granted)

    second = save_result(member, LOW_SCORE_ANSWERS)

    assert read_result(member, second)["change"]["since"]["id"] == first
