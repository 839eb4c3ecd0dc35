"""Limit password guessing. Failed sign-ins are counted in the database, for all server processes together.

An attempt is counted before the password is verified, and the count is undone if the password is correct. Therefore,
parallel attempts cannot exceed the limit. The first few failures are free; after that, the wait doubles with each
failure up to a maximum.

Networks from which a member has signed in before have their own counters, so that an attacker elsewhere cannot lock the
member out. Attempts are also limited per network. Email addresses without an account are treated in the same way, so
that responses do not reveal which addresses have one.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, delete, or_, select, tuple_, update
from sqlmodel import col

from app.accounts.models import AttemptCounter
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session
from app.core.errors import TooManyRequests
from app.core.settings import Settings

ATTEMPT, KNOWN_NETWORK, EMAIL = "guess", "known", "mail"
FIRST_WAIT_SECONDS = 30
ACCOUNT_WINDOW = timedelta(days=1)  # an account's failed attempts are forgotten after this time without another
NETWORK_WINDOW = timedelta(minutes=10)  # attempts from a network are counted for this long, starting with the first
EMAIL_WINDOW = timedelta(hours=1)  # emails to an address are counted for this long, starting with the first
KNOWN_NETWORK_RETENTION = timedelta(days=180)  # a member's network is forgotten after this time without attempts
ANY = ""  # placeholder for all accounts or all networks in a counter's key

CounterKey = tuple[str, str, str]
KEY_COLUMNS = ("kind", "account", "network")
STATE_COLUMNS = tuple(col(getattr(AttemptCounter, name)) for name in ("kind", "tries", "since", "last_at"))


class TooManyAttempts(TooManyRequests):
    code = "too_many_attempts"
    message = "Too many attempts. Please wait and try again, or request a link to set a new password."


@dataclass(frozen=True, slots=True)
class ThrottleKey:
    """The account and the network of a password attempt, both as keyed hashes."""

    account: str
    network: str


def make_throttle_key(ring: KeyRing, account: str, network: str) -> ThrottleKey:
    """Return the key under which password attempts are counted.

    `account` is the hash of an email address. `network` is hashed here.
    """
    return ThrottleKey(account, hmac.digest(ring.key(ring.current, "networks"), network.encode(), "sha256").hex())


def count_attempt(session: Session, throttle_key: ThrottleKey, settings: Settings, *, now: datetime) -> CounterKey:
    """Count a password attempt before the password is verified, and return the key of its counter.

    Raise TooManyAttempts if the account or the network still has to wait. The attempt is then not counted, because the
    error rolls the transaction back.

    To prevent deadlocks, the network's row is always locked first, even if it is new, and only one of the account's
    rows is locked.
    """
    known_counter = (KNOWN_NETWORK, throttle_key.account, throttle_key.network)
    account_counter = (ATTEMPT, throttle_key.account, ANY)
    network_counter = (ATTEMPT, ANY, throttle_key.network)
    is_in_window = _is_within(col(AttemptCounter.since), NETWORK_WINDOW, now=now)
    network_row = _increment(session, network_counter, in_window=is_in_window, now=now)
    row = _lock_counter(session, known_counter, account_counter)
    wait = _wait_seconds(row.tries, row.last_at, settings, now=now) if row else 0
    if network_row.tries > settings.network_guesses:
        wait = max(wait, _seconds_left(network_row.since, NETWORK_WINDOW, now=now))
    if wait > 0:
        raise TooManyAttempts(retry_after=wait)
    counter = known_counter if row and row.kind == KNOWN_NETWORK else account_counter
    _increment(session, counter, in_window=_is_within(col(AttemptCounter.last_at), ACCOUNT_WINDOW, now=now), now=now)
    return counter


def record_success(session: Session, throttle_key: ThrottleKey, counter: CounterKey, *, now: datetime) -> None:
    """Record a successful password attempt.

    This undoes the count of the attempt, resets the account's failures, and remembers the network as one that the
    member uses. Rows are locked in the same order as in `count_attempt`, the network's row first, to prevent deadlocks.
    """
    is_network_counter = (
        col(AttemptCounter.kind) == ATTEMPT,
        col(AttemptCounter.account) == ANY,
        col(AttemptCounter.network) == throttle_key.network,
    )
    session.execute(
        update(AttemptCounter)
        .where(*is_network_counter, col(AttemptCounter.tries) > 0)
        .values(tries=col(AttemptCounter.tries) - 1)
    )
    if counter[0] == ATTEMPT:
        is_account_counter = col(AttemptCounter.kind) == ATTEMPT, col(AttemptCounter.account) == throttle_key.account
        session.execute(delete(AttemptCounter).where(*is_account_counter))
    store_known_network(session, throttle_key, now=now)


def store_known_network(session: Session, throttle_key: ThrottleKey, *, now: datetime) -> None:
    """Remember that the member has signed in from this network, and reset the failures counted for it."""
    statement = session.dialect_insert(AttemptCounter).values(
        kind=KNOWN_NETWORK, account=throttle_key.account, network=throttle_key.network, tries=0, since=now, last_at=now
    )
    session.execute(statement.on_conflict_do_update(index_elements=KEY_COLUMNS, set_={"tries": 0, "last_at": now}))


def reset_attempts(session: Session, account: str) -> None:
    """Reset all failed attempts of an account, including those from networks that the member has used before."""
    is_account = col(AttemptCounter.account) == account
    session.execute(delete(AttemptCounter).where(col(AttemptCounter.kind) == ATTEMPT, is_account))
    session.execute(update(AttemptCounter).where(col(AttemptCounter.kind) == KNOWN_NETWORK, is_account).values(tries=0))


def count_email(session: Session, account: str, settings: Settings, *, now: datetime) -> int:
    """Return 0 if another email may be sent to an address now, otherwise the seconds to wait.

    If it may be sent, it is counted.
    """
    key = (EMAIL, account, ANY)
    row = _lock_counter(session, key)
    wait = _seconds_left(row.since, EMAIL_WINDOW, now=now) if row and row.tries >= settings.mails_an_hour else 0
    if not wait:
        _increment(session, key, in_window=_is_within(col(AttemptCounter.since), EMAIL_WINDOW, now=now), now=now)
    return wait


def delete_counters(session: Session, account: str) -> None:
    """Delete the counters of password attempts and emails for an email address.

    Call this with the old hash when the hash of an account's address has changed.
    """
    session.execute(delete(AttemptCounter).where(col(AttemptCounter.account) == account))


def is_expired(*, now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for outdated counters, which can be deleted."""
    return or_(
        and_(col(AttemptCounter.kind) != KNOWN_NETWORK, col(AttemptCounter.last_at) < now - ACCOUNT_WINDOW),
        and_(col(AttemptCounter.kind) == KNOWN_NETWORK, col(AttemptCounter.last_at) < now - KNOWN_NETWORK_RETENTION),
    )


