"""Confirm or change email addresses with emailed links and codes."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.accounts.addresses import address_hash
from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_tokens import TOKEN_LIFETIMES, TokenPurpose, TokenRequest, create_token
from app.accounts.credentials.login_throttle import delete_counters
from app.accounts.credentials.password_check import verified_transaction
from app.accounts.credentials.reauthentication import verify_member
from app.accounts.credentials.sessions import limit_sessions
from app.accounts.emails import templates
from app.accounts.emails.budgets import Allowance, BudgetKind, refund, renew, spend
from app.accounts.mailbox_proof import detach, lock_owner, notify_owner, withdraw_emails
from app.accounts.members import StoredMember, account_hash, load_member, lock_member, member_by_address
from app.accounts.models import Member
from app.accounts.schemas import AddressChange
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.errors import Conflict, TooManyRequests
from app.core.mail.outbox import enqueue_mail


class AddressTaken(Conflict):
    code = "address_taken"
    message = "Another account already uses this email address."


class TooManyEmails(TooManyRequests):
    code = "too_many_mails"
    message = "Several emails have been sent to this address already. Please use the link in the latest one, or wait."
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
    link is sent again; this needs no password.

    Raise WrongPassword if the password is wrong, ReauthenticationRequired if it is missing, or TooManyEmails if too
    many links were sent recently.
    """
    now = transactions.now
    if change.current_password is None:
        with transactions.begin() as session:
            lock_member(session, signed_in_member, now=now)
            member = load_member(session, signed_in_member)
            if member.identity(services.ring).address == change.email:
                _resend_verification(session, services, member, change.email, now=now)
                return
    verification = verify_member(
        transactions, services, caller, signed_in_member, change.current_password, pointer="/current_password"
    )
    with verified_transaction(transactions, verification) as session:
        member = load_member(session, signed_in_member)
        if member.identity(services.ring).address == change.email:
            _resend_verification(session, services, member, change.email, now=now)
        else:
            send_change_link(session, services, member, change.email, now=now)


def send_verification(
    session: Session, services: AccountServices, member: StoredMember, address: str, *, now: datetime
) -> Allowance:
    """Email a link that confirms the member's email address when used, within the mail budget."""
    allowance = spend(session, member.throttle_account, BudgetKind.VERIFY, services.settings, now=now)
    if allowance.is_granted:
        purpose = TokenPurpose.ADDRESS_VERIFICATION
        lifetime = allowance.lifetime(TOKEN_LIFETIMES[purpose], now=now)
        request = TokenRequest(member_id=member.id, purpose=purpose, lifetime=lifetime)
        token, code = create_token(session, services.ring, request, now=now)
        link = services.settings.verify_email_url(token)
        mail = templates.confirm_address(address, language=member.language, link=link, code=code, lifetime=lifetime)
        enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
    return allowance


def send_change_link(
    session: Session, services: AccountServices, member: StoredMember, address: str, *, now: datetime
) -> None:
    """Email a link that changes the member's email address when used.

    If the current address is not confirmed, it may be mistyped: links and codes that were sent to it stop working.

    Raise TooManyEmails if the mail budget of the address or of the member is used up.
    """
    owner = member_by_address(session, services.ring, address)
    allowances: list[Allowance] = []
    for account in (str(member.id), account_hash(services.ring, owner, address)):
        allowance = spend(session, account, BudgetKind.MOVE, services.settings, now=now)
        if not allowance.is_granted:
            if allowances:
                refund(session, str(member.id), BudgetKind.MOVE)
            raise TooManyEmails(retry_after=allowance.wait_seconds)
        allowances.append(allowance)
    if member.address_hash and not member.verified_at:
        withdraw_emails(session, services, member, now=now)
    purpose = TokenPurpose.ADDRESS_CHANGE
    lifetime = max(allowance.lifetime(TOKEN_LIFETIMES[purpose], now=now) for allowance in allowances)
    request = TokenRequest(
        member_id=member.id, purpose=purpose, lifetime=lifetime, key=member.key(services.ring), address=address
    )
    token, code = create_token(session, services.ring, request, now=now)
    if owner is None or owner.id == member.id or not owner.verified_at:
        link = services.settings.verify_email_url(token)
        mail = templates.confirm_new_address(address, language=member.language, link=link, code=code, lifetime=lifetime)
    else:  # create the token and an email anyway, so that a data export does not reveal that the address is taken
        owner_address = owner.identity(services.ring).address or address
        mail = templates.address_taken(owner_address, language=owner.language, lifetime=lifetime)
    enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
    record_event(session, AuditEventType.ADDRESS_CHANGE_REQUESTED, member.id, now=now)


def change_address(
    session: Session, services: AccountServices, member: StoredMember, address: str, *, now: datetime
) -> None:
    """Give a member a new email address, whose mailbox the member has proven to own.

    An account that uses the address without having confirmed it is detached. Raise AddressTaken if another account has
    confirmed the address.
    """
    owner = lock_owner(session, services, address)
    if owner and owner.id != member.id:
        if owner.verified_at:
            raise AddressTaken
        detach(session, services, owner, now=now)
        notify_owner(session, services, member, address, now=now)
    key = member.key(services.ring)
    old_identity = member.identity(services.ring)
    new_hash = address_hash(services.ring, member.key_id, address)
    values = {
        "sealed": old_identity._replace(address=address).encrypt(key, member.id),
        "address_hash": new_hash,
        "verified_at": member.verified_at or now,
        "detached_at": None,
    }
    try:
        with session.savepoint():
            session.execute(update(Member).where(col(Member.id) == member.id).values(**values))
    except IntegrityError:  # a concurrent request took the address
        raise AddressTaken from None
    if member.detached_at:
        limit_sessions(session, member.id, days=services.settings.session_days, now=now)
    if new_hash != member.address_hash:
        delete_counters(session, member.throttle_account, now=now)
    renew(session, new_hash)
    record_event(session, AuditEventType.ADDRESS_CHANGED, member.id, now=now)
    if member.verified_at and old_identity.address:
        link = services.settings.contact_url
        mail = templates.address_changed(old_identity.address, language=member.language, link=link)
        enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)


def _resend_verification(
    session: Session, services: AccountServices, member: StoredMember, address: str, *, now: datetime
) -> None:
    if member.verified_at:
        return
    allowance = send_verification(session, services, member, address, now=now)
    if not allowance.is_granted:
        raise TooManyEmails(retry_after=allowance.wait_seconds)
