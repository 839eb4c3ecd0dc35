"""Score the answers of every stored result again, and compare the new scores with the stored scores."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, tuple_
from sqlmodel import col

from app.assessments.models import Result
from app.assessments.results.stored_results import StoredResult, decrypt_result, results_with_keys
from app.assessments.rules import scoring
from app.assessments.rules.definition import definition_digest
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import DecryptionError
from app.core.crypto.key_ring import UnknownKey
from app.core.db.session import Session

BATCH_SIZE = 500


class RecomputeStatus(Enum):
    SAME = "same"
    DIFFERENT = "different scores"
    DIFFERENT_DEFINITION = "different definition"
    UNREADABLE = "unreadable"


class RecomputedResult(NamedTuple):
    member_id: UUID
    id: UUID
    engine: int
    status: RecomputeStatus


def recompute_results(session: Session, services: AssessmentServices) -> Iterator[RecomputedResult]:
    """Score all stored results again, in batches. Yields for each result whether its scores are the same."""
    keys = tuple_(col(Result.member_id), col(Result.id))
    page = results_with_keys().order_by(col(Result.member_id), col(Result.id)).limit(BATCH_SIZE)
    batch = [StoredResult(*row) for row in session.execute(page)]
    while batch:
        for row in batch:
            yield RecomputedResult(row.member_id, row.id, row.engine, _recompute_status(session, services, row))
        last = tuple_(batch[-1].member_id, batch[-1].id, types=[Uuid(), Uuid()])
        batch = [StoredResult(*row) for row in session.execute(page.where(keys > last))]


def _recompute_status(session: Session, services: AssessmentServices, row: StoredResult) -> RecomputeStatus:
    try:
        result = decrypt_result(session, services, row)
        if definition_digest(result.questionnaire.content) != row.digest:
            return RecomputeStatus.DIFFERENT_DEFINITION
        outcome = scoring.score(result.questionnaire.definition, result.answers)
    except (DecryptionError, UnknownKey, KeyError):  # A KeyError means that the definition or an answer is invalid.
        return RecomputeStatus.UNREADABLE
    return (
        RecomputeStatus.SAME if json.loads(json.dumps(asdict(outcome))) == result.outcome else RecomputeStatus.DIFFERENT
    )
