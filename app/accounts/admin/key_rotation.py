"""Rotating: whatever is under an older secret of the ring comes under the one in use, while requests go on.

Only keys are wrapped anew, not what they seal. A few members at a time, each in whole; a run that was interrupted is
continued by starting again.
"""

from collections import Counter

from sqlalchemy import func, select, update
from sqlmodel import col

from app.accounts.addresses import address_hash
from app.accounts.credentials.login_throttle import forget
from app.accounts.members import Identity, unwrapped_key, wrapped_key
from app.accounts.models import Member, MemberKey
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session
from app.core.mail.outbox import OutboxMail, reseal

BATCH = 50  # members a transaction: on SQLite other writers wait that long


def rotate_some(session: Session, ring: KeyRing) -> int:
    """How many members and mails came under the secret in use; 0 when none is left. Raises UnknownKey."""
    statement = (
        select(
            col(Member.id),
            col(Member.address_hash),
            col(Member.sealed),
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
        )
        .join(MemberKey, col(MemberKey.member_id) == col(Member.id))
        .where(col(MemberKey.key_id) != ring.current)
        .limit(BATCH)
        .with_for_update()
    )
    members = session.execute(statement).all()
    for member_id, old_hash, sealed, key_id, wrapped in members:
        key = unwrapped_key(ring, member_id, key_id, wrapped)
        address = Identity.unsealed(key, member_id, sealed).address
        found_by = address_hash(ring, ring.current, address)
        session.execute(update(Member).where(col(Member.id) == member_id).values(address_hash=found_by))
        new = wrapped_key(ring, member_id, key)
        mine = update(MemberKey).where(col(MemberKey.member_id) == member_id)
        session.execute(mine.values(key_id=new.key_id, wrapped=new.wrapped))
        forget(session, old_hash)
    return len(members) + reseal(session, ring)


def in_use(reading: Session) -> Counter[str]:
    """How many members and waiting mails are under each secret."""
    mails = select(col(OutboxMail.key_id), func.count()).where(col(OutboxMail.sealed).is_not(None))
    used: Counter[str] = Counter()
    for statement in (
        select(col(MemberKey.key_id), func.count()).group_by(col(MemberKey.key_id)),
        mails.group_by(col(OutboxMail.key_id)),
    ):
        for key_id, many in reading.execute(statement):
            used[key_id] += many
    return used


def to_rotate(reading: Session, ring: KeyRing) -> int:
    return sum(n for key_id, n in in_use(reading).items() if key_id != ring.current)
