"""Step-up: sensitive requests need a proof of identity within the last few minutes.

Signing in counts as a proof. A member can renew it with the password or an emailed code. Requests with a password field
prove the identity themselves.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.access_tokens import BadToken, SignedInMember
from app.accounts.credentials.email_codes import CodeRejected
from app.accounts.credentials.password_check import Verification, verified_transaction, verify_password
from app.accounts.credentials.schemas import Reauthentication
from app.accounts.credentials.sign_in_codes import consume_code
from app.accounts.emails.budgets import renew
from app.accounts.mailbox_proof import confirm_member
from app.accounts.members import StoredMember, check_session, load_member, lock_member
from app.accounts.models import SignedInSession
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.errors import Forbidden


class ReauthenticationRequired(Forbidden):
    code = "reauthentication_required"
    message = "Please confirm that it is you, then repeat the request."
    extensions_example: ClassVar[Mapping[str, Any]] = {"methods": ["password", "code"]}

    def __init__(self, member: StoredMember) -> None:
        methods = ["password"] if member.password_hash else []
        super().__init__(extensions={"methods": [*methods, "code"] if member.address_hash else methods})


def verify_member(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember,
    password: str | None,
    *,
    pointer: str,
) -> Verification:
    """Verify the password of a signed-in member, or without a password that the session has a recent proof of identity.

    Raise ReauthenticationRequired if there is neither. Other errors are those of `verify_password`.
    """
    if password is not None:
        return verify_password(transactions, services, caller, signed_in_member, password, pointer=pointer)
    with transactions.begin() as session:
        member = check_recent_proof(session, services, signed_in_member, now=transactions.now)
    return Verification(member, None, signed_in_member)


def check_recent_proof(
    session: Session, services: AccountServices, signed_in_member: SignedInMember, *, now: datetime
) -> StoredMember:
    """Return the member. Raise ReauthenticationRequired if the session has no recent proof of identity."""
    check_session(session, signed_in_member, now=now)
    member = load_member(session, signed_in_member)
    proven_at: datetime | None = session.scalar(select(col(SignedInSession.proven_at)).where(*_is(signed_in_member)))
    if proven_at is None or proven_at <= now - timedelta(minutes=services.settings.step_up_minutes):
        raise ReauthenticationRequired(member)
    return member


def reauthenticate(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember,
    proof: Reauthentication,
) -> None:
    """Record a proof of identity in the member's session.

    A code also proves access to the mailbox, so it confirms the email address of the account.

    Raise WrongPassword or CodeRejected if the proof is wrong, or TooManyAttempts after too many wrong passwords.
    """
    now = transactions.now
    if proof.password is not None:
        verification = verify_password(
            transactions, services, caller, signed_in_member, proof.password, pointer="/password"
        )
        with verified_transaction(transactions, verification) as session:
            _record_proof(session, signed_in_member, now=now)
        return
    with transactions.begin() as session:
        check_session(session, signed_in_member, now=now)
        member = load_member(session, signed_in_member)
        _consume_own_code(session, services, member, proof.code or "", proof.request_id, now=now)
    with transactions.begin() as session:
        lock_member(session, signed_in_member, now=now)
        current = load_member(session, signed_in_member)
        if current.address_hash != member.address_hash:  # the address was changed or lost in the meantime
            raise BadToken
        confirm_member(session, current, now=now)
        _record_proof(session, signed_in_member, now=now)
        renew(session, current.throttle_account)


def _consume_own_code(
    session: Session,
    services: AccountServices,
    member: StoredMember,
    code: str,
    request_id: UUID | None,
    *,
    now: datetime,
) -> None:
    address = member.identity(services.ring).address
    if address is None or consume_code(session, services.ring, address, code, request_id, now=now) is None:
        raise CodeRejected


def _record_proof(session: Session, signed_in_member: SignedInMember, *, now: datetime) -> None:
    session.execute(update(SignedInSession).where(*_is(signed_in_member)).values(proven_at=now))
    record_event(
        session,
        AuditEventType.REAUTHENTICATED,
        signed_in_member.id,
        session_id=signed_in_member.session_id,
        now=now,
    )


def _is(signed_in_member: SignedInMember) -> Any:
    return (
        col(SignedInSession.member_id) == signed_in_member.id,
        col(SignedInSession.id) == signed_in_member.session_id,
    )
