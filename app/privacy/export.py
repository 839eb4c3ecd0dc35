"""An export: everything kept about a member, unsealed, as one document."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, select
from sqlmodel import col

from app.accounts.audit import Event, note
from app.accounts.credentials.access_tokens import Access
from app.accounts.credentials.email_tokens import FoundToken
from app.accounts.credentials.sessions import all_sessions
from app.accounts.email_change import AddressUnverified
from app.accounts.members import FoundMember, check_session, lock_member, signed_in_member
from app.accounts.models import AuditEvent, MailedToken, MemberConsent
from app.accounts.profile import shown
from app.accounts.services import Tools
from app.assessments.drafts.service import all_drafts
from app.assessments.results.stored_results import all_results
from app.assessments.serializers import figures_of
from app.assessments.services import Tools as AssessmentTools
from app.bookmarks.service import all_bookmarks
from app.core.db.database import Database, Table
from app.core.mail.outbox import OutboxMail
from app.journey.export import told_runs
from app.privacy.schemas import (
    Export,
    ExportedBookmark,
    ExportedConsent,
    ExportedDraft,
    ExportedEvent,
    ExportedLink,
    ExportedMail,
    ExportedResult,
    ExportedRun,
)


def export(database: Database, tools: Tools, assessments: AssessmentTools, access: Access, *, now: datetime) -> Export:
    """One moment of a member's rows, read without holding up a writer. Raises BadToken and AddressUnverified."""
    with database.transaction() as session:
        lock_member(session, access, now=now)
        if signed_in_member(session, access).verified_at is None:
            raise AddressUnverified
        note(session, Event.EXPORTED, access.member_id, session_id=access.session_id, now=now)
    with database.snapshot.connect() as reads:
        check_session(reads, access, now=now)  # that it didn't end since
        member = signed_in_member(reads, access)
        key = member.key(tools.ring)
        mine = col(MemberConsent.member_id) == member.id
        consents = _rows(reads, MemberConsent, ExportedConsent, mine, MemberConsent.number)
        mails = _rows(reads, OutboxMail, ExportedMail, col(OutboxMail.member_id) == member.id, OutboxMail.written_at)
        events = _rows(
            reads, AuditEvent, ExportedEvent, col(AuditEvent.subject) == str(member.id), AuditEvent.happened_at
        )
        return Export(
            made_at=now,
            account=shown(tools, member),
            sessions=all_sessions(reads, tools, member.id),
            consents=[ExportedConsent(**row) for row in consents],
            links=list(_links(reads, tools, member)),
            mails=[ExportedMail(**row) for row in mails],
            security_events=[ExportedEvent(**row) for row in events],
            results=list(_results(reads, assessments, member.id)),
            drafts=[ExportedDraft(**draft) for draft in all_drafts(reads, assessments, member.id)],
            runs=[ExportedRun.model_validate(run) for run in told_runs(reads, member.id, key, now=now)],
            bookmarks=[ExportedBookmark(**bookmark) for bookmark in all_bookmarks(reads, member.id)],
        )


def _rows(
    reads: Connection, table: type[Table], shape: type[BaseModel], mine: ColumnElement[bool], order: Any
) -> Iterator[dict[str, Any]]:
    """What a shape tells of a table's rows that belong to somebody."""
    columns = select(*(col(getattr(table, name)) for name in shape.model_fields))
    for row in reads.execute(columns.where(mine).order_by(col(order))):
        yield dict(row._mapping)  # noqa: SLF001 - its public name in rows


def _results(reads: Connection, assessments: AssessmentTools, member_id: UUID) -> Iterator[ExportedResult]:
    for result in all_results(reads, assessments, member_id):
        shown = figures_of(result.questionnaire, result.outcome)
        yield ExportedResult.model_validate({**shown, **result.stamp, "answers": result.answers})


def _links(reads: Connection, tools: Tools, member: FoundMember) -> Iterator[ExportedLink]:
    columns = select(*(col(getattr(MailedToken, name)) for name in FoundToken._fields), col(MailedToken.expires_at))
    mine = columns.where(col(MailedToken.member_id) == member.id).order_by(col(MailedToken.expires_at))
    key = member.key(tools.ring)
    for *found, expires_at in reads.execute(mine):
        token = FoundToken(*found)
        yield ExportedLink(purpose=token.purpose, address=token.address(key), expires_at=expires_at)
