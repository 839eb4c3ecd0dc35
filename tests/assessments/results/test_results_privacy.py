"""Tests for the privacy of assessment results: encrypted in the database, visible only to their member, not logged."""

import logging
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlmodel import col

from app.assessments.models import Draft, Result
from tests.conftest import MakeService
from tests.factories.operations import comparable_response
from tests.factories.results import (
    ANXIETY,
    ANXIOUS_ANSWERS,
    CHECK_IN,
    REFLECTION,
    RESULTS_PATH,
    answers_for_scores,
    claim_body,
    consenting_member,
    draft_path,
    member_id,
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
from tests.factories.rows import all_rows, stored_bytes
from tests.factories.services import MemberClient, Service

ANSWERS = ANXIOUS_ANSWERS | {"q03": 5}  # the anxiety score is 71 / 12, whose digits are easy to search for
SCORE_DIGITS = b"5.91666"
ANSWER_PATTERN = re.compile(rb'"q\d\d":\s*\d')
HTTP_CLIENT_LOGGERS = ("httpx2", "httpcore")  # the test client logs its own requests


def rows_of(service: Service, member: MemberClient, table: type[Any]) -> list[Any]:
    """Return a member's rows in the given table."""
    statement = select(table).where(table.member_id == member_id(member))
    with service.database.content_load() as session:
        return list(session.scalars(statement))


def save_result_and_draft(member: MemberClient) -> str:
    """Save a result and a draft with the same answers. Return the id of the result."""
    result_id = save_result(member, ANSWERS)
    assert str(scale_values(read_result(member, result_id))["anxiety"]).startswith(SCORE_DIGITS.decode())
    assert put_draft(member, ANSWERS).status_code == 200
    return result_id


def test_stored_answers_scores_and_styles_are_encrypted(site: Service) -> None:
    save_result_and_draft(consenting_member(site))
    score_anonymously(site, ANSWERS)
    put_result(consenting_member(site), new_id(), claim_body(site, ANSWERS))

    at_rest = stored_bytes(site.database)

    assert b"body_hash" in at_rest or all_rows(site.database)["results"]
    assert SCORE_DIGITS not in at_rest
    assert ANSWER_PATTERN.search(at_rest) is None
    assert b'"outcome"' not in at_rest


def test_rows_have_no_other_plaintext_columns(site: Service) -> None:
    member = consenting_member(site)
    save_result_and_draft(member)

    [result], [draft] = rows_of(site, member, Result), rows_of(site, member, Draft)

    assert set(Result.model_fields) == {
        *("member_id", "id", "assessment", "version", "digest", "engine", "taken_at", "body_hash", "sealed"),
    }
    assert set(Draft.model_fields) == {"member_id", "assessment", "version", "answered_at", "sealed"}
    for sealed in (result.sealed, draft.sealed):
        assert len(sealed) > 100
        for fragment in (b"q01", b"anxiety", b"preoccupied", b"answers"):
            assert fragment not in sealed


def test_same_answers_of_two_members_are_stored_differently(site: Service) -> None:
    members = [consenting_member(site) for _ in range(2)]
    for member in members:
        save_result(member, ANSWERS)

    first, second = (rows_of(site, member, Result)[0] for member in members)

    assert first.sealed != second.sealed
    assert first.body_hash != second.body_hash
    assert (len(first.body_hash), first.digest) == (32, second.digest)


def test_encrypted_length_reveals_no_answers_or_scores(site: Service) -> None:
    member, draft_lengths = consenting_member(site), set()
    for answers in (*map(answers_for_scores, (1, 7, 2), (1, 7, 6)), ANSWERS, dict.fromkeys(ANXIOUS_ANSWERS, 4)):
        save_result(member, answers)
    for count in (0, 1, 12, 24):
        put_draft(member, dict(list(ANXIOUS_ANSWERS.items())[:count]), f"2026-11-01T00:00:{count:02}Z")
        draft_lengths |= {len(draft.sealed) for draft in rows_of(site, member, Draft)}

    result_lengths = [len(result.sealed) for result in rows_of(site, member, Result)]
    assert len(result_lengths) == 5
    assert len(set(result_lengths)) == len(draft_lengths) == 1


def test_copied_result_cannot_be_decrypted(site: Service) -> None:
    member, other = consenting_member(site), consenting_member(site)
    save_result(member, ANSWERS)
    [row] = rows_of(site, member, Result)

    for reader, copied_id in ((other, row.id), (member, uuid4())):
        copied = row.model_dump() | {"member_id": member_id(reader), "id": copied_id}
        with site.database.content_load() as session:
            session.execute(insert(Result).values(**copied))

        for more in ("", "/chart.svg"):
            response = reader.request("GET", f"{RESULTS_PATH}/{copied_id}{more}")
            assert status_and_code(response) == (500, "internal_error")
            assert "preoccupied" not in response.text


def test_copied_draft_cannot_be_decrypted(site: Service) -> None:
    member, other = consenting_member(site), consenting_member(site)
    put_draft(member, {"q01": 1}, assessment=CHECK_IN)
    for reader, assessment in ((other, CHECK_IN), (member, REFLECTION)):
        put_draft(reader, {"q01": 2}, assessment=assessment)
    [sealed] = [draft.sealed for draft in rows_of(site, member, Draft) if draft.assessment == CHECK_IN]

    for reader, assessment in ((other, CHECK_IN), (member, REFLECTION)):
        is_readers_draft = col(Draft.member_id) == member_id(reader), col(Draft.assessment) == assessment
        with site.database.content_load() as session:
            session.execute(update(Draft).where(*is_readers_draft).values(sealed=sealed))
        assert status_and_code(reader.request("GET", draft_path(assessment))) == (500, "internal_error")
    assert member.request("GET", draft_path(CHECK_IN)).json()["answers"] == {"q01": 1}


def test_result_of_other_member_responds_like_unknown_id(site: Service) -> None:
    member, other = consenting_member(site), consenting_member(site)
    own_id, other_id, unknown_id = save_result(member), save_result(other), new_id()

    for method, path in (
        ("GET", "{}"),
        ("DELETE", "{}"),
        ("GET", "{}/chart.svg"),
        ("GET", "{}/change?since=" + own_id),
        ("GET", own_id + "/change?since={}"),
    ):
        other_response, unknown_response = (
            member.request(method, f"{RESULTS_PATH}/{path.format(id_)}") for id_ in (other_id, unknown_id)
        )
        assert comparable_response(other_response) == comparable_response(unknown_response)
        assert other_response.status_code == (422 if path.startswith(own_id) else 404)
    assert read_result(other, other_id)["id"] == other_id
    assert [item["id"] for item in member.request("GET", RESULTS_PATH).json()["items"]] == [own_id]


def test_requests_without_access_token_return_401(site: Service) -> None:
    member = consenting_member(site)
    result_id = save_result_and_draft(member)

    for path in (
        RESULTS_PATH,
        *(f"{RESULTS_PATH}/{result_id}{more}" for more in ("", "/chart.svg", "/change")),
        draft_path(),
    ):
        assert site.client.get(path).status_code == 401


def test_answers_and_scores_are_not_logged(make_service: MakeService, capsys: pytest.CaptureFixture[str]) -> None:
    level = logging.getLogger().level
    service = make_service(log_level="debug")
    member = consenting_member(service)
    answers = {f"q{n:02}": 6 if n % 2 else 2 for n in range(1, 25)}
    scored = score_anonymously(service, answers)
    first, second = save_result(member, answers), new_id()
    put_result(member, second, {"claim_token": scored["claim_token"]})
    put_result(member, new_id(), {"claim_token": scored["claim_token"]})
    put_result(member, new_id(), result_body(answers | {"canary question": 4, "q01": 77777}))
    put_result(member, new_id(), result_body(answers, "canary-slug"))
    for moment in ("2026-11-02T10:00:00Z", "2026-11-01T10:00:00Z", "9998-11-01T10:00:00Z", "canary"):
        put_draft(member, answers, moment)
    change_path = f"{RESULTS_PATH}/{second}/change?since={first}"
    for path in (RESULTS_PATH, f"{RESULTS_PATH}/{first}", change_path, draft_path()):
        assert member.request("GET", path).status_code == 200
    with service.database.content_load() as session:  # a damaged result causes an internal error, which is logged
        session.execute(update(Result).where(col(Result.id) == UUID(first)).values(sealed=b"\x01" + bytes(60)))
    assert member.request("GET", f"{RESULTS_PATH}/{first}").status_code == 500

    lines = "\n".join(capsys.readouterr()).splitlines()
    logged = "\n".join(
        line for line in lines if not any(f'"logger": "{client}' in line for client in HTTP_CLIENT_LOGGERS)
    )

    logging.getLogger().setLevel(level)
    assert "/v1/me/results/{result_id}" in logged
    assert '"event": "unhandled_error"' in logged
    for secret in ("canary", "77777", "'q01", '"q01', scored["claim_token"], scored["style"]["id"], *ANXIETY):
        assert secret not in logged


def test_error_responses_do_not_repeat_request_values(site: Service) -> None:
    member = consenting_member(site)
    rejected = [
        put_result(member, new_id(), result_body(ANXIOUS_ANSWERS | {"a canary sang": 4})),
        put_result(member, new_id(), result_body(ANXIOUS_ANSWERS | {"q01": 77777})),
        put_result(member, new_id(), result_body(ANXIOUS_ANSWERS) | {"assessment": "canary-canary"}),
        put_result(member, new_id(), {"claim_token": "canary.canary"}),
        put_draft(member, {"a canary sang": 4}),
        put_draft(member, ANXIOUS_ANSWERS, "canary"),
        member.request("GET", f"{RESULTS_PATH}/canary"),
        member.request("GET", f"{RESULTS_PATH}?cursor=canary"),
    ]

    assert {response.status_code for response in rejected} == {422}
    for response in rejected:
        assert "canary" not in response.text
        assert "77777" not in response.text
