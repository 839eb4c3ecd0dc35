"""Benchmark members in the middle of a journey, written directly to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from app.accounts.addresses import address_hash
from app.accounts.consents import HEALTH_DATA
from app.accounts.credentials.access_tokens import AccessTokens, SignedInMember
from app.accounts.credentials.passwords import Passwords
from app.accounts.credentials.refresh_tokens import encode_refresh_token
from app.accounts.credentials.sessions import encrypt_session
from app.accounts.members import Identity, wrap_key
from app.accounts.models import Member, MemberConsent, MemberKey, SignedInSession
from app.accounts.services import Caller
from app.core.crypto.encryption import generate_key
from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.settings import Settings
from app.journey.models import Run, RunDay
from app.journey.rules import schedule
from app.journey.rules.schedule import LENGTH, Pace, Period, Timetable
from app.journey.runs import timetable_to_json
from bench.client.members import PASSWORD

KEYS = "bench-1:q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M"
TIME_ZONE = "Europe/Dublin"
TOKEN_LIFETIME = timedelta(minutes=60)
JOURNEY_SLUG = "21-days"
RING = KeyRing(KEYS)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Walker:
    """A member with an access token and a run (enrolment in a journey) in which all days are unlocked."""

    member_id: UUID
    session_id: UUID
    run_id: UUID
    key: bytes  # the key of the session's refresh tokens
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    @property
    def address(self) -> str:
        return f"{self.member_id}@example.org"

    def refresh_token(self, counter: int) -> str:
        """Return the session's refresh token number `counter`, which is valid after all previous tokens were used."""
        return encode_refresh_token(self.key, self.member_id, self.session_id, counter)


@contextmanager
def open_database(database_url: str) -> Iterator[Database]:
    settings = Settings(_env_file=None, database_url=database_url, keys=KEYS)
    database = Database(settings.database, request_timeout=30)
    try:
        yield database
    finally:
        database.close()


def add_walkers(database_url: str, count: int, *, completed: int) -> list[Walker]:
    """Create members in the middle of a journey, directly in the database.

    They have given consent, and started a run (enrolment in a journey) three weeks ago, in which `completed` days are
    completed. Their password is PASSWORD of `bench/client/members.py`.
    """
    now = datetime.now(UTC)
    password_hash = Passwords(min_length=1).hash_password(PASSWORD)
    walkers = [_create_walker(now) for _ in range(count)]
    rows: dict[type[Any], list[Row]] = {}
    for walker in walkers:
        for table, row in _rows(walker, password_hash, now, completed=completed):
            rows.setdefault(table, []).append(row)
    with open_database(database_url) as database, database.content_load() as session:
        for table, table_rows in rows.items():
            session.execute(insert(table), table_rows)
    return walkers


def _create_walker(now: datetime) -> Walker:
    member_id, session_id = uuid4(), uuid4()
    token = AccessTokens(RING, lifetime=TOKEN_LIFETIME).issue(SignedInMember(member_id, session_id), now=now)
    return Walker(member_id, session_id, uuid4(), generate_key(), token)


def _rows(walker: Walker, password_hash: str, now: datetime, *, completed: int) -> Iterator[tuple[type[Any], Row]]:
    """Yield the rows of a member, in the order in which they can be inserted."""
    started, expiry, key = now - timedelta(days=LENGTH), now + timedelta(days=1), generate_key()
    hashes = {"address_hash": address_hash(RING, RING.current, walker.address), "password_hash": password_hash}
    identity = {"sealed": Identity(walker.address, None).encrypt(key, walker.member_id), "registered_at": started}
    yield Member, {"id": walker.member_id, "time_zone": TIME_ZONE, "language": "en", **hashes, **identity}
    yield MemberKey, wrap_key(RING, walker.member_id, key).model_dump()

    member, caller = {"member_id": walker.member_id}, Caller("192.0.2.1", "A browser")
    sealed = encrypt_session(key, walker.member_id, walker.session_id, key=walker.key, caller=caller)
    times = {"started_at": now, "refreshed_at": now, "expires_at": expiry, "ends_at": expiry, "proven_at": now}
    yield SignedInSession, {**member, "id": walker.session_id, "counter": 0, "sealed": sealed, **times}
    consent = {"purpose": HEALTH_DATA, "number": 1, "granted": True, "version": "1", "decided_at": started}
    yield MemberConsent, {**member, **consent}

    timetable = Timetable(started.date(), Pace.DAILY, (Period(started, TIME_ZONE),))
    if completed:  # the API stores the times at which days were unlocked at the first completion
        timetable = schedule.store_openings(timetable, {}, now=now)
    stored = {"pace": "daily", "starts_on": started.date(), "timetable": timetable_to_json(timetable)}
    run = {"id": walker.run_id, "number": 1, "journey": JOURNEY_SLUG, "body_hash": b"-", **stored}
    yield Run, {**member, **run, "is_underway": True, "started_at": started}
    for day in range(1, completed + 1):
        at = started + timedelta(days=day - 1)
        completion = {"day": day, "completed_at": at, "completed_on": at.date(), "time_zone": TIME_ZONE}
        yield RunDay, {**member, "run_id": walker.run_id, **completion}
