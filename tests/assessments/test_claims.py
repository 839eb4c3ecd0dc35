"""Tests for saving an anonymous score with its claim token: only once, and within seven days."""

from datetime import timedelta

import time_machine

from app.core.timestamps import utc_now
from tests.conftest import MakeService
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    NOON,
    RESULTS_PATH,
    QuestionnaireEditor,
    answers_for_scores,
    claim_body,
    consenting_member,
    draft_path,
    error_summary,
    new_id,
    put_draft,
    put_result,
    read_result,
    result_body,
    save_result,
    scale_values,
    score_anonymously,
    status_and_code,
)
from tests.factories.rows import all_rows, row_counts, stored_bytes
from tests.factories.services import Service


def test_claimed_result_keeps_scores_and_time(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        scored = score_anonymously(site)
        clock.shift(timedelta(days=2))
        member, result_id = consenting_member(site), new_id()
        response = put_result(member, result_id, {"claim_token": scored["claim_token"]})

    assert response.status_code == 201
    assert response.json()["taken_at"] == "2026-11-24T12:00:00Z"
    for name in ("assessment", "version", "scores", "style", "interpretation", "explanation", "disclaimer", "support"):
        assert response.json()[name] == scored[name]


def test_claim_repeated_with_same_id_returns_200_else_409(site: Service) -> None:
    member, other, result_id = consenting_member(site), consenting_member(site), new_id()
    body = claim_body(site)
    first = put_result(member, result_id, body)

    assert first.status_code == 201
    repeated = put_result(member, result_id, body)
    assert (repeated.status_code, repeated.json()) == (200, first.json())
    for claimant, other_id in ((member, new_id()), (other, new_id()), (other, result_id)):
        response = put_result(claimant, other_id, body)
        assert error_summary(response) == (409, "claim_used", "body/claim_token")
    assert other.request("GET", RESULTS_PATH).json()["total"] == 0


def test_claim_after_result_deletion_returns_409(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    body = claim_body(site)
    put_result(member, result_id, body)
    member.request("DELETE", f"{RESULTS_PATH}/{result_id}")

    assert status_and_code(put_result(member, result_id, body)) == (410, "deleted")
    assert status_and_code(put_result(member, new_id(), body)) == (409, "claim_used")


def test_claim_after_seven_days_returns_422(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        scored = [score_anonymously(site) for _ in range(2)]
        assert {score["claim_expires_at"] for score in scored} == {"2026-12-01T12:00:00Z"}
        bodies = [{"claim_token": score["claim_token"]} for score in scored]
        member, claimed_id = consenting_member(site), new_id()
        clock.shift(timedelta(days=7, microseconds=-1))
        member.sign_in()
        assert put_result(member, claimed_id, bodies[0]).status_code == 201

        clock.shift(timedelta(microseconds=1))

        expired = put_result(member, new_id(), bodies[1])
        assert error_summary(expired) == (422, "claim_expired", "body/claim_token")
        assert put_result(member, claimed_id, bodies[0]).status_code == 200
        assert status_and_code(put_result(member, new_id(), bodies[0])) == (422, "claim_expired")


def test_claim_when_request_is_rejected_stays_unused(site: Service) -> None:
    member_without_consent, member, result_id = site.register(), consenting_member(site), new_id()
    first_body = result_body(ANXIOUS_ANSWERS)
    put_result(member, result_id, first_body)
    body = claim_body(site)
    before = row_counts(site.database)["used_claims"]

    assert status_and_code(put_result(member_without_consent, new_id(), body)) == (403, "consent_required")
    assert status_and_code(put_result(member, result_id, body)) == (409, "id_reused")
    assert status_and_code(put_result(member, new_id(), body | {"version": 1})) == (422, "invalid_input")

    assert row_counts(site.database)["used_claims"] == before
    assert put_result(member, new_id(), body).status_code == 201


def test_claim_of_older_version_stores_that_version(editor: QuestionnaireEditor) -> None:
    editor.publish("renewed", questionnaire([scale("across", ["q01", "q02"])]))
    old = score_anonymously(editor.service, {"q01": 1, "q02": 4}, "renewed")["claim_token"]
    editor.publish("renewed", questionnaire([scale("across", ["q01", "q02"], "sum")]))
    explicit = score_anonymously(editor.service, {"q01": 1, "q02": 4}, "renewed", version=1)["claim_token"]
    member = consenting_member(editor.service)

    for token in (old, explicit):
        result = put_result(member, new_id(), {"claim_token": token}).json()
        assert (result["version"], scale_values(result)) == (1, {"across": 2.5})


def test_claim_of_unpublished_questionnaire_returns_201(editor: QuestionnaireEditor) -> None:
    editor.publish("leaving", questionnaire([scale("across", ["q01", "q02"])]))
    token = score_anonymously(editor.service, {"q01": 1, "q02": 4}, "leaving")["claim_token"]
    editor.unpublish("leaving")

    assert put_result(consenting_member(editor.service), new_id(), {"claim_token": token}).status_code == 201


def test_claimed_result_is_ordered_by_scoring_time(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = score_anonymously(site)["claim_token"]
        clock.shift(timedelta(hours=1))
        member, claimed = consenting_member(site), new_id()
        later = save_result(member, answers_for_scores(2, 2))
        put_result(member, claimed, {"claim_token": token})
        listed = [item["id"] for item in member.request("GET", RESULTS_PATH).json()["items"]]

        assert listed == [later, claimed]
        assert read_result(member, later)["change"]["since"]["id"] == claimed
        assert read_result(member, claimed)["change"] is None


def test_claim_deletes_draft(site: Service) -> None:
    member = consenting_member(site)
    put_draft(member, {"q01": 1}, "2026-11-01T00:00:00Z")

    put_result(member, new_id(), claim_body(site))

    assert status_and_code(member.request("GET", draft_path())) == (404, "draft_not_found")


def test_used_claim_is_anonymous_and_deleted_after_expiry(make_service: MakeService) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        answers = {f"q{n:02}": 4 for n in range(1, 25)}
        token = score_anonymously(service, answers)["claim_token"]
        member, result_id = consenting_member(service), new_id()
        member_id = member.request("GET", "/v1/me").json()["id"]
        assert put_result(member, result_id, {"claim_token": token}).status_code == 201
        [row] = all_rows(service.database)["used_claims"]
        for name in (member_id, member_id.replace("-", ""), result_id, result_id.replace("-", "")):
            assert name not in row
        assert token.encode() not in stored_bytes(service.database)

        for shift, left in ((timedelta(days=7, seconds=-1), 1), (timedelta(seconds=1), 0)):
            clock.shift(shift)
            service.clean_up(now=utc_now())
            assert row_counts(service.database)["used_claims"] == left

        member.sign_in()
        assert put_result(member, result_id, {"claim_token": token}).status_code == 200
        assert status_and_code(put_result(member, new_id(), {"claim_token": token})) == (422, "claim_expired")
