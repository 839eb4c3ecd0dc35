"""Export all data that is stored about a member, decrypted, as one document."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, select
from sqlmodel import col

from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_tokens import TOKEN_COLUMNS, StoredEmailToken
from app.accounts.credentials.reauthentication import check_recent_proof
from app.accounts.credentials.sessions import all_sessions
from app.accounts.members import StoredMember, check_session, load_member, lock_member
from app.accounts.models import AuditEvent, MailedToken, MemberConsent
from app.accounts.profile import member_read
from app.accounts.services import AccountServices
from app.assessments.drafts.service import iter_drafts
from app.assessments.results.stored_results import iter_results
from app.assessments.serializers import summarize_scores
from app.assessments.services import AssessmentServices
from app.bookmarks.service import iter_bookmarks
from app.core.db.session import Session
from app.core.db.table import Table
from app.core.db.transactions import Transactions
from app.core.mail.outbox import OutboxMail
from app.journey.export import export_runs
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

RUN_ADAPTER = TypeAdapter(ExportedRun)
Schema = TypeVar("Schema", ExportedConsent, ExportedMail, ExportedEvent)


def export_data(
    transactions: Transactions, services: AccountServices, assessments: AssessmentServices, signed_in: SignedInMember
) -> Export:
    """Export all data of a member as it was at one moment, without blocking writers.

    Raise BadToken if the session has ended, or ReauthenticationRequired if it has no recent proof of identity.
    """
    now = transactions.now
    with transactions.begin() as session:
        lock_member(session, signed_in, now=now)
        check_recent_proof(session, services, signed_in, now=now)
        record_event(session, AuditEventType.EXPORTED, signed_in.id, session_id=signed_in.session_id, now=now)
    with transactions.snapshot() as session:
        check_session(session, signed_in, now=now)  # the session may have ended after the first transaction
        member = load_member(session, signed_in)
        key = member.key(services.ring)
        consents = col(MemberConsent.member_id) == member.id
        mails = col(OutboxMail.member_id) == member.id
        events = col(AuditEvent.subject) == str(member.id)
        return Export(
            made_at=now,
            account=member_read(services, member),
            sessions=all_sessions(session, services, member.id),
            consents=_member_rows(session, ExportedConsent, MemberConsent, consents, MemberConsent.number),
            links=list(_links(session, member, key)),
            mails=_member_rows(session, ExportedMail, OutboxMail, mails, OutboxMail.written_at),
            security_events=_member_rows(session, ExportedEvent, AuditEvent, events, AuditEvent.happened_at),
            results=list(_results(session, assessments, member.id)),
            drafts=[ExportedDraft(**draft) for draft in iter_drafts(session, assessments, member.id)],
            runs=[RUN_ADAPTER.validate_python(run) for run in export_runs(session, member.id, key, now=now)],
            bookmarks=[
                ExportedBookmark(article=article, saved_at=saved_at)
                for article, saved_at in iter_bookmarks(session, member.id)
            ],
        )


def _member_rows(
    session: Session, schema: type[Schema], table: type[Table], condition: ColumnElement[bool], order: Any
) -> list[Schema]:
    """Return rows of a table as instances of `schema`. Only the columns that the schema names are read."""
    statement = select(*(col(getattr(table, field.name)) for field in fields(schema)))
    return [schema(**row._asdict()) for row in session.execute(statement.where(condition).order_by(col(order)))]


def _results(session: Session, assessments: AssessmentServices, member_id: UUID) -> Iterator[ExportedResult]:
    for result in iter_results(session, assessments, member_id):
        summary = summarize_scores(result.questionnaire, result.outcome)
        yield ExportedResult(
            id=result.header.id,
            taken_at=result.header.taken_at,
            assessment=summary.assessment,
            version=result.header.version,
            title=summary.title,
            answers=result.answers,
            scores=summary.scores,
            style=summary.style,
        )


def _links(session: Session, member: StoredMember, key: bytes) -> Iterator[ExportedLink]:
    is_unused = col(MailedToken.member_id) == member.id, col(MailedToken.used_at).is_(None)
    columns = (*TOKEN_COLUMNS, col(MailedToken.expires_at))
    statement = select(*columns).where(*is_unused).order_by(col(MailedToken.expires_at))
    for *values, expires_at in session.execute(statement):
        token = StoredEmailToken(*values)
        yield ExportedLink(purpose=token.purpose, address=token.new_address(key), expires_at=expires_at)
