"""Consent texts, and the append-only history of members' consent decisions."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ScalarSelect, Select, and_, func, select
from sqlmodel import col

from app.accounts.audit import AuditEventType, record_event
from app.accounts.models import ConsentText, MemberConsent
from app.accounts.schemas import ConsentDecision, ConsentPage, ConsentRead, ConsentStatus
from app.core.db.pagination import Order, PageRequest, fetch_page
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, Forbidden, NotFound, TooManyRequests

TEXT_COLUMNS: tuple[Any, ...] = (
    col(ConsentText.purpose),
    col(ConsentText.version),
    col(ConsentText.title),
    col(ConsentText.text),
)
HEALTH_DATA = "health_data"
MAX_DECISIONS_PER_DAY = 100  # per member and purpose; withdrawals are accepted beyond this limit
BY_PURPOSE = Order("purpose", (col(ConsentText.purpose),))


class PurposeNotFound(NotFound):
    code = "purpose_not_found"
    message = "No consent is requested for this purpose. See `/v1/consents` for the current purposes."


class ConsentRequired(Forbidden):
    code = "consent_required"
    message = (
        "The member's consent is required to store this data. Show the text from `/v1/consents` and ask for consent."
    )


class ConsentOutdated(Conflict):
    code = "consent_outdated"
    message = "The consent text has changed. Show the current version and ask for consent again."

    def __init__(self, current: str) -> None:
        super().__init__(FieldError("body", "/version", f"The current version is {current}."))


def consent_texts(session: Session, page: PageRequest) -> ConsentPage:
    """Return one page of the current consent texts."""
    current = select(*TEXT_COLUMNS).where(col(ConsentText.is_current))
    total = session.scalar(select(func.count()).where(col(ConsentText.is_current))) or 0
    result = fetch_page(session, current, page, BY_PURPOSE, total=total)
    items = [
        ConsentRead(purpose=row.purpose, version=row.version, title=row.title, text=row.text) for row in result.items
    ]
    return ConsentPage(items, result.total, result.next)


def member_consent(session: Session, member_id: UUID, purpose: str) -> ConsentStatus:
    """Return the member's latest consent decision for a purpose. Raise PurposeNotFound if there is no such purpose."""
    latest_number = (
        select(func.max(col(MemberConsent.number)))
        .where(col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose)
        .scalar_subquery()
    )
    latest_decision = and_(
        col(MemberConsent.member_id) == member_id,
        col(MemberConsent.purpose) == purpose,
        col(MemberConsent.number) == latest_number,
    )
    statement: Select[*tuple[Any, ...]] = (
        select(
            col(ConsentText.version).label("current_version"),
            func.coalesce(col(MemberConsent.granted), False).label("granted"),
            col(MemberConsent.version).label("version"),
            col(MemberConsent.decided_at).label("decided_at"),
        )
        .select_from(ConsentText)
        .outerjoin(MemberConsent, latest_decision)
        .where(col(ConsentText.purpose) == purpose, col(ConsentText.is_current).is_(True))
    )
    row = session.execute(statement).first()
    if row is None:
        raise PurposeNotFound
    return ConsentStatus(purpose=purpose, **row._asdict())


def consent_granted(member_id: UUID | BindParameter[UUID], purpose: str) -> ScalarSelect[bool]:
    """Return a subquery for the member's latest consent decision: true, false, or NULL if there is none."""
    by_member_and_purpose = col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose
    decisions = (
        select(col(MemberConsent.granted)).where(*by_member_and_purpose).order_by(col(MemberConsent.number).desc())
    )
    return decisions.limit(1).scalar_subquery()


def change_consent(
    session: Session, member_id: UUID, purpose: str, decision: ConsentDecision, *, now: datetime
) -> ConsentStatus:
    """Grant or withdraw a member's consent.

    A grant must name the current version of the text. A withdrawal may also name the version that was granted. A
    repetition of the latest decision is not stored again.

    Raise PurposeNotFound for an unknown purpose, ConsentOutdated for a wrong version, and TooManyRequests for a grant
    after too many decisions within a day.
    """
    consent = member_consent(session, member_id, purpose)
    accepted_versions = {consent.current_version} if decision.granted else {consent.current_version, consent.version}
    if decision.version not in accepted_versions:
        raise ConsentOutdated(consent.current_version)
    if (consent.granted, consent.version) == (decision.granted, decision.version):
        return consent
    if decision.granted and _count_recent_decisions(session, member_id, purpose, now=now) >= MAX_DECISIONS_PER_DAY:
        raise TooManyRequests(retry_after=3600)
    record_decision(session, member_id, purpose, decision, now=now)
    return replace(consent, granted=decision.granted, version=decision.version, decided_at=now)


def withdraw_all(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Withdraw all consents of a member, including those for purposes that are no longer offered.

    The caller must have locked the member's row.
    """
    columns = select(col(MemberConsent.purpose), col(MemberConsent.granted), col(MemberConsent.version))
    decisions = columns.where(col(MemberConsent.member_id) == member_id).order_by(col(MemberConsent.number))
    latest = {row.purpose: row for row in session.execute(decisions)}
    for purpose, decision in latest.items():
        if decision.granted:
            record_decision(
                session, member_id, purpose, ConsentDecision(granted=False, version=decision.version), now=now
            )


def _count_recent_decisions(session: Session, member_id: UUID, purpose: str, *, now: datetime) -> int:
    """Count the member's consent decisions for a purpose in the last 24 hours."""
    by_member_and_purpose = col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose
    within_one_day = col(MemberConsent.decided_at) > now - timedelta(days=1)
    return (
        session.scalar(select(func.count()).select_from(MemberConsent).where(*by_member_and_purpose, within_one_day))
        or 0
    )


def check_version(session: Session, purpose: str, decision: ConsentDecision) -> None:
    """Raise an error unless a decision names the current version of the consent text.

    The error is PurposeNotFound if there is no such purpose, otherwise ConsentOutdated.
    """
    statement = select(col(ConsentText.version)).where(
        col(ConsentText.purpose) == purpose, col(ConsentText.is_current).is_(True)
    )
    current = session.scalar(statement)
    if current is None:
        raise PurposeNotFound
    if decision.version != current:
        raise ConsentOutdated(current)


def record_decision(
    session: Session, member_id: UUID, purpose: str, decision: ConsentDecision, *, now: datetime
) -> None:
    """Add a consent decision to the member's history.

    The caller must have locked the member's row, or created it in the same transaction.
    """
    by_member_and_purpose = col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose
    last_number = session.scalar(select(func.max(col(MemberConsent.number))).where(*by_member_and_purpose)) or 0
    row = MemberConsent(
        member_id=member_id,
        purpose=purpose,
        number=last_number + 1,
        granted=decision.granted,
        version=decision.version,
        decided_at=now,
    )
    session.insert(row)
    record_event(
        session,
        AuditEventType.CONSENT_GRANTED if decision.granted else AuditEventType.CONSENT_WITHDRAWN,
        member_id,
        now=now,
    )
