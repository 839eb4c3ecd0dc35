"""Verify a member's password, without an open transaction during the slow hashing.

The first transaction counts the attempt, and the second one records the success. A transaction left open during hashing
would block all writers on SQLite and occupy a pooled connection on PostgreSQL. The second transaction therefore checks
that the member, the password and the session have not changed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import update
from sqlmodel import col

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.login_throttle import (
    KNOWN_NETWORK,
    CounterKey,
    ThrottleKey,
    count_attempt,
    make_throttle_key,
    record_success,
)
from app.accounts.members import (
    StoredMember,
    account_hash,
    check_session,
    load_member,
    lock_member,
    member_by_address,
)
from app.accounts.models import Member
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.errors import FieldError, Forbidden, NotSignedIn

log = structlog.get_logger("app.security")


class WrongCredentials(NotSignedIn):
    code = "wrong_credentials"
    message = "The email address or the password is incorrect."


class WrongPassword(Forbidden):
    code = "wrong_password"
    message = "This password is incorrect."

    def __init__(self, pointer: str) -> None:
        super().__init__(FieldError("body", pointer, self.message))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password attempt that was counted before the password was verified."""

    throttle_key: ThrottleKey
    counter: CounterKey
    is_from_known_network: bool
    updated_hash: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """A member who proved their identity. Pass it to `verified_transaction` to record the proof.

    `attempt` is None if the member proved it earlier in the same session (`reauthentication.py`).
    """

    member: StoredMember
    attempt: Attempt | None
    signed_in_member: SignedInMember | None


def verify_credentials(
    transactions: Transactions, services: AccountServices, caller: Caller, address: str, password: str
) -> Verification:
    """Verify an email address and a password.

    Raise WrongCredentials if either is wrong, or TooManyAttempts after too many failures. Errors and timing do not
    reveal whether the address has an account.
    """
    with transactions.begin() as session:
        member = member_by_address(session, services.ring, address)
        account = account_hash(services.ring, member, address)
        attempt = _count(session, services, caller, account, now=transactions.now)
    result = services.passwords.verify(password, member.password_hash if member else None)
    if member is None or not result.is_match:
        log.info("wrong_password", member=str(member.id) if member else None)
        raise WrongCredentials
    return Verification(member, replace(attempt, updated_hash=result.updated_hash), signed_in_member=None)


def verify_password(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember,
    password: str,
    *,
    pointer: str,
) -> Verification:
    """Verify the password of a member who is signed in. `pointer` is the password's JSON pointer in the request body.

    Raise WrongPassword if the password is wrong, BadToken if the session has ended, or TooManyAttempts after too many
    failures.
    """

    def find_member(session: Session) -> StoredMember:
        check_session(session, signed_in_member, now=transactions.now)
        return load_member(session, signed_in_member)

    verification = verify_password_of(transactions, services, caller, find_member, password, pointer=pointer)
    return replace(verification, signed_in_member=signed_in_member)


def verify_password_of(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    find_member: Callable[[Session], StoredMember],
    password: str,
    *,
    pointer: str,
) -> Verification:
    """Verify the password of the member that `find_member` returns. Errors are those of `verify_password`."""
    with transactions.begin() as session:
        member = find_member(session)
        attempt = _count(session, services, caller, member.throttle_account, now=transactions.now)
    result = services.passwords.verify(password, member.password_hash)
    if not result.is_match:
        log.info("wrong_password", member=str(member.id))
        raise WrongPassword(pointer)
    return Verification(member, replace(attempt, updated_hash=result.updated_hash), signed_in_member=None)


@contextmanager
def verified_transaction(transactions: Transactions, verification: Verification) -> Iterator[Session]:
    """Open the transaction that records a successful verification.

    Raise NotSignedIn if the member, the password or the session has changed since the verification.
    """
    member, attempt, now = verification.member, verification.attempt, transactions.now
    is_unchanged = (
        col(Member.id) == member.id,
        col(Member.password_hash) == member.password_hash,
        col(Member.disabled_at) == member.disabled_at,
    )
    with transactions.begin() as session:
        if verification.signed_in_member:
            lock_member(session, verification.signed_in_member, password_hash=member.password_hash, now=now)
        else:
            locked = update(Member).where(*is_unchanged).values(last_seen_at=now, reminders=0)
            if session.execute(locked.returning(col(Member.id))).first() is None:
                raise WrongCredentials
        if attempt:
            record_success(session, attempt.throttle_key, attempt.counter, now=now)
            if attempt.updated_hash:
                session.execute(update(Member).where(*is_unchanged).values(password_hash=attempt.updated_hash))
        yield session


def _count(session: Session, services: AccountServices, caller: Caller, account: str, *, now: datetime) -> Attempt:
    throttle_key = make_throttle_key(services.ring, account, caller.network)
    counter = count_attempt(session, throttle_key, services.settings, now=now)
    return Attempt(throttle_key, counter, is_from_known_network=counter[0] == KNOWN_NETWORK, updated_hash=None)
