"""Read, list and compare a member's stored questionnaire results."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.accounts.members import unwrap_key
from app.accounts.models import MemberKey
from app.assessments.models import Result
from app.assessments.questionnaires import Questionnaire
from app.assessments.results.comparison import compare_outcomes
from app.assessments.results.schemas import (
    ChangeRead,
    ChangeSince,
    ResultHeader,
    ResultPage,
    ResultRead,
    ResultSummary,
)
from app.assessments.serializers import SUPPORT, interpret_scores, summarize_scores
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import decrypt_json
from app.core.db.pagination import Order, PageRequest, Statement, fetch_page
from app.core.db.session import Session
from app.core.errors import FieldError, InvalidInput, NotFound

NEWEST_FIRST = Order("newest", (col(Result.taken_at), col(Result.id)), descending=True)


class ResultNotFound(NotFound):
    code = "result_not_found"
    message = "You have no result with this id."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/result_id", self.message))


class NotComparable(InvalidInput):
    code = "not_comparable"
    message = "Only two results of the same assessment can be compared."

    def __init__(self) -> None:
        super().__init__(FieldError("query", "/since", "This isn't one of your results of the same assessment."))


class StoredResult(NamedTuple):
    """A database row of a result, with the member's encryption key in wrapped (encrypted) form."""

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
    def associated_data(self) -> str:
        return result_associated_data(self.member_id, self.id)


@dataclass(frozen=True, slots=True)
class DecryptedResult:
    questionnaire: Questionnaire
    answers: dict[str, int]
    outcome: Mapping[str, Any]
    header: ResultHeader


@cache
def results_with_keys() -> Statement:
    """Return a SELECT statement for results, with the columns of `StoredResult`."""
    columns = (col(getattr(Result, name)) for name in StoredResult._fields[:-2])
    return select(*columns, col(MemberKey.key_id), col(MemberKey.wrapped)).join(
        MemberKey, col(MemberKey.member_id) == col(Result.member_id)
    )


@cache
def _results_by_member() -> Statement:
    return results_with_keys().where(col(Result.member_id) == bindparam("member_id"))


@cache
def _results_oldest_first() -> Statement:
    return _results_by_member().order_by(col(Result.taken_at), col(Result.id))


@cache
def _results_by_ids() -> Statement:
    return _results_by_member().where(col(Result.id).in_(bindparam("ids", expanding=True)))


@cache
def _result_and_previous() -> Statement:
    """Return a SELECT statement for a result and the member's previous result of the same questionnaire."""
    selected = aliased(Result)
    is_selected = col(selected.member_id) == bindparam("member_id"), col(selected.id) == bindparam("result_id")
    is_same_assessment = (col(selected.member_id) == col(Result.member_id)) & (
        col(selected.assessment) == col(Result.assessment)
    )
    return (
        _results_by_member()
        .join(selected, is_same_assessment)
        .where(*is_selected)
        .where(tuple_(col(Result.taken_at), col(Result.id)) <= tuple_(col(selected.taken_at), col(selected.id)))
        .order_by(col(Result.taken_at).desc(), col(Result.id).desc())
        .limit(2)
    )


def result_associated_data(member_id: UUID, result_id: UUID) -> str:
    """Return the associated data that binds an encrypted result to its member and id."""
    return f"results|{member_id}|{result_id}"


def decrypt_result(session: Session, services: AssessmentServices, row: StoredResult) -> DecryptedResult:
    key = unwrap_key(services.ring, row.member_id, row.key_id, row.wrapped)
    content = decrypt_json(key, row.sealed, associated_data=row.associated_data)
    questionnaire = services.questionnaires.read(session, row.assessment, row.version, row.digest)
    header = ResultHeader(id=row.id, version=row.version, taken_at=row.taken_at)
    return DecryptedResult(questionnaire, content["answers"], content["outcome"], header)


def list_results(
    session: Session, services: AssessmentServices, member_id: UUID, page: PageRequest, *, assessment: str | None
) -> ResultPage:
    """Return a page of a member's results, newest first, optionally of one questionnaire."""
    conditions = [col(Result.member_id) == member_id]
    if assessment is not None:
        conditions.append(col(Result.assessment) == assessment)
    total = session.scalar(select(func.count()).select_from(Result).where(*conditions)) or 0
    result_page = fetch_page(session, results_with_keys().where(*conditions), page, NEWEST_FIRST, total=total)
    rows = (StoredResult(*row[: len(StoredResult._fields)]) for row in result_page.items)
    return ResultPage(
        [_summary(decrypt_result(session, services, row)) for row in rows], result_page.total, result_page.next
    )


def read_result(
    session: Session, services: AssessmentServices, member_id: UUID, result_id: UUID, *, now: datetime
) -> ResultRead:
    """Return a result, with the change since the previous result of the same questionnaire. Raise ResultNotFound."""
    rows = session.fetch(_result_and_previous(), {"member_id": member_id, "result_id": result_id})
    if not rows:
        raise ResultNotFound
    result, *previous = (decrypt_result(session, services, StoredResult(*row)) for row in rows)
    interpreted = interpret_scores(session, result.questionnaire, result.outcome, result.answers, now=now)
    change = _change_since(previous[0], result) if previous else None
    return ResultRead(**vars(interpreted), id=result.header.id, taken_at=result.header.taken_at, change=change)


def compare_results(
    session: Session, services: AssessmentServices, member_id: UUID, result_id: UUID, *, since: UUID
) -> ChangeRead:
    """Compare a result with another one of the same questionnaire. Raise ResultNotFound or NotComparable."""
    result_rows = session.fetch(_results_by_ids(), {"member_id": member_id, "ids": [result_id, since]})
    rows = {row.id: row for row in (StoredResult(*row) for row in result_rows)}
    if result_id not in rows:
        raise ResultNotFound
    if since not in rows or rows[since].assessment != rows[result_id].assessment:
        raise NotComparable
    earlier, later = decrypt_result(session, services, rows[since]), decrypt_result(session, services, rows[result_id])
    return ChangeRead(
        **vars(_change_since(earlier, later)),
        assessment=later.questionnaire.slug,
        result=later.header,
        disclaimer=later.questionnaire.content["disclaimer"],
        support=SUPPORT,
    )


def get_result(session: Session, services: AssessmentServices, member_id: UUID, result_id: UUID) -> DecryptedResult:
    """Return a member's decrypted result. Raise ResultNotFound."""
    rows = session.fetch(_results_by_ids(), {"member_id": member_id, "ids": [result_id]})
    if not rows:
        raise ResultNotFound
    return decrypt_result(session, services, StoredResult(*rows[0]))


def iter_results(session: Session, services: AssessmentServices, member_id: UUID) -> Iterator[DecryptedResult]:
    """Yield all decrypted results of a member, oldest first."""
    for row in session.fetch(_results_oldest_first(), {"member_id": member_id}):
        yield decrypt_result(session, services, StoredResult(*row))


def _summary(result: DecryptedResult) -> ResultSummary:
    score_summary = summarize_scores(result.questionnaire, result.outcome)
    return ResultSummary(
        **vars(score_summary),
        id=result.header.id,
        taken_at=result.header.taken_at,
        disclaimer=result.questionnaire.content["disclaimer"],
        support=SUPPORT,
    )


def _change_since(earlier: DecryptedResult, later: DecryptedResult) -> ChangeSince:
    scale_changes = compare_outcomes((earlier.questionnaire, earlier.outcome), (later.questionnaire, later.outcome))
    return ChangeSince(since=earlier.header, scales=list(scale_changes))
