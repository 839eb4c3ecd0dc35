"""Storing a result under an id of the client's choice, and deleting one. Either may be repeated without harm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import BindParameter, Delete, ScalarSelect, and_, bindparam, delete, func, select
from sqlmodel import col

from app.accounts.consents import HEALTH, ConsentRequired, granted
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.assessments.models import DeletedResult, Draft, Result
from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import NewResult
from app.assessments.results.schemas import ResultRead
from app.assessments.results.stored_results import ResultNotFound, place_of, read_result
from app.assessments.rules.scoring import ENGINE
from app.assessments.service import known_version, scored
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import seal_json
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import BadInput, Conflict, FieldError
from app.core.idempotency import Deleted, body_hash, check_same

STEPS = 2048  # bytes: whichever scores and style it is, a result is as long
AT_MOST = 2000  # results of one member, deleted ones too
PARTS = ("assessment", "version", "answers")
ME: BindParameter[UUID] = bindparam("member_id")
THIS: BindParameter[UUID] = bindparam("result_id")


class NotAResult(BadInput):
    says = "A result is `assessment`, `version` and `answers`, or a `claim_token` alone."


class TooManyResults(Conflict):
    code = "too_many_results"
    says = "There is no room for more results."


class UnknownAssessment(BadInput):
    code = "unknown_assessment"
    says = "No assessment has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/assessment", self.says))


@dataclass(frozen=True, slots=True)
class Taken:
    """Answers to a questionnaire, and when they were scored."""

    questionnaire: Questionnaire
    answers: Mapping[str, int]
    at: datetime


@cache
def _before() -> Statement:
    """The member's key, what is known of the id, and whether there is consent and room for another result."""
    return (
        select(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(Result.body_hash),
            col(DeletedResult.id).label("deleted"),
            granted(ME, HEALTH).label("agreed"),
            (_count_of(Result) + _count_of(DeletedResult)).label("used_ids"),
        )
        .select_from(MemberKey)
        .outerjoin(Result, and_(col(Result.member_id) == ME, col(Result.id) == THIS))
        .outerjoin(DeletedResult, and_(col(DeletedResult.member_id) == ME, col(DeletedResult.id) == THIS))
        .where(col(MemberKey.member_id) == ME)
    )


def _count_of(table: type[Result] | type[DeletedResult]) -> ScalarSelect[int]:
    """How many rows the member has, as a part of a statement."""
    return select(func.count()).select_from(table).where(col(table.member_id) == ME).scalar_subquery()


@cache
def _draft_of() -> Delete:
    return delete(Draft).where(col(Draft.member_id) == ME, col(Draft.assessment) == bindparam("of"))


@cache
def _this() -> Delete:
    return delete(Result).where(col(Result.member_id) == ME, col(Result.id) == THIS)


@cache
def _deleted_before() -> Statement:
    return select(col(DeletedResult.id)).where(col(DeletedResult.member_id) == ME, col(DeletedResult.id) == THIS)


def keep_result(
    session: Session, services: AssessmentServices, member_id: UUID, result_id: UUID, body: NewResult, *, now: datetime
) -> tuple[bool, ResultRead]:
    """Whether the result is new, and the result.

    Raises NotAResult, IdReused, Deleted, ConsentRequired, TooManyResults, ClaimNotGood, ClaimExpired, ClaimUsed,
    UnknownAssessment, UnknownVersion, BadAnswers and TooFewAnswers.
    """
    (row,) = session.fetch(_before(), {"member_id": member_id, "result_id": result_id})
    _check_parts(body)
    key = unwrapped_key(services.ring, member_id, row.key_id, row.wrapped)
    sent = body_hash(key, body.model_dump(exclude_unset=True))
    if row.body_hash is not None:
        check_same(row.body_hash, sent, pointer="/result_id")
        return False, read_result(session, services, member_id, result_id, now=now)
    if row.deleted is not None:
        raise Deleted
    if not row.agreed:
        raise ConsentRequired
    if row.used_ids >= AT_MOST:
        raise TooManyResults
    taken = _claimed(session, services, body, now=now) if body.claims else _taken(session, services, body, now=now)
    questionnaire = taken.questionnaire
    kept = {"answers": taken.answers, "outcome": scored(questionnaire, taken.answers)}
    result = Result(
        member_id=member_id,
        id=result_id,
        assessment=questionnaire.slug,
        version=questionnaire.version,
        digest=questionnaire.digest,
        engine=ENGINE,
        taken_at=taken.at,
        body_hash=sent,
        sealed=seal_json(key, kept, bound_to=place_of(member_id, result_id), steps=STEPS),
    )
    session.insert(result)
    session.execute(_draft_of(), {"member_id": member_id, "of": questionnaire.slug})
    return True, read_result(session, services, member_id, result_id, now=now)


def delete_result(session: Session, member_id: UUID, result_id: UUID) -> None:
    """Raises ResultNotFound for an id that the member never used."""
    values = {"member_id": member_id, "result_id": result_id}
    if session.execute(_this(), values).rowcount:
        once = session.insert_or(DeletedResult).on_conflict_do_nothing()
        session.execute(once, {"member_id": member_id, "id": result_id})
    elif session.scalar(_deleted_before(), values) is None:
        raise ResultNotFound


def _check_parts(body: NewResult) -> None:
    """Raises NotAResult with what is missing or too much."""
    given = body.model_fields_set
    if body.claims:
        errors = [FieldError("body", f"/{name}", "The claim token says this.") for name in PARTS if name in given]
    else:
        errors = [FieldError("body", f"/{name}", "This is missing.") for name in PARTS if name not in given]
    if errors:
        raise NotAResult(*errors)


def _taken(session: Session, services: AssessmentServices, body: NewResult, *, now: datetime) -> Taken:
    if services.questionnaires.current(session, body.assessment) is None:
        raise UnknownAssessment
    return Taken(known_version(session, services.questionnaires, body.assessment, body.version), body.answers, now)


def _claimed(session: Session, services: AssessmentServices, body: NewResult, *, now: datetime) -> Taken:
    claim = services.claims.read(session, services.questionnaires, body.claim_token)
    claim.use(session, now=now)
    return Taken(claim.questionnaire, claim.answers, claim.scored_at)
