"""Answers so far: saved on one device and continued on another. The later save stays, whichever arrives first."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import BindParameter, Delete, and_, bindparam, delete, select
from sqlmodel import col

from app.accounts.consents import HEALTH, ConsentRequired, granted
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.assessments.drafts.schemas import DraftProgress, DraftRead
from app.assessments.models import Assessment, Draft
from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import NewDraft
from app.assessments.rules import scoring
from app.assessments.service import AssessmentNotFound, check_answers, known_version, listed
from app.assessments.services import AssessmentServices
from app.core.crypto.encryption import seal_json, unseal_json
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, NotFound
from app.core.timestamps import not_ahead

STEPS = 1024  # bytes: how much was answered doesn't show
ME: BindParameter[UUID] = bindparam("member_id")
THIS: BindParameter[str] = bindparam("slug")


class DraftNotFound(NotFound):
    code = "draft_not_found"
    says = "There are no answers so far."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.says))


class DraftNewer(Conflict):
    """Carries the draft that stays."""

    code = "draft_newer"
    more_example: ClassVar[Mapping[str, Any]] = {
        "draft": {
            "assessment": "attachment-reflection",
            "version": 1,
            "answers": {"q01": 3},
            "answered_at": "2026-11-24T09:30:00Z",
            "progress": {"asked": 24, "answered": 1, "next_question": "q02"},
        }
    }
    says = "Later answers are stored already; they come along as `draft`."

    def __init__(self, draft: DraftRead) -> None:
        super().__init__(
            FieldError("body", "/answered_at", "This is before the stored draft."),
            more={"draft": TypeAdapter(DraftRead).dump_python(draft, mode="json")},
        )


class StoredDraft(NamedTuple):
    """A row with the key that opens it."""

    member_id: UUID
    assessment: str
    version: int
    answered_at: datetime
    sealed: bytes
    key_id: str
    wrapped: bytes

    def answers(self, services: AssessmentServices) -> dict[str, int]:
        key = unwrapped_key(services.ring, self.member_id, self.key_id, self.wrapped)
        answers: dict[str, int] = unseal_json(key, self.sealed, bound_to=_place(self.member_id, self.assessment))
        return answers


@cache
def _drafts() -> Statement:
    """A member's rows for `StoredDraft`."""
    columns = (col(getattr(Draft, name)) for name in StoredDraft._fields[:-2])
    return (
        select(*columns, col(MemberKey.key_id), col(MemberKey.wrapped))
        .join(MemberKey, col(MemberKey.member_id) == col(Draft.member_id))
        .where(col(Draft.member_id) == ME)
        .order_by(col(Draft.assessment))
    )


@cache
def _this() -> Statement:
    return _drafts().where(col(Draft.assessment) == THIS)


@cache
def _before() -> Statement:
    """The member's key, when the stored draft was answered, and whether there is consent."""
    return (
        select(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(Draft.answered_at),
            granted(ME, HEALTH).label("agreed"),
        )
        .select_from(MemberKey)
        .outerjoin(Draft, and_(col(Draft.member_id) == ME, col(Draft.assessment) == THIS))
        .where(col(MemberKey.member_id) == ME)
    )


@cache
def _discarded() -> Delete:
    return delete(Draft).where(col(Draft.member_id) == ME, col(Draft.assessment) == THIS)


@cache
def _assessment() -> Statement:
    return select(col(Assessment.slug)).where(col(Assessment.slug) == THIS)


def read_draft(reading: Session, services: AssessmentServices, member_id: UUID, slug: str) -> DraftRead:
    """Raises DraftNotFound."""
    rows = reading.fetch(_this(), {"member_id": member_id, "slug": slug})
    if not rows:
        raise DraftNotFound
    draft = StoredDraft(*rows[0])
    questionnaire = services.questionnaires.version(reading, slug, draft.version)
    assert questionnaire  # a foreign key says so
    return _shown(questionnaire, draft.answers(services), draft.answered_at)


def keep_draft(
    session: Session, services: AssessmentServices, member_id: UUID, slug: str, body: NewDraft, *, now: datetime
) -> DraftRead:
    """Raises InFuture, AssessmentNotFound, UnknownVersion, BadAnswers, ConsentRequired and DraftNewer."""
    (row,) = session.fetch(_before(), {"member_id": member_id, "slug": slug})
    answered_at = not_ahead(body.answered_at, now=now, pointer="/answered_at")
    listed(session, services.questionnaires, slug)
    questionnaire = known_version(session, services.questionnaires, slug, body.version)
    check_answers(questionnaire, body.answers)
    if not row.agreed:
        raise ConsentRequired
    if row.answered_at and row.answered_at > answered_at:
        raise DraftNewer(read_draft(session, services, member_id, slug))
    key = unwrapped_key(services.ring, member_id, row.key_id, row.wrapped)
    values = {
        "version": questionnaire.version,
        "answered_at": answered_at,
        "sealed": seal_json(key, body.answers, bound_to=_place(member_id, slug), steps=STEPS),
    }
    session.upsert(Draft, [{"member_id": member_id, "assessment": slug, **values}])
    return _shown(questionnaire, body.answers, answered_at)


def delete_draft(session: Session, member_id: UUID, slug: str) -> None:
    """Raises AssessmentNotFound for a slug that never was one."""
    discarded = session.execute(_discarded(), {"member_id": member_id, "slug": slug}).rowcount
    if not discarded and session.scalar(_assessment(), {"slug": slug}) is None:
        raise AssessmentNotFound


def all_drafts(reading: Session, services: AssessmentServices, member_id: UUID) -> Iterator[dict[str, Any]]:
    for draft in (StoredDraft(*row) for row in reading.fetch(_drafts(), {"member_id": member_id})):
        shown = {name: getattr(draft, name) for name in ("assessment", "version", "answered_at")}
        yield {**shown, "answers": draft.answers(services)}


def _shown(questionnaire: Questionnaire, answers: dict[str, int], answered_at: datetime) -> DraftRead:
    """Answers to questions that aren't asked any longer are kept, and count as no progress."""
    questions = scoring.questions_for(questionnaire.definition, answers)
    left = [question for question in questions if question not in answers]
    return DraftRead(
        assessment=questionnaire.slug,
        version=questionnaire.version,
        answers=answers,
        answered_at=answered_at,
        progress=DraftProgress(
            asked=len(questions),
            answered=len(questions) - len(left),
            next_question=left[0] if left else None,
        ),
    )


def _place(member_id: UUID, assessment: str) -> str:
    return f"drafts|{member_id}|{assessment}"
