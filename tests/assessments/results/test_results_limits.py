"""Tests for limits on stored assessment results: their encrypted length, and their number per member."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, insert, select, update
from sqlmodel import col

from app.assessments.models import AssessmentVersion, DeletedResult, Draft, Result
from app.assessments.results.save_result import MAX_RESULTS
from tests.conftest import Backend
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    REFLECTION,
    answers_for_scores,
    consenting_member,
    draft_body,
    draft_path,
    new_id,
    put_result,
    result_body,
    running_shipped_service,
    save_result,
    score_anonymously,
    status_and_code,
)
from tests.factories.services import MemberClient, Service


@pytest.fixture
def site(backend: Backend, empty_template: URL) -> Iterator[Service]:
    with running_shipped_service(backend, empty_template) as service:
        yield service


def id_of(member: MemberClient) -> UUID:
    return UUID(member.request("GET", "/v1/me").json()["id"])


def test_encrypted_length_reveals_no_answers_or_scores(site: Service) -> None:
    member = consenting_member(site)
    for answers in (
        answers_for_scores(1, 1),
        answers_for_scores(7, 7),
        answers_for_scores(2, 6),
        ANXIOUS_ANSWERS | {"q03": 5},
        dict.fromkeys(ANXIOUS_ANSWERS, 4),
    ):
        save_result(member, answers)
    lengths = set()
    for count in (0, 1, 12, 24):
        answers = dict(list(ANXIOUS_ANSWERS.items())[:count])
        saved = member.request("PUT", draft_path(REFLECTION), draft_body(answers, f"2026-11-01T00:00:{count:02}Z"))
        assert saved.status_code == 200
        with site.database.reads.connect() as reads:
            lengths |= {len(sealed) for sealed in reads.scalars(select(col(Draft.sealed)))}

    with site.database.reads.connect() as reads:
        results = [len(sealed) for sealed in reads.scalars(select(col(Result.sealed)))]
    assert len(results) == 5
    assert len(set(results)) == len(lengths) == 1


def test_create_result_above_limit_returns_409(site: Service) -> None:
    member, other = consenting_member(site), consenting_member(site)
    first, deleted_id = save_result(member, ANXIOUS_ANSWERS), new_id()
    member_id = id_of(member)
    with site.database.transaction() as session:
        ids = [uuid4() for _ in range(MAX_RESULTS - 2)] + [UUID(deleted_id)]
        session.execute(insert(DeletedResult), [{"member_id": member_id, "id": id_} for id_ in ids])

    assert status_and_code(put_result(member, new_id(), result_body(ANXIOUS_ANSWERS))) == (409, "too_many_results")
    assert put_result(member, first, result_body(ANXIOUS_ANSWERS)).status_code == 200
    assert status_and_code(put_result(member, deleted_id, result_body(ANXIOUS_ANSWERS))) == (410, "deleted")
    assert put_result(other, new_id(), result_body(ANXIOUS_ANSWERS)).status_code == 201


def test_claim_with_other_definition_digest_returns_422(site: Service) -> None:
    """After a backup is restored, the version in the token may be published with other questions."""
    token = score_anonymously(site)["claim_token"]
    with site.database.transaction() as session:
        session.execute(
            update(AssessmentVersion).where(col(AssessmentVersion.slug) == REFLECTION).values(digest="0" * 64)
        )

    assert status_and_code(put_result(consenting_member(site), new_id(), {"claim_token": token})) == (
        422,
        "claim_not_good",
    )
