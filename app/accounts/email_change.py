"""Confirm or change email addresses with emailed links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.accounts import email_templates
from app.accounts.addresses import address_hash
from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_tokens import (
    InvalidEmailToken,
    TokenPurpose,
    consume_token,
    create_address_change_token,
    create_token,
    delete_tokens,
    find_token,
)
from app.accounts.credentials.login_throttle import count_email, delete_counters
from app.accounts.credentials.password_check import verified_transaction, verify_password
from app.accounts.members import Identity, StoredMember, account_hash, load_member, lock_address, member_by_address
from app.accounts.models import Member
from app.accounts.schemas import AddressChange
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.errors import Conflict, Forbidden, TooManyRequests
from app.core.mail.outbox import enqueue_mail


class AddressUnverified(Forbidden):
    code = "address_unverified"
    message = "Please confirm your email address first with the link that we sent you."
    commits_writes = True  # despite the error, record that the password was correct


class AddressTaken(Conflict):
    code = "address_taken"
    message = "Another account already uses this email address."


class TooManyEmails(TooManyRequests):
    code = "too_many_mails"
    message = "Several emails have been sent to this address in the last hour. Please wait and try again."
    commits_writes = True  # despite the error, record that the password was correct


def request_address_change(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember,
    change: AddressChange,
) -> None:
    """Email a confirmation link to a member's new address.

    The address changes when the link is used. If the given address is the current one and is not confirmed yet, its
    link is sent again.

    Raise WrongPassword if the password is wrong, AddressUnverified if the current address is not confirmed yet, or
    TooManyEmails if too many links were sent recently.
    """
    verification = verify_password(
        transactions, services, caller, signed_in_member, change.current_password, pointer="/current_password"
    )
    with verified_transaction(transactions, verification) as session:
        _send_link(session, services, verification.member, change.email, now=transactions.now)


def send_verification(
    session: Session, services: AccountServices, member_id: UUID, address: str, *, now: datetime
) -> None:
    """Email a link that confirms the member's email address when used."""
    token = create_token(session, member_id, TokenPurpose.ADDRESS_VERIFICATION, now=now)
    mail = email_templates.confirm_address(address, link=services.settings.verify_email_url(token))
    enqueue_mail(session, services.ring, mail, member_id=member_id, now=now)


def confirm_address(
    session: Session, services: AccountServices, signed_in_member: SignedInMember, token: str, *, now: datetime
) -> None:
    """Confirm an email address with the token of an emailed link, or complete a change of address.

    The token must belong to the signed-in member. Otherwise, the owner of a mailbox could confirm a stranger's account
    by opening the link.

    Raise InvalidEmailToken if the token is invalid, or AddressTaken if another account has taken the address in the
    meantime.
    """
    stored_token = find_token(session, token, TokenPurpose.ADDRESS_VERIFICATION, TokenPurpose.ADDRESS_CHANGE, now=now)
    member = load_member(session, signed_in_member)
    if stored_token.member_id != member.id:
        raise InvalidEmailToken
    consume_token(session, stored_token)
    key = member.key(services.ring)
    address = stored_token.new_address(key)
    if address:
        _change_address(session, services, member, key, address, now=now)
    else:
        statement = update(Member).where(col(Member.id) == member.id)
        session.execute(statement.values(verified_at=func.coalesce(col(Member.verified_at), now)))
        delete_tokens(session, member.id, TokenPurpose.ADDRESS_VERIFICATION)
        record_event(session, AuditEventType.ADDRESS_VERIFIED, member.id, now=now)


def _send_link(
    session: Session, services: AccountServices, member: StoredMember, address: str, *, now: datetime
) -> None:
    key = member.key(services.ring)
    is_current = Identity.decrypt(key, member.id, member.sealed).address == address
    if is_current and member.verified_at:
        return
    if not is_current and not member.verified_at:
        raise AddressUnverified
    owner = member_by_address(session, services.ring, address)
    for account in (str(member.id), account_hash(services.ring, owner, address)):
        if wait := count_email(session, account, services.settings, now=now):
            raise TooManyEmails(retry_after=wait)
    if is_current:
        send_verification(session, services, member.id, address, now=now)
        return
    token = create_address_change_token(session, member.id, key, address, now=now)
    if owner is None or owner.id == member.id:
        mail = email_templates.confirm_new_address(address, link=services.settings.verify_email_url(token))
    else:  # create the token and an email anyway, so that a data export does not reveal that the address is taken
        mail = email_templates.address_taken(owner.identity(services.ring).address)
    enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
    record_event(session, AuditEventType.ADDRESS_CHANGE_REQUESTED, member.id, now=now)


def _change_address(
    session: Session, services: AccountServices, member: StoredMember, key: bytes, address: str, *, now: datetime
) -> None:
    lock_address(session, services.ring, address)
    owner = member_by_address(session, services.ring, address)
    if owner and owner.id != member.id:
        raise AddressTaken
    old_identity = Identity.decrypt(key, member.id, member.sealed)
    values = {
        "sealed": old_identity._replace(address=address).encrypt(key, member.id),
        "address_hash": address_hash(services.ring, member.key_id, address),
    }
    try:
        with session.savepoint():
            session.execute(update(Member).where(col(Member.id) == member.id).values(**values))
    except IntegrityError:  # a concurrent request took the address
        raise AddressTaken from None
    delete_tokens(session, member.id)
    if values["address_hash"] != member.address_hash:
        delete_counters(session, member.address_hash)
    record_event(session, AuditEventType.ADDRESS_CHANGED, member.id, now=now)
    mail = email_templates.address_changed(old_identity.address, site=services.settings.contact_url)
    enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
