"""Tokens of emailed links, and the codes that accompany them. Only their hashes are stored, and they expire.

A token contains the member's id, so that a lookup reads only the rows of that member.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_bytes
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import col

from app.accounts.credentials.email_codes import CODE_LIFETIME, MAX_TRIES, code_digest, generate_code, is_code
from app.accounts.models import MailedToken
from app.core.crypto.encryption import decrypt, encrypt
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session
from app.core.errors import FieldError, InvalidInput

ID_BYTES, RANDOM_BYTES = 16, 32
TOKEN_LENGTH = 64  # characters: the member's id and the random bytes, in base64url


class TokenPurpose(StrEnum):
    ADDRESS_VERIFICATION = "verify"
    ADDRESS_CHANGE = "move"
    PASSWORD_RESET = "reset"  # noqa: S105 - a purpose


CONFIRMATIONS = (TokenPurpose.ADDRESS_VERIFICATION, TokenPurpose.ADDRESS_CHANGE)
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


class IssuedToken(NamedTuple):
    """A token for a link, and the code for the same email. Neither is stored."""

    token: str
    code: str


class StoredEmailToken(NamedTuple):
    member_id: UUID
    purpose: str
    digest: str
    sealed: bytes | None
    used_at: datetime | None

    def new_address(self, key: bytes) -> str | None:
        """Return the decrypted new email address if the token is for an address change, otherwise None."""
        if self.sealed is None:
            return None
        return decrypt(key, self.sealed, associated_data=_associated_data(self.member_id, self.digest)).decode()


TOKEN_COLUMNS: list[Any] = [col(getattr(MailedToken, name)) for name in StoredEmailToken._fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What a new token is for. `address` is the new email address, encrypted with `key`, for an address change."""

    member_id: UUID
    purpose: TokenPurpose
    lifetime: timedelta
    request_id: UUID | None = None
    key: bytes = b""
    address: str = ""


def create_token(session: Session, ring: KeyRing, request: TokenRequest, *, now: datetime) -> IssuedToken:
    """Create a token and a code, and return them to be sent by email. Only their hashes are stored."""
    token = urlsafe_b64encode(request.member_id.bytes + token_bytes(RANDOM_BYTES)).decode()
    code, digest = generate_code(), _digest(token)
    sealed = None
    if request.address:
        sealed = encrypt(
            request.key, request.address.encode(), associated_data=_associated_data(request.member_id, digest)
        )
    row = MailedToken(
        member_id=request.member_id,
        purpose=request.purpose,
        digest=digest,
        sealed=sealed,
        expires_at=now + request.lifetime,
        code_digest=code_digest(ring, _code_context(request.member_id, request.purpose, digest), code),
        code_expires_at=now + CODE_LIFETIME,
        request_id=request.request_id,
    )
    session.insert(row)
    return IssuedToken(token, code)


def token_member_id(token: str) -> UUID:
    """Return the id of the member to whom a token was sent. Raise InvalidEmailToken if the format is wrong."""
    try:
        raw = urlsafe_b64decode(token)
    except ValueError:
        raise InvalidEmailToken from None
    if len(token) != TOKEN_LENGTH or len(raw) != ID_BYTES + RANDOM_BYTES:
        raise InvalidEmailToken
    return UUID(bytes=raw[:-RANDOM_BYTES])


def find_token(session: Session, token: str, *purposes: TokenPurpose, now: datetime) -> StoredEmailToken:
    """Find the stored record of a token from an emailed link. The token remains usable.

    A used token is found until it expires; `used_at` is then set. Raise InvalidEmailToken if the token is unknown,
    expired or for another purpose.
    """
    statement = select(*TOKEN_COLUMNS).where(
        col(MailedToken.member_id) == token_member_id(token),
        col(MailedToken.purpose).in_(purposes),
        col(MailedToken.digest) == _digest(token),
        col(MailedToken.expires_at) > now,
    )
    row = session.execute(statement).first()
    if row is None:
        raise InvalidEmailToken
    return StoredEmailToken(*row)


def find_token_by_code(
    session: Session,
    ring: KeyRing,
    member_id: UUID,
    code: str,
    *purposes: TokenPurpose,
    request_id: UUID | None = None,
    now: datetime,
) -> StoredEmailToken | None:
    """Find the record of the email that contains a code, or None if the code is wrong. The code remains usable.

    A wrong code counts as a try for every valid code with the same request id. The caller must have locked the
    member's row, and must commit the transaction.
    """
    is_valid = (
        col(MailedToken.member_id) == member_id,
        col(MailedToken.purpose).in_(purposes),
        _is_request(request_id),
        col(MailedToken.code_expires_at) > now,
        col(MailedToken.code_tries) < MAX_TRIES,
    )
    candidates = session.execute(select(*TOKEN_COLUMNS, col(MailedToken.code_digest)).where(*is_valid)).all()
    matches = [
        StoredEmailToken(*values)
        for *values, digest in candidates
        if is_code(ring, digest, _code_context(values[0], values[1], values[2]), code)
    ]
    if not matches:
        session.execute(update(MailedToken).where(*is_valid).values(code_tries=col(MailedToken.code_tries) + 1))
        return None
    return matches[0]


def consume_token(session: Session, stored_token: StoredEmailToken, *, now: datetime) -> None:
    """Mark a token and its code as used. Raise InvalidEmailToken if another request has already used or deleted it."""
    statement = update(MailedToken).where(
        col(MailedToken.member_id) == stored_token.member_id,
        col(MailedToken.purpose) == stored_token.purpose,
        col(MailedToken.digest) == stored_token.digest,
        col(MailedToken.used_at).is_(None),
    )
    used = statement.values(used_at=now).returning(col(MailedToken.digest))
    if session.execute(used).first() is None:
        raise InvalidEmailToken


def delete_tokens(session: Session, member_id: UUID, *purposes: TokenPurpose, except_digest: str | None = None) -> None:
    """Delete a member's tokens for the given purposes, or all of them if none are given.

    Deleting a token also cancels the address change that it would confirm.
    """
    statement = delete(MailedToken).where(col(MailedToken.member_id) == member_id)
    if except_digest:
        statement = statement.where(col(MailedToken.digest) != except_digest)
    session.execute(statement.where(col(MailedToken.purpose).in_(purposes)) if purposes else statement)


def _is_request(request_id: UUID | None) -> ColumnElement[bool]:
    column = col(MailedToken.request_id)
    return column.is_(None) if request_id is None else column == request_id


def _associated_data(member_id: UUID, digest: str) -> str:
    return f"mailed_tokens|{member_id}|{digest}"


def _code_context(member_id: UUID, purpose: str, digest: str) -> str:
    return f"{purpose}|{member_id}|{digest}"


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
