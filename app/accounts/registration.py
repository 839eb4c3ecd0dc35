"""Registration of new members.

Response and timing do not reveal whether an email address already has an account (docs/decisions/sign-in.md).
"""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.accounts.addresses import address_hash
from app.accounts.audit import AuditEventType, record_event
from app.accounts.consents import check_version, record_decision
from app.accounts.email_change import send_verification
from app.accounts.emails import templates
from app.accounts.emails.budgets import BudgetKind, spend
from app.accounts.fields import DEFAULT_LANGUAGE
from app.accounts.members import (
    Identity,
    StoredMember,
    insert_member,
    lock_address,
    lock_unchanged_member,
    member_by_address,
)
from app.accounts.models import Member
from app.accounts.schemas import Registration
from app.accounts.services import AccountServices
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
    row = Member(
        address_hash=address_hash(services.ring, services.ring.current, registration.email),
        sealed=b"",
        password_hash=password_hash,
        time_zone=registration.time_zone or "UTC",
        language=registration.language or DEFAULT_LANGUAGE,
        country=registration.country,
        registered_at=now,
        last_seen_at=now,
    )
    try:
        with session.savepoint():
            identity = Identity(registration.email, registration.display_name)
            member = insert_member(session, services.ring, row, identity)
    except IntegrityError:  # a concurrent request registered the same address
        existing = member_by_address(session, services.ring, registration.email)
        if existing is None:
            raise
        return existing
    for decision in registration.consents:
        record_decision(session, member.id, decision.purpose, decision, now=now)
    send_verification(session, services, member, registration.email, now=now)
    record_event(session, AuditEventType.REGISTERED, member.id, now=now)
    return None


def _notify_owner(session: Session, services: AccountServices, member: StoredMember, *, now: datetime) -> None:
    if not lock_unchanged_member(session, member):
        return
    address = member.identity(services.ring).address
    kind = BudgetKind.ALREADY_REGISTERED
    if address and spend(session, member.throttle_account, kind, services.settings, now=now).is_granted:
        link = services.settings.forgot_password_url
        mail = templates.already_registered(address, language=member.language, link=link)
        enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
    record_event(session, AuditEventType.REGISTERED_AGAIN, member.id, now=now)
