"""Limits on the number of emails to an address.

Each kind of email has its own budget, so that requests for one kind cannot prevent another. If an email uses up a
budget, its link stays valid until the budget renews. The owner of an address therefore always has a working link, even
if a stranger requested all emails (docs/decisions/mail.md).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts.models import MailBudget
from app.core.db.session import Session
from app.core.settings import Settings

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAX_SIGN_IN_CODES_PER_DAY = 20  # at most three of them are valid at the same time (sign_in_codes.py)


class BudgetKind(StrEnum):
    VERIFY = "verify"
    MOVE = "move"
    RESET = "reset"
    SIGN_IN_CODE = "sign_in_code"
    ALREADY_REGISTERED = "already_registered"
    NEW_DEVICE = "new_device"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of email
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105


class Allowance(NamedTuple):
    """Whether an email may be sent. `renews_at` is set if it is the last one until then."""

    wait_seconds: int
    renews_at: datetime | None

    @property
    def is_granted(self) -> bool:
        return self.wait_seconds == 0

    def lifetime(self, minimum: timedelta, *, now: datetime) -> timedelta:
        """Return how long the email's link is valid: at least until the next email can be sent."""
        return max(minimum, self.renews_at - now) if self.renews_at else minimum


def spend(session: Session, account: str, kind: BudgetKind, settings: Settings, *, now: datetime) -> Allowance:
    """Count an email, unless the budget for its kind is used up.

    `account` is the keyed hash of the email address, or the id of the member who requests the email.
    """
    statement = session.dialect_insert(MailBudget).values(
        account=account, kind=kind, hour_since=now, hour_count=0, day_since=now, day_count=0
    )
    columns = [col(getattr(MailBudget, name)) for name in ("hour_since", "hour_count", "day_since", "day_count")]
    unchanged = {"hour_count": col(MailBudget.hour_count)}  # locks the row
    row = session.execute(
        statement.on_conflict_do_update(index_elements=("account", "kind"), set_=unchanged).returning(*columns)
    ).one()
    hour_since, hour_count = _renewed(row.hour_since, row.hour_count, HOUR, now=now)
    day_since, day_count = _renewed(row.day_since, row.day_count, DAY, now=now)
    hour_limit, day_limit = _limits(kind, settings)
    full = [
        since
        for since, count, limit in (
            (hour_since + HOUR, hour_count, hour_limit),
            (day_since + DAY, day_count, day_limit),
        )
        if count >= limit
    ]
    if full:
        return Allowance(max(1, ceil((max(full) - now).total_seconds())), None)
    values = {
        "hour_since": hour_since,
        "hour_count": hour_count + 1,
        "day_since": day_since,
        "day_count": day_count + 1,
    }
    session.update(MailBudget, {"account": account, "kind": kind}, values)
    last_until = [hour_since + HOUR] if hour_count + 1 == hour_limit else []
    last_until += [day_since + DAY] if day_count + 1 == day_limit else []
    return Allowance(0, max(last_until, default=None))


def refund(session: Session, account: str, kind: BudgetKind) -> None:
    """Undo `spend` for an email that is not sent after all."""
    is_budget = col(MailBudget.account) == account, col(MailBudget.kind) == kind
    counts = {"hour_count": col(MailBudget.hour_count) - 1, "day_count": col(MailBudget.day_count) - 1}
    session.execute(update(MailBudget).where(*is_budget).values(**counts))


def renew(session: Session, account: str, *kinds: BudgetKind) -> None:
    """Renew the budgets of an email address for the given kinds, or all of them if none are given.

    This locks the budgets. To prevent deadlocks, change the member's sessions before.
    """
    statement = delete(MailBudget).where(col(MailBudget.account) == account)
    session.execute(statement.where(col(MailBudget.kind).in_(kinds)) if kinds else statement)


def move(session: Session, old_account: str, new_account: str) -> None:
    """Move the budgets of an email address to its new hash, for a key rotation."""
    renew(session, new_account)
    is_old = col(MailBudget.account) == old_account
    session.execute(update(MailBudget).where(is_old).values(account=new_account))


def _renewed(since: datetime, count: int, window: timedelta, *, now: datetime) -> tuple[datetime, int]:
    """Return the start and count of a time window, or those of a new one if it has passed or lies in the future."""
    return (since, count) if since <= now < since + window else (now, 0)


def _limits(kind: BudgetKind, settings: Settings) -> tuple[int, int]:
    """Return the limits per hour and per day."""
    if kind is BudgetKind.ALREADY_REGISTERED:
        return 1, 1
    if kind is BudgetKind.SIGN_IN_CODE:
        return MAX_SIGN_IN_CODES_PER_DAY, MAX_SIGN_IN_CODES_PER_DAY
    return settings.mails_an_hour, settings.mails_a_day
