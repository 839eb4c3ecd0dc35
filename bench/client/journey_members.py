"""Benchmark members in the middle of a journey, written directly to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    started = now - timedelta(days=LENGTH)
    walkers = [create_walker(uuid4(), uuid4(), now=now) for _ in range(count)]
    keys = {walker.member_id: generate_key() for walker in walkers}
    password_hash = Passwords(min_length=1).hash_password(PASSWORD)
    key_rows = [wrap_key(RING, *item).model_dump() for item in keys.items()]
    session_rows = [session_row(walker, keys[walker.member_id], now=now) for walker in walkers]
    day_rows = [_day_row(walker, day, started) for walker in walkers for day in range(1, completed + 1)]
    with open_database(database_url) as database, database.content_load() as session:
        member_rows = [_member_row(walker, keys[walker.member_id], password_hash, started) for walker in walkers]
        session.execute(insert(Member), member_rows)
        session.execute(insert(MemberKey), key_rows)
        session.execute(insert(SignedInSession), session_rows)
        session.execute(insert(MemberConsent), [_consent_row(walker, started) for walker in walkers])
        session.execute(insert(Run), [_run_row(walker, started, now, has_openings=completed > 0) for walker in walkers])
        if day_rows:
            session.execute(insert(RunDay), day_rows)
    return walkers


def create_walker(member_id: UUID, run_id: UUID, *, session_id: UUID | None = None, now: datetime) -> Walker:
    session_id = session_id or uuid4()
    token = AccessTokens(RING, lifetime=TOKEN_LIFETIME).issue(SignedInMember(member_id, session_id), now=now)
    return Walker(member_id, session_id, run_id, generate_key(), token)


def session_row(walker: Walker, member_key: bytes, *, now: datetime) -> dict[str, object]:
    caller = Caller("192.0.2.1", "A browser")
    return {
        "member_id": walker.member_id,
        "id": walker.session_id,
        "counter": 0,
        "sealed": encrypt_session(member_key, walker.member_id, walker.session_id, key=walker.key, caller=caller),
        "started_at": now,
        "refreshed_at": now,
        "expires_at": now + timedelta(days=1),
        "ends_at": now + timedelta(days=1),
    }


def key_row(member_id: UUID) -> dict[str, object]:
    return wrap_key(RING, member_id).model_dump()


def timetable(started: datetime, now: datetime, *, has_openings: bool) -> str:
    """Return the stored timetable of a run in which all days are unlocked.

    With `has_openings`, it contains the times at which days were unlocked, which the API stores at the first
    completion.
    """
    initial = Timetable(started.date(), Pace.DAILY, (Period(started, TIME_ZONE),))
    return timetable_to_json(schedule.store_openings(initial, {}, now=now) if has_openings else initial)


def _member_row(walker: Walker, key: bytes, password_hash: str, started: datetime) -> dict[str, object]:
    return {
        "id": walker.member_id,
        "address_hash": address_hash(RING, RING.current, walker.address),
        "sealed": Identity(walker.address, None).encrypt(key, walker.member_id),
        "password_hash": password_hash,
        "time_zone": TIME_ZONE,
        "language": "en",
        "registered_at": started,
    }


def _consent_row(walker: Walker, started: datetime) -> dict[str, object]:
    row = {"member_id": walker.member_id, "purpose": HEALTH_DATA, "number": 1, "granted": True, "version": "1"}
    return row | {"decided_at": started}


def _run_row(walker: Walker, started: datetime, now: datetime, *, has_openings: bool) -> dict[str, object]:
    return {
        "member_id": walker.member_id,
        "id": walker.run_id,
        "number": 1,
        "journey": JOURNEY_SLUG,
        "body_hash": b"-",
        "pace": "daily",
        "starts_on": started.date(),
        "timetable": timetable(started, now, has_openings=has_openings),
        "is_underway": True,
        "started_at": started,
    }


def _day_row(walker: Walker, day: int, started: datetime) -> dict[str, object]:
    completed_at = started + timedelta(days=day - 1)
    row = {
        "member_id": walker.member_id,
        "run_id": walker.run_id,
        "day": day,
        "completed_at": completed_at,
        "completed_on": completed_at.date(),
    }
    return row | {"time_zone": TIME_ZONE}
