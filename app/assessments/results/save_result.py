"""Store and delete questionnaire results. Clients choose the ids, so that requests can be repeated safely."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import BindParameter, Delete, ScalarSelect, and_, bindparam, delete, func, select
from sqlmodel import col

from app.accounts.consents import HEALTH_DATA, ConsentRequired, consent_granted
from app.accounts.members import unwrap_key
from app.accounts.models import MemberKey
from app.assessments.models import DeletedResult, Draft, Result
from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import NewResult
from app.assessments.results.schemas import ResultRead
from app.assessments.results.stored_results import ResultNotFound, read_result, result_associated_data
from app.assessments.rules.scoring import ENGINE_VERSION
from app.assessments.service import compute_outcome, get_questionnaire_version
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import encrypt_json
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, InvalidInput
from app.core.idempotency import Deleted, body_hash, require_same_body

PADDING_BLOCK_SIZE = 2048  # bytes; encrypted results are padded to a multiple of this size, to hide their length
MAX_RESULTS = 2000  # per member, including deleted results
ANSWER_FIELDS = ("assessment", "version", "answers")
MEMBER_ID: BindParameter[UUID] = bindparam("member_id")
RESULT_ID: BindParameter[UUID] = bindparam("result_id")


class InvalidResult(InvalidInput):
    message = "Send `assessment`, `version` and `answers`, or only a `claim_token`."


class TooManyResults(Conflict):
    code = "too_many_results"
    message = "You have reached the maximum number of results."


class UnknownAssessment(InvalidInput):
    code = "unknown_assessment"
    message = "No assessment has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/assessment", self.message))


@dataclass(frozen=True, slots=True)
class Submission:
    """Answers to a questionnaire, with the time at which they were scored."""

    questionnaire: Questionnaire
    answers: Mapping[str, int]
    taken_at: datetime


@cache
def _state_before_save() -> Statement:
    """Return a SELECT statement for the data needed before storing a result.

    These are the member's encryption key, consent and number of results, and any earlier use of the result id.
    """
    return (
        select(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(Result.body_hash),
            col(DeletedResult.id).label("deleted"),
            consent_granted(MEMBER_ID, HEALTH_DATA).label("has_consent"),
            (_row_count(Result) + _row_count(DeletedResult)).label("used_ids"),
        )
        .select_from(MemberKey)
        .outerjoin(Result, and_(col(Result.member_id) == MEMBER_ID, col(Result.id) == RESULT_ID))
        .outerjoin(DeletedResult, and_(col(DeletedResult.member_id) == MEMBER_ID, col(DeletedResult.id) == RESULT_ID))
        .where(col(MemberKey.member_id) == MEMBER_ID)
    )


def _row_count(table: type[Result] | type[DeletedResult]) -> ScalarSelect[int]:
    """Return a subquery that counts the member's rows in a table."""
    return select(func.count()).select_from(table).where(col(table.member_id) == MEMBER_ID).scalar_subquery()


@cache
def _draft_deletion() -> Delete:
    return delete(Draft).where(col(Draft.member_id) == MEMBER_ID, col(Draft.assessment) == bindparam("slug"))


@cache
def _result_deletion() -> Delete:
    return delete(Result).where(col(Result.member_id) == MEMBER_ID, col(Result.id) == RESULT_ID)


@cache
def _deleted_result() -> Statement:
    return select(col(DeletedResult.id)).where(
        col(DeletedResult.member_id) == MEMBER_ID, col(DeletedResult.id) == RESULT_ID
    )


def create_result(
    session: Session, services: AssessmentServices, member_id: UUID, result_id: UUID, body: NewResult, *, now: datetime
) -> tuple[bool, ResultRead]:
    """Score and store a questionnaire result. Return whether it is new, and the result.

    Raise InvalidResult, IdReused, Deleted, ConsentRequired, TooManyResults, InvalidClaimToken, ClaimExpired,
    ClaimUsed, UnknownAssessment, UnknownVersion, InvalidAnswers or TooFewAnswers.
    """
    (row,) = session.fetch(_state_before_save(), {"member_id": member_id, "result_id": result_id})
    _check_fields(body)
    key = unwrap_key(services.ring, member_id, row.key_id, row.wrapped)
    request_hash = body_hash(key, body.model_dump(exclude_unset=True))
    if row.body_hash is not None:
        require_same_body(row.body_hash, request_hash, pointer="/result_id")
        return False, read_result(session, services, member_id, result_id, now=now)
    if row.deleted is not None:
        raise Deleted
    if not row.has_consent:
        raise ConsentRequired
    if row.used_ids >= MAX_RESULTS:
        raise TooManyResults
    submission = (
        _from_claim_token(session, services, body, now=now)
        if body.has_claim_token
        else _from_answers(session, services, body, now=now)
    )
    questionnaire = submission.questionnaire
    content = {"answers": submission.answers, "outcome": compute_outcome(questionnaire, submission.answers)}
    result = Result(
        member_id=member_id,
        id=result_id,
        assessment=questionnaire.slug,
        version=questionnaire.version,
        digest=questionnaire.digest,
        engine=ENGINE_VERSION,
        taken_at=submission.taken_at,
        body_hash=request_hash,
        sealed=encrypt_json(
            key, content, associated_data=result_associated_data(member_id, result_id), block_size=PADDING_BLOCK_SIZE
        ),
    )
    session.insert(result)
    session.execute(_draft_deletion(), {"member_id": member_id, "slug": questionnaire.slug})
    return True, read_result(session, services, member_id, result_id, now=now)


def delete_result(session: Session, member_id: UUID, result_id: UUID) -> None:
    """Delete a result, or do nothing if it was already deleted.

    Raise ResultNotFound if the member never had a result with this id.
    """
    values = {"member_id": member_id, "result_id": result_id}
    if session.execute(_result_deletion(), values).rowcount:
        statement = session.dialect_insert(DeletedResult).on_conflict_do_nothing()
        session.execute(statement, {"member_id": member_id, "id": result_id})
    elif session.scalar(_deleted_result(), values) is None:
        raise ResultNotFound


def _check_fields(body: NewResult) -> None:
    """Raise InvalidResult if the request lacks required fields or combines answers with a claim token."""
    fields = body.model_fields_set
    if body.has_claim_token:
        errors = [
            FieldError("body", f"/{name}", "Remove this: the claim token contains it.")
            for name in ANSWER_FIELDS
            if name in fields
        ]
    else:
        errors = [FieldError("body", f"/{name}", "This is missing.") for name in ANSWER_FIELDS if name not in fields]
    if errors:
        raise InvalidResult(*errors)


def _from_answers(session: Session, services: AssessmentServices, body: NewResult, *, now: datetime) -> Submission:
    if services.questionnaires.current(session, body.assessment) is None:
        raise UnknownAssessment
    return Submission(
        get_questionnaire_version(session, services.questionnaires, body.assessment, body.version), body.answers, now
    )


def _from_claim_token(session: Session, services: AssessmentServices, body: NewResult, *, now: datetime) -> Submission:
    claim = services.claim_tokens.read(session, services.questionnaires, body.claim_token)
    claim.use(session, now=now)
    return Submission(claim.questionnaire, claim.answers, claim.scored_at)
