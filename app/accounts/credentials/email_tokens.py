"""Tokens in links that are mailed: random, stored as a hash, good once and for a while.

A token names its member, so that the hash is looked for among that member's rows only.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_bytes
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from app.accounts.models import MailedToken
from app.core.crypto.encryption import seal, unseal
from app.core.db.session import Session
from app.core.errors import BadInput, FieldError

ID, RANDOM = 16, 32  # bytes
LENGTH = 64  # characters: a member's id and the random bytes in base64url


class Purpose(StrEnum):
    VERIFY = "verify"
    MOVE = "move"
    RESET = "reset"


GOOD_FOR = {
    Purpose.VERIFY: timedelta(days=1),
    Purpose.MOVE: timedelta(days=1),
    Purpose.RESET: timedelta(hours=1),
}


class TokenNotGood(BadInput):
    code = "token_not_good"
    says = "This link is no longer valid. Please ask for a new one."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/token", "Unknown, used or too old."))


class FoundToken(NamedTuple):
    member_id: UUID
    purpose: str
    digest: str
    sealed: bytes | None

    def address(self, key: bytes) -> str | None:
        """The address that the link would change to, if that is its purpose."""
        if self.sealed is None:
            return None
        return unseal(key, self.sealed, bound_to=_place(self.member_id, self.digest)).decode()


def make_token(session: Session, member_id: UUID, purpose: Purpose, *, now: datetime) -> str:
    """The token to be mailed; it can't be had again."""
    token = _new_token(member_id)
    _add(session, member_id, purpose, _digest(token), None, now=now)
    return token


def make_moving_token(session: Session, member_id: UUID, key: bytes, address: str, *, now: datetime) -> str:
    """A token that changes the member's address to this one."""
    token = _new_token(member_id)
    digest = _digest(token)
    sealed = seal(key, address.encode(), bound_to=_place(member_id, digest))
    _add(session, member_id, Purpose.MOVE, digest, sealed, now=now)
    return token


def _new_token(member_id: UUID) -> str:
    return urlsafe_b64encode(member_id.bytes + token_bytes(RANDOM)).decode()


def _add(
    session: Session, member_id: UUID, purpose: Purpose, digest: str, sealed: bytes | None, *, now: datetime
) -> None:
    row = MailedToken(
        member_id=member_id, purpose=purpose, digest=digest, sealed=sealed, expires_at=now + GOOD_FOR[purpose]
    )
    session.insert(row)


def find_token(session: Session, token: str, *purposes: Purpose, now: datetime) -> FoundToken:
    """Raises TokenNotGood. To be used up with `use_token`."""
    try:
        raw = urlsafe_b64decode(token)
    except ValueError:
        raise TokenNotGood from None
    if len(token) != LENGTH or len(raw) != ID + RANDOM:
        raise TokenNotGood
    statement = select(
        col(MailedToken.member_id), col(MailedToken.purpose), col(MailedToken.digest), col(MailedToken.sealed)
    ).where(
        col(MailedToken.member_id) == UUID(bytes=raw[:-RANDOM]),
        col(MailedToken.purpose).in_(purposes),
        col(MailedToken.digest) == _digest(token),
        col(MailedToken.expires_at) > now,
    )
    row = session.execute(statement).first()
    if row is None:
        raise TokenNotGood
    return FoundToken(*row)


def use_token(session: Session, found: FoundToken) -> None:
    """Whoever deletes it has used it. Raises TokenNotGood when somebody else just did."""
    statement = delete(MailedToken).where(
        col(MailedToken.member_id) == found.member_id,
        col(MailedToken.purpose) == found.purpose,
        col(MailedToken.digest) == found.digest,
    )
    if session.execute(statement.returning(col(MailedToken.digest))).first() is None:
        raise TokenNotGood


def drop_tokens(session: Session, member_id: UUID, *purposes: Purpose) -> None:
    """Those that were mailed to a member for these purposes, or all, and the changes that wait for them."""
    mine = delete(MailedToken).where(col(MailedToken.member_id) == member_id)
    session.execute(mine.where(col(MailedToken.purpose).in_(purposes)) if purposes else mine)


def _place(member_id: UUID, digest: str) -> str:
    return f"mailed_tokens|{member_id}|{digest}"


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
