"""What proof of a mailbox opens: a link or code that was sent to an email address.

Anyone can register any address, and anyone can mistype their own. Therefore, proof of a mailbox alone never opens an
account whose address was never confirmed. It creates a new, empty account, and detaches the other one: that account
keeps its data, password and sessions, but loses the address. See docs/decisions/unconfirmed_addresses.md.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from app.accounts.addresses import address_hash
from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.email_tokens import TokenPurpose, delete_tokens
from app.accounts.credentials.sessions import extend_sessions
from app.accounts.credentials.sign_in_codes import delete_codes
from app.accounts.emails import templates
from app.accounts.members import (
    Identity,
    StoredMember,
    insert_member,
    lock_address,
    lock_member_by_id,
    member_by_address,
)
from app.accounts.models import Member
from app.accounts.services import AccountServices
from app.core.db.session import Session
from app.core.mail.outbox import discard_mails, enqueue_mail


class ProvenMailbox(NamedTuple):
    """An email address whose mailbox the client can read, and the language of a new account."""

    address: str
    language: str


def open_account(
    session: Session, services: AccountServices, mailbox: ProvenMailbox, *, owner_id: UUID | None, now: datetime
) -> StoredMember:
    """Return the account that proof of a mailbox opens. Its address is confirmed, and its row is locked.

    `owner_id` is the id of the account that the client has access to, by a session or the password. An unconfirmed
    account is opened only if it is this one. Otherwise it is detached, and a new account is created. The caller should
    renew the mail budgets of the address afterwards.
    """
    member = lock_owner(session, services, mailbox.address)
    if member and (member.verified_at or member.id == owner_id):
        return confirm_member(session, member, now=now)
    if member:
        detach(session, services, member, now=now)
    return _create_account(session, services, mailbox, replaced=member is not None, now=now)


def lock_owner(session: Session, services: AccountServices, address: str) -> StoredMember | None:
    """Lock an address and the account that uses it. Return the account, or None.

    The account is locked first, as in requests of its member, to prevent deadlocks.
    """
    found = member_by_address(session, services.ring, address)
    if found:
        lock_member_by_id(session, found.id)
    lock_address(session, services.ring, address)
    member = member_by_address(session, services.ring, address)  # may have changed before it was locked
    if member and not (found and found.id == member.id):
        lock_member_by_id(session, member.id)
    return member


def confirm_member(session: Session, member: StoredMember, *, now: datetime) -> StoredMember:
    """Mark a member's address as confirmed. The caller must have locked the member."""
    verified_at = member.verified_at or now
    values = {"verified_at": verified_at, "last_seen_at": now, "reminders": 0}
    session.execute(update(Member).where(col(Member.id) == member.id).values(**values))
    if member.verified_at is None:
        record_event(session, AuditEventType.ADDRESS_VERIFIED, member.id, now=now)
    return member._replace(verified_at=verified_at)


def detach(session: Session, services: AccountServices, member: StoredMember, *, now: datetime) -> None:
    """Take the address away from an account that never confirmed it. The caller must have locked the member.

    Emails, links and codes that were sent to the address stop working. A pending change to another address continues.
    """
    key = member.key(services.ring)
    identity = Identity.decrypt(key, member.id, member.sealed)._replace(address=None)
    values = {"address_hash": None, "sealed": identity.encrypt(key, member.id), "detached_at": now}
    session.execute(update(Member).where(col(Member.id) == member.id).values(**values))
    withdraw_emails(session, services, member, now=now)
    extend_sessions(session, member.id, now=now)
    record_event(session, AuditEventType.DETACHED, member.id, now=now)


def withdraw_emails(session: Session, services: AccountServices, member: StoredMember, *, now: datetime) -> None:
    """Invalidate the links and codes that were sent to a member's address, and discard emails that wait to be sent."""
    delete_tokens(session, member.id, TokenPurpose.ADDRESS_VERIFICATION, TokenPurpose.PASSWORD_RESET)
    if address := member.identity(services.ring).address:
        delete_codes(session, services.ring, address)
    discard_mails(session, member.id, except_kind=templates.NEW_ADDRESS_KIND, now=now)


def _create_account(
    session: Session, services: AccountServices, mailbox: ProvenMailbox, *, replaced: bool, now: datetime
) -> StoredMember:
    row = Member(
        address_hash=address_hash(services.ring, services.ring.current, mailbox.address),
        sealed=b"",
        time_zone="UTC",
        language=mailbox.language,
        registered_at=now,
        verified_at=now,
        last_seen_at=now,
    )
    member = insert_member(session, services.ring, row, Identity(mailbox.address, None))
    record_event(session, AuditEventType.REGISTERED, member.id, now=now)
    if replaced:
        notify_owner(session, services, member, mailbox.address, now=now)
    return member


def notify_owner(
    session: Session, services: AccountServices, member: StoredMember, address: str, *, now: datetime
) -> None:
    """Notify the owner of a mailbox that an earlier account with its address was detached."""
    mail = templates.account_detached(address, language=member.language, link=services.settings.contact_url)
    enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
