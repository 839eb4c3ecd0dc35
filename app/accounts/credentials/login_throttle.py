"""Limit password guessing. Failed sign-ins are counted in the database, for all server processes together.

An attempt is counted before the password is verified, and the count is undone if the password is correct. Therefore,
parallel attempts cannot exceed the limit. The first few failures are free; after that, the wait doubles with each
failure up to a maximum.

Each network has its own counter for each account, so that failures elsewhere do not make a member wait. Attempts from
networks that the member has not used before are also counted together, and so are all attempts from one network. Email
addresses without an account are treated in the same way, so that responses do not reveal which addresses have one.

Transactions lock rows in this order, which prevents deadlocks: the network's row, the row of the account, the rows of
the account in single networks. Transactions without the account's row lock one row of the account at most.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from app.accounts.models import AttemptCounter
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session
from app.core.errors import TooManyRequests
from app.core.settings import Settings

ATTEMPT, KNOWN_NETWORK = "guess", "known"
FIRST_WAIT_SECONDS = 30
ACCOUNT_WINDOW = timedelta(days=1)  # an account's failed attempts are forgotten after this time without another
NETWORK_WINDOW = timedelta(minutes=10)  # attempts from a network are counted for this long, starting with the first
KNOWN_NETWORK_RETENTION = timedelta(days=180)  # a member's network is forgotten after this time without attempts
ANY = ""  # placeholder for all accounts or all networks in a counter's key

CounterKey = tuple[str, str, str]
KEY_COLUMNS = ("kind", "account", "network")
STATE_COLUMNS = tuple(col(getattr(AttemptCounter, name)) for name in ("tries", "since", "last_at"))


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
    """
    account, network = throttle_key.account, throttle_key.network
    in_window = _is_within(col(AttemptCounter.since), NETWORK_WINDOW, now=now)
    network_increment = _increment(session, (ATTEMPT, ANY, network), in_window=in_window, now=now)
    network_row = session.execute(network_increment.returning(*STATE_COLUMNS)).one()
    counter: CounterKey = (KNOWN_NETWORK, account, network)
    row, wait = _find_counter(session, counter, lock=True), 0
    if row is None:
        account_row = lock_account(session, account, now=now)
        wait = _wait_seconds(account_row, settings.account_guesses, settings, now=now)
        counter = (ATTEMPT, account, network)
        row = _find_counter(session, counter, lock=False)
    wait = max(wait, _wait_seconds(row, settings.guesses_free, settings, now=now) if row else 0)
    if network_row.tries > settings.network_guesses:
        wait = max(wait, _seconds_left(network_row.since, NETWORK_WINDOW, now=now))
    if wait > 0:
        raise TooManyAttempts(retry_after=wait)
    in_window = _is_within(col(AttemptCounter.last_at), ACCOUNT_WINDOW, now=now)
    if counter[0] == ATTEMPT:
        session.execute(_increment(session, (ATTEMPT, account, ANY), in_window=in_window, now=now))
    session.execute(_increment(session, counter, in_window=in_window, now=now))
    return counter


