"""Erasing: a member with everything about them, or their health data only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, Update, delete, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.accounts.audit import Event, note
from app.accounts.consents import HEALTH
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.password_check import accepted, prove_member
from app.accounts.members import FoundMember, lock_row, member_by_id
from app.accounts.models import AuditEvent, Member, MemberConsent
from app.accounts.services import AccountServices, Caller
from app.core.db.database import Database
from app.core.db.session import Session, delete_noting
from app.core.db.transactions import Transactions
from app.privacy.erasure_log import Erasures
from app.privacy.registry import HOLDINGS, Holding, subject_of

log = structlog.get_logger("app.erasures")

RESPITE = timedelta(days=30)  # from a withdrawal to the erasure of what it was about


def erase_me(
    transactions: Transactions,
    services: AccountServices,
    erasures: Erasures,
    caller: Caller,
    signed_in: SignedInMember,
    password: str,
) -> None:
    """Raises ErasuresUnwritable, and as `prove_member` does."""
    erasures.check_writable()
    proof = prove_member(transactions, services, caller, signed_in, password, pointer="/password")
    with accepted(transactions, proof) as session:
        mark = _erase(session, services, erasures, proof.member, now=transactions.now)
    _note(erasures, mark, now=transactions.now)


def erase_member(
    database: Database, services: AccountServices, erasures: Erasures, member_id: UUID, *, now: datetime
) -> bool:
    """Whether there was such a member. Raises ErasuresUnwritable."""
    erasures.check_writable()
    with database.transaction() as session:
        lock_row(session, member_id)
        member = member_by_id(session, member_id)
        if member is None:
            return False
        mark = _erase(session, services, erasures, member, now=now)
    _note(erasures, mark, now=now)
    return True


def _erase(
    session: Session, services: AccountServices, erasures: Erasures, member: FoundMember, *, now: datetime
) -> str:
    """Remove all rows and the key of a member whose row is locked, and leave one mark, which is returned.

    Other transactions that hold the row are waited for first, before anything that they may wait for is locked.
    """
    session.execute(select(col(Member.id)).where(col(Member.id) == member.id).with_for_update())
    subject = subject_of(services.ring, member)
    for holding in HOLDINGS:
        session.execute(delete(holding.table).where(holding.belongs_to(subject)))
    mark = erasures.mark(member.id)
    session.insert(AuditEvent(subject=mark, event=Event.ERASED, happened_at=now))
    return mark


def _note(erasures: Erasures, mark: str, *, now: datetime) -> None:
    """Write an erasure down once it is committed; should that fail, `write_down` makes up for it."""
    try:
        erasures.add([mark], now=now)
    except OSError as error:
        log.exception("erasure_not_written_down", mark=mark, error=type(error).__name__)


def write_down(database: Database, erasures: Erasures, *, now: datetime) -> int:
    """Add the marks to the file that a full disk or a crash kept from it. Returns their number."""
    of_erasures = select(col(AuditEvent.subject)).where(col(AuditEvent.event) == Event.ERASED)
    with database.reading() as session:
        erased: set[str] = set(session.execute(of_erasures).scalars())
    missing = sorted(erased - erasures.marks())
    if missing:
        erasures.add(missing, now=now)
    return len(missing)


def reapply(
    database: Database, services: AccountServices, erasures: Erasures, *, now: datetime
) -> tuple[int, set[str]]:
    """After a restore: erase all members whose marks are in the file. Returns their number, and the names of secrets
    that aren't on the ring, so that no member can be found by their marks.
    """
    marks = erasures.marks()
    secrets = {mark.partition(":")[0] for mark in marks}
    known = [key_id for key_id in services.ring.ids if key_id in secrets]
    with database.reading() as session:
        ids: list[UUID] = list(session.execute(select(col(Member.id))).scalars())
    gone = [each for each in ids if any(erasures.mark(each, key_id) in marks for key_id in known)]
    for member_id in gone:
        erase_member(database, services, erasures, member_id, now=now)
    return len(gone), secrets - set(known)


def erase_my_health_data(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in: SignedInMember,
    password: str,
    *,
    holdings: Sequence[Holding] = HOLDINGS,
) -> None:
    """Erase what needs the consent `health_data`, and nothing else. Raises as `prove_member` does."""
    proof = prove_member(transactions, services, caller, signed_in, password, pointer="/password")
    subject = subject_of(services.ring, proof.member)
    with accepted(transactions, proof) as session:
        for holding in holdings:
            if holding.is_health:
                theirs = delete(holding.table).where(holding.belongs_to(subject))
                delete_noting(session, theirs, holding.table, holding.noted_in)
            elif holding.health_column:
                session.execute(_emptied(holding).where(holding.belongs_to(subject)))
        note(session, Event.HEALTH_DATA_ERASED, proof.member.id, now=transactions.now)


def erase_withdrawn(database: Database, *, holdings: Sequence[Holding] = HOLDINGS, now: datetime) -> None:
    """Erase the health data of those who withdrew their consent 30 days ago or longer, and didn't grant it again."""
    for holding in holdings:
        if holding.is_health:
            theirs = col(holding.table.member_id).in_(_withdrawn(before=now - RESPITE))
            database.delete(holding.table, theirs, noted_in=holding.noted_in)
        elif holding.health_column:
            with database.transaction() as session:
                theirs = col(holding.table.member_id).in_(_withdrawn(before=now - RESPITE))
                session.execute(_emptied(holding).where(theirs))


def _emptied(holding: Holding) -> Update:
    """Of rows that aren't emptied yet."""
    assert holding.health_column
    column = col(getattr(holding.table, holding.health_column))
    return update(holding.table).where(column != b"").values({column: b""})


def _withdrawn(*, before: datetime) -> Select[*tuple[Any, ...]]:
    later = aliased(MemberConsent)
    decided_again = (
        select(col(later.number))
        .where(
            col(later.member_id) == col(MemberConsent.member_id),
            col(later.purpose) == HEALTH,
            col(later.number) > col(MemberConsent.number),
        )
        .exists()
    )
    return select(col(MemberConsent.member_id)).where(
        col(MemberConsent.purpose) == HEALTH,
        col(MemberConsent.granted).is_(False),
        col(MemberConsent.decided_at) <= before,
        ~decided_again,
    )
