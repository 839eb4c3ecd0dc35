"""Proving who one is by password: counted first, looked at between two transactions, accepted in the second.

No transaction is open while a password is hashed: it would hold up every other writer on SQLite, and a connection of
the pool on PostgreSQL. What the first transaction saw is therefore looked at again in the second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import select, update
from sqlmodel import col

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.login_throttle import Guesser, Key, count_guess, guesser_of, was_right
from app.accounts.members import (
    FoundMember,
    account_of,
    check_session,
    lock_member,
    member_by_address,
    signed_in_member,
)
from app.accounts.models import Member
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.errors import FieldError, Forbidden, NotSignedIn

log = structlog.get_logger("app.security")


class WrongCredentials(NotSignedIn):
    code = "wrong_credentials"
    says = "The email address or the password isn't right."


class WrongPassword(Forbidden):
    code = "wrong_password"
    says = "This isn't your password."

    def __init__(self, pointer: str) -> None:
        super().__init__(FieldError("body", pointer, self.says))


@dataclass(frozen=True, slots=True)
class Proof:
    """A password was right a moment ago."""

    member: FoundMember
    guesser: Guesser
    counted: Key
    better_hash: str | None
    signed_in: SignedInMember | None


def prove_address(
    transactions: Transactions, services: AccountServices, caller: Caller, address: str, password: str
) -> Proof:
    """Raises WrongCredentials and TooManyAttempts: alike, and as late, whether or not the address is known."""
    now = transactions.now
    with transactions.begin() as session:
        member = member_by_address(session, services.ring, address)
        guesser = guesser_of(services.ring, account_of(services.ring, member, address), caller.network)
        counted = count_guess(session, guesser, services.settings, now=now)
    verdict = services.passwords.verify(password, member.password_hash if member else None)
    if member is None or not verdict.is_right:
        log.info("wrong_password", member=str(member.id) if member else None)
        raise WrongCredentials
    return Proof(member, guesser, counted, verdict.better_hash, signed_in=None)


def prove_member(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in: SignedInMember,
    password: str,
    *,
    pointer: str,
) -> Proof:
    """Raises WrongPassword, which names the field, BadToken and TooManyAttempts."""
    now = transactions.now
    with transactions.begin() as session:
        check_session(session, signed_in, now=now)
        member = signed_in_member(session, signed_in)
        guesser = guesser_of(services.ring, member.address_hash, caller.network)
        counted = count_guess(session, guesser, services.settings, now=now)
    verdict = services.passwords.verify(password, member.password_hash)
    if not verdict.is_right:
        log.info("wrong_password", member=str(member.id))
        raise WrongPassword(pointer)
    return Proof(member, guesser, counted, verdict.better_hash, signed_in)


@contextmanager
def accepted(transactions: Transactions, proof: Proof) -> Iterator[Session]:
    """The transaction in which a proof counts. Raises NotSignedIn when the member, their password or their session
    went away meanwhile.
    """
    member, now = proof.member, transactions.now
    same = col(Member.id) == member.id, col(Member.password_hash) == member.password_hash
    with transactions.begin() as session:
        if proof.signed_in:
            lock_member(session, proof.signed_in, password_hash=member.password_hash, now=now)
        elif session.execute(select(col(Member.id)).where(*same).with_for_update(key_share=True)).first() is None:
            raise WrongCredentials
        was_right(session, proof.guesser, proof.counted, now=now)
        if proof.better_hash:
            session.execute(update(Member).where(*same).values(password_hash=proof.better_hash))
        yield session
