"""Emailed codes for signing in: request, store and check them.

Codes exist for addresses with and without an account in the same way, so that responses do not reveal which addresses
have one.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlmodel import col

from app.accounts.addresses import address_hashes
from app.accounts.credentials.email_codes import (
    CODE_LIFETIME,
    MAX_LIVE_CODES,
    MAX_TRIES,
    code_digest,
    generate_code,
    is_code,
)
from app.accounts.credentials.schemas import CodeRequest
from app.accounts.emails import templates
from app.accounts.emails.budgets import BudgetKind, refund, spend
from app.accounts.fields import DEFAULT_LANGUAGE
from app.accounts.members import account_hash, member_by_address
from app.accounts.models import SignInCode
from app.accounts.services import AccountServices
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session
from app.core.mail.outbox import enqueue_mail


def request_code(session: Session, services: AccountServices, request: CodeRequest, *, now: datetime) -> None:
    """Email a code, unless three codes for the address are valid or twenty were sent within a day."""
    ring, language = services.ring, request.language or DEFAULT_LANGUAGE
    member = member_by_address(session, ring, request.email)
    account = account_hash(ring, member, request.email)
    if not spend(session, account, BudgetKind.SIGN_IN_CODE, services.settings, now=now).is_granted:
        return
    is_live = _accounts(ring, request.email), col(SignInCode.expires_at) > now
    if (session.scalar(select(func.count()).select_from(SignInCode).where(*is_live)) or 0) >= MAX_LIVE_CODES:
        refund(session, account, BudgetKind.SIGN_IN_CODE)
        return
    address = member.identity(ring).address if member else None
    code, language = generate_code(), member.language if member else language
    store_code(session, ring, account, code, request_id=request.request_id, language=language, now=now)
    mail = templates.sign_in_code(address or request.email, language=language, code=code)
    # The mail belongs to the owner of the mailbox. It must not be erased with an unconfirmed account of someone else.
    member_id = member.id if member and member.verified_at else uuid4()
    enqueue_mail(session, ring, mail, member_id=member_id, now=now)


def store_code(
    session: Session,
    ring: KeyRing,
    account: str,
    code: str,
    *,
    request_id: UUID | None = None,
    language: str = DEFAULT_LANGUAGE,
    now: datetime,
) -> None:
    """Store the hash of a code for an address, whose keyed hash is `account`."""
    row = SignInCode(
        account=account, digest="", request_id=request_id, language=language, expires_at=now + CODE_LIFETIME
    )
    row.digest = code_digest(ring, _context(row.id), code)
    session.insert(row)


def consume_code(
    session: Session, ring: KeyRing, address: str, code: str, request_id: UUID | None, *, now: datetime
) -> SignInCode | None:
    """Delete a code that was sent to an address, and return its row. Return None if the code is wrong.

    Each attempt counts for every valid code with the same request id, even in concurrent requests. The caller must
    commit the transaction.
    """
    column = col(SignInCode.request_id)
    is_valid = (
        _accounts(ring, address),
        column.is_(None) if request_id is None else column == request_id,
        col(SignInCode.expires_at) > now,
        col(SignInCode.tries) < MAX_TRIES,
    )
    columns = [col(getattr(SignInCode, name)) for name in ("account", "id", "digest", "language")]
    counted = update(SignInCode).where(*is_valid).values(tries=col(SignInCode.tries) + 1).returning(*columns)
    for row in session.execute(counted).all():
        if is_code(ring, row.digest, _context(row.id), code):
            session.execute(
                delete(SignInCode).where(col(SignInCode.account) == row.account, col(SignInCode.id) == row.id)
            )
            return SignInCode(**row._asdict(), expires_at=now)
    return None


def delete_codes(session: Session, ring: KeyRing, address: str) -> None:
    """Delete all codes that were sent to an address."""
    session.execute(delete(SignInCode).where(_accounts(ring, address)))


def _accounts(ring: KeyRing, address: str) -> ColumnElement[bool]:
    return col(SignInCode.account).in_(address_hashes(ring, address))


def _context(row_id: UUID) -> str:
    return f"sign_in|{row_id}"
