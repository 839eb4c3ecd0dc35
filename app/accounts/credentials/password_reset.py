"""Change a password by entering the current one, or reset it with an emailed link."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import col

from app.accounts import email_templates
from app.accounts.audit import AuditEventType, record_event
from app.accounts.consents import withdraw_all
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_tokens import (
    InvalidEmailToken,
    TokenPurpose,
    consume_token,
    create_token,
    delete_tokens,
    find_token,
)
from app.accounts.credentials.login_throttle import count_email, make_throttle_key, reset_attempts, store_known_network
from app.accounts.credentials.password_check import verified_transaction, verify_password
from app.accounts.credentials.passwords import WeakPassword
from app.accounts.credentials.sessions import end_sessions, start_session
from app.accounts.members import (
    Identity,
    StoredMember,
    lock_member_by_id,
    lock_unchanged_member,
    member_by_address,
    member_by_id,
)
from app.accounts.models import Member
from app.accounts.schemas import PasswordChange, TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.mail.outbox import enqueue_mail


def change_password(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember,
    change: PasswordChange,
) -> TokenPair:
    """Replace the password, end all sessions and start a new one.

    Raise WrongPassword if the current password is wrong, or WeakPassword if the new one is too easy to guess.
    """
    now = transactions.now
    verification = verify_password(
        transactions, services, caller, signed_in_member, change.current_password, pointer="/current_password"
    )
    member = verification.member
    try:
        services.passwords.check_strength(
            change.new_password, words=member.identity(services.ring).guessable_words, pointer="/new_password"
        )
    except WeakPassword:
        with verified_transaction(transactions, verification):  # record that the current password was correct
            pass
        raise
    password_hash = services.passwords.hash_password(change.new_password)
    with verified_transaction(transactions, verification) as session:
        _store_password(session, services, member, password_hash, now=now)
        record_event(session, AuditEventType.PASSWORD_CHANGED, member.id, now=now)
        return start_session(session, services, member, caller, now=now)


def request_reset(session: Session, services: AccountServices, address: str, *, now: datetime) -> None:
    """Email a reset link if the address has an account and has not received too many emails."""
    member = member_by_address(session, services.ring, address)
    if member is None or not lock_unchanged_member(session, member):
        return
    if count_email(session, member.address_hash, services.settings, now=now):
        return
    token = create_token(session, member.id, TokenPurpose.PASSWORD_RESET, now=now)
    mail = email_templates.reset_password(
        member.identity(services.ring).address, link=services.settings.reset_password_url(token)
    )
    enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
    record_event(session, AuditEventType.PASSWORD_RESET_REQUESTED, member.id, now=now)


def reset_password(
    transactions: Transactions, services: AccountServices, caller: Caller, token: str, password: str
) -> None:
    """Set a new password with the token of an emailed link.

    The token proves access to the mailbox, so the email address is verified too. All sessions, links and pending
    address changes end, and the caller's network is remembered as one the member uses.

    Raise InvalidEmailToken if the link is invalid, or WeakPassword if the password is too easy to guess; the link can
    then be used again.
    """
    now = transactions.now
    with transactions.begin() as session:
        stored_token = find_token(session, token, TokenPurpose.PASSWORD_RESET, now=now)
        member = member_by_id(session, stored_token.member_id)
        if member is None:
            raise InvalidEmailToken
    services.passwords.check_strength(password, words=member.identity(services.ring).guessable_words)
    password_hash = services.passwords.hash_password(password)
    with transactions.begin() as session:
        lock_member_by_id(session, stored_token.member_id)
        consume_token(session, stored_token)
        member = member_by_id(session, stored_token.member_id)  # may have changed while the password was hashed
        if member is None:
            raise InvalidEmailToken
        _store_password(session, services, member, password_hash, now=now)
        if member.verified_at is None:
            _verify_by_reset(session, services, member, now=now)
        reset_attempts(session, member.address_hash)
        store_known_network(session, make_throttle_key(services.ring, member.address_hash, caller.network), now=now)
        record_event(session, AuditEventType.PASSWORD_RESET, member.id, now=now)


def _verify_by_reset(session: Session, services: AccountServices, member: StoredMember, *, now: datetime) -> None:
    """Mark an account's email address as verified, remove the display name and withdraw all consents.

    The account may have been registered by a stranger, who would then have chosen the name and the consents.
    """
    key = member.key(services.ring)
    identity = Identity.decrypt(key, member.id, member.sealed)._replace(display_name=None)
    statement = update(Member).where(col(Member.id) == member.id)
    session.execute(statement.values(verified_at=now, sealed=identity.encrypt(key, member.id)))
    withdraw_all(session, member.id, now=now)


def _store_password(
    session: Session, services: AccountServices, member: StoredMember, password_hash: str, *, now: datetime
) -> None:
    """Store a new password, invalidate all links and sessions, and notify the member by email."""
    session.execute(update(Member).where(col(Member.id) == member.id).values(password_hash=password_hash))
    delete_tokens(session, member.id)
    end_sessions(session, member.id, now=now)
    address = member.identity(services.ring).address
    mail = email_templates.password_changed(address, link=services.settings.forgot_password_url)
    enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
