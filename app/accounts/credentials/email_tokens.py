"""Single-use tokens for emailed links. Only their hashes are stored, and they expire.

A token contains the member's id, so that a lookup reads only the rows of that member.
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
from app.core.crypto.encryption import decrypt, encrypt
from app.core.db.session import Session
from app.core.errors import FieldError, InvalidInput

ID_BYTES, RANDOM_BYTES = 16, 32
TOKEN_LENGTH = 64  # characters: the member's id and the random bytes, in base64url


class TokenPurpose(StrEnum):
    ADDRESS_VERIFICATION = "verify"
    ADDRESS_CHANGE = "move"
    PASSWORD_RESET = "reset"  # noqa: S105 - a purpose


TOKEN_LIFETIMES = {
    TokenPurpose.ADDRESS_VERIFICATION: timedelta(days=1),
    TokenPurpose.ADDRESS_CHANGE: timedelta(days=1),
    TokenPurpose.PASSWORD_RESET: timedelta(hours=1),
}


class InvalidEmailToken(InvalidInput):
    code = "token_not_good"
    message = "This link is no longer valid. Please request a new one."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/token", "The token is unknown, already used or expired."))


class StoredEmailToken(NamedTuple):
    member_id: UUID
    purpose: str
    digest: str
    sealed: bytes | None

    def new_address(self, key: bytes) -> str | None:
        """Return the decrypted new email address if the token is for an address change, otherwise None."""
        if self.sealed is None:
            return None
        return decrypt(key, self.sealed, associated_data=_associated_data(self.member_id, self.digest)).decode()


def create_token(session: Session, member_id: UUID, purpose: TokenPurpose, *, now: datetime) -> str:
    """Create a token and return it, to be sent by email. Only its hash is stored."""
    token = _generate_token(member_id)
    _insert_token(session, member_id, purpose, _digest(token), None, now=now)
    return token


def create_address_change_token(session: Session, member_id: UUID, key: bytes, address: str, *, now: datetime) -> str:
    """Create a token that changes the member's email address when used. The new address is stored encrypted."""
    token = _generate_token(member_id)
    digest = _digest(token)
    sealed = encrypt(key, address.encode(), associated_data=_associated_data(member_id, digest))
    _insert_token(session, member_id, TokenPurpose.ADDRESS_CHANGE, digest, sealed, now=now)
    return token


def _generate_token(member_id: UUID) -> str:
    return urlsafe_b64encode(member_id.bytes + token_bytes(RANDOM_BYTES)).decode()


def _insert_token(
    session: Session, member_id: UUID, purpose: TokenPurpose, digest: str, sealed: bytes | None, *, now: datetime
) -> None:
    row = MailedToken(
        member_id=member_id, purpose=purpose, digest=digest, sealed=sealed, expires_at=now + TOKEN_LIFETIMES[purpose]
    )
    session.insert(row)


def find_token(session: Session, token: str, *purposes: TokenPurpose, now: datetime) -> StoredEmailToken:
    """Find the stored record of a token from an emailed link. The token remains usable.

    Raise InvalidEmailToken if the token is unknown, used, expired or for another purpose.
    """
    try:
        raw = urlsafe_b64decode(token)
    except ValueError:
        raise InvalidEmailToken from None
    if len(token) != TOKEN_LENGTH or len(raw) != ID_BYTES + RANDOM_BYTES:
        raise InvalidEmailToken
    statement = select(
        col(MailedToken.member_id), col(MailedToken.purpose), col(MailedToken.digest), col(MailedToken.sealed)
    ).where(
        col(MailedToken.member_id) == UUID(bytes=raw[:-RANDOM_BYTES]),
        col(MailedToken.purpose).in_(purposes),
        col(MailedToken.digest) == _digest(token),
        col(MailedToken.expires_at) > now,
    )
    row = session.execute(statement).first()
    if row is None:
        raise InvalidEmailToken
    return StoredEmailToken(*row)


def consume_token(session: Session, stored_token: StoredEmailToken) -> None:
    """Delete a token so that it cannot be used again.

    Raise InvalidEmailToken if another request has already deleted it.
    """
    statement = delete(MailedToken).where(
        col(MailedToken.member_id) == stored_token.member_id,
        col(MailedToken.purpose) == stored_token.purpose,
        col(MailedToken.digest) == stored_token.digest,
    )
    if session.execute(statement.returning(col(MailedToken.digest))).first() is None:
        raise InvalidEmailToken


def delete_tokens(session: Session, member_id: UUID, *purposes: TokenPurpose) -> None:
    """Delete a member's tokens for the given purposes, or all of them if none are given.

    Deleting a token also cancels the address change that it would confirm.
    """
    statement = delete(MailedToken).where(col(MailedToken.member_id) == member_id)
    session.execute(statement.where(col(MailedToken.purpose).in_(purposes)) if purposes else statement)


def _associated_data(member_id: UUID, digest: str) -> str:
    return f"mailed_tokens|{member_id}|{digest}"


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
