"""Members as operators see them: enough to help a member, and no more."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from app.accounts.members import MEMBERS, FoundMember
from app.accounts.models import Member, SignedInSession
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session


class Listed(NamedTuple):
    id: UUID
    address: str  # but for its first letter and its domain, hidden
    registered_at: datetime
    verified: bool
    sessions: int
    last_used_at: datetime | None


def newest_members(reading: Session, *, limit: int) -> list[FoundMember]:
    statement = MEMBERS.order_by(col(Member.registered_at).desc(), col(Member.id)).limit(limit)
    return [FoundMember(*row) for row in reading.execute(statement)]


def listed(reading: Session, ring: KeyRing, members: list[FoundMember]) -> Iterator[Listed]:
    statement = (
        select(col(SignedInSession.member_id), func.count(), func.max(col(SignedInSession.refreshed_at)))
        .where(col(SignedInSession.member_id).in_([member.id for member in members]))
        .group_by(col(SignedInSession.member_id))
    )
    used = {member_id: (many, last) for member_id, many, last in reading.execute(statement)}
    for member in members:
        many, last = used.get(member.id, (0, None))
        address = _hidden(member.identity(ring).address)
        yield Listed(member.id, address, member.registered_at, member.verified_at is not None, many, last)


def _hidden(address: str) -> str:
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}"
