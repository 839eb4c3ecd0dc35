"""An export: everything kept about a member, unsealed, as one document."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, select
from sqlmodel import col

from app.accounts.audit import Event, note
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_tokens import FoundToken
from app.accounts.credentials.sessions import all_sessions
from app.accounts.email_change import AddressUnverified
from app.accounts.members import FoundMember, check_session, lock_member, signed_in_member
from app.accounts.models import AuditEvent, MailedToken, MemberConsent
from app.accounts.profile import shown
from app.accounts.services import AccountServices
from app.assessments.drafts.service import all_drafts
from app.assessments.results.stored_results import all_results
from app.assessments.serializers import figures_of
from app.assessments.services import AssessmentServices
from app.bookmarks.service import all_bookmarks
from app.core.db.session import Session
from app.core.db.table import Table
from app.core.db.transactions import Transactions
from app.core.mail.outbox import OutboxMail
from app.journey.export import exported_runs
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

RUN = TypeAdapter(ExportedRun)
Shape = TypeVar("Shape", ExportedConsent, ExportedMail, ExportedEvent)


def export(
    transactions: Transactions, services: AccountServices, assessments: AssessmentServices, signed_in: SignedInMember
) -> Export:
    """One moment of a member's rows, read without holding up a writer. Raises BadToken and AddressUnverified."""
    now = transactions.now
    with transactions.begin() as session:
        lock_member(session, signed_in, now=now)
        if signed_in_member(session, signed_in).verified_at is None:
            raise AddressUnverified
        note(session, Event.EXPORTED, signed_in.id, session_id=signed_in.session_id, now=now)
    with transactions.snapshot() as session:
        check_session(session, signed_in, now=now)  # that it didn't end since
        member = signed_in_member(session, signed_in)
        key = member.key(services.ring)
        consents = col(MemberConsent.member_id) == member.id
        mails = col(OutboxMail.member_id) == member.id
        events = col(AuditEvent.subject) == str(member.id)
        return Export(
            made_at=now,
            account=shown(services, member),
            sessions=all_sessions(session, services, member.id),
            consents=_rows(session, ExportedConsent, MemberConsent, consents, MemberConsent.number),
            links=list(_links(session, member, key)),
            mails=_rows(session, ExportedMail, OutboxMail, mails, OutboxMail.written_at),
            security_events=_rows(session, ExportedEvent, AuditEvent, events, AuditEvent.happened_at),
            results=list(_results(session, assessments, member.id)),
            drafts=[ExportedDraft(**draft) for draft in all_drafts(session, assessments, member.id)],
            runs=[RUN.validate_python(run) for run in exported_runs(session, member.id, key, now=now)],
            bookmarks=[
                ExportedBookmark(article=article, saved_at=saved_at)
                for article, saved_at in all_bookmarks(session, member.id)
            ],
        )


def _rows(
    session: Session, shape: type[Shape], table: type[Table], mine: ColumnElement[bool], order: Any
) -> list[Shape]:
    """A member's rows of a table: the columns that the shape names."""
    columns = select(*(col(getattr(table, each.name)) for each in fields(shape)))
    return [shape(**row._asdict()) for row in session.execute(columns.where(mine).order_by(col(order)))]


def _results(session: Session, assessments: AssessmentServices, member_id: UUID) -> Iterator[ExportedResult]:
    for result in all_results(session, assessments, member_id):
        figures = figures_of(result.questionnaire, result.outcome)
        yield ExportedResult(
            id=result.stamp.id,
            taken_at=result.stamp.taken_at,
            assessment=figures.assessment,
            version=result.stamp.version,
            title=figures.title,
            answers=result.answers,
            scores=figures.scores,
            style=figures.style,
        )


def _links(session: Session, member: FoundMember, key: bytes) -> Iterator[ExportedLink]:
    columns = select(*(col(getattr(MailedToken, name)) for name in FoundToken._fields), col(MailedToken.expires_at))
    mine = columns.where(col(MailedToken.member_id) == member.id).order_by(col(MailedToken.expires_at))
    for *found, expires_at in session.execute(mine):
        token = FoundToken(*found)
        yield ExportedLink(purpose=token.purpose, address=token.address(key), expires_at=expires_at)
