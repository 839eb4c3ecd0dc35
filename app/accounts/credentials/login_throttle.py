"""Guessing slowed: counted in the database, so that it holds for all processes together.

Each try is counted before the password is looked at, and taken back when it was right; so many at once don't get
past. After some free tries an account's waits grow, up to a most; who gets the password right from a network where it
was right before has tries of their own there, so that a stranger's guesses don't lock the owner out. A network's
tries are bounded too. Unknown addresses are counted alike.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, delete, or_, select, tuple_, update
from sqlmodel import col

from app.accounts.models import Attempts
from app.core.crypto.key_ring import KeyRing
from app.core.db.session import Session
from app.core.errors import TooMany
from app.core.settings import Settings

GUESS, KNOWN, MAIL = "guess", "known", "mail"
FIRST_WAIT = 30  # seconds
FORGOTTEN = timedelta(days=1)  # after the last try, an account's tries
A_WHILE = timedelta(minutes=10)  # in which a network's tries are bounded
AN_HOUR = timedelta(hours=1)  # in which mails to one address are bounded
A_LONG_TIME = timedelta(days=180)  # after the last try, a network of the owner's
ANY = ""

Key = tuple[str, str, str]
KEY = ("kind", "account", "network")


class TooManyAttempts(TooMany):
    code = "too_many_attempts"
    says = "There were too many attempts. Please wait, or ask for a link to set a new password."


@dataclass(frozen=True, slots=True)
class Guesser:
    """Whose password is tried, and from where."""

    account: str
    network: str


def guesser_of(ring: KeyRing, account: str, network: str) -> Guesser:
    """`account` is the hash of an address; the network's is made here, so that neither can be read."""
    return Guesser(account, hmac.digest(ring.key(ring.current, "networks"), network.encode(), "sha256").hex())


def count_guess(session: Session, guesser: Guesser, settings: Settings, *, now: datetime) -> Key:
    """Count a try in advance; returns what it was counted for. Raises TooManyAttempts, and counts nothing then."""
    own, everywhere = (KNOWN, guesser.account, guesser.network), (GUESS, guesser.account, ANY)
    here = (GUESS, ANY, guesser.network)
    rows = _locked(session, own, everywhere, here)
    counted = own if own in rows else everywhere
    tried, there = rows.get(counted), rows.get(here)
    wait = max(
        _wait(tried.tries, tried.last_at, settings, now=now) if tried else 0,
        _left(there.since, A_WHILE, now=now) if there and there.tries >= settings.network_guesses else 0,
    )
    if wait > 0:
        raise TooManyAttempts(retry_after=wait)
    _count(session, here, goes_on=_within(col(Attempts.since), A_WHILE, now=now), now=now)
    _count(session, counted, goes_on=_within(col(Attempts.last_at), FORGOTTEN, now=now), now=now)
    return counted


def was_right(session: Session, guesser: Guesser, counted: Key, *, now: datetime) -> None:
    """Take the try back, with those before it, and remember the network as one of the owner's.

    The network's row comes first, as where tries are counted, so that nobody waits for each other.
    """
    here = col(Attempts.kind) == GUESS, col(Attempts.account) == ANY, col(Attempts.network) == guesser.network
    session.execute(update(Attempts).where(*here, col(Attempts.tries) > 0).values(tries=col(Attempts.tries) - 1))
    if counted[0] == GUESS:
        everywhere = col(Attempts.kind) == GUESS, col(Attempts.account) == guesser.account
        session.execute(delete(Attempts).where(*everywhere))
    remember(session, guesser, now=now)


def remember(session: Session, guesser: Guesser, *, now: datetime) -> None:
    """That a network is one of the owner's."""
    known = session.insert_or(Attempts).values(
        kind=KNOWN, account=guesser.account, network=guesser.network, tries=0, since=now, last_at=now
    )
    session.execute(known.on_conflict_do_update(index_elements=KEY, set_={"tries": 0, "last_at": now}))


def forgive(session: Session, account: str) -> None:
    """Forget an account's tries, those from its own networks too."""
    mine = col(Attempts.account) == account
    session.execute(delete(Attempts).where(col(Attempts.kind) == GUESS, mine))
    session.execute(update(Attempts).where(col(Attempts.kind) == KNOWN, mine).values(tries=0))


def wait_to_mail(session: Session, account: str, settings: Settings, *, now: datetime) -> int:
    """Count one more mail to an address. Seconds until it may leave: 0, or it isn't counted."""
    key = (MAIL, account, ANY)
    sent = _locked(session, key).get(key)
    wait = _left(sent.since, AN_HOUR, now=now) if sent and sent.tries >= settings.mails_an_hour else 0
    if not wait:
        _count(session, key, goes_on=_within(col(Attempts.since), AN_HOUR, now=now), now=now)
    return wait


def forget(session: Session, account: str) -> None:
    """All that is counted for an account that isn't found under this hash any longer."""
    session.execute(delete(Attempts).where(col(Attempts.account) == account))


def over(*, now: datetime) -> ColumnElement[bool]:
    """Attempts that count no longer."""
    return or_(
        and_(col(Attempts.kind) != KNOWN, col(Attempts.last_at) < now - FORGOTTEN),
        and_(col(Attempts.kind) == KNOWN, col(Attempts.last_at) < now - A_LONG_TIME),
    )


def _locked(session: Session, *keys: Key) -> dict[Key, Row[Any]]:
    """In one order, so that no two of those who want the same rows wait for each other."""
    key = [col(getattr(Attempts, name)) for name in KEY]
    columns = select(*key, col(Attempts.tries), col(Attempts.since), col(Attempts.last_at))
    statement = columns.where(tuple_(*key).in_(keys)).order_by(*key).with_for_update()
    return {(row.kind, row.account, row.network): row for row in session.execute(statement)}


def _count(session: Session, key: Key, *, goes_on: ColumnElement[bool], now: datetime) -> None:
    """One more; one again where what was counted is over."""
    row = dict(zip(KEY, key, strict=True))
    statement = session.insert_or(Attempts).values(**row, tries=1, since=now, last_at=now)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=KEY,
            set_={
                "tries": case((goes_on, col(Attempts.tries) + 1), else_=1),
                "since": case((goes_on, col(Attempts.since)), else_=now),
                "last_at": now,
            },
        )
    )


def _wait(tries: int, last_at: datetime, settings: Settings, *, now: datetime) -> int:
    """Seconds until the next try: none while tries are free, then 30, doubled with each, up to the most."""
    if tries < settings.guesses_free or last_at + FORGOTTEN <= now:
        return 0
    seconds = min(FIRST_WAIT * 2.0 ** min(tries - settings.guesses_free, 20), settings.guesses_max_wait)
    return _left(last_at, timedelta(seconds=seconds), now=now)


def _left(since: datetime, while_: timedelta, *, now: datetime) -> int:
    """Seconds of a while that are left. What a clock wrote that was far ahead doesn't count."""
    left = since + while_ - now
    return ceil(left.total_seconds()) if timedelta(0) < left <= 2 * while_ else 0


def _within(moment: Any, while_: timedelta, *, now: datetime) -> ColumnElement[bool]:
    return and_(moment > now - while_, moment <= now + while_)