def record_success(session: Session, throttle_key: ThrottleKey, counter: CounterKey, *, now: datetime) -> None:
    """Record a successful password attempt.

    This undoes the count of the attempt, resets the account's failures, and remembers the network as one that the
    member uses.
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
        lock_account(session, throttle_key.account, now=now)
        is_account_counter = col(AttemptCounter.kind) == ATTEMPT, col(AttemptCounter.account) == throttle_key.account
        session.execute(delete(AttemptCounter).where(*is_account_counter))
    store_known_network(session, throttle_key, now=now)


def store_known_network(session: Session, throttle_key: ThrottleKey, *, now: datetime) -> None:
    """Remember that the member has signed in from this network, and reset the failures counted for it."""
    statement = session.dialect_insert(AttemptCounter).values(
        kind=KNOWN_NETWORK, account=throttle_key.account, network=throttle_key.network, tries=0, since=now, last_at=now
    )
    session.execute(statement.on_conflict_do_update(index_elements=KEY_COLUMNS, set_={"tries": 0, "last_at": now}))


def is_known_network(session: Session, throttle_key: ThrottleKey) -> bool:
    """Return whether the member has signed in from this network before."""
    key = (KNOWN_NETWORK, throttle_key.account, throttle_key.network)
    return _find_counter(session, key, lock=False) is not None


def reset_attempts(session: Session, account: str, *, now: datetime) -> None:
    """Reset all failed attempts of an account, including those from networks that the member has used before."""
    lock_account(session, account, now=now)
    is_account = col(AttemptCounter.account) == account
    session.execute(delete(AttemptCounter).where(col(AttemptCounter.kind) == ATTEMPT, is_account))
    session.execute(update(AttemptCounter).where(col(AttemptCounter.kind) == KNOWN_NETWORK, is_account).values(tries=0))


def delete_counters(session: Session, account: str, *, now: datetime) -> None:
    """Delete the counters of password attempts for an email address.

    Call this with the old hash when the hash of an account's address has changed.
    """
    lock_account(session, account, now=now)
    session.execute(delete(AttemptCounter).where(col(AttemptCounter.account) == account))


def lock_account(session: Session, account: str, *, now: datetime) -> Row[Any]:
    """Lock and return the counter of an account's attempts. It is created if it does not exist."""
    key = dict(zip(KEY_COLUMNS, (ATTEMPT, account, ANY), strict=True))
    statement = session.dialect_insert(AttemptCounter).values(**key, tries=0, since=now, last_at=now)
    unchanged = {"tries": col(AttemptCounter.tries)}
    upsert = statement.on_conflict_do_update(index_elements=KEY_COLUMNS, set_=unchanged)
    return session.execute(upsert.returning(*STATE_COLUMNS)).one()


def is_expired(*, now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for outdated counters, which can be deleted."""
    return or_(
        and_(col(AttemptCounter.kind) != KNOWN_NETWORK, col(AttemptCounter.last_at) < now - ACCOUNT_WINDOW),
        and_(col(AttemptCounter.kind) == KNOWN_NETWORK, col(AttemptCounter.last_at) < now - KNOWN_NETWORK_RETENTION),
    )


def _find_counter(session: Session, key: CounterKey, *, lock: bool) -> Row[Any] | None:
    """Return a counter's row, or None if it does not exist. With `lock`, the row is locked."""
    is_counter = (col(getattr(AttemptCounter, name)) == value for name, value in zip(KEY_COLUMNS, key, strict=True))
    statement = select(*STATE_COLUMNS).where(*is_counter)
    return session.execute(statement.with_for_update() if lock else statement).first()


def _increment(
    session: Session, key: CounterKey, *, in_window: ColumnElement[bool], now: datetime
) -> postgresql.Insert | sqlite.Insert:
    """Return a statement that adds 1 to a counter, or restarts it at 1 if its time window has passed."""
    row = dict(zip(KEY_COLUMNS, key, strict=True))
    statement = session.dialect_insert(AttemptCounter).values(**row, tries=1, since=now, last_at=now)
    return statement.on_conflict_do_update(
        index_elements=KEY_COLUMNS,
        set_={
            "tries": case((in_window, col(AttemptCounter.tries) + 1), else_=1),
            "since": case((in_window, col(AttemptCounter.since)), else_=now),
            "last_at": now,
        },
    )


def _wait_seconds(row: Row[Any], free: int, settings: Settings, *, now: datetime) -> int:
    """Return the seconds until the next password attempt is allowed, or 0 if one is allowed now.

    The first failures are free. The next one requires a wait of 30 seconds, which doubles with each failure up to a
    maximum.
    """
    if row.tries < free or row.last_at + ACCOUNT_WINDOW <= now:
        return 0
    seconds = min(FIRST_WAIT_SECONDS * 2.0 ** min(row.tries - free, 20), settings.guesses_max_wait)
    return _seconds_left(row.last_at, timedelta(seconds=seconds), now=now)


def _seconds_left(since: datetime, window: timedelta, *, now: datetime) -> int:
    """Return how many seconds of a time window remain.

    Return 0 if the window starts implausibly far in the future, for example because a clock was wrong.
    """
    left = since + window - now
    return ceil(left.total_seconds()) if timedelta(0) < left <= 2 * window else 0


def _is_within(time: Any, window: timedelta, *, now: datetime) -> ColumnElement[bool]:
    return and_(time > now - window, time <= now + window)
