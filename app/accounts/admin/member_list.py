"""The list of members for operators. Email addresses are masked."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from app.accounts.members import MEMBERS, StoredMember
from app.accounts.models import Member, SignedInSession
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session


class MemberRow(NamedTuple):
    id: UUID
    address: str  # masked: only the first letter and the domain are shown; `-` without an address
    registered_at: datetime
    verified: bool
    disabled: bool
    sessions: int
    last_used_at: datetime | None


def newest_members(session: Session, *, limit: int) -> list[StoredMember]:
    statement = MEMBERS.order_by(col(Member.registered_at).desc(), col(Member.id)).limit(limit)
    return [StoredMember(*row) for row in session.execute(statement)]


def member_rows(session: Session, ring: KeyRing, members: list[StoredMember]) -> Iterator[MemberRow]:
    statement = (
        select(col(SignedInSession.member_id), func.count(), func.max(col(SignedInSession.refreshed_at)))
        .where(col(SignedInSession.member_id).in_([member.id for member in members]))
        .group_by(col(SignedInSession.member_id))
    )
    usage = {member_id: (count, last_used_at) for member_id, count, last_used_at in session.execute(statement)}
    for member in members:
        count, last_used_at = usage.get(member.id, (0, None))
        address = _mask_address(member.identity(ring).address)
        yield MemberRow(
            id=member.id,
            address=address,
            registered_at=member.registered_at,
            verified=member.verified_at is not None,
            disabled=member.disabled_at is not None,
            sessions=count,
            last_used_at=last_used_at,
        )


def _mask_address(address: str | None) -> str:
    if address is None:
        return "-"
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}"
