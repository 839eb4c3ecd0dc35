"""A new password: with the present one, or by a link that was mailed, which answers alike for every address."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import col

from app.accounts import email_templates
from app.accounts.audit import Event, note
from app.accounts.consents import withdraw_all
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_tokens import Purpose, TokenNotGood, drop_tokens, find_token, make_token, use_token
from app.accounts.credentials.login_throttle import forgive, guesser_of, remember, wait_to_mail
from app.accounts.credentials.password_check import accepted, prove_member
from app.accounts.credentials.passwords import WeakPassword
from app.accounts.credentials.sessions import end_sessions, start_session
from app.accounts.members import FoundMember, Identity, hold_row, lock_row, member_by_address, member_by_id
from app.accounts.models import Member
from app.accounts.schemas import PasswordChange, TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.mail.outbox import write_mail


def change_password(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in: SignedInMember,
    change: PasswordChange,
) -> TokenPair:
    """Replace the password, end all sessions and start a new one. Raises WrongPassword and WeakPassword."""
    now = transactions.now
    proof = prove_member(
        transactions, services, caller, signed_in, change.current_password, pointer="/current_password"
    )
    member = proof.member
    try:
        services.passwords.check(
            change.new_password, words=member.identity(services.ring).words, pointer="/new_password"
        )
    except WeakPassword:
        with accepted(transactions, proof):  # the present one was right all the same
            pass
        raise
    password_hash = services.passwords.hashed(change.new_password)
    with accepted(transactions, proof) as session:
        _replace(session, services, member, password_hash, now=now)
        note(session, Event.PASSWORD_CHANGED, member.id, now=now)
        return start_session(session, services, member, caller, now=now)


def ask_for_reset(session: Session, services: AccountServices, address: str, *, now: datetime) -> None:
    """Mail a reset link to the member with this address, if any, within the mail limit."""
    member = member_by_address(session, services.ring, address)
    if member is None or not hold_row(session, member):
        return
    if wait_to_mail(session, member.address_hash, services.settings, now=now):
        return
    token = make_token(session, member.id, Purpose.RESET, now=now)
    mail = email_templates.reset_password(
        member.identity(services.ring).address, link=services.settings.reset_password_url(token)
    )
    write_mail(session, services.ring, mail, member_id=member.id, now=now)
    note(session, Event.PASSWORD_RESET_ASKED, member.id, now=now)


def reset_password(
    transactions: Transactions, services: AccountServices, caller: Caller, token: str, password: str
) -> None:
    """Set a password by a mailed token, which proves access to the mailbox.

    Verifies the address, trusts the caller's network, and ends all sessions, links and pending changes. Raises
    TokenNotGood, and WeakPassword, after which the token can be used again.
    """
    now = transactions.now
    with transactions.begin() as session:
        found = find_token(session, token, Purpose.RESET, now=now)
        member = member_by_id(session, found.member_id)
        if member is None:
            raise TokenNotGood
    services.passwords.check(password, words=member.identity(services.ring).words)
    password_hash = services.passwords.hashed(password)
    with transactions.begin() as session:
        lock_row(session, found.member_id)
        use_token(session, found)
        member = member_by_id(session, found.member_id)  # read again: the hashing took time
        if member is None:
            raise TokenNotGood
        _replace(session, services, member, password_hash, now=now)
        if member.verified_at is None:
            _begin_anew(session, services, member, now=now)
        forgive(session, member.address_hash)
        remember(session, guesser_of(services.ring, member.address_hash, caller.network), now=now)
        note(session, Event.PASSWORD_RESET, member.id, now=now)


def _begin_anew(session: Session, services: AccountServices, member: FoundMember, *, now: datetime) -> None:
    """Verify an address by a reset, clear the display name, and withdraw the consents.

    A stranger may have registered the address, and given both.
    """
    key = member.key(services.ring)
    nameless = Identity.unsealed(key, member.id, member.sealed)._replace(display_name=None)
    mine = update(Member).where(col(Member.id) == member.id)
    session.execute(mine.values(verified_at=now, sealed=nameless.seal(key, member.id)))
    withdraw_all(session, member.id, now=now)


def _replace(
    session: Session, services: AccountServices, member: FoundMember, password_hash: str, *, now: datetime
) -> None:
    """Store the password, end tokens and sessions of the old one, and notify the member by mail."""
    session.execute(update(Member).where(col(Member.id) == member.id).values(password_hash=password_hash))
    drop_tokens(session, member.id)
    end_sessions(session, member.id, now=now)
    address = member.identity(services.ring).address
    mail = email_templates.password_changed(address, link=services.settings.forgot_password_url)
    write_mail(session, services.ring, mail, member_id=member.id, now=now)
