"""Erase a member with all personal data, or only the member's health data."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, Update, delete, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.accounts.audit import AuditEventType, record_event
from app.accounts.consents import HEALTH_DATA
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.login_throttle import delete_counters
from app.accounts.credentials.password_check import verified_transaction
from app.accounts.credentials.reauthentication import verify_member
from app.accounts.members import StoredMember, lock_member_by_id, member_by_id
from app.accounts.models import AuditEvent, Member, MemberConsent
from app.accounts.services import AccountServices, Caller
from app.core.db.database import Database
from app.core.db.session import Session, delete_with_tombstones
from app.core.db.transactions import Transactions
from app.privacy.erasure_log import ErasureLog
from app.privacy.registry import PERSONAL_DATA, PersonalDataTable, data_subject

log = structlog.get_logger("app.erasures")

ERASURE_DELAY = timedelta(days=30)  # between the withdrawal of consent and the erasure of the health data


def erase_own_account(
    transactions: Transactions,
    services: AccountServices,
    erasure_log: ErasureLog,
    caller: Caller,
    signed_in: SignedInMember,
    password: str | None,
) -> None:
    """Erase the account of the signed-in member, after verifying the password or a recent proof of identity.

    Raise ErasureLogUnwritable if the erasure cannot be logged. Errors of `verify_member` are passed on.
    """
    erasure_log.check_writable()
    verification = verify_member(transactions, services, caller, signed_in, password, pointer="/password")
    with verified_transaction(transactions, verification) as session:
        mark = _delete_personal_data(session, services, erasure_log, verification.member, now=transactions.now)
    _log_erasure(erasure_log, mark, now=transactions.now)


def erase_member(
    database: Database, services: AccountServices, erasure_log: ErasureLog, member_id: UUID, *, now: datetime
) -> bool:
    """Erase a member and return True, or return False if there is no such member.

    Raise ErasureLogUnwritable if the erasure cannot be logged.
    """
    erasure_log.check_writable()
    with database.transaction() as session:
        lock_member_by_id(session, member_id)
        member = member_by_id(session, member_id)
        if member is None:
            return False
        mark = _delete_personal_data(session, services, erasure_log, member, now=now)
    _log_erasure(erasure_log, mark, now=now)
    return True


def _delete_personal_data(
    session: Session, services: AccountServices, erasure_log: ErasureLog, member: StoredMember, *, now: datetime
) -> str:
    """Delete all rows of a member, including the encryption key. Return the mark for the erasure log.

    An audit event with the mark is added. The member's row is locked before the others, because another order could
    cause deadlocks with transactions that have locked the member and then wait for other rows.
    """
    session.execute(select(col(Member.id)).where(col(Member.id) == member.id).with_for_update())
    subject = data_subject(services.ring, member)
    for account in dict.fromkeys(subject.throttle_keys):
        delete_counters(session, account, now=now)
    for entry in PERSONAL_DATA:
        session.execute(delete(entry.table).where(entry.belongs_to(subject)))
    mark = erasure_log.compute_mark(member.id)
    session.insert(AuditEvent(subject=mark, event=AuditEventType.ERASED, happened_at=now))
    return mark


def _log_erasure(erasure_log: ErasureLog, mark: str, *, now: datetime) -> None:
    """Append a committed erasure to the erasure log. If this fails, `log_missing_erasures` does it later."""
    try:
        erasure_log.append([mark], now=now)
    except OSError as error:
        log.exception("erasure_not_logged", mark=mark, error=type(error).__name__)


def log_missing_erasures(database: Database, erasure_log: ErasureLog, *, now: datetime) -> int:
    """Log erasures that could not be logged before, because of a full disk or a crash. Return their number."""
    statement = select(col(AuditEvent.subject)).where(col(AuditEvent.event) == AuditEventType.ERASED)
    with database.autocommit() as session:
        erased: set[str] = set(session.execute(statement).scalars())
    missing = sorted(erased - erasure_log.read_marks())
    if missing:
        erasure_log.append(missing, now=now)
    return len(missing)


def reapply_erasures(
    database: Database, services: AccountServices, erasure_log: ErasureLog, *, now: datetime
) -> tuple[int, set[str]]:
    """Erase members again who are listed in the erasure log, after a backup was restored.

    Return the number of erased members, and the ids of secrets that are missing from the key ring. Log entries that
    were written with a missing secret cannot be matched to members.
    """
    marks = erasure_log.read_marks()
    key_ids = {mark.partition(":")[0] for mark in marks}
    available = [key_id for key_id in services.ring.ids if key_id in key_ids]
    with database.autocommit() as session:
        member_ids: list[UUID] = list(session.execute(select(col(Member.id))).scalars())
    erased_ids = [
        member_id
        for member_id in member_ids
        if any(erasure_log.compute_mark(member_id, key_id) in marks for key_id in available)
    ]
    for member_id in erased_ids:
        erase_member(database, services, erasure_log, member_id, now=now)
    return len(erased_ids), key_ids - set(available)


def erase_own_health_data(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in: SignedInMember,
    password: str | None,
) -> None:
    """Erase the health data of the signed-in member, after verifying the password or a recent proof of identity.

    Errors of `verify_member` are passed on.
    """
    verification = verify_member(transactions, services, caller, signed_in, password, pointer="/password")
    with verified_transaction(transactions, verification) as session:
        delete_health_data(session, services, verification.member, now=transactions.now)


def delete_health_data(session: Session, services: AccountServices, member: StoredMember, *, now: datetime) -> None:
    """Delete a member's health data. The caller must have locked the member's row."""
    subject = data_subject(services.ring, member)
    for entry in PERSONAL_DATA:
        if entry.is_health_data:
            statement = delete(entry.table).where(entry.belongs_to(subject))
            delete_with_tombstones(session, statement, entry.table, entry.tombstones)
        elif entry.health_column:
            session.execute(_clear_health_column(entry).where(entry.belongs_to(subject)))
    record_event(session, AuditEventType.HEALTH_DATA_ERASED, member.id, now=now)


def erase_withdrawn_health_data(database: Database, *, now: datetime) -> None:
    """Erase the health data of members who withdrew their consent at least 30 days ago."""
    for entry in PERSONAL_DATA:
        member_ids = _members_who_withdrew(before=now - ERASURE_DELAY)
        if entry.is_health_data:
            database.delete(entry.table, col(entry.table.member_id).in_(member_ids), tombstones=entry.tombstones)
        elif entry.health_column:
            with database.transaction() as session:
                session.execute(_clear_health_column(entry).where(col(entry.table.member_id).in_(member_ids)))


def _clear_health_column(entry: PersonalDataTable) -> Update:
    """Return an UPDATE statement that empties a table's column with health data.

    Rows in which the column is already empty are not updated.
    """
    assert entry.health_column
    column = col(getattr(entry.table, entry.health_column))
    return update(entry.table).where(column != b"").values({column: b""})


def _members_who_withdrew(*, before: datetime) -> Select[*tuple[Any, ...]]:
    """Return a query for members whose latest decision on health data is a withdrawal of consent.

    The decision must have been made at or before the time `before`.
    """
    later = aliased(MemberConsent)
    decided_again = (
        select(col(later.number))
        .where(
            col(later.member_id) == col(MemberConsent.member_id),
            col(later.purpose) == HEALTH_DATA,
            col(later.number) > col(MemberConsent.number),
        )
        .exists()
    )
    return select(col(MemberConsent.member_id)).where(
        col(MemberConsent.purpose) == HEALTH_DATA,
        col(MemberConsent.granted).is_(False),
        col(MemberConsent.decided_at) <= before,
        ~decided_again,
    )
