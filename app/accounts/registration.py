"""Signing up. The answer is the same, and comes as late, whether or not the address is known
(docs/decisions/sign-in.md).
"""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.accounts import email_templates
from app.accounts.addresses import address_hash
from app.accounts.audit import Event, note
from app.accounts.consents import check_current, decide
from app.accounts.credentials.login_throttle import wait_to_mail
from app.accounts.email_change import mail_verification
from app.accounts.members import FoundMember, Identity, claim_address, hold_row, member_by_address, wrapped_key
from app.accounts.models import Member
from app.accounts.schemas import Registration
from app.accounts.services import AccountServices
from app.core.crypto.encryption import new_key
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.mail.outbox import write_mail


def register(transactions: Transactions, services: AccountServices, wanted: Registration) -> None:
    """Make a member, or tell the one who is there by mail. Raises WeakPassword and ConsentOutdated."""
    services.passwords.check(wanted.password, words=Identity(wanted.email, wanted.display_name).words)
    password_hash = services.passwords.hashed(wanted.password)
    now = transactions.now
    with transactions.begin() as session:
        for decision in wanted.consents:
            check_current(session, decision.purpose, decision)
        claim_address(session, services.ring, wanted.email)
        known = member_by_address(session, services.ring, wanted.email)
        if known is None:
            known = _add(session, services, wanted, password_hash, now=now)
        if known:
            _tell(session, services, known, now=now)


def _add(
    session: Session, services: AccountServices, wanted: Registration, password_hash: str, *, now: datetime
) -> FoundMember | None:
    """Make a member. Of several who sign up at once with an address one becomes it, whom the others are told of."""
    key, account = new_key(), address_hash(services.ring, services.ring.current, wanted.email)
    member = Member(
        address_hash=account,
        sealed=b"",
        password_hash=password_hash,
        time_zone=wanted.time_zone or "UTC",
        language=wanted.language or "en",
        registered_at=now,
    )
    member.sealed = Identity(wanted.email, wanted.display_name).seal(key, member.id)
    try:
        with session.savepoint():
            session.insert(member)
    except IntegrityError:  # the database decides races, not a SELECT before
        known = member_by_address(session, services.ring, wanted.email)
        if known is None:
            raise
        return known
    session.insert(wrapped_key(services.ring, member.id, key))
    for decision in wanted.consents:
        decide(session, member.id, decision.purpose, decision, now=now)
    if not wait_to_mail(session, account, services.settings, now=now):
        mail_verification(session, services, member.id, wanted.email, now=now)
    note(session, Event.REGISTERED, member.id, now=now)
    return None


def _tell(session: Session, services: AccountServices, known: FoundMember, *, now: datetime) -> None:
    if not hold_row(session, known):
        return
    if not wait_to_mail(session, known.address_hash, services.settings, now=now):
        address = known.identity(services.ring).address
        mail = email_templates.already_registered(address, link=services.settings.forgot_password_url)
        write_mail(session, services.ring, mail, member_id=known.id, now=now)
    note(session, Event.REGISTERED_AGAIN, known.id, now=now)
