"""Storing a result under an id of the client's choice, and deleting one. Either may be repeated without harm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ScalarSelect, Select, and_, bindparam, delete, func, insert, select
from sqlmodel import Session, col

from app.accounts.consents import HEALTH, ConsentRequired, granted
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.assessments.models import DeletedResult, Draft, Result
from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import NewResult
from app.assessments.results.stored_results import ResultNotFound, place_of, read_result
from app.assessments.rules.scoring import ENGINE
from app.assessments.service import known_version, scored
from app.assessments.services import Tools
from app.core.crypto.encryption import seal_json
from app.core.db.database import insert_into
from app.core.errors import BadInput, Conflict, FieldError
from app.core.idempotency import Deleted, body_hash, check_same

STEPS = 2048  # bytes: whichever scores and style it is, a result is as long
AT_MOST = 2000  # results of one member, deleted ones too
PARTS = ("assessment", "version", "answers")


ME: BindParameter[UUID] = bindparam("member_id")
THIS: BindParameter[UUID] = bindparam("result_id")


def _many(table: type[Result] | type[DeletedResult]) -> ScalarSelect[int]:
    """How many rows of theirs there are, as a part of a statement."""
    return select(func.count()).select_from(table).where(col(table.member_id) == ME).scalar_subquery()


BEFORE: Select[*tuple[Any, ...]] = (
    select(
        col(MemberKey.key_id),
        col(MemberKey.wrapped),
        col(Result.body_hash),
        col(DeletedResult.id).label("deleted"),
        granted(ME, HEALTH).label("agreed"),
        (_many(Result) + _many(DeletedResult)).label("many"),
    )
    .select_from(MemberKey)
    .outerjoin(Result, and_(col(Result.member_id) == ME, col(Result.id) == THIS))
    .outerjoin(DeletedResult, and_(col(DeletedResult.member_id) == ME, col(DeletedResult.id) == THIS))
    .where(col(MemberKey.member_id) == ME)
)
KEEP = insert(Result)
DONE_WITH = delete(Draft).where(col(Draft.member_id) == ME, col(Draft.assessment) == bindparam("of"))


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


def keep_result(
    session: Session, tools: Tools, member_id: UUID, result_id: UUID, body: NewResult, *, now: datetime
) -> tuple[bool, dict[str, Any]]:
    """Whether the result is new, and the result.

    Raises NotAResult, IdReused, Deleted, ConsentRequired, TooManyResults, ClaimNotGood, ClaimExpired, ClaimUsed,
    UnknownAssessment, UnknownVersion, BadAnswers and TooFewAnswers.
    """
    _check_parts(body)
    connection = session.connection()
    row = connection.execute(BEFORE, {"member_id": member_id, "result_id": result_id}).one()
    key = unwrapped_key(tools.ring, member_id, row.key_id, row.wrapped)
    sent = body_hash(key, body.model_dump(exclude_unset=True))
    if row.body_hash is not None:
        check_same(row.body_hash, sent, pointer="/result_id")
        return False, read_result(connection, tools, member_id, result_id, now=now)
    if row.deleted is not None:
        raise Deleted
    if not row.agreed:
        raise ConsentRequired
    if row.many >= AT_MOST:
        raise TooManyResults
    taken = _claimed(session, tools, body, now=now) if body.claims else _taken(session, tools, body, now=now)
    questionnaire = taken.questionnaire
    kept = {"answers": taken.answers, "outcome": scored(questionnaire, taken.answers)}
    values = {
        "member_id": member_id,
        "id": result_id,
        "assessment": questionnaire.slug,
        "version": questionnaire.version,
        "digest": questionnaire.digest,
        "engine": ENGINE,
        "taken_at": taken.at,
        "body_hash": sent,
        "sealed": seal_json(key, kept, bound_to=place_of(member_id, result_id), steps=STEPS),
    }
    connection.execute(KEEP, values)
    connection.execute(DONE_WITH, {"member_id": member_id, "of": questionnaire.slug})
    return True, read_result(connection, tools, member_id, result_id, now=now)


def delete_result(session: Session, member_id: UUID, result_id: UUID) -> None:
    """Raises ResultNotFound for an id that never was one of theirs."""
    gone = delete(Result).where(col(Result.member_id) == member_id, col(Result.id) == result_id)
    if session.connection().execute(gone).rowcount:
        once = insert_into(session, DeletedResult).values(member_id=member_id, id=result_id)
        session.execute(once.on_conflict_do_nothing())
    elif session.get(DeletedResult, (member_id, result_id)) is None:
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


def _taken(session: Session, tools: Tools, body: NewResult, *, now: datetime) -> Taken:
    if tools.questionnaires.current(session, body.assessment) is None:
        raise UnknownAssessment
    return Taken(known_version(session, tools.questionnaires, body.assessment, body.version), body.answers, now)


def _claimed(session: Session, tools: Tools, body: NewResult, *, now: datetime) -> Taken:
    claim = tools.claims.read(session, tools.questionnaires, body.claim_token)
    claim.use(session, now=now)
    return Taken(claim.questionnaire, claim.answers, claim.scored_at)
