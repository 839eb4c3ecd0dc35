"""Proving who one is by password: counted first, looked at between two transactions, accepted in the second.

No transaction is open while a password is hashed: it would hold up every other writer on SQLite, and a connection of
the pool on PostgreSQL. What the first transaction saw is therefore looked at again in the second.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlmodel import Session, col

from app.accounts.credentials.access_tokens import Access
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
from app.accounts.services import Caller, Tools
from app.core.db.database import Database
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
    access: Access | None


def prove_address(
    database: Database, tools: Tools, caller: Caller, address: str, password: str, *, now: datetime
) -> Proof:
    """Raises WrongCredentials and TooManyAttempts: alike, and as late, whether or not the address is known."""

    def find(session: Session) -> tuple[FoundMember | None, str]:
        member = member_by_address(session, tools.ring, address)
        return member, account_of(tools.ring, member, address)

    return _prove(database, tools, caller, find, password, refusal=WrongCredentials(), access=None, now=now)


def prove_member(
    database: Database, tools: Tools, caller: Caller, access: Access, password: str, *, pointer: str, now: datetime
) -> Proof:
    """Raises WrongPassword, which names the field, BadToken and TooManyAttempts."""

    def find(session: Session) -> tuple[FoundMember | None, str]:
        check_session(session, access, now=now)
        member = signed_in_member(session, access)
        return member, member.address_hash

    return _prove(database, tools, caller, find, password, refusal=WrongPassword(pointer), access=access, now=now)


def _prove(
    database: Database,
    tools: Tools,
    caller: Caller,
    find: Callable[[Session], tuple[FoundMember | None, str]],
    password: str,
    *,
    refusal: Exception,
    access: Access | None,
    now: datetime,
) -> Proof:
    with database.transaction() as session:
        member, account = find(session)
        guesser = guesser_of(tools.ring, account, caller.network)
        counted = count_guess(session, guesser, tools.settings, now=now)
    verdict = tools.passwords.verify(password, member.password_hash if member else None)
    if member is None or not verdict.is_right:
        log.info("wrong_password", member=str(member.id) if member else None)
        raise refusal
    return Proof(member, guesser, counted, verdict.better_hash, access)


@contextmanager
def accepted(database: Database, proof: Proof, *, now: datetime) -> Iterator[Session]:
    """The transaction in which a proof counts. Raises NotSignedIn when the member, their password or their session
    went away meanwhile.
    """
    member = proof.member
    same = col(Member.id) == member.id, col(Member.password_hash) == member.password_hash
    with database.transaction() as session:
        if proof.access:
            lock_member(session, proof.access, password_hash=member.password_hash, now=now)
        elif session.execute(select(col(Member.id)).where(*same).with_for_update(key_share=True)).first() is None:
            raise WrongCredentials
        was_right(session, proof.guesser, proof.counted, now=now)
        if proof.better_hash:
            session.execute(update(Member).where(*same).values(password_hash=proof.better_hash))
        yield session
