"""Scores every stored result again, to show that it still says the same."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, tuple_
from sqlmodel import col

from app.assessments.models import Result
from app.assessments.results.stored_results import StoredResult, opened, results
from app.assessments.rules import scoring
from app.assessments.rules.definition import digest_of
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import Broken
from app.core.crypto.key_ring import UnknownKey
from app.core.db.session import Session

AT_ONCE = 500


class RecomputeStatus(Enum):
    SAME = "the same"
    OTHER = "other figures"
    OTHER_DEFINITION = "another definition"
    UNREADABLE = "unreadable"


class Recomputed(NamedTuple):
    member_id: UUID
    id: UUID
    engine: int
    status: RecomputeStatus


def recomputed(reads: Session, services: AssessmentServices) -> Iterator[Recomputed]:
    """Every result, a few in memory at a time."""
    keys = tuple_(col(Result.member_id), col(Result.id))
    page = results().order_by(col(Result.member_id), col(Result.id)).limit(AT_ONCE)
    found = [StoredResult(*row) for row in reads.execute(page)]
    while found:
        for row in found:
            yield Recomputed(row.member_id, row.id, row.engine, _status(reads, services, row))
        last = tuple_(found[-1].member_id, found[-1].id, types=[Uuid(), Uuid()])
        found = [StoredResult(*row) for row in reads.execute(page.where(keys > last))]


def _status(reads: Session, services: AssessmentServices, row: StoredResult) -> RecomputeStatus:
    try:
        result = opened(reads, services, row)
        if digest_of(result.questionnaire.stored) != row.digest:
            return RecomputeStatus.OTHER_DEFINITION
        again = scoring.score(result.questionnaire.definition, result.answers)
    except (Broken, UnknownKey, KeyError):  # nothing that was ever stored: no seal, no such part, no such answer
        return RecomputeStatus.UNREADABLE
    return RecomputeStatus.SAME if json.loads(json.dumps(asdict(again))) == result.outcome else RecomputeStatus.OTHER
