"""Confirming an address, and moving to another one: by a link that was mailed to it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.accounts import email_templates
from app.accounts.addresses import address_hash
from app.accounts.audit import Event, note
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_tokens import (
    Purpose,
    TokenNotGood,
    drop_tokens,
    find_token,
    make_moving_token,
    make_token,
    use_token,
)
from app.accounts.credentials.login_throttle import forget, wait_to_mail
from app.accounts.credentials.password_check import accepted, prove_member
from app.accounts.members import FoundMember, Identity, account_of, claim_address, member_by_address, signed_in_member
from app.accounts.models import Member
from app.accounts.schemas import AddressChange
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.errors import Conflict, Forbidden, TooMany
from app.core.mail.outbox import write_mail


class AddressUnverified(Forbidden):
    code = "address_unverified"
    says = "Please confirm your address first, by the link that was mailed to it."
    keeps_writes = True  # that the password was right, where one was asked for


class AddressTaken(Conflict):
    code = "address_taken"
    says = "Another account now uses this address."


class TooManyMails(TooMany):
    code = "too_many_mails"
    says = "Several emails have been sent to this address in the last hour. Please wait a while."
    keeps_writes = True


def ask_for_address(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in: SignedInMember,
    change: AddressChange,
) -> None:
    """Mail a link to the new address; nothing changes before it is opened. One's own address, not yet confirmed, is
    mailed its link again. Raises WrongPassword, AddressUnverified and TooManyMails.
    """
    proof = prove_member(
        transactions, services, caller, signed_in, change.current_password, pointer="/current_password"
    )
    with accepted(transactions, proof) as session:
        _mail_link(session, services, proof.member, change.email, now=transactions.now)


def mail_verification(
    session: Session, services: AccountServices, member_id: UUID, address: str, *, now: datetime
) -> None:
    token = make_token(session, member_id, Purpose.VERIFY, now=now)
    mail = email_templates.confirm_address(address, link=services.settings.verify_email_url(token))
    write_mail(session, services.ring, mail, member_id=member_id, now=now)


def confirm_address(
    session: Session, services: AccountServices, access: SignedInMember, token: str, *, now: datetime
) -> None:
    """Verify a member's address, or change it to the one that the link was mailed to: only for the member who is
    signed in, so that nobody's click confirms an account that a stranger made. Raises TokenNotGood and AddressTaken.
    """
    found = find_token(session, token, Purpose.VERIFY, Purpose.MOVE, now=now)
    member = signed_in_member(session, access)
    if found.member_id != member.id:
        raise TokenNotGood
    use_token(session, found)
    key = member.key(services.ring)
    address = found.address(key)
    if address:
        _move(session, services, member, key, address, now=now)
    else:
        verified = update(Member).where(col(Member.id) == member.id)
        session.execute(verified.values(verified_at=func.coalesce(col(Member.verified_at), now)))
        drop_tokens(session, member.id, Purpose.VERIFY)
        note(session, Event.ADDRESS_VERIFIED, member.id, now=now)


def _mail_link(
    session: Session, services: AccountServices, member: FoundMember, address: str, *, now: datetime
) -> None:
    key = member.key(services.ring)
    is_own = Identity.unsealed(key, member.id, member.sealed).address == address
    if is_own and member.verified_at:
        return
    if not is_own and not member.verified_at:
        raise AddressUnverified
    owner = member_by_address(session, services.ring, address)
    for account in (str(member.id), account_of(services.ring, owner, address)):
        if wait := wait_to_mail(session, account, services.settings, now=now):
            raise TooManyMails(retry_after=wait)
    if is_own:
        mail_verification(session, services, member.id, address, now=now)
        return
    token = make_moving_token(session, member.id, key, address, now=now)
    if owner is None or owner.id == member.id:
        mail = email_templates.confirm_new_address(address, link=services.settings.verify_email_url(token))
    else:  # the asker, who sees in an export what was written, sees the same: a token that nobody gets, and a mail
        mail = email_templates.address_taken(owner.identity(services.ring).address)
    write_mail(session, services.ring, mail, member_id=member.id, now=now)
    note(session, Event.ADDRESS_CHANGE_ASKED, member.id, now=now)


def _move(
    session: Session, services: AccountServices, member: FoundMember, key: bytes, address: str, *, now: datetime
) -> None:
    claim_address(session, services.ring, address)
    owner = member_by_address(session, services.ring, address)
    if owner and owner.id != member.id:
        raise AddressTaken
    before = Identity.unsealed(key, member.id, member.sealed)
    moved = {
        "sealed": before._replace(address=address).seal(key, member.id),
        "address_hash": address_hash(services.ring, member.key_id, address),
    }
    try:
        with session.savepoint():
            session.execute(update(Member).where(col(Member.id) == member.id).values(**moved))
    except IntegrityError:  # somebody took it since
        raise AddressTaken from None
    drop_tokens(session, member.id)
    if moved["address_hash"] != member.address_hash:
        forget(session, member.address_hash)
    note(session, Event.ADDRESS_CHANGED, member.id, now=now)
    mail = email_templates.address_changed(before.address, site=services.settings.contact_url)
    write_mail(session, services.ring, mail, member_id=member.id, now=now)
