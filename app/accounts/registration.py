"""Registration of new members.

Response and timing do not reveal whether an email address already has an account (docs/decisions/sign-in.md).
"""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.accounts import email_templates
from app.accounts.addresses import address_hash
from app.accounts.audit import AuditEventType, record_event
from app.accounts.consents import check_version, record_decision
from app.accounts.credentials.login_throttle import count_email
from app.accounts.email_change import send_verification
from app.accounts.members import (
    Identity,
    StoredMember,
    lock_address,
    lock_unchanged_member,
    member_by_address,
    wrap_key,
)
from app.accounts.models import Member
from app.accounts.schemas import Registration
from app.accounts.services import AccountServices
from app.core.crypto.encryption import generate_key
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.mail.outbox import enqueue_mail


def register(transactions: Transactions, services: AccountServices, registration: Registration) -> None:
    """Create an account, or notify the owner by email if the address already has one.

    Raise WeakPassword if the password is too easy to guess, or PurposeNotFound or ConsentOutdated if a consent is
    invalid.
    """
    services.passwords.check_strength(
        registration.password, words=Identity(registration.email, registration.display_name).guessable_words
    )
    password_hash = services.passwords.hash_password(registration.password)
    now = transactions.now
    with transactions.begin() as session:
        for decision in registration.consents:
            check_version(session, decision.purpose, decision)
        lock_address(session, services.ring, registration.email)
        member = member_by_address(session, services.ring, registration.email)
        if member is None:
            member = _create_member(session, services, registration, password_hash, now=now)
        if member:
            _notify_owner(session, services, member, now=now)


def _create_member(
    session: Session, services: AccountServices, registration: Registration, password_hash: str, *, now: datetime
) -> StoredMember | None:
    """Create a member and return None.

    If a concurrent request has just registered the email address, return that member instead.
    """
    key, address_key = generate_key(), address_hash(services.ring, services.ring.current, registration.email)
    member = Member(
        address_hash=address_key,
        sealed=b"",
        password_hash=password_hash,
        time_zone=registration.time_zone or "UTC",
        language=registration.language or "en",
        registered_at=now,
    )
    member.sealed = Identity(registration.email, registration.display_name).encrypt(key, member.id)
    try:
        with session.savepoint():
            session.insert(member)
    except IntegrityError:  # a concurrent request registered the same address
        existing = member_by_address(session, services.ring, registration.email)
        if existing is None:
            raise
        return existing
    session.insert(wrap_key(services.ring, member.id, key))
    for decision in registration.consents:
        record_decision(session, member.id, decision.purpose, decision, now=now)
    if not count_email(session, address_key, services.settings, now=now):
        send_verification(session, services, member.id, registration.email, now=now)
    record_event(session, AuditEventType.REGISTERED, member.id, now=now)
    return None


def _notify_owner(session: Session, services: AccountServices, member: StoredMember, *, now: datetime) -> None:
    if not lock_unchanged_member(session, member):
        return
    if not count_email(session, member.address_hash, services.settings, now=now):
        address = member.identity(services.ring).address
        mail = email_templates.already_registered(address, link=services.settings.forgot_password_url)
        enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
    record_event(session, AuditEventType.REGISTERED_AGAIN, member.id, now=now)
