"""A member's results: history, one with all that it says, and what changed from one to another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.assessments.models import Result
from app.assessments.questionnaires import Questionnaire
from app.assessments.results.comparison import changes
from app.assessments.results.schemas import (
    ChangeRead,
    ChangeSince,
    ResultPage,
    ResultRead,
    ResultStamp,
    ResultSummary,
)
from app.assessments.serializers import SUPPORT, figures_of, result_of
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import unseal_json
from app.core.db.pagination import Order, PageRequest, Statement, page_of
from app.core.db.session import Session
from app.core.errors import BadInput, FieldError, NotFound

NEWEST = Order("newest", (col(Result.taken_at), col(Result.id)), descending=True)


class ResultNotFound(NotFound):
    code = "result_not_found"
    says = "You have no result with this id."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/result_id", self.says))


class NotComparable(BadInput):
    code = "not_comparable"
    says = "Only two results of the same assessment can be compared."

    def __init__(self) -> None:
        super().__init__(FieldError("query", "/since", "This isn't a result of yours of the same assessment."))


class StoredResult(NamedTuple):
    """A row with the key that opens it."""

    member_id: UUID
    id: UUID
    assessment: str
    version: int
    digest: str
    engine: int
    taken_at: datetime
    sealed: bytes
    key_id: str
    wrapped: bytes

    @property
    def place(self) -> str:
        return place_of(self.member_id, self.id)


@dataclass(frozen=True, slots=True)
class OpenedResult:
    questionnaire: Questionnaire
    answers: dict[str, int]
    outcome: Mapping[str, Any]
    stamp: ResultStamp


@cache
def results() -> Statement:
    """Rows for `StoredResult`."""
    columns = (col(getattr(Result, name)) for name in StoredResult._fields[:-2])
    return select(*columns, col(MemberKey.key_id), col(MemberKey.wrapped)).join(
        MemberKey, col(MemberKey.member_id) == col(Result.member_id)
    )


@cache
def _mine() -> Statement:
    return results().where(col(Result.member_id) == bindparam("member_id"))


@cache
def _oldest_first() -> Statement:
    return _mine().order_by(col(Result.taken_at), col(Result.id))


@cache
def _these() -> Statement:
    return _mine().where(col(Result.id).in_(bindparam("ids", expanding=True)))


@cache
def _this_and_before() -> Statement:
    """A result, and the one of the same assessment before it if there is one, along an index."""
    this = aliased(Result)
    is_this = col(this.member_id) == bindparam("member_id"), col(this.id) == bindparam("result_id")
    same = (col(this.member_id) == col(Result.member_id)) & (col(this.assessment) == col(Result.assessment))
    return (
        _mine()
        .join(this, same)
        .where(*is_this)
        .where(tuple_(col(Result.taken_at), col(Result.id)) <= tuple_(col(this.taken_at), col(this.id)))
        .order_by(col(Result.taken_at).desc(), col(Result.id).desc())
        .limit(2)
    )


def place_of(member_id: UUID, result_id: UUID) -> str:
    """What a result's text is bound to."""
    return f"results|{member_id}|{result_id}"


def opened(reading: Session, services: AssessmentServices, row: StoredResult) -> OpenedResult:
    key = unwrapped_key(services.ring, row.member_id, row.key_id, row.wrapped)
    kept = unseal_json(key, row.sealed, bound_to=row.place)
    questionnaire = services.questionnaires.read(reading, row.assessment, row.version, row.digest)
    stamp = ResultStamp(id=row.id, version=row.version, taken_at=row.taken_at)
    return OpenedResult(questionnaire, kept["answers"], kept["outcome"], stamp)


def list_results(
    reads: Session, services: AssessmentServices, member_id: UUID, page: PageRequest, *, assessment: str | None
) -> ResultPage:
    """The newest first; all, or those of one assessment."""
    mine = [col(Result.member_id) == member_id]
    if assessment is not None:
        mine.append(col(Result.assessment) == assessment)
    total = reads.scalar(select(func.count()).select_from(Result).where(*mine)) or 0
    found = page_of(reads, results().where(*mine), page, NEWEST, total=total)
    rows = (StoredResult(*row[: len(StoredResult._fields)]) for row in found.items)
    return ResultPage([_summary(opened(reads, services, row)) for row in rows], found.total, found.next)


def read_result(
    reading: Session, services: AssessmentServices, member_id: UUID, result_id: UUID, *, now: datetime
) -> ResultRead:
    """With what changed since the result before it. Raises ResultNotFound."""
    rows = reading.fetch(_this_and_before(), {"member_id": member_id, "result_id": result_id})
    if not rows:
        raise ResultNotFound
    result, *before = (opened(reading, services, StoredResult(*row)) for row in rows)
    shown = result_of(reading, result.questionnaire, result.outcome, result.answers, now=now)
    change = _change(before[0], result) if before else None
    return ResultRead(**vars(shown), id=result.stamp.id, taken_at=result.stamp.taken_at, change=change)


def compare_results(
    reads: Session, services: AssessmentServices, member_id: UUID, result_id: UUID, *, since: UUID
) -> ChangeRead:
    """Raises ResultNotFound and NotComparable."""
    both = reads.fetch(_these(), {"member_id": member_id, "ids": [result_id, since]})
    rows = {row.id: row for row in (StoredResult(*each) for each in both)}
    if result_id not in rows:
        raise ResultNotFound
    if since not in rows or rows[since].assessment != rows[result_id].assessment:
        raise NotComparable
    before, after = opened(reads, services, rows[since]), opened(reads, services, rows[result_id])
    return ChangeRead(
        **vars(_change(before, after)),
        assessment=after.questionnaire.slug,
        result=after.stamp,
        disclaimer=after.questionnaire.stored["disclaimer"],
        support=SUPPORT,
    )


def find_result(reads: Session, services: AssessmentServices, member_id: UUID, result_id: UUID) -> OpenedResult:
    """Raises ResultNotFound."""
    rows = reads.fetch(_these(), {"member_id": member_id, "ids": [result_id]})
    if not rows:
        raise ResultNotFound
    return opened(reads, services, StoredResult(*rows[0]))


def all_results(reading: Session, services: AssessmentServices, member_id: UUID) -> Iterator[OpenedResult]:
    """The oldest first."""
    for row in reading.fetch(_oldest_first(), {"member_id": member_id}):
        yield opened(reading, services, StoredResult(*row))


def _summary(result: OpenedResult) -> ResultSummary:
    figures = figures_of(result.questionnaire, result.outcome)
    return ResultSummary(
        **vars(figures),
        id=result.stamp.id,
        taken_at=result.stamp.taken_at,
        disclaimer=result.questionnaire.stored["disclaimer"],
        support=SUPPORT,
    )


def _change(before: OpenedResult, after: OpenedResult) -> ChangeSince:
    found = changes((before.questionnaire, before.outcome), (after.questionnaire, after.outcome))
    return ChangeSince(since=before.stamp, scales=list(found))
