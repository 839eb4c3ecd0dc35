"""Erasing: a member with everything about them, or their health data only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, delete, event, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.accounts.audit import Event, note
from app.accounts.members import FoundMember, lock_row, member_by_id
from app.accounts.models import AuditEvent, Member, MemberConsent
from app.accounts.proofs import accepted, prove_member
from app.accounts.tokens import Access
from app.accounts.tools import Caller, Tools
from app.core.database import Database
from app.privacy.erasures import Erasures
from app.privacy.registry import HOLDINGS, Holding, subject_of

log = structlog.get_logger("app.erasures")

HEALTH = "health_data"
RESPITE = timedelta(days=30)  # from a withdrawal to the erasure of what it was about
BATCH = 500


def erase_me(
    database: Database,
    tools: Tools,
    erasures: Erasures,
    caller: Caller,
    access: Access,
    password: str,
    *,
    now: datetime,
) -> None:
    """Raises WrongPassword and ErasuresUnwritable."""
    proof = prove_member(database, tools, caller, access, password, pointer="/password", now=now)
    erasures.check_writable()
    with accepted(database, proof, now=now) as session:
        erase(session, tools, erasures, proof.member, now=now)


def erase(session: Session, tools: Tools, erasures: Erasures, member: FoundMember, *, now: datetime) -> None:
    """Remove all rows and the key, and leave one mark. The mark goes into the file once this is committed; if that
    fails, `write_down` makes up for it.
    """
    lock_row(session, member.id)
    subject = subject_of(tools.ring, member)
    for holding in HOLDINGS:
        session.execute(delete(holding.table).where(holding.belongs_to(subject)))
    mark = erasures.mark(member.id)
    session.add(AuditEvent(subject=mark, event=Event.ERASED, happened_at=now))
    event.listen(session, "after_commit", partial(_written_down, erasures, mark, now), once=True)


def _written_down(erasures: Erasures, mark: str, now: datetime, _session: Session) -> None:
    try:
        erasures.add([mark], now=now)
    except OSError as error:
        log.exception("erasure_not_written_down", mark=mark, error=type(error).__name__)


def write_down(session: Session, erasures: Erasures, *, now: datetime) -> int:
    """Put into the file what a full disk or a crash kept from it; how many marks that were."""
    erased = session.scalars(select(col(AuditEvent.subject)).where(col(AuditEvent.event) == Event.ERASED))
    missing = sorted(set(erased) - erasures.marks())
    if missing:
        erasures.add(missing, now=now)
    return len(missing)


def reapply(database: Database, tools: Tools, erasures: Erasures, *, now: datetime) -> int:
    """After a restore: erase everybody whose mark is in the file; how many that were. Raises UnknownKey when the file
    was written with a secret that isn't on the ring, and erases nobody then.
    """
    marks = erasures.marks()
    key_ids = sorted({mark.partition(":")[0] for mark in marks})
    for key_id in key_ids:
        erasures.mark(UUID(int=0), key_id)
    with database.reads.connect() as connection:
        ids = list(connection.scalars(select(col(Member.id))))
    gone = [each for each in ids if any(erasures.mark(each, key_id) in marks for key_id in key_ids)]
    for member_id in gone:
        with database.transaction() as session:
            if member := member_by_id(session, member_id):
                erase(session, tools, erasures, member, now=now)
    return len(gone)


def erase_my_health_data(
    database: Database,
    tools: Tools,
    caller: Caller,
    access: Access,
    password: str,
    *,
    holdings: Sequence[Holding] = HOLDINGS,
    now: datetime,
) -> None:
    """Erase what needs the consent `health_data`, and nothing else. Raises WrongPassword."""
    proof = prove_member(database, tools, caller, access, password, pointer="/password", now=now)
    subject = subject_of(tools.ring, proof.member)
    with accepted(database, proof, now=now) as session:
        for holding in holdings:
            if holding.is_health:
                session.execute(delete(holding.table).where(holding.belongs_to(subject)))
        note(session, Event.HEALTH_DATA_ERASED, proof.member.id, now=now)


def erase_withdrawn(session: Session, *, holdings: Sequence[Holding] = HOLDINGS, now: datetime) -> None:
    """Erase the health data of those who withdrew their consent 30 days ago or longer, and didn't grant it again."""
    for holding in holdings:
        if holding.is_health:
            session.execute(
                delete(holding.table).where(col(holding.table.member_id).in_(_withdrawn(before=now - RESPITE)))
            )


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
