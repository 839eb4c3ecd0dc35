"""What members agree to: the texts, and each member's decisions, which are only ever added."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ScalarSelect, Select, and_, func, select
from sqlmodel import col

from app.accounts.audit import Event, note
from app.accounts.models import ConsentText, MemberConsent
from app.accounts.schemas import ConsentPage, ConsentRead, Decision, MyConsent
from app.core.db.pagination import Order, PageRequest, page_of
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, Forbidden, NotFound, TooMany

TEXT: tuple[Any, ...] = (
    col(ConsentText.purpose),
    col(ConsentText.version),
    col(ConsentText.title),
    col(ConsentText.text),
)
HEALTH = "health_data"
A_DAY = 100  # decisions, from which on nothing more is agreed to; withdrawing always goes
BY_PURPOSE = Order("purpose", (col(ConsentText.purpose),))


class PurposeNotFound(NotFound):
    code = "purpose_not_found"
    says = "There is nothing to agree to under this name."


class ConsentRequired(Forbidden):
    code = "consent_required"
    says = "This is only kept for those who agreed to it. Show the text of `/v1/consents`, and ask."


class ConsentOutdated(Conflict):
    code = "consent_outdated"
    says = "This text has changed. Please show the current version and ask again."

    def __init__(self, current: str) -> None:
        super().__init__(FieldError("body", "/version", f"The current version is {current}."))


def consent_texts(session: Session, page: PageRequest) -> ConsentPage:
    """The texts that are asked for now."""
    current = select(*TEXT).where(col(ConsentText.is_current))
    total = session.scalar(select(func.count()).where(col(ConsentText.is_current))) or 0
    found = page_of(session, current, page, BY_PURPOSE, total=total)
    items = [
        ConsentRead(purpose=row.purpose, version=row.version, title=row.title, text=row.text) for row in found.items
    ]
    return ConsentPage(items, found.total, found.next)


def my_consent(reading: Session, member_id: UUID, purpose: str) -> MyConsent:
    """Raises PurposeNotFound."""
    latest = (
        select(func.max(col(MemberConsent.number)))
        .where(col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose)
        .scalar_subquery()
    )
    decided = and_(
        col(MemberConsent.member_id) == member_id,
        col(MemberConsent.purpose) == purpose,
        col(MemberConsent.number) == latest,
    )
    statement: Select[*tuple[Any, ...]] = (
        select(
            col(ConsentText.version).label("current_version"),
            func.coalesce(col(MemberConsent.granted), False).label("granted"),
            col(MemberConsent.version).label("version"),
            col(MemberConsent.decided_at).label("decided_at"),
        )
        .select_from(ConsentText)
        .outerjoin(MemberConsent, decided)
        .where(col(ConsentText.purpose) == purpose, col(ConsentText.is_current).is_(True))
    )
    row = reading.execute(statement).first()
    if row is None:
        raise PurposeNotFound
    return MyConsent(purpose=purpose, **row._asdict())


def granted(member_id: UUID | BindParameter[UUID], purpose: str) -> ScalarSelect[bool]:
    """Whether a member agreed when they last decided, as a part of a statement; NULL if they never did."""
    mine = col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose
    decisions = select(col(MemberConsent.granted)).where(*mine).order_by(col(MemberConsent.number).desc())
    return decisions.limit(1).scalar_subquery()


def change_consent(session: Session, member_id: UUID, purpose: str, decision: Decision, *, now: datetime) -> MyConsent:
    """Raises PurposeNotFound, and ConsentOutdated when another version than the current one is agreed to.

    To withdraw, the version that was agreed to is as good as the current one. What changes nothing adds nothing.
    """
    before = my_consent(session, member_id, purpose)
    good = {before.current_version} if decision.granted else {before.current_version, before.version}
    if decision.version not in good:
        raise ConsentOutdated(before.current_version)
    if (before.granted, before.version) == (decision.granted, decision.version):
        return before
    if decision.granted and _recently(session, member_id, purpose, now=now) >= A_DAY:
        raise TooMany(retry_after=3600)
    decide(session, member_id, purpose, decision, now=now)
    return replace(before, granted=decision.granted, version=decision.version, decided_at=now)


def withdraw_all(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Withdraw whatever a member, whose row is locked, agreed to, also what nobody is asked for any longer."""
    columns = select(col(MemberConsent.purpose), col(MemberConsent.granted), col(MemberConsent.version))
    in_order = columns.where(col(MemberConsent.member_id) == member_id).order_by(col(MemberConsent.number))
    last = {row.purpose: row for row in session.execute(in_order)}
    for purpose, decided in last.items():
        if decided.granted:
            decide(session, member_id, purpose, Decision(granted=False, version=decided.version), now=now)


def _recently(session: Session, member_id: UUID, purpose: str, *, now: datetime) -> int:
    """How often a member decided within a day."""
    mine = col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose
    lately = col(MemberConsent.decided_at) > now - timedelta(days=1)
    return session.scalar(select(func.count()).select_from(MemberConsent).where(*mine, lately)) or 0


def check_current(session: Session, purpose: str, decision: Decision) -> None:
    """Raises PurposeNotFound and ConsentOutdated."""
    statement = select(col(ConsentText.version)).where(
        col(ConsentText.purpose) == purpose, col(ConsentText.is_current).is_(True)
    )
    current = session.scalar(statement)
    if current is None:
        raise PurposeNotFound
    if decision.version != current:
        raise ConsentOutdated(current)


def decide(session: Session, member_id: UUID, purpose: str, decision: Decision, *, now: datetime) -> None:
    """Add a decision to those of a member, whose row is locked or new."""
    mine = col(MemberConsent.member_id) == member_id, col(MemberConsent.purpose) == purpose
    so_far = session.scalar(select(func.max(col(MemberConsent.number))).where(*mine)) or 0
    row = MemberConsent(
        member_id=member_id,
        purpose=purpose,
        number=so_far + 1,
        granted=decision.granted,
        version=decision.version,
        decided_at=now,
    )
    session.insert(row)
    note(session, Event.CONSENT_GRANTED if decision.granted else Event.CONSENT_WITHDRAWN, member_id, now=now)
