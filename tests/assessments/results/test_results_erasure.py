"""Tests for the export and erasure of a member's assessment results and drafts."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pydantic import TypeAdapter

from app.core.timestamps import utc_now
from app.privacy.erasure import erase_withdrawn_health_data
from app.privacy.schemas import Export
from tests.conftest import MakeService
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    MORNING,
    NOON,
    RESULTS_PATH,
    answers_for_scores,
    claim_body,
    consenting_member,
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
from tests.factories.rows import Rows, row_counts, rows_of_member
from tests.factories.services import PASSWORD, MemberClient, Service

NEUTRAL_ANSWERS = {f"q{n:02}": 4 for n in range(1, 25)}
TABLES = ("results", "drafts", "deleted_results")


def member_rows(service: Service, member: MemberClient) -> Rows:
    """Return a member's rows in the tables of results, drafts and deleted results."""
    rows = rows_of_member(service.database, member.request("GET", "/v1/me").json()["id"])
    return {table: rows[table] for table in TABLES}


def table_counts(service: Service) -> dict[str, int]:
    counts = row_counts(service.database)
    return {table: counts[table] for table in TABLES}


def export_data(member: MemberClient) -> Any:
    response = member.request("GET", "/v1/me/export")
    assert response.status_code == 200, response.text
    TypeAdapter(Export).validate_json(response.content)
    return response.json()


def test_export_includes_results_and_drafts_with_answers(site: Service) -> None:
    member, other = consenting_member(site, verified=True), consenting_member(site)
    save_result(other, answers_for_scores(3, 3))
    put_draft(other, {"q01": 7})
    older, newer, deleted = save_result(member), new_id(), save_result(member, answers_for_scores(7, 7))
    put_result(member, newer, claim_body(site, answers_for_scores(2, 2)))
    member.request("DELETE", f"{RESULTS_PATH}/{deleted}")
    put_draft(member, {"q02": 5, "q01": 1}, assessment=CHECK_IN)

    export = export_data(member)

    assert [(exported["id"], exported["answers"]) for exported in export["results"]] == [
        (older, ANXIOUS_ANSWERS),
        (newer, answers_for_scores(2, 2)),
    ]
    for exported in export["results"]:
        result = read_result(member, exported["id"])
        assert set(exported) == {"id", "taken_at", "assessment", "version", "title", "answers", "scores", "style"}
        assert {name: exported[name] for name in exported if name != "answers"} == {
            name: result[name] for name in exported if name != "answers"
        }
    draft = {"assessment": CHECK_IN, "version": 1, "answered_at": MORNING, "answers": {"q01": 1, "q02": 5}}
    assert export["drafts"] == [draft]


def test_export_without_results_is_empty(site: Service) -> None:
    export = export_data(site.register_verified())

    assert (export["results"], export["drafts"]) == ([], [])


def test_erased_results_and_drafts_cannot_be_recreated(site: Service) -> None:
    member, other = consenting_member(site), consenting_member(site)
    token = score_anonymously(site)["claim_token"]
    ids = [save_result(member), save_result(member, answers_for_scores(2, 2)), new_id()]
    put_result(member, ids[2], {"claim_token": token})
    put_draft(member, {"q01": 1})
    other_id = save_result(other)
    member.request("DELETE", f"{RESULTS_PATH}/{ids[1]}")

    for _ in range(2):
        assert member.request("DELETE", "/v1/me/health-data", {"password": PASSWORD}).status_code == 204

    remaining_rows = member_rows(site, member)
    assert (remaining_rows["results"], remaining_rows["drafts"], len(remaining_rows["deleted_results"])) == ([], [], 3)
    assert member.request("GET", RESULTS_PATH).json()["total"] == 0
    assert status_and_code(member.request("GET", draft_path())) == (404, "draft_not_found")
    for result_id, body in zip(
        ids, (result_body(ANXIOUS_ANSWERS), result_body(ANXIOUS_ANSWERS), {"claim_token": token}), strict=True
    ):
        assert status_and_code(put_result(member, result_id, body)) == (410, "deleted")
        assert member.request("DELETE", f"{RESULTS_PATH}/{result_id}").status_code == 204
    assert status_and_code(put_result(member, new_id(), {"claim_token": token})) == (409, "claim_used")
    assert read_result(other, other_id)["change"] is None
    assert read_result(member, save_result(member))["change"] is None


def test_erase_health_data_with_wrong_password_returns_403(site: Service) -> None:
    member = consenting_member(site)
    save_result(member)
    put_draft(member, {"q01": 1})
    before = member_rows(site, member)

    assert member.request("DELETE", "/v1/me/health-data", {"password": "wrong"}).status_code == 403

    assert member_rows(site, member) == before


def test_erase_member_deletes_all_assessment_rows(site: Service) -> None:
    before = table_counts(site)
    member = consenting_member(site)
    deleted = save_result(member)
    member.request("DELETE", f"{RESULTS_PATH}/{deleted}")
    saved_id = new_id()
    put_result(member, saved_id, claim_body(site))
    put_draft(member, {"q01": 1})
    assert {table: number - before[table] for table, number in table_counts(site).items()} == dict.fromkeys(TABLES, 1)

    assert member.erase() == 204

    assert table_counts(site) == before
    assert put_result(consenting_member(site), saved_id, result_body(ANXIOUS_ANSWERS)).status_code == 201


def test_results_are_erased_in_batches_thirty_days_after_withdrawal(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.db.database.DELETE_BATCH_SIZE", 2)
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        withdrawn, consenting = consenting_member(service), consenting_member(service)
        ids = [save_result(member, NEUTRAL_ANSWERS) for member in (*[withdrawn] * 5, consenting)]
        for member in (withdrawn, consenting):
            put_draft(member, {"q01": 1})
        set_consent(withdrawn, granted=False)
        clock.shift(timedelta(days=30, seconds=-1))
        erase_withdrawn_health_data(service.database, now=utc_now())
        assert table_counts(service) == {"results": 6, "drafts": 2, "deleted_results": 0}

        clock.shift(timedelta(seconds=1))
        erase_withdrawn_health_data(service.database, now=utc_now())

        assert table_counts(service) == {"results": 1, "drafts": 1, "deleted_results": 5}
        for member in (withdrawn, consenting):
            member.sign_in()
        assert read_result(consenting, ids[-1])["id"] == ids[-1]
        set_consent(withdrawn, granted=True)
        assert status_and_code(put_result(withdrawn, ids[0], result_body(NEUTRAL_ANSWERS))) == (410, "deleted")
        assert put_result(withdrawn, new_id(), result_body(NEUTRAL_ANSWERS)).status_code == 201


def test_consent_renewed_within_thirty_days_keeps_results(make_service: MakeService) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        member = consenting_member(service)
        save_result(member, NEUTRAL_ANSWERS)
        set_consent(member, granted=False)
        clock.shift(timedelta(days=29))
        member.sign_in()
        set_consent(member, granted=True)
        clock.shift(timedelta(days=60))
        erase_withdrawn_health_data(service.database, now=utc_now())

        assert table_counts(service)["results"] == 1
