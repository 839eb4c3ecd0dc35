"""Read, save and delete a member's unfinished questionnaire answers (drafts).

Answers can be saved on several devices. A draft is never replaced by one with an earlier `answered_at`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import BindParameter, Delete, and_, bindparam, delete, select
from sqlmodel import col

from app.accounts.consents import HEALTH_DATA, ConsentRequired, consent_granted
from app.accounts.members import unwrap_key
from app.accounts.models import MemberKey
from app.assessments.drafts.schemas import DraftProgress, DraftRead
from app.assessments.models import Assessment, Draft
from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import NewDraft
from app.assessments.rules import scoring
from app.assessments.service import (
    AssessmentNotFound,
    check_answers,
    get_current_questionnaire,
    get_questionnaire_version,
)
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import decrypt_json, encrypt_json
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, NotFound
from app.core.timestamps import clamp_to_now

PADDING_BLOCK_SIZE = 1024  # bytes; encrypted answers are padded to a multiple of this size, to hide their number
MEMBER_ID: BindParameter[UUID] = bindparam("member_id")
SLUG: BindParameter[str] = bindparam("slug")


class DraftNotFound(NotFound):
    code = "draft_not_found"
    message = "You have no draft of this assessment."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.message))


class DraftNewer(Conflict):
    """Raised if the stored draft is newer than the draft to save. Contains the stored draft."""

    code = "draft_newer"
    extensions_example: ClassVar[Mapping[str, Any]] = {
        "draft": {
            "assessment": "attachment-reflection",
            "version": 1,
            "answers": {"q01": 3},
            "answered_at": "2026-11-24T09:30:00Z",
            "progress": {"asked": 24, "answered": 1, "next_question": "q02"},
        }
    }
    message = "A newer draft is already stored. It is included as `draft`."

    def __init__(self, draft: DraftRead) -> None:
        super().__init__(
            FieldError("body", "/answered_at", "This time is before that of the stored draft."),
            extensions={"draft": TypeAdapter(DraftRead).dump_python(draft, mode="json")},
        )


class StoredDraft(NamedTuple):
    """A database row of a draft, with the member's encryption key in wrapped (encrypted) form."""

    member_id: UUID
    assessment: str
    version: int
    answered_at: datetime
    sealed: bytes
    key_id: str
    wrapped: bytes

    def decrypt_answers(self, services: AssessmentServices) -> dict[str, int]:
        key = unwrap_key(services.ring, self.member_id, self.key_id, self.wrapped)
        answers: dict[str, int] = decrypt_json(
            key, self.sealed, associated_data=_associated_data(self.member_id, self.assessment)
        )
        return answers


@cache
def _drafts_by_member() -> Statement:
    """Return a SELECT statement for a member's drafts, with the columns of `StoredDraft`."""
    columns = (col(getattr(Draft, name)) for name in StoredDraft._fields[:-2])
    return (
        select(*columns, col(MemberKey.key_id), col(MemberKey.wrapped))
        .join(MemberKey, col(MemberKey.member_id) == col(Draft.member_id))
        .where(col(Draft.member_id) == MEMBER_ID)
        .order_by(col(Draft.assessment))
    )


@cache
def _draft_by_slug() -> Statement:
    return _drafts_by_member().where(col(Draft.assessment) == SLUG)


@cache
def _state_before_save() -> Statement:
    """Return a SELECT statement for the data needed before saving a draft.

    These are the member's encryption key and consent, and the time of the stored draft.
    """
    return (
        select(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(Draft.answered_at),
            consent_granted(MEMBER_ID, HEALTH_DATA).label("has_consent"),
        )
        .select_from(MemberKey)
        .outerjoin(Draft, and_(col(Draft.member_id) == MEMBER_ID, col(Draft.assessment) == SLUG))
        .where(col(MemberKey.member_id) == MEMBER_ID)
    )


