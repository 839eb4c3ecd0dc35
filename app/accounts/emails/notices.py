"""Notices about security events of an account. Only confirmed addresses receive them, within their mail budgets."""

from collections.abc import Callable
from datetime import datetime

from app.accounts.emails import templates
from app.accounts.emails.budgets import BudgetKind, spend
from app.accounts.members import StoredMember
from app.accounts.services import AccountServices
from app.core.db.session import Session
from app.core.mail.outbox import enqueue_mail
from app.core.mail.transport import Mail


def notify_new_device(session: Session, services: AccountServices, member: StoredMember, *, now: datetime) -> None:
    """Notify a member of a sign-in from a network that the member has not used before."""
    _notify(session, services, member, templates.new_device, BudgetKind.NEW_DEVICE, now=now)


def notify_refresh_token_reused(
    session: Session, services: AccountServices, member: StoredMember, *, now: datetime
) -> None:
    """Notify a member that a session was ended, because an outdated refresh token was used."""
    _notify(session, services, member, templates.refresh_token_reused, BudgetKind.REFRESH_TOKEN_REUSED, now=now)


def notify_password_changed(
    session: Session, services: AccountServices, member: StoredMember, *, now: datetime
) -> None:
    _notify(session, services, member, templates.password_changed, BudgetKind.PASSWORD_CHANGED, now=now)


def _notify(
    session: Session,
    services: AccountServices,
    member: StoredMember,
    template: Callable[..., Mail],
    kind: BudgetKind,
    *,
    now: datetime,
) -> None:
    address = member.identity(services.ring).address
    if not (address and member.address_hash and member.verified_at):
        return
    if spend(session, member.address_hash, kind, services.settings, now=now).is_granted:
        mail = template(address, language=member.language, link=services.settings.forgot_password_url)
        enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