def _lock_counter(session: Session, *keys: CounterKey) -> Row[Any] | None:
    """Lock and return a counter's row, or return None if it does not exist.

    Of several rows, only one is locked: that of a known network, if there is one.
    """
    key = tuple_(*(col(getattr(AttemptCounter, name)) for name in KEY_COLUMNS))
    is_other_network = col(AttemptCounter.kind) != KNOWN_NETWORK
    statement = select(*STATE_COLUMNS).where(key.in_(keys)).order_by(is_other_network).limit(1).with_for_update()
    return session.execute(statement).first()


def _increment(session: Session, key: CounterKey, *, in_window: ColumnElement[bool], now: datetime) -> Row[Any]:
    """Add 1 to a counter, or restart it at 1 if its time window has passed. Return its row."""
    row = dict(zip(KEY_COLUMNS, key, strict=True))
    statement = session.dialect_insert(AttemptCounter).values(**row, tries=1, since=now, last_at=now)
    upsert = statement.on_conflict_do_update(
        index_elements=KEY_COLUMNS,
        set_={
            "tries": case((in_window, col(AttemptCounter.tries) + 1), else_=1),
            "since": case((in_window, col(AttemptCounter.since)), else_=now),
            "last_at": now,
        },
    )
    return session.execute(upsert.returning(*STATE_COLUMNS)).one()


def _wait_seconds(tries: int, last_at: datetime, settings: Settings, *, now: datetime) -> int:
    """Return the seconds until the next password attempt is allowed, or 0 if one is allowed now.

    The first failures are free. The next one requires a wait of 30 seconds, which doubles with each failure up to a
    maximum.
    """
    if tries < settings.guesses_free or last_at + ACCOUNT_WINDOW <= now:
        return 0
    seconds = min(FIRST_WAIT_SECONDS * 2.0 ** min(tries - settings.guesses_free, 20), settings.guesses_max_wait)
    return _seconds_left(last_at, timedelta(seconds=seconds), now=now)


def _seconds_left(since: datetime, window: timedelta, *, now: datetime) -> int:
    """Return how many seconds of a time window remain.

    Return 0 if the window starts implausibly far in the future, for example because a clock was wrong.
    """
    left = since + window - now
    return ceil(left.total_seconds()) if timedelta(0) < left <= 2 * window else 0


def _is_within(time: Any, window: timedelta, *, now: datetime) -> ColumnElement[bool]:
    return and_(time > now - window, time <= now + window)
