"""Answers so far: saved on one device and continued on another. The later save stays, whichever arrives first."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, delete, select
from sqlmodel import Session, col

from app.accounts.consents import HEALTH, ConsentRequired, granted
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.assessments.models import Assessment, Draft
from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import NewDraft
from app.assessments.results.schemas import DraftRead
from app.assessments.rules import scoring
from app.assessments.service import AssessmentNotFound, check_answers, known_version, listed
from app.assessments.services import Tools
from app.core.crypto.encryption import seal_json, unseal_json
from app.core.db.upsert import upsert
from app.core.errors import Conflict, FieldError, NotFound
from app.core.timestamps import not_ahead

STEPS = 1024  # bytes: how much was answered doesn't show


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
            more={"draft": draft.model_dump(mode="json")},
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

    def answers(self, tools: Tools) -> dict[str, int]:
        key = unwrapped_key(tools.ring, self.member_id, self.key_id, self.wrapped)
        answers: dict[str, int] = unseal_json(key, self.sealed, bound_to=_place(self.member_id, self.assessment))
        return answers


DRAFTS = select(
    *(col(getattr(Draft, name)) for name in StoredDraft._fields[:-2]), col(MemberKey.key_id), col(MemberKey.wrapped)
).join(MemberKey, col(MemberKey.member_id) == col(Draft.member_id))


def read_draft(reading: Session | Connection, tools: Tools, member_id: UUID, slug: str) -> DraftRead:
    """Raises DraftNotFound."""
    mine = DRAFTS.where(col(Draft.member_id) == member_id, col(Draft.assessment) == slug)
    row = reading.execute(mine).first()
    if row is None:
        raise DraftNotFound
    draft = StoredDraft(*row)
    questionnaire = tools.questionnaires.version(reading, slug, draft.version)
    assert questionnaire  # a foreign key says so
    return _shown(questionnaire, draft.answers(tools), draft.answered_at)


def keep_draft(
    session: Session, tools: Tools, member_id: UUID, slug: str, body: NewDraft, *, now: datetime
) -> DraftRead:
    """Raises InFuture, AssessmentNotFound, UnknownVersion, BadAnswers, ConsentRequired and DraftNewer."""
    answered_at = not_ahead(body.answered_at, now=now, pointer="/answered_at")
    listed(session, tools.questionnaires, slug)
    questionnaire = known_version(session, tools.questionnaires, slug, body.version)
    check_answers(questionnaire, body.answers)
    row = session.execute(
        select(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(Draft.answered_at),
            granted(member_id, HEALTH).label("agreed"),
        )
        .select_from(MemberKey)
        .outerjoin(Draft, and_(col(Draft.member_id) == member_id, col(Draft.assessment) == slug))
        .where(col(MemberKey.member_id) == member_id)
    ).one()
    if not row.agreed:
        raise ConsentRequired
    if row.answered_at and row.answered_at > answered_at:
        raise DraftNewer(read_draft(session, tools, member_id, slug))
    key = unwrapped_key(tools.ring, member_id, row.key_id, row.wrapped)
    values = {
        "version": questionnaire.version,
        "answered_at": answered_at,
        "sealed": seal_json(key, body.answers, bound_to=_place(member_id, slug), steps=STEPS),
    }
    upsert(session, Draft, {"member_id": member_id, "assessment": slug, **values})
    return _shown(questionnaire, body.answers, answered_at)


def delete_draft(session: Session, member_id: UUID, slug: str) -> None:
    """Raises AssessmentNotFound for a slug that never was one."""
    gone = delete(Draft).where(col(Draft.member_id) == member_id, col(Draft.assessment) == slug)
    if not session.connection().execute(gone).rowcount and session.get(Assessment, slug) is None:
        raise AssessmentNotFound


def all_drafts(reading: Session | Connection, tools: Tools, member_id: UUID) -> Iterator[dict[str, Any]]:
    mine = DRAFTS.where(col(Draft.member_id) == member_id).order_by(col(Draft.assessment))
    for draft in (StoredDraft(*row) for row in reading.execute(mine)):
        shown = {name: getattr(draft, name) for name in ("assessment", "version", "answered_at")}
        yield {**shown, "answers": draft.answers(tools)}


def _shown(questionnaire: Questionnaire, answers: Mapping[str, int], answered_at: datetime) -> DraftRead:
    """Answers to questions that aren't asked any longer are kept, and count as no progress."""
    questions = scoring.questions_for(questionnaire.definition, answers)
    left = [question for question in questions if question not in answers]
    progress = {
        "asked": len(questions),
        "answered": len(questions) - len(left),
        "next_question": left[0] if left else None,
    }
    return DraftRead.model_validate(
        {
            "assessment": questionnaire.slug,
            "version": questionnaire.version,
            "answers": answers,
            "answered_at": answered_at,
            "progress": progress,
        }
    )


def _place(member_id: UUID, assessment: str) -> str:
    return f"drafts|{member_id}|{assessment}"
