"""Erase health data that has been unused for years, and unused detached accounts.

A member whose account has not been used for three years receives two emails, a month apart. A month after the second
one, the health data is erased; the account remains. Signing in or refreshing a session stops this.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, update
from sqlmodel import col

from app.accounts.emails import templates
from app.accounts.members import lock_member_by_id, member_by_id
from app.accounts.models import Member, SignedInSession
from app.accounts.services import AccountServices
from app.core.db.database import Database
from app.core.db.session import Session
from app.core.mail.outbox import enqueue_mail
from app.privacy.erasure import delete_health_data, erase_member
from app.privacy.erasure_log import ErasureLog
from app.privacy.registry import PERSONAL_DATA

NOTICE_PERIOD = timedelta(days=30)  # between the emails, and between the last one and the erasure
REMINDERS = 2  # emails before the erasure
ERASED = REMINDERS + 1  # value of `Member.reminders` after the erasure
DAYS_PER_YEAR = 365.25
ACTIVITY_GRANULARITY = timedelta(days=7)  # `Member.last_seen_at` may be this much too old


def record_activity_of_sessions(database: Database, *, now: datetime) -> None:
    """Copy the times of the latest refreshes to `Member.last_seen_at`. Call this before ended sessions are deleted."""
    refreshed_at = (
        select(func.max(col(SignedInSession.refreshed_at)))
        .where(col(SignedInSession.member_id) == col(Member.id))
        .scalar_subquery()
    )
    is_due = or_(_last_seen() < now - ACTIVITY_GRANULARITY, col(Member.detached_at).is_not(None))
    is_outdated = is_due, refreshed_at > _last_seen()
    with database.autocommit() as session:
        member_ids: list[UUID] = list(session.execute(select(col(Member.id)).where(*is_outdated)).scalars())
    for member_id in member_ids:
        with database.transaction() as session:
            values = {"last_seen_at": refreshed_at, "reminders": 0}
            session.execute(update(Member).where(col(Member.id) == member_id, *is_outdated).values(**values))


def erase_unused_health_data(database: Database, services: AccountServices, *, now: datetime) -> None:
    """Remind members whose health data is unused for years, and erase it after two reminders."""
    with database.autocommit() as session:
        member_ids: list[UUID] = list(session.execute(_unused(services, col(Member.id), now=now)).scalars())
    for member_id in member_ids:
        with database.transaction() as session:
            lock_member_by_id(session, member_id)
            reminders = session.scalar(
                _unused(services, col(Member.reminders), now=now).where(col(Member.id) == member_id)
            )
            if reminders is not None:  # the member has not signed in since the first query
                _remind_or_erase(session, services, member_id, reminders, now=now)


def erase_unused_detached_accounts(
    database: Database, services: AccountServices, erasure_log: ErasureLog, *, now: datetime
) -> None:
    """Erase accounts without an address that have not been used on any device for the idle time of a session."""
    idle = timedelta(days=services.settings.session_idle_days)
    has_session = exists().where(
        col(SignedInSession.member_id) == col(Member.id), col(SignedInSession.expires_at) > now
    )
    is_unused = col(Member.detached_at) <= now - idle, _last_seen() <= now - idle, ~has_session
    statement = select(col(Member.id)).where(*is_unused, col(Member.disabled_at).is_(None))
    with database.autocommit() as session:
        member_ids: list[UUID] = list(session.execute(statement).scalars())
    for member_id in member_ids:
        erase_member(database, services, erasure_log, member_id, now=now)


def _remind_or_erase(
    session: Session, services: AccountServices, member_id: UUID, reminders: int, *, now: datetime
) -> None:
    member = member_by_id(session, member_id)
    assert member
    address = member.identity(services.ring).address
    if reminders == REMINDERS:
        delete_health_data(session, services, member, now=now)
    elif address:
        mail = templates.account_unused(
            address,
            language=member.language,
            link=services.settings.site_url,
            is_last=reminders + 1 == REMINDERS,
            erased_on=(now + NOTICE_PERIOD * (REMINDERS - reminders)).date(),
        )
        enqueue_mail(session, services.ring, mail, member_id=member_id, now=now)
    values = {"reminders": reminders + 1, "reminded_at": now}
    session.execute(update(Member).where(col(Member.id) == member_id).values(**values))


def _unused(services: AccountServices, column: Any, *, now: datetime) -> Select[*tuple[Any, ...]]:
    """Return a query for a column of members with unused health data who are due for an email or the erasure."""
    cutoff = now - timedelta(days=services.settings.unused_years * DAYS_PER_YEAR)
    has_been_active = exists().where(
        col(SignedInSession.member_id) == col(Member.id), col(SignedInSession.refreshed_at) > cutoff
    )
    return select(column).where(
        _last_seen() <= cutoff,
        ~has_been_active,
        col(Member.reminders) < ERASED,
        or_(col(Member.reminders) == 0, col(Member.reminded_at) <= now - NOTICE_PERIOD),
        _has_health_data(),
    )


def _has_health_data() -> ColumnElement[bool]:
    tables = (entry.table for entry in PERSONAL_DATA if entry.is_health_data)
    return or_(*(exists().where(col(table.member_id) == col(Member.id)) for table in tables))


def _last_seen() -> Any:
    return func.coalesce(col(Member.last_seen_at), col(Member.registered_at))
