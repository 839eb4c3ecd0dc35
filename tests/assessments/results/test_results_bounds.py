"""What is stored tells nothing by its length, and doesn't grow without end."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, insert, select, update
from sqlmodel import col

from app.assessments.models import AssessmentVersion, DeletedResult, Draft, Result
from app.assessments.results.save_result import AT_MOST
from tests.conftest import Backend
from tests.factories.results import (
    REFLECTION,
    WORRIED,
    agreed,
    body_of,
    draft_of,
    draft_path,
    keep,
    leaning,
    new_id,
    put,
    score,
    serving_shipped,
    told,
)
from tests.factories.services import Person, Service


@pytest.fixture
def site(backend: Backend, empty: URL) -> Iterator[Service]:
    with serving_shipped(backend, empty) as service:
        yield service


def id_of(person: Person) -> UUID:
    return UUID(person.ask("GET", "/v1/me").json()["id"])


def test_the_length_of_what_is_sealed_tells_neither_scores_nor_how_much_was_answered(site: Service) -> None:
    person = agreed(site)
    for answers in (leaning(1, 1), leaning(7, 7), leaning(2, 6), WORRIED | {"q03": 5}, dict.fromkeys(WORRIED, 4)):
        keep(person, answers)
    lengths = set()
    for many in (0, 1, 12, 24):
        answers = dict(list(WORRIED.items())[:many])
        saved = person.ask("PUT", draft_path(REFLECTION), draft_of(answers, f"2026-11-01T00:00:{many:02}Z"))
        assert saved.status_code == 200
        with site.database.reads.connect() as reads:
            lengths |= {len(sealed) for sealed in reads.scalars(select(col(Draft.sealed)))}

    with site.database.reads.connect() as reads:
        results = [len(sealed) for sealed in reads.scalars(select(col(Result.sealed)))]
    assert len(results) == 5
    assert len(set(results)) == len(lengths) == 1


def test_a_member_has_room_for_so_many_results(site: Service) -> None:
    person, other = agreed(site), agreed(site)
    first, gone = keep(person, WORRIED), new_id()
    mine = id_of(person)
    with site.database.transaction() as session:
        ids = [uuid4() for _ in range(AT_MOST - 2)] + [UUID(gone)]
        session.execute(insert(DeletedResult), [{"member_id": mine, "id": each} for each in ids])

    assert told(put(person, new_id(), body_of(WORRIED))) == (409, "too_many_results")
    assert put(person, first, body_of(WORRIED)).status_code == 200
    assert told(put(person, gone, body_of(WORRIED))) == (410, "deleted")
    assert put(other, new_id(), body_of(WORRIED)).status_code == 201


def test_a_claim_is_not_scored_by_other_questions_that_have_the_number_of_its_version(site: Service) -> None:
    """As after a backup was restored, and something else became the next version."""
    token = score(site)["claim_token"]
    with site.database.transaction() as session:
        session.execute(
            update(AssessmentVersion).where(col(AssessmentVersion.slug) == REFLECTION).values(digest="0" * 64)
        )

    assert told(put(agreed(site), new_id(), {"claim_token": token})) == (422, "claim_not_good")
