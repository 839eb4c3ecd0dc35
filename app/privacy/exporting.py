"""An export: everything kept about a member, unsealed, as one document."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.audit import Event, note
from app.accounts.members import FoundMember, member_by_id
from app.accounts.models import AuditEvent, MailedToken, MemberConsent
from app.accounts.profile import AddressUnverified, read_member, unsealed_address
from app.accounts.sessions import all_sessions
from app.accounts.tokens import Access, BadToken
from app.accounts.tools import Tools
from app.core.outbox import OutboxMail
from app.privacy.schemas import Export, ExportedConsent, ExportedEvent, ExportedLink, ExportedMail, ExportedSession


def export(session: Session, tools: Tools, access: Access, *, now: datetime) -> Export:
    """One member's rows as they are now, for no other write of theirs goes on meanwhile. Raises AddressUnverified."""
    member = member_by_id(session, access.member_id)
    if member is None:
        raise BadToken
    if member.verified_at is None:
        raise AddressUnverified
    note(session, Event.EXPORTED, member.id, session_id=access.session_id, now=now)
    session.flush()
    return Export(
        made_at=now,
        account=read_member(session, tools, access),
        sessions=[
            ExportedSession(**each.model_dump(exclude={"is_current"}))
            for each in all_sessions(session, tools, member, access)
        ],
        consents=list(_consents(session, member)),
        links=list(_links(session, tools, member)),
        mails=list(_mails(session, member)),
        security_events=list(_events(session, member)),
    )


def _consents(session: Session, member: FoundMember) -> Iterator[ExportedConsent]:
    mine = select(MemberConsent).where(col(MemberConsent.member_id) == member.id)
    for row in session.scalars(mine.order_by(col(MemberConsent.purpose), col(MemberConsent.number))):
        yield ExportedConsent(**_of(row, ExportedConsent))


def _links(session: Session, tools: Tools, member: FoundMember) -> Iterator[ExportedLink]:
    mine = select(MailedToken).where(col(MailedToken.member_id) == member.id)
    for row in session.scalars(mine.order_by(col(MailedToken.expires_at))):
        address = unsealed_address(member.key(tools.ring), member.id, row.sealed) if row.sealed else None
        yield ExportedLink(purpose=row.purpose, address=address, expires_at=row.expires_at)


def _mails(session: Session, member: FoundMember) -> Iterator[ExportedMail]:
    mine = select(OutboxMail).where(col(OutboxMail.member_id) == member.id)
    for row in session.scalars(mine.order_by(col(OutboxMail.written_at))):
        yield ExportedMail(**_of(row, ExportedMail))


def _events(session: Session, member: FoundMember) -> Iterator[ExportedEvent]:
    mine = select(AuditEvent).where(col(AuditEvent.subject) == str(member.id))
    for row in session.scalars(mine.order_by(col(AuditEvent.happened_at))):
        yield ExportedEvent(**_of(row, ExportedEvent))


def _of(row: Any, shape: type[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in shape.model_fields}