@cache
def _draft_deletion() -> Delete:
    return delete(Draft).where(col(Draft.member_id) == MEMBER_ID, col(Draft.assessment) == SLUG)


@cache
def _assessment_by_slug() -> Statement:
    return select(col(Assessment.slug)).where(col(Assessment.slug) == SLUG)


def read_draft(session: Session, services: AssessmentServices, member_id: UUID, slug: str) -> DraftRead:
    """Return the member's draft of a questionnaire. Raise DraftNotFound."""
    rows = session.fetch(_draft_by_slug(), {"member_id": member_id, "slug": slug})
    if not rows:
        raise DraftNotFound
    draft = StoredDraft(*rows[0])
    questionnaire = services.questionnaires.version(session, slug, draft.version)
    assert questionnaire  # A foreign key guarantees that the version exists.
    return _draft_read(questionnaire, draft.decrypt_answers(services), draft.answered_at)


def save_draft(
    session: Session, services: AssessmentServices, member_id: UUID, slug: str, body: NewDraft, *, now: datetime
) -> DraftRead:
    """Save a draft unless a newer one is stored.

    Raise InFuture, AssessmentNotFound, UnknownVersion, InvalidAnswers, ConsentRequired or DraftNewer.
    """
    (row,) = session.fetch(_state_before_save(), {"member_id": member_id, "slug": slug})
    answered_at = clamp_to_now(body.answered_at, now=now, pointer="/answered_at")
    get_current_questionnaire(session, services.questionnaires, slug)
    questionnaire = get_questionnaire_version(session, services.questionnaires, slug, body.version)
    check_answers(questionnaire, body.answers)
    if not row.has_consent:
        raise ConsentRequired
    if row.answered_at and row.answered_at > answered_at:
        raise DraftNewer(read_draft(session, services, member_id, slug))
    key = unwrap_key(services.ring, member_id, row.key_id, row.wrapped)
    values = {
        "version": questionnaire.version,
        "answered_at": answered_at,
        "sealed": encrypt_json(
            key, body.answers, associated_data=_associated_data(member_id, slug), block_size=PADDING_BLOCK_SIZE
        ),
    }
    session.upsert(Draft, [{"member_id": member_id, "assessment": slug, **values}])
    return _draft_read(questionnaire, body.answers, answered_at)


def delete_draft(session: Session, member_id: UUID, slug: str) -> None:
    """Delete a draft if it exists. Raise AssessmentNotFound if there is no questionnaire with this slug."""
    deleted_count = session.execute(_draft_deletion(), {"member_id": member_id, "slug": slug}).rowcount
    if not deleted_count and session.scalar(_assessment_by_slug(), {"slug": slug}) is None:
        raise AssessmentNotFound


def iter_drafts(session: Session, services: AssessmentServices, member_id: UUID) -> Iterator[dict[str, Any]]:
    for draft in (StoredDraft(*row) for row in session.fetch(_drafts_by_member(), {"member_id": member_id})):
        fields = {name: getattr(draft, name) for name in ("assessment", "version", "answered_at")}
        yield {**fields, "answers": draft.decrypt_answers(services)}


def _draft_read(questionnaire: Questionnaire, answers: dict[str, int], answered_at: datetime) -> DraftRead:
    """Build the response for a draft.

    Answers to questions that are hidden by other answers are returned, but don't count as progress.
    """
    questions = scoring.list_asked_questions(questionnaire.definition, answers)
    unanswered = [question for question in questions if question not in answers]
    return DraftRead(
        assessment=questionnaire.slug,
        version=questionnaire.version,
        answers=answers,
        answered_at=answered_at,
        progress=DraftProgress(
            asked=len(questions),
            answered=len(questions) - len(unanswered),
            next_question=unanswered[0] if unanswered else None,
        ),
    )


def _associated_data(member_id: UUID, assessment: str) -> str:
    return f"drafts|{member_id}|{assessment}"
