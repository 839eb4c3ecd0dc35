"""Verify a member's password, without an open transaction during the slow hashing.

The first transaction counts the attempt, and the second one records the success. A transaction left open during hashing
would block all writers on SQLite and occupy a pooled connection on PostgreSQL. The second transaction therefore checks
that the member, the password and the session have not changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import select, update
from sqlmodel import col

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.login_throttle import (
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
class PasswordVerification:
    """The result of a successful password check. Pass it to `verified_transaction` to record the success."""

    member: StoredMember
    throttle_key: ThrottleKey
    counter: CounterKey
    updated_hash: str | None
    signed_in_member: SignedInMember | None


def verify_credentials(
    transactions: Transactions, services: AccountServices, caller: Caller, address: str, password: str
) -> PasswordVerification:
    """Verify an email address and a password.

    Raise WrongCredentials if either is wrong, or TooManyAttempts after too many failures. Errors and timing do not
    reveal whether the address has an account.
    """
    now = transactions.now
    with transactions.begin() as session:
        member = member_by_address(session, services.ring, address)
        throttle_key = make_throttle_key(services.ring, account_hash(services.ring, member, address), caller.network)
        counter = count_attempt(session, throttle_key, services.settings, now=now)
    result = services.passwords.verify(password, member.password_hash if member else None)
    if member is None or not result.is_match:
        log.info("wrong_password", member=str(member.id) if member else None)
        raise WrongCredentials
    return PasswordVerification(member, throttle_key, counter, result.updated_hash, signed_in_member=None)


def verify_password(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember,
    password: str,
    *,
    pointer: str,
) -> PasswordVerification:
    """Verify the password of a member who is signed in. `pointer` is the password's JSON pointer in the request body.

    Raise WrongPassword if the password is wrong, BadToken if the session has ended, or TooManyAttempts after too many
    failures.
    """
    now = transactions.now
    with transactions.begin() as session:
        check_session(session, signed_in_member, now=now)
        member = load_member(session, signed_in_member)
        throttle_key = make_throttle_key(services.ring, member.address_hash, caller.network)
        counter = count_attempt(session, throttle_key, services.settings, now=now)
    result = services.passwords.verify(password, member.password_hash)
    if not result.is_match:
        log.info("wrong_password", member=str(member.id))
        raise WrongPassword(pointer)
    return PasswordVerification(member, throttle_key, counter, result.updated_hash, signed_in_member)


@contextmanager
def verified_transaction(transactions: Transactions, verification: PasswordVerification) -> Iterator[Session]:
    """Open the transaction that records a successful password verification.

    Raise NotSignedIn if the member, the password or the session has changed since the verification.
    """
    member, now = verification.member, transactions.now
    is_unchanged = col(Member.id) == member.id, col(Member.password_hash) == member.password_hash
    with transactions.begin() as session:
        if verification.signed_in_member:
            lock_member(session, verification.signed_in_member, password_hash=member.password_hash, now=now)
        elif (
            session.execute(select(col(Member.id)).where(*is_unchanged).with_for_update(key_share=True)).first() is None
        ):
            raise WrongCredentials
        record_success(session, verification.throttle_key, verification.counter, now=now)
        if verification.updated_hash:
            session.execute(update(Member).where(*is_unchanged).values(password_hash=verification.updated_hash))
        yield session
