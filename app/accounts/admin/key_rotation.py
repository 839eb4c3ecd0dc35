"""Key rotation: switch stored data from older secrets to the current secret.

Each member has a data key, which is encrypted with a secret. A rotation re-encrypts the data keys and the queued
emails, and renews the hashes of email addresses; all other data is unchanged. It processes members in small
transactions, so the service can keep running and an interrupted rotation can be continued.
"""

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import col

from app.accounts.addresses import address_hash
from app.accounts.credentials.login_throttle import delete_counters
from app.accounts.emails.budgets import move
from app.accounts.members import Identity, unwrap_key, wrap_key
from app.accounts.models import Member, MemberKey
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session
from app.core.mail.outbox import OutboxMail, reencrypt

BATCH_SIZE = 50  # members per transaction; on SQLite, other writers wait during a transaction


def rotate_batch(session: Session, ring: KeyRing, *, now: datetime) -> int:
    """Switch one batch of members and queued emails to the current secret.

    Return how many were switched, or 0 if none are left. Raise UnknownKey if data is encrypted with a secret that is
    not in the key ring.
    """
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
        .limit(BATCH_SIZE)
        .with_for_update()
    )
    members = session.execute(statement).all()
    for member_id, old_hash, sealed, key_id, wrapped in members:
        key = unwrap_key(ring, member_id, key_id, wrapped)
        address = Identity.decrypt(key, member_id, sealed).address
        if address and old_hash:
            new_hash = address_hash(ring, ring.current, address)
            session.execute(update(Member).where(col(Member.id) == member_id).values(address_hash=new_hash))
            delete_counters(session, old_hash, now=now)
            move(session, old_hash, new_hash)
        new_key = wrap_key(ring, member_id, key)
        key_row = update(MemberKey).where(col(MemberKey.member_id) == member_id)
        session.execute(key_row.values(key_id=new_key.key_id, wrapped=new_key.wrapped))
    return len(members) + reencrypt(session, ring)


def key_usage(session: Session) -> Counter[str]:
    """Count the members and queued emails that are encrypted with each secret, by the secret's id."""
    mails = select(col(OutboxMail.key_id), func.count()).where(col(OutboxMail.sealed).is_not(None))
    usage: Counter[str] = Counter()
    for statement in (
        select(col(MemberKey.key_id), func.count()).group_by(col(MemberKey.key_id)),
        mails.group_by(col(OutboxMail.key_id)),
    ):
        for key_id, count in session.execute(statement):
            usage[key_id] += count
    return usage


def count_outdated(session: Session, ring: KeyRing) -> int:
    """Count the members and queued emails that are still encrypted with an older secret."""
    return sum(count for key_id, count in key_usage(session).items() if key_id != ring.current)
